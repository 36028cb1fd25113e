"""A patient who reads the screen and presses what it shows: nothing is done that no button offers."""

from display.shapes import (
    AgendaView,
    AskingView,
    ByHandView,
    LockedView,
    LostView,
    NoPlanView,
    ReadyView,
    RestView,
    SetView,
    StoppedView,
    SummaryView,
    TimedView,
    ToldView,
    TrialView,
    UncountedView,
)
from edge.session import Action, Screen
from edge.session.timing import seconds_left

FINE = {"back": 2, "leg": 1, "distal": 0, "weaker": 0, "tolerable": 1}
"""No to every other question."""
OVER = (AgendaView, LockedView, NoPlanView)
PATIENCE = 4000
"""Looks at the screen in one session: more is a session that never ends."""


class StuckError(AssertionError):
    """Nothing that is shown leads on."""


class Patient:
    """How somebody answers and trains.

    ``says`` are answers to questions by their name, or by moment and name ("worst.back"); None leaves one open.
    ``effort``, ``reserve`` and ``change`` are said after each set, None not at all. ``pace`` is for the sets done at
    the sensors, by their exercise, one of each in a session.
    """

    def __init__(self, house, *, effort=5, reserve=5, change=0, pace=None, **says):
        self.house, self.says = house, {**FINE, **says}
        self.rest = ((Action.EFFORT, effort), (Action.RESERVE, reserve), (Action.PAIN_CHANGE, change))
        self.pace = dict(pace or {})
        self.truths, self.seen = {}, []

    def train(self):
        """Begin what is due and go through it to the end; return the views that were seen, by their kind."""
        begin = main(self.house.view())
        if begin is None:
            return ()
        self.house.press(begin)
        return self.go_on()

    def go_on(self, until=lambda view: isinstance(view, OVER)):
        """Do the next thing again and again, until the view is such a one."""
        self.seen = []
        for _ in range(PATIENCE):
            view = self.house.view()
            if not self.seen or self.seen[-1] is not type(view):
                self.seen.append(type(view))
            if until(view):
                return tuple(self.seen)
            self.act(view)
        raise StuckError(f"on {type(view).__name__}: {view}")

    def act(self, view):
        """Do what a sensible person does at this view."""
        match view:
            case AskingView():
                self.answer(view)
            case ReadyView():
                self.begin(view)
            case TrialView():
                self.press(view, Action.SKIP)
            case SetView():
                self.do_set(view)
            case LostView():
                self.press(view, Action.UNCOUNTED)
            case ByHandView():
                self.say_how_many(view)
            case StoppedView():
                self.press(view, Action.REASON, "tired")
            case RestView():
                self.rest_between(view)
            case SummaryView() | UncountedView():
                self.press(view, Action.MAIN)
            case TimedView():
                self.do_by_the_clock(view)
            case ToldView() if self.house.state.guard.telling.rule == "symptoms_unanswered":
                self.press(view, Action.STOP)  # who does not answer does not train
            case _:
                self.house.press(main(view))

    def answer(self, view):
        question = self.house.state.asking.question
        self.house.asked.append((self.house.day, str(question.group), question.name, question.session_id))
        said = self.says.get(f"{question.group}.{question.name}", self.says.get(question.name, 0))
        if said is None:
            # Who is asked once more without having said anything leaves.
            again = sum(one[1:] == self.house.asked[-1][1:] for one in self.house.asked) > 1
            self.press(view, Action.STOP if again else Action.SKIP)
            return
        self.press(view, Action.ANSWER, said)
        self.press(self.house.view(), Action.MAIN)

    def begin(self, view):
        house = self.house
        pace = self.pace.pop(house.state.exercise.key, None)
        if pace is not None:
            self.truths[house.state.exercise.key] = house.move(pace)
        elif main(view) is not None:
            house.wait(5.0)
            self.press(view, Action.MAIN)
        else:
            self.press(view, Action.SKIP)

    def do_set(self, view):
        before = self.house.state.set_number, self.house.state.screen
        self.house.count(None if self.house.state.planned.reps else 12)
        if (self.house.state.set_number, self.house.state.screen) == before:
            done = any(button.action is Action.MAIN for button in view.buttons)
            self.press(view, Action.MAIN if done else Action.STOP)

    def say_how_many(self, view):
        for _ in range(self.house.state.planned.reps or 10):
            self.press(self.house.view(), Action.MORE)
        self.press(self.house.view(), Action.MAIN)

    def rest_between(self, view):
        for action, value in self.rest:
            view = self.house.view()
            if isinstance(view, RestView) and any(
                b.action is action and b.value == value and b.enabled for b in view.buttons
            ):
                self.press(view, action, value)
        if isinstance(view := self.house.view(), RestView):
            self.press(view, Action.MAIN)

    def do_by_the_clock(self, view):
        """Hold, walk or carry until the time is over."""
        self.house.wait(10.0)
        left_s = seconds_left(self.house.state) if self.house.state.screen is Screen.TIMED else None
        if left_s is not None and left_s > 0:
            self.house.wait(left_s)
        if isinstance(view := self.house.view(), TimedView):
            self.press(view, Action.MAIN)

    def press(self, view, action, value=None):
        found = [b for b in view.buttons if b.action is action and b.enabled and (value is None or b.value == value)]
        if not found:
            offered = [(b.action, b.value, b.enabled) for b in view.buttons]
            raise StuckError(f"{type(view).__name__} has no {action} {value}: {offered}")
        self.house.press(found[0])


def main(view):
    """Return the view's main button if it can be pressed."""
    return next((b for b in view.buttons if b.main and b.enabled), None) if hasattr(view, "buttons") else None
