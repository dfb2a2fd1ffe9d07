"""The record of supervision of a city of 200,000 units: its lists, the night's clocks and detectors, its import."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

import api.accounts
import casework.nightly
import casework.supervision.detectors
from benchmarks import metropolis, processes, servers, stages
from benchmarks.figures import percentile
from benchmarks.options import Options
from benchmarks.report import Report, Table
from casework.record_import import import_record
from casework.reports.period import Period
from casework.reports.report import report
from policy import rules
from policy.clocks import legal_day
from store import Database, Queries

q = Queries(__file__)

UNITS, QUICK_UNITS = 200_000, 400
_REQUESTS, _QUICK_REQUESTS, _WARM_UP = 30, 2, 2
# The server closes a connection that was idle for five seconds; a slow answer to the other account takes as long.
_KEPT = 3.0
_PASSWORD = "benchmark password"
_DISTRICT = "990101"
ROWS, QUICK_ROWS = 100_000, 200
_DEEP_PAGES, _DEEP_ROWS = 20, 500
TARGET_MS = 100.0
LIMITS = {"deadlines, first night": 30.0, "deadlines, next night": 30.0, "yearly report": 5.0}
ROWS_A_SECOND = 20_000
_PARTS = ("items", "officers", "inspections", "inspection_officers", "hazards", "orders", "complaints", "complainants",
          "requests", "result_publications", "cases", "case_steps", "penalties", "penalty_officers", "measures",
              "major_hazards",
          "soft_measures", "agreements", "agreement_scopes", "town_acts", "referrals", "grids", "unit_grids",
              "grid_leads",
          "lead_steps", "station_quotas", "guidance", "fires", "clocks")
# Written without their indexes, which are built afterwards: a third of the time.
_LONG = ("inspections", "hazards", "orders", "complaints", "result_publications", "cases", "agreements", "town_acts",
"clocks")
# What was written with numbers of its own.
_NUMBERED = (("units", "unit_id"), ("inspections", "inspection_id"), ("complaints", "complaint_id"), ("cases",
"case_id"),
             ("penalties", "penalty_id"), ("measures", "measure_id"), ("grid_leads", "lead_id"))
_COUNTED = ("units", "inspections", "hazards", "orders", "complaints", "cases", "penalties", "measures", "clocks",
            "result_publications", "town_acts", "referrals", "grid_leads", "visit_requests")
#: What is asked, as a page and as JSON; ``{area}`` is the account's own, ``{after}`` lies 10,000 rows down its list.
PATHS = (
    "/inspections", "/inspections?state=done", "/inspections?state=done&after={after}",
    "/inspections?q=%E5%8D%95%E4%BD%8D123", "/inspections?state=done&q=%E5%8D%95%E4%BD%8D123",
    "/inspections?state=done&q=%E5%8D%95",
    "/api/v1/inspections", "/api/v1/inspections?state=done", "/api/v1/inspections?state=done&kind=campaign",
    "/deadlines", "/deadlines?state=late", "/deadlines?state=done_in_time", "/deadlines?state=done_late",
    "/deadlines?noun=case", "/deadlines?body=town", "/api/v1/deadlines", "/api/v1/deadlines?state=late",
    "/api/v1/orders", "/api/v1/orders?state=late", "/api/v1/orders?state=all", "/api/v1/orders?state=all&after={after}",
    "/api/v1/orders?state=all&unit=M00000400",
    "/complaints", "/complaints?state=late", "/complaints?state=untold", "/complaints?state=all",
    "/complaints?state=all&channel=96119", "/complaints?state=all&after={after}", "/api/v1/complaints",
    "/api/v1/complaints?state=all",
    "/visit-requests", "/visit-requests?state=all", "/api/v1/visit-requests", "/api/v1/visit-requests?state=all",
    "/publications", "/publications?state=late", "/publications?state=untold", "/publications?state=published",
    "/publications?state=published&after={after}", "/publications?state=withheld", "/api/v1/publications",
    "/cases", "/cases?state=late", "/cases?state=all", "/api/v1/cases", "/api/v1/cases?state=all",
        "/api/v1/cases?state=late",
    "/measures", "/measures?state=all", "/api/v1/measures", "/api/v1/measures?state=all",
    "/major-hazards", "/major-hazards?state=all", "/api/v1/major-hazards", "/api/v1/soft-measures",
    "/towns", "/towns/{town}", "/api/v1/towns", "/api/v1/towns/penalties", "/api/v1/town-acts",
    "/api/v1/town-acts?state=without_video", "/api/v1/agreements", "/api/v1/towns/officers",
    "/referrals", "/api/v1/referrals", "/api/v1/referrals?box=in",
    "/grid-leads", "/grid-leads?state=late", "/grid-leads?state=all", "/api/v1/grid-leads",
    "/stations", "/stations?pace=1", "/api/v1/stations/{area}/pace", "/api/v1/stations/{area}/missing",
    "/supervision", "/api/v1/supervision/findings", "/credit", "/api/v1/credit/notices", "/api/v1/credit/listings",
    "/api/v1/credit/repairs", "/registers/units", "/registers/units?q=%E5%8D%95%E4%BD%8D123",
    "/api/v1/registers/units?after={after}")


def run(options: Options) -> Report:
    """Make the city, run two nights, then ask every list as two accounts, in rounds."""
    units = QUICK_UNITS if options.quick else (options.units or (UNITS,))[0]
    requests = _QUICK_REQUESTS if options.quick else _REQUESTS
    rows = QUICK_ROWS if options.quick else ROWS
    today = legal_day(dt.datetime.now(dt.UTC))
    with servers.folder() as folder, servers.database(folder / "home") as server:
        options.say(f"casework: making {units:,} units")
        began = time.perf_counter()
        load(server.dsn, units, today, options.say)
        made = time.perf_counter() - began
        options.say(f"casework: made in {made:.0f} s; the night's jobs")
        jobs = stages.run(server.pid, run_jobs, server.dsn, today, rows).result
        counts = _rows(server.dsn)
        with processes.api(folder, server.dsn) as (port, _):
            accounts = {name: _Login(port, name, area) for name, area in (("city", "990000"), ("district", _DISTRICT))}
            found: dict[str, dict[str, list[float]]] = {path: {name: [] for name in accounts} for path in PATHS}
            for login in accounts.values():
                for path in filter(lambda one: "{after}" in one, PATHS):
                    login.go_down(path)
            for number in range(_WARM_UP + requests):
                options.say(f"casework: request {number + 1} of each of {len(PATHS)} lists")
                for path, held in found.items():
                    for name, login in accounts.items():
                        seconds = login.ask(path)
                        if number >= _WARM_UP:
                            held[name].append(seconds)
    return _report(counts, made, jobs, rows, found)


def load(dsn: str, units: int, until: dt.date, say: Callable[[str], None] = lambda line: None) -> None:
    """Fill an empty database with the city's registers and five years of its record; the same size is the same city."""
    told = {"units": units, "visits": units * 5, "complaints": units // 4, "cases": units // 10, "until": until,
            "districts": 8 if units >= 8 * 25 else 1, "kinds": metropolis.KINDS}
    with psycopg.connect(dsn, options="-c timezone=Asia/Shanghai") as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set maintenance_work_mem = '256MB'")
        connection.execute("set work_mem = '128MB'")
        connection.execute(metropolis.q["roll"])
        with _bare(connection):
            for name in ("areas", "units"):
                connection.execute(metropolis.q[name], told)
            connection.execute("analyze areas, units")
            for name in _PARTS:
                began = time.perf_counter()
                connection.execute(q[name], told)
                if name in _LONG:
                    # Tables of this very transaction have no statistics, and what follows would be joined row by row.
                    connection.execute(sql.SQL("analyze {}").format(sql.Identifier(name)))
                say(f"casework: {name} {time.perf_counter() - began:.1f} s")
        for table, key in _NUMBERED:
            statement = "select setval(pg_get_serial_sequence({}, {}), (select max({}) from {}))"
            connection.execute(sql.SQL(statement).format(sql.Literal(table), sql.Literal(key), sql.Identifier(key),
                                                         sql.Identifier(table)))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
    with Database(dsn, name="benchmark") as db:
        for name, role, areas in (("city", "administrator", ()), ("district", "brigade", (_DISTRICT,))):
            api.accounts.ensure(db, username=name, display_name=name, password=_PASSWORD, role=role, area_codes=areas)


