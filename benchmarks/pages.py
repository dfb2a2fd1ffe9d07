"""The pages and their JSON on a district of 20,000 units, as a browser on the same machine sees them."""

from __future__ import annotations

import datetime as dt
import http.client
import time
from urllib.parse import quote

import api.accounts
import sampling.draw
import sampling.freeze
from benchmarks import district, processes, processor_time, servers, stages
from benchmarks.figures import Spread, percentile
from benchmarks.options import Options
from benchmarks.report import Report, Table
from policy import calendar
from policy.clocks import legal_day
from scoring import nightly, rollup
from store import Database, cursors

_UNITS, _QUICK_UNITS = 20_000, 50
_REQUESTS, _QUICK_REQUESTS = 50, 3
_WARM_UP = 5
_PASSWORD = "benchmark password"
TARGET_MS = 50.0
_PEER = "/readyz"


def run(options: Options) -> Report:
    """Ask each page again and again over one connection, in rounds, so that a busy moment meets all of them."""
    units = _QUICK_UNITS if options.quick else _UNITS
    requests = _QUICK_REQUESTS if options.quick else _REQUESTS
    today = legal_day(dt.datetime.now(dt.UTC))
    with servers.folder() as folder, servers.database(folder / "home") as server:
        options.say(f"pages: loading {units:,} units")
        stages.run(server.pid, prepare, server.dsn, units, today)
        paths, devices = _paths(server.dsn, units)
        with processes.api(folder, server.dsn) as (port, program):
            asked = _Asked(port, program.pid, server.pid)
            rounds: list[dict[str, list[float]]] = []
            for number in range(options.runs):
                options.say(f"pages: round {number + 1}, {requests} requests of each of {len(paths)} pages")
                rounds.append(asked.all(paths, requests))
    return _report(units, rounds, asked, devices)


def prepare(dsn: str, units: int, today: dt.date) -> None:
    """A district with the scores of today, a draw, and somebody who may see all of it."""
    district.load(dsn, units, today)
    with Database(dsn) as db:
        nightly.run(db, today)
        day = today if calendar().is_working_day(today) else calendar().next(today)
        eve = rollup.midnight(day) - dt.timedelta(hours=6)
        sampling.freeze.run(db, day, eve)
        sampling.draw.run(db, day, eve + dt.timedelta(hours=12))
        api.accounts.ensure(db, username="benchmark", display_name="Benchmark", password=_PASSWORD,
                            role="administrator")
        district.settle(db)


def _paths(dsn: str, units: int) -> tuple[dict[str, str], int]:
    """Each thing that is asked, by what it is called here, and the number of devices of the unit shown."""
    with Database(dsn) as db:
        unit = db.row("select unit_id, count(*) as devices from scores join devices using (unit_id)"
                      " group by unit_id order by min(rank) limit 1")
        draw = db.row("select draw_date from draws")
        area = db.row("select area_code, kind, count(*) as n from units group by 1, 2 order by n desc limit 1")
        named = db.row("select name from units join scores using (unit_id) order by rank offset 10 limit 1")
    if unit is None or draw is None or area is None or named is None:
        raise RuntimeError("the district was not loaded whole")
    word, last = quote(named["name"][:4]), cursors.written(units - 50, None)
    narrow = f"area={area['area_code']}&kind={area['kind']}&class=B"
    paths = {"a page that asks nothing": "/healthz", "a page that asks the database one row": _PEER,
             "ranking, first page": "/ranking", "ranking, first page, rows alone": "/ranking?",
             "ranking, name searched": f"/ranking?q={word}", "ranking, by area, kind and class": f"/ranking?{narrow}",
             "ranking, last page": f"/ranking?after={last}",
             "JSON of the first page": "/api/v1/units", "JSON, name searched": f"/api/v1/units?q={word}",
             "JSON, by area, kind and class": f"/api/v1/units?{narrow}",
             "JSON, last page": f"/api/v1/units?after={last}",
             "unit page": f"/units/{unit['unit_id']}", "JSON of a unit": f"/api/v1/units/{unit['unit_id']}",
             "JSON of its record": f"/api/v1/units/{unit['unit_id']}/record",
             "JSON of its devices": f"/api/v1/units/{unit['unit_id']}/devices",
             "alarms page": "/alarms", "JSON of the alarms": "/api/v1/alarms",
             "draw page": f"/draws/{draw['draw_date']}", "JSON of the draw": f"/api/v1/draws/{draw['draw_date']}",
             "dashboard": "/"}
    return paths, int(unit["devices"])


