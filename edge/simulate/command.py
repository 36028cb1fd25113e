"""``steadyrig simulate``, as it is typed."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from edge.stop import stop_on_signal

MOST_STATIONS, MOST_SESSIONS, MOST_BRIDGES = 5000, 100, 16


def simulate(
    stations: Annotated[int, typer.Option(min=1, max=MOST_STATIONS, help="how many patients train at home")] = 50,
    sessions: Annotated[
        int, typer.Option(min=1, max=MOST_SESSIONS, help="what each sends: about 73 records and 33 kB a session")
    ] = 1,
    over: Annotated[
        float, typer.Option(min=0, max=3600, help="seconds in which the sessions happen; 0: all are there at once")
    ] = 0.0,
    reconnect: Annotated[
        bool, typer.Option(help="kill the broker, let everybody train meanwhile, bring it back: all come at once")
    ] = False,
    outage: Annotated[float, typer.Option(min=0, max=600, help="seconds without a broker, with --reconnect")] = 10.0,
    plans: Annotated[bool, typer.Option(help="also write a plan for every station and wait for its receipt")] = False,
    bridges: Annotated[int, typer.Option(min=1, max=MOST_BRIDGES, help="how many share the work")] = 1,
    db: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="postgresql: a PostgreSQL server of its own; or the address of an empty database, which keeps "
            "what comes; left out, a SQLite file",
        ),
    ] = None,
    plain: Annotated[bool, typer.Option(help="without TLS, to see what that costs")] = False,
    seed: Annotated[int, typer.Option(min=0, max=999, help="of what is sent; the same seed, the same records")] = 1,
    limit: Annotated[float, typer.Option(min=1, max=3600, help="seconds after which it ends in any case")] = 900.0,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of the table")] = False,
) -> None:
    """Let many stations send to a clinic on this machine, and count what arrived.

    It starts what it needs, on loopback only: a private broker with TLS, an access list and a password for each
    station, the bridges as processes of their own, a database, and the panel, of which a clinician opens about two
    pages a second. The stations speak the real protocol with the real sender: last will, one connection each,
    resending until the clinic has confirmed after its commit. Only their screens, sensors and disks are left out. At
    the end it compares the database with what was written, row by row.

    \b
    steadyrig simulate                                        50 patients, one session each
    steadyrig simulate --stations 1000 --reconnect            1,000 come back at once after an outage
    steadyrig simulate --stations 1000 --over 600 --plans     a busy ten minutes, with a new plan for everybody
    steadyrig simulate --db postgresql --bridges 2            a PostgreSQL of its own, and two bridges
    steadyrig simulate --json > measured.json                 for programs

    Progress goes to standard error. Exit status: 0 when every record is in the database exactly once, as it was
    written, and every page of the panel came; 1 when a record is lost, doubled, altered or set aside, a page answers
    an error, or it was not finished; 2 when it could not begin. Speed does not change the exit status: machines
    differ. docs/scale.md tells what was measured where.
    """
    from edge.simulate.run import Options, say
    from edge.simulate.run import simulate as run
    from sync.broker import BrokerError

    options = Options(
        stations=stations,
        sessions=sessions,
        over_s=over,
        reconnect=reconnect,
        outage_s=outage,
        plans=plans,
        bridges=bridges,
        database=db,
        encrypted=not plain,
        seed=seed,
        limit_s=limit,
    )
    try:
        report = run(options, stop_on_signal(), say)
    except (BrokerError, RuntimeError) as exc:
        print(f"steadyrig simulate: {exc}", file=sys.stderr)
        raise typer.Exit(2) from None
    print(json.dumps(report.as_dict()) if as_json else report.as_text())
    raise typer.Exit(0 if report.right else 1)