@contextmanager
def _bare(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """The long tables without the indexes that no constraint stands on."""
    held = connection.execute(
        "select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as made from pg_index"
        " where indrelid::regclass::text = any(%s)"
        " and not exists (select from pg_constraint where conindid = indexrelid)", [list(_LONG)]).fetchall()
    for name, _ in held:
        connection.execute(sql.SQL("drop index {}").format(sql.Identifier(name)))
    yield
    for _, made in held:
        connection.execute(made)


def run_jobs(dsn: str, today: dt.date, rows: int) -> dict[str, float]:
    """Seconds of the first night after such a load, of an ordinary one, of the detectors over their usual days, of the
    yearly report, and of ``rows`` inspections brought in from a file, the first time and again."""
    rules().version(today)
    found = {}
    with Database(dsn, name="benchmark") as db, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "inspections.csv"
        file.write_text("inspection_no,unit_no,kind,inspected_on,started_at,ended_at,result,officers\n" + "\n".join(
            f"R{n:08},M{1 + n % 400:08},draw,{(day := today - dt.timedelta(days=400 + n % 1400))},{day} 10:00,"
            f"{day} 11:30,pass,B{_DISTRICT}-1;B{_DISTRICT}-2" for n in range(rows)) + "\n", encoding="utf-8")
        for name, work in (
                ("deadlines, first night", lambda: casework.nightly.run(db, today)),
                ("deadlines, next night", lambda: casework.nightly.run(db, today + dt.timedelta(days=1))),
                ("supervision", lambda: casework.supervision.detectors.run(db, today, dt.datetime.now(dt.UTC))),
                ("yearly report", lambda: _yearly(db, today)),
                ("import", lambda: import_record(db, "inspections", file, actor="benchmark", day=today)),
                ("the same file again", lambda: import_record(db, "inspections", file, actor="benchmark", day=today))):
            began = time.perf_counter()
            work()
            found[name] = time.perf_counter() - began
            with db.connection() as connection:
                connection.execute("analyze")
    return found


def _yearly(db: Database, today: dt.date) -> None:
    with db.connection() as connection:
        report(connection, "yearly", Period.of("yearly", str(today.year), today=today), as_of=today)


def _rows(dsn: str) -> dict[str, int]:
    with psycopg.connect(dsn) as connection:
        return {name: connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(name))).fetchone()[0]  # type: ignore[index]
                for name in _COUNTED}