class _Asked:
    """One kept connection, logged in."""

    def __init__(self, port: int, *pids: int) -> None:
        self._pids = pids
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._connection.request("POST", "/api/v1/login", f'{{"username": "benchmark", "password": "{_PASSWORD}"}}',
                                 {"Content-Type": "application/json"})
        body = self._connection.getresponse().read().decode()
        token = body.split('"token":"', 1)[1].split('"', 1)[0]
        self._headers = {"Authorization": f"Bearer {token}"}
        self.sizes: dict[str, int] = {}
        self.work: dict[str, list[float]] = {}

    def all(self, paths: dict[str, str], requests: int) -> dict[str, list[float]]:
        """Seconds of every request by page; the pages take turns. ``work`` gathers their seconds of processor time."""
        found: dict[str, list[float]] = {name: [] for name in paths}
        for number in range(_WARM_UP + requests):
            for name, path in paths.items():
                before = processor_time.of(*self._pids)
                seconds, self.sizes[name] = self._ask(path, name.endswith("rows alone"))
                self.work.setdefault(name, []).append(processor_time.of(*self._pids) - before)
                if number >= _WARM_UP:
                    found[name].append(seconds)
        return found

    def _ask(self, path: str, part: bool) -> tuple[float, int]:
        headers = self._headers | ({"HX-Request": "true"} if part else {})
        began = time.perf_counter()
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - began
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {body[:200]!r}")
        return seconds, len(body)


def _report(units: int, rounds: list[dict[str, list[float]]], asked: _Asked, devices: int) -> Report:
    rows, figures = [], {}
    names = list(rounds[0])
    peer = next(name for name in names if "one row" in name)
    slow = []
    for name in names:
        middle = Spread.of([percentile(one[name], .5) for one in rounds])
        high = Spread.of([percentile(one[name], .95) for one in rounds])
        ratio = Spread.of([percentile(one[name], .5) / percentile(one[peer], .5) for one in rounds])
        rows.append([name, *middle.cells(",.1f", 1000), *high.cells(",.1f", 1000), f"{ratio.median:.1f}",
                     f"{percentile(asked.work[name], .5) * 1e3:,.1f}", f"{asked.sizes[name] / 1024:,.0f}"])
        figures[name] = {"p50_ms": [percentile(one[name], .5) * 1e3 for one in rounds],
                         "p95_ms": [percentile(one[name], .95) * 1e3 for one in rounds], "bytes": asked.sizes[name],
                         "processor_ms": percentile(asked.work[name], .5) * 1e3}
        if name.startswith(("ranking", "JSON of the first", "JSON, ")) and high.median * 1000 > TARGET_MS:
            slow.append(name)
    verdict = (f"over the target of {TARGET_MS:g} ms (p95) for a ranking: {', '.join(slow)}" if slow else
               f"every ranking and its JSON is within the target of {TARGET_MS:g} ms (p95)")
    return Report("pages", [Table(
        f"{units:,} units: milliseconds from request to the last byte, min/median/max of {len(rounds)} rounds",
        ["", "p50 min", "p50", "p50 max", "p95 min", "p95", "p95 max", "p50 to one row", "CPU p50", "KiB"], rows)],
        [verdict, f"One client on the same machine over one kept connection, not compressed; the unit shown has "
                  f"{devices} devices. 'to one row' is against the page that asks the database for one row (/readyz). "
                  "'CPU' is processor time of the server process and the database together: what is left of a request "
                  "on a machine that does nothing else."],
        {"units": units, "pages": figures, "over_target": slow})
