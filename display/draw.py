"""Draws a View. Knows the View, the theme and nothing of sessions or sensors."""

from __future__ import annotations

import pygame

from display.ink import Ink
from display.painter import Painter
from display.screens import agenda, asking, by_hand, calibrate, lost, no_plan, ready, rest, stopped, summary, training
from display.views import (
    AgendaView,
    AskingView,
    ByHandView,
    CalibrateView,
    LostView,
    NoPlanView,
    ReadyView,
    RestView,
    SetView,
    StoppedView,
    UncountedView,
    View,
)


def draw(surface: pygame.Surface, view: View, ink: Ink) -> Painter:
    """Draw the View in the upper left corner; the painter says what can be touched and what was written, where."""
    painter = Painter(surface, ink)
    match view:
        case NoPlanView():
            no_plan.draw(painter, view)
        case AgendaView():
            agenda.draw(painter, view)
        case AskingView():
            asking.draw(painter, view)
        case ReadyView():
            ready.draw(painter, view)
        case SetView():
            training.draw(painter, view)
        case LostView() | UncountedView():
            lost.draw(painter, view)
        case ByHandView():
            by_hand.draw(painter, view)
        case StoppedView():
            stopped.draw(painter, view)
        case CalibrateView():
            calibrate.draw(painter, view)
        case RestView():
            rest.draw(painter, view)
        case _:
            summary.draw(painter, view)
    return painter
