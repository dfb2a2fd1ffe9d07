"""Files of past years into a city of 200,000 units: rows a second of each kind, the first time and again."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import casework, servers, stages
from benchmarks.options import Options
from benchmarks.report import Report, Table
from casework.record_import import import_record
from policy import rules
from policy.clocks import legal_day
from store import Database

ROWS_A_SECOND = 20_000
_DISTRICT = "990101"

Lines = Callable[[int, dt.date], Iterator[str]]


def run(options: Options) -> Report:
    """Make the city, then bring in a file of each kind twice."""
    units = casework.QUICK_UNITS if options.quick else (options.units or (casework.UNITS,))[0]
    rows = casework.QUICK_ROWS if options.quick else casework.ROWS
    today = legal_day(dt.datetime.now(dt.UTC))
    with servers.folder() as folder, servers.database(folder / "home") as server:
        options.say(f"imports: making {units:,} units")
        casework.load(server.dsn, units, today, options.say)
        options.say("imports: bringing files in")
        found = stages.run(server.pid, _measured, server.dsn, today, rows).result
    return Report("imports", [table(found, rows)], [
        "Visits have two officers each; hazards, orders and penalties hang on those visits; all are of 400 units and "
        "1,400 days. Again: the same file once more, of which every row is found to stand."],
        {"seconds": found, "rows": rows})


def table(found: dict[str, tuple[float, float]], rows: int) -> Table:
    cells = [[kind, *(cell for seconds in both for cell in (f"{seconds:.1f}", f"{rows / seconds:,.0f}")),
              f"{ROWS_A_SECOND:,}"] for kind, both in found.items()]
    return Table(f"files of {rows:,} rows", ["", "seconds", "rows a second", "again", "rows a second", "wanted"], cells)


def _measured(dsn: str, today: dt.date, rows: int) -> dict[str, tuple[float, float]]:
    with Database(dsn, name="benchmark") as db:
        return measure(db, today, rows)


def measure(db: Database, today: dt.date, rows: int) -> dict[str, tuple[float, float]]:
    """Seconds for ``rows`` rows of each kind, the first time and again."""
    rules().version(today)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, lines in KINDS.items():
            file = Path(folder) / f"{kind}.csv"
            file.write_text("\n".join(lines(rows, today)) + "\n", encoding="utf-8")
            found[kind] = (_seconds(db, kind, file, today, rows), _seconds(db, kind, file, today, rows))
    return found


def _seconds(db: Database, kind: str, file: Path, today: dt.date, rows: int) -> float:
    began = time.perf_counter()
    report = import_record(db, kind, file, actor="benchmark", day=today)
    took = time.perf_counter() - began
    if report.accepted != rows:
        raise RuntimeError(f"{report.accepted} of {rows} {kind} came in: {report.rejected[:3]}")
    return took


def _day(n: int, today: dt.date) -> dt.date:
    return today - dt.timedelta(days=400 + n % 1400)


def _inspections(rows: int, today: dt.date) -> Iterator[str]:
    yield "inspection_no,unit_no,kind,inspected_on,started_at,ended_at,result,officers"
    for n in range(rows):
        day = _day(n, today)
        yield (f"R{n:08},M{1 + n % 400:08},draw,{day},{day} 10:00,{day} 11:30,hazards_ordered,"
               f"B{_DISTRICT}-1;B{_DISTRICT}-2")


def _hazards(rows: int, today: dt.date) -> Iterator[str]:
    yield "inspection_no,item_code,severity,handling,due_on,corrected_on"
    for n in range(rows):
        day = _day(n, today)
        yield f"R{n:08},H{n % 80:03},minor,ordered,{day + dt.timedelta(30)},{day + dt.timedelta(20)}"


def _orders(rows: int, today: dt.date) -> Iterator[str]:
    yield "order_no,inspection_no,kind,served_on,correct_by,closed_on"
    for n in range(rows):
        day = _day(n, today)
        yield f"RZ{n:08},R{n:08},time_limited,{day},{day + dt.timedelta(30)},{day + dt.timedelta(33)}"


def _penalties(rows: int, today: dt.date) -> Iterator[str]:
    yield "case_no,unit_no,inspection_no,decided_on,kind,amount_yuan,article"
    for n in range(rows):
        yield f"RP{n:08},M{1 + n % 400:08},R{n:08},{_day(n, today) + dt.timedelta(40)},fine,{5000 + n % 9 * 500},60"


def _complaints(rows: int, today: dt.date) -> Iterator[str]:
    yield "complaint_no,unit_no,received_at,channel,kind,checked_at,verified"
    for n in range(rows):
        day = _day(n, today)
        yield (f"RT{n:08},M{1 + n % 400:08},{day} {8 + n % 9:02}:{n % 60:02},96119,blocked_exit,"
               f"{day} {18 + n % 5:02}:{n % 60:02},{'是' if n % 3 else '否'}")


def _fires(rows: int, today: dt.date) -> Iterator[str]:
    yield "fire_no,unit_no,occurred_at,procedure"
    for n in range(rows):
        yield f"RF{n:08},M{1 + n % 400:08},{_day(n, today)} {n % 24:02}:{n % 60:02},simple"


#: In the order in which they can be brought in.
KINDS: dict[str, Lines] = {"inspections": _inspections, "hazards": _hazards, "orders": _orders, "penalties": _penalties,
                           "complaints": _complaints, "fires": _fires}
