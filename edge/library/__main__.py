"""``python -m edge.library`` checks every exercise file and lists what is in them."""

from __future__ import annotations

from edge.library.read import ContentError
from edge.library.shelf import exercises


def _report() -> str:
    """Return one line per shipped exercise; every file has been checked by then."""
    return "\n".join(
        f"{one.key}: {one.name}, {one.measured}, {one.driver or 'no sensor'}"
        f"{f' at the {one.place}' if one.sensed else ''}, easier: {', '.join(one.easier) or 'none'}"
        for one in exercises().values()
    )


if __name__ == "__main__":
    try:
        print(_report())
    except ContentError as exc:
        raise SystemExit(str(exc)) from None
