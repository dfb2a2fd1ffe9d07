"""The commands print the same sentences, and say by their exit code whether a row was rejected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from casework import CaseworkError
from huoyan.commands.enforcement import case
from huoyan.commands.records import history, result
from policy.clocks import legal_day
from store import Database
from tests.casework.city import build_city

EXAMPLES = Path(__file__).parents[2] / "docs/examples/history"


def run(command: object, dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), standalone_mode=False,  # type: ignore[arg-type]
                              env={"HUOYAN_DATABASE_URL": dsn, "HUOYAN_LOG_LEVEL": "error"})


def test_a_history_comes_in_by_command(dsn: str, tmp_path: Path) -> None:
    example = str(EXAMPLES / "night_checks.yaml")
    first = run(history, dsn, "--map", example, "--dry-run")
    assert first.exception is None
    assert "inspections from night_checks.csv: 7 rows in = 6 accepted + 0 rejected + 1 left out" in first.output
    assert "inspections: 4 would be inserted" in first.output
    stored = run(history, dsn, "--map", example)
    assert stored.return_value == 0
    assert "hazards: 5 inserted" in stored.output
    again = run(history, dsn, "--map", example)
    assert "inspections: 0 inserted, 0 updated, 4 unchanged" in again.output

    data = tmp_path / "bad.csv"
    data.write_text((EXAMPLES / "night_checks.csv").read_text(encoding="utf-8").replace("03/14/2024", "14.03.2024", 1),
                    encoding="utf-8")
    report = tmp_path / "rejected.csv"
    partly = run(history, dsn, "--map", example, "--file", str(data), "--report", str(report))
    assert partly.return_value == 2
    assert "1 rows rejected" in partly.output
    told = report.read_text(encoding="utf-8-sig").splitlines()
    assert told[1].startswith("2,VISITED,14.03.2024 21:30,it is not a date")


def test_a_map_that_is_missing_is_a_sentence(dsn: str) -> None:
    refused = run(history, dsn, "--map", "none.yaml")
    assert isinstance(refused.exception, CaseworkError)
    assert str(refused.exception) == "there is no map none.yaml"


def test_a_result_comes_in_by_command_once(db: Database, dsn: str, tmp_path: Path) -> None:
    build_city(db)
    today = db.row("select now() as now")
    assert today is not None
    start = f"{legal_day(today['now']).replace(month=1, day=5)}T09:00"
    path = tmp_path / "form.json"
    path.write_text(json.dumps({"visit": {"unit_no": "U2", "kind": "campaign"}, "started_at": start, "ended_at": start,
                                "result": "pass", "sheet": {"responsible_person": "王某", "accompanied_by": "李某"},
                                "officers": [["B1", "lead"], ["B2", "member"]]}), encoding="utf-8")
    entered = run(result, dsn, "--form", str(path))
    assert entered.exception is None
    assert "-0001: pass, 0 hazards, credit +0" in entered.output
    twice = run(result, dsn, "--form", str(path))
    assert "was entered before as J" in str(twice.exception)


@pytest.mark.parametrize(("content", "sentence"), [
    ("{", "is not JSON"), ("[]", "name the visit"), ("null", "name the visit"), ('{"visit": 3}', "must be a table")])
def test_a_form_that_is_none_is_a_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "form.json"
    path.write_text(content, encoding="utf-8")
    assert sentence in str(run(result, "postgresql://nowhere", "--form", str(path)).exception)


def test_a_case_is_filed_and_taken_on_by_command(db: Database, dsn: str, tmp_path: Path) -> None:
    build_city(db)

    def form(**fields: object) -> str:
        path = tmp_path / "form.json"
        path.write_text(json.dumps(fields), encoding="utf-8")
        return str(path)
    filed = run(case, dsn, "file", "--form", form(
        unit_no="U1", filed_at="2026-03-12T09:00", procedure="ordinary", article="消防法 Art. 60", facts="安全出口上锁",
        officers=["B1", "B2"]))
    assert filed.output == "A20260312-0001\n"
    refused = run(case, dsn, "step", "A20260312-0001", "--form", form(
        step="decision", at="2026-03-13T09:00", penalties=[{"kind": "warning"}]))
    assert "(行政处罚法 Art. 44)" in str(refused.exception)
    dropped = form(step="dropped", at="2026-03-13T09:00", note="不成立")
    done = run(case, dsn, "step", "A20260312-0001", "--form", dropped)
    assert done.output == "entered\n"
    shown = json.loads(run(case, dsn, "show", "A20260312-0001").output)
    assert [one["step"] for one in shown["steps"]] == ["filed", "dropped"]
