"""A virtual patient in front of the screen: sees what a person sees, presses what a person presses, and moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from display.parts import Button
from display.shapes import AskingView, ReadyView, RestView, SetView, SummaryView, TestOfferView, TrialView, View
from drivers.patient import Pace, VirtualPatient
from edge.session import Action

PACES: Mapping[str, Pace] = {
    "sit_to_stand": Pace(out_s=1.3, hold_s=0.5, back_s=1.6, rest_s=0.9),
    "goblet_squat": Pace(out_s=3.0, hold_s=1.0, back_s=1.2, rest_s=0.9),
    "kettlebell_deadlift": Pace(out_s=2.0, hold_s=0.4, back_s=1.4, rest_s=0.9),
    "band_row": Pace(out_s=1.2, hold_s=1.0, back_s=2.6, rest_s=0.9),
    "band_press": Pace(out_s=1.2, hold_s=0.8, back_s=2.1, rest_s=0.9),
}
"""How this patient moves: about the demo plan's tempo, with the spread of a person."""

LOOK_S = 1.5
"""Nobody presses the moment a screen appears."""
PLACE_S = 3.5
"""Sitting down or standing up for the next exercise, and taking the handle or the bell."""
FIDGET_S = 3.0
"""Shuffling into place before a set; it must not be counted."""
SETTLE_S = 1.4
"""Standing still, ready, before the first repetition."""
EFFORT = 5
RESERVE = 3
PAIN_SAME = 0
SAYS = {"back": 2, "leg": 1, "distal": 0, "weaker": 0, "tolerable": 1}
"""How this patient is; no to every other question."""


class WatchingPatient:
    """Answers each view in turn. ``press`` takes the button; ``body`` is what the emulated chips are strapped to."""

    def __init__(self, body: VirtualPatient, press: Callable[[Button], None], sessions: int, rest_s: float) -> None:
        self._body = body
        self._press = press
        self._sessions_left = sessions
        self._rest_s = rest_s
        self._shown: type[View] | None = None
        self._since_s = 0.0
        self._step = 0

    @property
    def done(self) -> bool:
        """True once the last session's summary was closed."""
        return self._sessions_left <= 0

    def look(self, view: View, exercise: str, peak_force_n: float, t_s: float, *, waits: bool = False) -> None:
        """See the screen at ``t_s`` and do the next thing, if it is time for one; who ``waits`` presses nothing."""
        if self.done and not isinstance(view, ReadyView | TrialView | SetView):
            return  # from here on somebody else presses; the body still trains when a set is begun
        if type(view) is not self._shown:
            self._screen_changed(view, exercise, t_s)
        waited_s = t_s - self._since_s
        if isinstance(view, SetView | TrialView):
            self._train(exercise, peak_force_n, waited_s, t_s)
        elif waits:
            return
        elif isinstance(view, RestView):
            self._rest(view, waited_s)
        elif isinstance(view, AskingView):
            self._say(view, waited_s, t_s)
        elif isinstance(view, TestOfferView):
            self._put_off(view, waited_s)
        elif waited_s >= self._look_s(view) and self._step == 0 and (main := main_button(view)):
            self._step = 1
            if isinstance(view, SummaryView):
                self._sessions_left -= 1
            self._press(main)

    @staticmethod
    def _look_s(view: View) -> float:
        """Nobody presses START before being in place."""
        return PLACE_S if isinstance(view, ReadyView) else LOOK_S

    def _screen_changed(self, view: View, exercise: str, t_s: float) -> None:
        if self._shown in (SetView, TrialView):
            self._body.finish(t_s)
        self._shown, self._since_s, self._step = type(view), t_s, 0
        if isinstance(view, ReadyView):
            self._body.prepare(exercise, t_s)
            self._body.fidget(t_s, FIDGET_S)

    def _train(self, exercise: str, peak_force_n: float, waited_s: float, t_s: float) -> None:
        if self._step == 0 and waited_s >= SETTLE_S:
            self._step = 1
            self._body.begin(exercise, t_s, PACES[exercise], peak_force_n)

    def _say(self, view: AskingView, waited_s: float, t_s: float) -> None:
        """Choose an answer, see it repeated, go on; the next question is another look."""
        main = main_button(view)
        if main is None and waited_s >= LOOK_S:
            answer = find_button(view, Action.ANSWER, SAYS.get(view.topic, 0))
            if answer:
                self._press(answer)
        elif main is not None and waited_s >= 2 * LOOK_S:
            self._since_s = t_s
            self._press(main)

    def _put_off(self, view: TestOfferView, waited_s: float) -> None:
        """This patient trains; tests of function wait for another day."""
        button = find_button(view, Action.SKIP, None)
        if self._step == 0 and waited_s >= LOOK_S and button:
            self._step = 1
            self._press(button)

    def _rest(self, view: RestView, waited_s: float) -> None:
        answers = (
            (Action.EFFORT, EFFORT),
            (Action.RESERVE, RESERVE),
            (Action.PAIN_CHANGE, PAIN_SAME),
            (Action.MAIN, None),
        )
        due_s = (LOOK_S, 2 * LOOK_S, 3 * LOOK_S, max(self._rest_s, 4 * LOOK_S))
        if self._step < len(answers) and waited_s >= due_s[self._step]:
            button = find_button(view, *answers[self._step])
            self._step += 1
            if button:
                self._press(button)


def find_button(view: View, action: Action, value: int | None) -> Button | None:
    """Return the enabled button with that action and value, as far as the view has one."""
    found = (b for b in view.buttons if b.action is action and b.value == value and b.enabled)
    return next(found, None)


def main_button(view: View) -> Button | None:
    """Return the view's main button when it can be pressed."""
    return next((b for b in view.buttons if b.main and b.enabled), None)
