"""The commands about draws, run as a person runs them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from huoyan.commands import draws, estimates, ratios
from huoyan.commands import verify as verifying
from sampling.errors import DrawError, EstimateError
from sampling.quarters import Case
from store import Database
from tests.sampling.city import city, store


@pytest.fixture
def run(dsn, monkeypatch):
    with Database(dsn) as db:
        store(db, city(21, units=120, officers=8))
    monkeypatch.setenv("HUOYAN_DATABASE_URL", dsn)
    commands = {command.name: command for command in (
        *draws.COMMANDS, *ratios.COMMANDS, *estimates.COMMANDS, *verifying.COMMANDS)}

    def invoke(line: str):
        name, *arguments = line.split()
        return CliRunner().invoke(commands[name], arguments, catch_exceptions=True, standalone_mode=False)

    return invoke


def test_a_day_from_freeze_to_verify(run, tmp_path):
    assert "anchor" in run("entropy new-year 2026").output
    assert "stands" in run("entropy new-year 2026").output
    assert "not frozen yet" in run("ratios --date 2026-03-02").output
    frozen = run("draw freeze --date 2026-03-02").output
    assert "commitment: " in frozen
    assert "frozen frame" in run("ratios --date 2026-03-02").output
    assert "已冻结的名单" in run("ratios explain --date 2026-03-02").output
    assert "Duties first" in run("ratios explain --date 2026-03-02 --lang en").output
    assert "U00001" in run("ratios explain --date 2026-03-02 --unit U00001").output
    assert "no month is decided yet" in run("ratios months").output
    assert "status       frozen" in run("draw show --date 2026-03-02").output
    assert "status: drawn" in run("draw now --date 2026-03-02").output
    assert "D20260302" in run("draw show --date 2026-03-02").output
    file = tmp_path / "bundle.json"
    assert "huoyan verify" in run(f"draw bundle --date 2026-03-02 {file}").output
    commitment = frozen.split("commitment: ")[1].split()[0]
    good = run(f"verify {file} --commitment {commitment}")
    assert good.return_value == 0
    assert "OK: D20260302" in good.output
    assert "the one published" in good.output
    assert "give --commitment" in run(f"verify {file}").output
    file.write_text(file.read_text(encoding="utf-8").replace('"load":2', '"load":3', 1), encoding="utf-8")
    bad = run(f"verify {file}")
    assert bad.return_value == 1
    assert "does not agree" in bad.output
    file.write_text("{", encoding="utf-8")
    assert run(f"verify {file}").return_value == 2
    assert run("draw chain").return_value == 0


@pytest.mark.parametrize(("line", "text"), [
    ("draw show --date 2026-03-02", "huoyan draw freeze --date 2026-03-02"),
    ("draw bundle --date 2026-03-02 /nowhere/x", "no draw of 2026-03-02"),
    ("entropy new-year 1066", "between 1900 and 2200"),
    ("draw now --date 2026-03-02 --witness 1", "freeze first"),
    ("draw now --date 2026-03-02 --beacon xyz", "64 hex digits"),
    ("draw freeze --date 2026-03-02 --entropy dice", "not a source of entropy"),
])
def test_what_can_not_be_done_is_one_sentence(run, line, text):
    result = run(line)
    assert isinstance(result.exception, DrawError)
    assert text in str(result.exception)
    assert "\n" not in str(result.exception)


def test_the_check_of_a_bundle_waits_for_no_library():
    held = subprocess.run([sys.executable, "-c", "import sys, sampling.verify; print(*sys.modules)"],
                          capture_output=True, text=True, check=True, timeout=60)
    modules = {name.partition(".")[0] for name in held.stdout.split() if not name.startswith("__editable__")}
    assert modules - {"sampling", "__main__", "_distutils_hack", "distutils-precedence"} <= sys.stdlib_module_names | {
        name for name in modules if name.startswith("_")}


def test_a_skipped_day_is_said(run):
    assert "not a working day" in run("draw freeze --date 2026-03-07").output


def test_estimates_say_how_much_they_rest_on(run):
    said = run("estimates --period 2026Q1 --by group").output
    assert "0 draws" in said
    assert "15 are needed" in " ".join(said.split())
    assert isinstance(run("estimates --period 2026Q9").exception, EstimateError)


def test_coverage_needs_no_database(run, monkeypatch):
    monkeypatch.setattr(estimates, "CASES", (Case(150, (0.3,)),))
    said = run("estimates coverage --quarters 10 --processes 1").output
    assert "| 150 |" in said
    assert "10 quarters a row" in said
