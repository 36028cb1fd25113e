"""``steadyrig prove``: what the station does when a sensor fails, tried on emulated chips and written down.

Every row is one entry of the project's table of sensing faults, F01 to F17. The functions of the rows are the
measurement; the tests call the same ones. A row is run only if the emulators really acted its faults out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from drivers.emulation.faults import Kind
from edge.config import SettingsError
from edge.prove import calibration, imu, load, worn
from edge.prove.row import Result, Row, run_row

ROWS: tuple[Row, ...] = tuple(sorted((*imu.ROWS, *load.ROWS, *calibration.ROWS, *worn.ROWS), key=lambda row: row.id))
ALL = "all"


def chosen(names: str) -> tuple[Row, ...]:
    """Return the rows for ``all`` or for kinds of faults and ids with commas between them.

    Raises SettingsError for a name there is not.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    known = {ALL, *Kind, *(row.id for row in ROWS)}
    for name in wanted or [""]:
        if name not in known:
            ids = f"{ROWS[0].id} to {ROWS[-1].id}"
            raise SettingsError(
                f"--faults is {name!r}; expected {ALL}, an id from {ids}, or one of {', '.join(Kind)}"
            )
    return tuple(row for row in ROWS if {ALL, row.id, *row.kinds} & set(wanted))


def prove(
    rows: Sequence[Row], seed: int, trials: int | None = None, tell: Callable[[str], None] = lambda _words: None
) -> Iterator[Result]:
    """Yield the result of each row; ``tell`` hears how far it is.

    ``trials`` are in place of each row's own number, but never so few that one of its variants is left out.
    """
    for row in rows:
        count = max(trials or row.trials, row.least)

        def say(number: int, row: Row = row, count: int = count) -> None:
            tell(f"{row.id}: trial {number} of {count}")

        yield run_row(row, seed, count, say)
