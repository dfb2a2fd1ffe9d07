"""Files of past years into a city of 200,000 units: rows a second of each kind, the first time and again."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl

from benchmarks import casework, servers, stages
from benchmarks.options import Options
from benchmarks.report import Report, Table
from casework.record_import import import_record
from policy import rules
from policy.clocks import legal_day
from store import Database

ROWS_A_SECOND = 20_000
_DISTRICT = "990101"
_TOWN = f"{_DISTRICT}001000"
_TOWNS = [f"9901{district:02}{town:03}000" for district in range(1, 9) for town in range(1, 11)]
_CREW = f"B{_DISTRICT}-1;B{_DISTRICT}-2"

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
        "Visits, cases, measures and major hazards have two officers each; hazards, orders and penalties hang on those "
        "visits; what is of units is of 400, mostly on 1,400 days. Again: the same file once more, of which every row "
        "is found to stand. XLSX: visits of other numbers as openpyxl writes them (write-only)."],
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
            found[kind] = _twice(db, kind, file, today, rows)
        book = Path(folder) / "inspections.xlsx"
        _workbook(book, _inspections(rows, today))
        found["inspections, XLSX"] = _twice(db, "inspections", book, today, rows)
    return found


def _workbook(path: Path, lines: Iterator[str]) -> None:
    """The same rows of other numbers as a workbook: each cell has its text in it."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in lines:
        sheet.append(line.replace("R", "RX", 1).split(",") if line.startswith("R") else line.split(","))
    book.save(path)


def _twice(db: Database, kind: str, file: Path, today: dt.date, rows: int) -> tuple[float, float]:
    return _seconds(db, kind, file, today, rows), _seconds(db, kind, file, today, rows)


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
        yield (f"R{n:08},{_unit(n)},draw,{day},{day} 10:00,{day} 11:30,hazards_ordered,{_CREW}")


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
        yield f"RP{n:08},{_unit(n)},R{n:08},{_day(n, today) + dt.timedelta(40)},fine,{5000 + n % 9 * 500},60"


def _complaints(rows: int, today: dt.date) -> Iterator[str]:
    yield "complaint_no,unit_no,received_at,channel,kind,checked_at,verified"
    for n in range(rows):
        day = _day(n, today)
        yield (f"RT{n:08},{_unit(n)},{day} {8 + n % 9:02}:{n % 60:02},96119,blocked_exit,"
               f"{day} {18 + n % 5:02}:{n % 60:02},{'是' if n % 3 else '否'}")


def _fires(rows: int, today: dt.date) -> Iterator[str]:
    yield "fire_no,unit_no,occurred_at,procedure"
    for n in range(rows):
        yield f"RF{n:08},{_unit(n)},{_day(n, today)} {n % 24:02}:{n % 60:02},simple"


def _cases(rows: int, today: dt.date) -> Iterator[str]:
    yield "case_no,unit_no,procedure,article,facts,items,officers,offence_on,filed_on,standing,decided_on,closed_on"
    for n in range(rows):
        day = _day(n, today)
        yield (f"RC{n:08},{_unit(n)},ordinary,消防法 第六十条第一款,疏散通道被占用第{n}处,H{n % 80:03},{_CREW},{day},"
               f"{day},closed,{day + dt.timedelta(30)},{day + dt.timedelta(60)}")


def _measures(rows: int, today: dt.date) -> Iterator[str]:
    yield "measure_no,unit_no,kind,ground,scope,officers,began_on,until_on,standing,ended_on"
    for n in range(rows):
        day = _day(n, today)
        yield (f"RM{n:08},{_unit(n)},seal,火灾隐患,{1 + n % 9}层,{_CREW},{day},{day + dt.timedelta(20)},lifted,"
               f"{day + dt.timedelta(10)}")


def _major_hazards(rows: int, today: dt.date) -> Iterator[str]:
    yield "major_hazard_no,unit_no,way,elements,officers,found_on,standing,level,notice_on,ended_on"
    for n in range(rows):
        day = _day(n, today)
        yield (f"RJ{n:08},{_unit(n)},direct,6.1;6.{2 + n % 7},{_CREW},{day},accepted,county,{day + dt.timedelta(5)},"
               f"{day + dt.timedelta(100)}")


def _credit_entries(rows: int, today: dt.date) -> Iterator[str]:
    yield "unit_no,occurred_on,points,event_kind,event_ref,article"
    for n in range(rows):
        yield f"{_unit(n)},{_day(n, today)},{1 + n % 6},repair,RK{n:08},信用修复"


def _listings(rows: int, today: dt.date) -> Iterator[str]:
    """Of 400 units too, each on the list from another day: a unit is on a list once a day."""
    yield "unit_no,list,from_day,to_day,basis"
    for n in range(rows):
        day = today - dt.timedelta(days=400 + n // 400)
        yield f"{_unit(n)},general,{day},{day + dt.timedelta(90)},决定书第{n}号"


def _agreements(rows: int, today: dt.date) -> Iterator[str]:
    yield "agreement_no,regime,town_code,principal_code,powers,from_day,to_day,signed_on"
    for n in range(rows):
        day = _day(n, today)
        yield (f"RG{n:08},delegated,{_TOWN},{_DISTRICT},inspect;order,{day},{day + dt.timedelta(365)},"
               f"{day - dt.timedelta(10)}")


def _training(rows: int, today: dt.date) -> Iterator[str]:
    """Of two officers, each subject by itself: an officer hears one subject once a day."""
    yield "officer_no,kind,held_on,hours,days,topic"
    for n in range(rows):
        yield f"B{_DISTRICT}-{1 + n % 2},on_the_job,{_day(n, today)},{1 + n % 8},0.5,第{n}课"


def _guidance(rows: int, today: dt.date) -> Iterator[str]:
    """A town is visited once a day: of all towns as many days as it takes, before those of which the city has."""
    yield "town_code,visited_on,officers,note"
    for n in range(rows):
        yield f"{_TOWNS[n % len(_TOWNS)]},{today - dt.timedelta(days=2000 + n // len(_TOWNS))},{_CREW},第{n}次指导"


def _referrals(rows: int, today: dt.date) -> Iterator[str]:
    yield "referral_no,reason,unit_no,from_code,from_body,to_code,item_codes,found_on,state,outcome"
    for n in range(rows):
        yield (f"RY{n:08},key_unit,{_unit(n)},{_TOWN},town,{_DISTRICT},H{n % 80:03},{_day(n, today)},closed,已查处")


def _unit(n: int) -> str:
    return f"M{1 + n % 400:08}"


#: In the order in which they can be brought in.
KINDS: dict[str, Lines] = {
    "inspections": _inspections, "hazards": _hazards, "orders": _orders, "penalties": _penalties,
    "complaints": _complaints, "fires": _fires, "cases": _cases, "measures": _measures, "major-hazards": _major_hazards,
    "credit-entries": _credit_entries, "listings": _listings, "agreements": _agreements, "training": _training,
    "guidance": _guidance, "referrals": _referrals}
