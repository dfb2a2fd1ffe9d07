"""The commands about plans, run as a person runs them."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import orjson
import pytest
from click.testing import CliRunner

from huoyan.commands.plans import plan
from policy.clocks import legal_day
from sampling.plans import drafting, record
from sampling.tickets import digest
from store import Database
from tests.sampling.plans.city import EVE, YEAR, fill

THIS = legal_day(dt.datetime.now(dt.UTC)).year


@pytest.fixture
def run(dsn, monkeypatch):
    with Database(dsn) as db:
        fill(db, units=120, officers=4)
    monkeypatch.setenv("HUOYAN_DATABASE_URL", dsn)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda line: CliRunner().invoke(plan, line.split(), standalone_mode=False)


def test_a_year_from_its_draft_to_its_progress(run, tmp_path, dsn):
    made = run(f"make {THIS + 1}").output
    assert f"plan_no: Y{THIS + 1}-1" in made
    assert "status: draft" in made
    number = f"Y{THIS + 1}-1"
    assert "there is no adopted plan" in str(run(f"progress {THIS + 1}").exception)
    assert "status: adopted" in run(f"adopt {number}").output
    assert "public digest: " in run(f"publish {number} --actor wang").output
    shown = run(f"show {number}").output
    for word in ("general", "what officers can do", "quota: "):
        assert word in shown
    assert number in run("show").output
    assert "year end" in run(f"progress {THIS + 1}").output
    assert "needs a reason" in str(run(f"make {THIS + 1}").exception)
    assert f"Y{THIS + 1}-2" in run(f"make {THIS + 1} --reason 调整").output
    assert f"M{THIS + 1}01-1" in run(f"make {THIS + 1} --month 1").output
    with Database(dsn) as db:
        held = db.row("select digest, public_digest from plans where plan_no = %s", [number])
    run(f"export {number} {tmp_path}/p.json --public")
    assert digest(orjson.loads((tmp_path / "p.json").read_bytes())) == held["public_digest"]
    run(f"export {number} {tmp_path}/p.csv")
    assert "等级（内部）" in (tmp_path / "p.csv").read_text(encoding="utf-8-sig")
    run(f"export {number} {tmp_path}/o.csv --public")
    assert "等级" not in (tmp_path / "o.csv").read_text(encoding="utf-8-sig")
    run(f"export {number} {tmp_path}/p.xlsx")
    book = openpyxl.load_workbook(io.BytesIO((tmp_path / "p.xlsx").read_bytes()))
    assert book.sheetnames == ["计划", "力量", "缺口", "抽查事项清单", "规则", "说明"]
    assert "must end in" in str(run(f"export {number} {tmp_path}/p.txt").exception)
    assert "there is no plan X" in str(run("show X").exception)


def test_the_scheduler_drafts_months_and_next_years_plan_and_leaves_what_stands(dsn):
    with Database(dsn) as db:
        fill(db, units=60, officers=4)
        day, late = dt.date(2026, 12, 1), dt.datetime(2026, 11, 26, 2, 0, tzinfo=dt.UTC)
        first = drafting.run(db, day, late)
        assert first["plans"][0]["plan_no"] == "Y2027-1"
        assert "no adopted plan of 2026" in first["plans"][1]["note"]
        assert "draft already" in drafting.run(db, day, late)["skipped"]
        record.adopt(db, record.make(db, YEAR, None, EVE, actor="li")["plan_no"], EVE, actor="wang")
        assert drafting.run(db, day, late)["plans"][1]["plan_no"] == "M202612-1"
        assert "skipped" in drafting.run(db, dt.date(2026, 12, 1), late)