class _Login:
    """One kept connection of one account."""

    def __init__(self, port: int, name: str, area: str) -> None:
        self._area, self._town = area, f"{_DISTRICT}001000"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._used = time.monotonic()
        self._deep: dict[str, str] = {}
        body = self._send("POST", "/api/v1/login", f'{{"username": "{name}", "password": "{_PASSWORD}"}}',
                          {"Content-Type": "application/json"}).decode()
        self._headers = {"Authorization": "Bearer " + body.split('"token":"', 1)[1].split('"', 1)[0]}

    def go_down(self, path: str) -> None:
        """Go through a list page by page, to know how a page far down is asked for."""
        self._reach()
        twin = path if path.startswith("/api/") else "/api/v1" + path
        after = ""
        for _ in range(_DEEP_PAGES):
            content = self._send("GET", f"{twin.format(after=after)}&limit={_DEEP_ROWS}", None, self._headers)
            after = json.loads(content)["next"] or after
        self._deep[path], self._used = after, time.monotonic()

    def ask(self, path: str) -> float:
        """Seconds from the request to the last byte."""
        self._reach()
        address = path.format(area=self._area, town=self._town, after=self._deep.get(path, ""))
        began = time.perf_counter()
        self._send("GET", address, None, self._headers)
        self._used = time.monotonic()
        return time.perf_counter() - began

    def _reach(self) -> None:
        if time.monotonic() - self._used > _KEPT:
            self._connection.close()
            self._connection.connect()

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> bytes:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {content[:200]!r}")
        return content


def _report(counts: dict[str, int], made: float, jobs: dict[str, float], rows: int,
            found: dict[str, dict[str, list[float]]]) -> Report:
    cells, figures, over = [], {}, []
    for path, held in found.items():
        told = {f"{name}_{mark}": percentile(samples, share) * 1e3 for name, samples in held.items()
                for mark, share in (("p50", .5), ("p95", .95))}
        worst = max(told["city_p95"], told["district_p95"])
        if worst > TARGET_MS:
            over.append(path)
        cells.append([path.replace("{after}", "…"),
                      *(f"{told[key]:,.0f}" for key in ("city_p50", "city_p95", "district_p50", "district_p95")),
                      "over" if worst > TARGET_MS else ""])
        figures[path] = told
    return Report("casework", [
        Table("rows of the city", ["", "rows"], [[name, f"{count:,}"] for name, count in counts.items()]),
        Table(f"milliseconds from request to the last byte; the limit is {TARGET_MS:g} at p95",
              ["", "city p50", "p95", "district p50", "p95", f"{TARGET_MS:g} ms"], cells),
        Table("jobs", ["", "seconds", "limit", "rows a second", "wanted"],
              [_job(name, seconds, rows) for name, seconds in jobs.items()])],
        [f"over {TARGET_MS:g} ms: {', '.join(over)}" if over else f"every list is within {TARGET_MS:g} ms (p95)",
         f"The city was made in {made:.0f} s. One client for each of an administrator of the whole city and a brigade "
         f"of one district of eight, over kept connections; paths take turns."],
        {"rows": counts, "pages": figures, "seconds": jobs, "over_target": over})


def _job(name: str, seconds: float, rows: int) -> list[str]:
    limit = LIMITS.get(name)
    rate = [f"{rows / seconds:,.0f}", f"{ROWS_A_SECOND:,}"] if name in ("import", "the same file again") else ["", ""]
    return [f"{name} of {rows:,} inspections" if name == "import" else name, f"{seconds:.1f}",
            f"{limit:g}" if limit else "", *rate]
