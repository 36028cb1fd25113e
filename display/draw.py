"""Draws a View. Knows the View, the theme and nothing of sessions or sensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pygame

from display.ink import Ink
from display.painter import Painter
from display.screens import (
    agenda,
    asking,
    by_hand,
    calibrate,
    change,
    locked,
    lost,
    no_plan,
    ready,
    rest,
    resume,
    stopped,
    summary,
    testing,
    timed,
    told,
    training,
    trial,
)
from display.shapes import (
    AgendaView,
    AskingView,
    BandCheckView,
    ByHandView,
    CalibrateView,
    ChangeView,
    EntryView,
    LockedView,
    LostView,
    NoPlanView,
    ReadyView,
    RestView,
    ResultView,
    ResumeView,
    SetView,
    StoppedView,
    SummaryView,
    TestOfferView,
    TimedView,
    ToldView,
    TrialView,
    UncountedView,
    View,
)

_SCREENS: Mapping[type[View], Callable[[Painter, Any], None]] = {
    LockedView: locked.draw,
    NoPlanView: no_plan.draw,
    AgendaView: agenda.draw,
    AskingView: asking.draw,
    ToldView: told.draw,
    BandCheckView: told.draw_band_check,
    ReadyView: ready.draw,
    TrialView: trial.draw,
    SetView: training.draw,
    LostView: lost.draw,
    UncountedView: lost.draw,
    TimedView: timed.draw,
    ResumeView: resume.draw,
    ChangeView: change.draw,
    ByHandView: by_hand.draw,
    StoppedView: stopped.draw,
    RestView: rest.draw,
    SummaryView: summary.draw,
    EntryView: by_hand.draw_entry,
    TestOfferView: testing.draw_offer,
    ResultView: testing.draw_result,
    CalibrateView: calibrate.draw,
}


def draw(surface: pygame.Surface, view: View, ink: Ink) -> Painter:
    """Draw the View in the upper left corner; the painter says what can be touched and what was written, where."""
    painter = Painter(surface, ink)
    _SCREENS[type(view)](painter, view)
    return painter
