"""From the night's roll-up to the draw, the result of a visit, and the score that has moved, by the commands."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from huoyan.embedded.loading import load_city
from simulators.city import generate
from store import Database, cursors
from tests.line.conftest import PASSWORD
from tests.line.processes import Api, Line, Logins, unused_port
from tests.servers.databases import Server

DAY = dt.date(2026, 3, 2)  # a Monday
MORNING = dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def night(servers: Callable[[str], Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """A small city whose night has run, on TimescaleDB; the demo's tests run one on the embedded server."""
    with servers("timescaledb").migrated() as url:
        with Database(url) as db:
            city = generate(3, units=1500, devices=600, until=DAY, days=60, now=MORNING)
            load_city(db, city, MORNING, lambda text, share: None)
        api_port = unused_port()
        line = Line(tmp_path_factory.mktemp("night"), database_url=url, api_port=api_port, api_secure_cookies=0)
        line.run("account", "add", "chief", "--role", "administrator", fed=PASSWORD + "\n")
        logins = Logins(url)
        line.scheduler = logins.url("scheduler")  # type: ignore[attr-defined]
        try:
            for job in ("rollup", "credit", "score", "freeze", "draw"):
                line.run("run", job, "--date", str(DAY), database=logins.url("scheduler"))
            line.start("api", api_port, logins.url("api"))
            line.api = Api(api_port, "chief", PASSWORD)  # type: ignore[attr-defined]
            yield line
        finally:
            line.stop()
            logins.close()


def test_the_draw_verifies_and_a_job_run_again_changes_nothing(night: Any, tmp_path: Path) -> None:
    before = night.api.get(f"/draws/{DAY}")
    assert "was done before" in night.run("run", "draw", "--date", str(DAY))
    assert night.api.get(f"/draws/{DAY}") == before
    night.run("draw", "bundle", "--date", str(DAY), tmp_path / "bundle.json")
    assert night.run("verify", tmp_path / "bundle.json").startswith("OK")


@pytest.mark.parametrize("part", ["probability", "officer", "unit"])
def test_a_bundle_changed_by_hand_is_refused_by_name(night: Any, tmp_path: Path, part: str) -> None:
    night.run("draw", "bundle", "--date", str(DAY), tmp_path / "bundle.json")
    bundle = json.loads((tmp_path / "bundle.json").read_bytes())
    visit = bundle["result"]["visits"][0]
    names = {visit["unit_no"], visit["lead"], visit["second"]}
    if part == "probability":
        row = next(row for row in bundle["frame"]["profiles"] if row["p_total"])
        row["p_total"] *= 0.5
        names = {"p_total"}
    elif part == "officer":
        visit["second"] = next(officer["officer_no"] for officer in bundle["frame"]["officers"]
                               if officer["officer_no"] not in names)
        names.add(visit["second"])
    else:
        visit["unit_no"] = next(name for name in bundle["frame"]["units"]["unit_no"] if name not in names)
        names.add(visit["unit_no"])
    (tmp_path / "changed.json").write_text(json.dumps(bundle), encoding="utf-8")
    done = night.command("verify", tmp_path / "changed.json")
    assert done.returncode == 1
    assert any(name in done.stderr + done.stdout for name in names)


def test_contributions_sum_to_every_score(night: Any) -> None:
    for place in range(1, 6):
        unit = night.api.get(f"/units?limit=1&after={cursors.written(place, None)}")["units"][0]
        shown = night.api.get(f"/units/{unit['unit_id']}")
        points = [part["points"] for part in _find(shown, "contributions")]
        assert sum(points) == _find(shown, "score")


def test_a_result_entered_by_the_api_moves_the_next_score(night: Any) -> None:
    visit = night.api.get("/inspections?limit=200")["inspections"]
    planned = next(row for row in visit if row["status"] == "planned")
    unit = planned["unit_id"]
    before = _score(night, unit)
    items = night.api.get("/registers/items?limit=50")
    critical = next(row["item_code"] for row in _rows(items) if row["severity"] == "critical")
    recorded = night.api.post(f"/inspections/{planned['inspection_id']}/result", {
        "started_at": "2026-03-02T09:30", "ended_at": "2026-03-02T11:00", "result": "hazards_ordered",
        "sheet": {"responsible_person": "王某", "accompanied_by": "李某"},
        "hazards": [{"item_code": critical, "handling": "ordered", "due_on": "2026-03-16"}]})
    assert recorded
    for job in ("rollup", "score"):
        night.run("run", job, "--date", "2026-03-03", database=night.scheduler)
    assert _score(night, unit) > before


def _score(night: Any, unit: int) -> float:
    return float(_find(night.api.get(f"/units/{unit}"), "score"))


def _rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return next(value for value in answer.values() if isinstance(value, list))


def _find(answer: Any, key: str) -> Any:
    """The value of the first ``key`` anywhere in an answer."""
    if isinstance(answer, dict):
        if key in answer and not isinstance(answer[key], dict):
            return answer[key]
        answer = list(answer.values())
    if isinstance(answer, list):
        for part in answer:
            if (found := _find(part, key)) is not None:
                return found
    return None
