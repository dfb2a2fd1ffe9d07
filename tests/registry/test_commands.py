"""The commands import and export, as a person runs them."""

from __future__ import annotations

import csv
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from huoyan.commands import registers
from registry import TABLES, RegistryError
from store import Database
from tests.registry.conftest import EXAMPLES


def run(group: click.Group, dsn: str, *arguments: str | Path) -> Result:
    return CliRunner().invoke(group, [str(argument) for argument in arguments], standalone_mode=False,
                              env={"HUOYAN_DATABASE_URL": dsn, "COLUMNS": "80"})


def test_every_register_can_be_imported_and_exported_and_says_its_columns(dsn: str, tmp_path: Path) -> None:
    for noun in TABLES:
        taken = run(registers.import_group, dsn, noun, EXAMPLES / f"{noun}.csv")
        assert (taken.exception, taken.return_value) == (None, 0), noun
        assert f"{noun}: " in taken.stdout
        assert " 0 rejected" in taken.stdout
        given = run(registers.export_group, dsn, noun, tmp_path / f"{noun}.xlsx", "--titles", "zh")
        assert given.exception is None
        assert f"{noun} written to" in given.stdout
        help_text = run(registers.import_group, dsn, noun, "--help").stdout
        assert all(column.code in help_text for column in TABLES[noun].columns)
    assert "Chinese" in run(registers.import_group, dsn, "--help").stdout


def test_rejected_rows_are_a_table_and_a_report_and_the_exit_code_is_two(peopled: Database, dsn: str,
                                                                       tmp_path: Path) -> None:
    source, report = tmp_path / "units.csv", tmp_path / "report.csv"
    rows = "".join(f"B{number},[red]bad[/red],990101001,castle\n" for number in range(60))
    source.write_text("unit_no,name,area_code,kind\nGOOD,好,990101001,hotel\n=B,x,990777001,hotel\n" + rows)
    result = run(registers.import_group, dsn, "units", source, "--actor", "wang", "--report", report)
    assert (result.exception, result.return_value) == (None, 2)
    lines = result.stdout.splitlines()
    words = ("3", "area_code", "990777001", "there is no area 990777001")
    assert any(all(word in line for word in words) for line in lines)
    assert "[red]bad[/red]" not in result.stdout  # only what is wrong is shown
    assert "and 11 more: see" in result.stdout
    assert "units: 62 rows in, 1 inserted, 0 updated, 0 unchanged, 61 rejected" in lines
    with report.open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.reader(file))
    assert written[0] == ["line", "column", "value", "reason"]
    assert len(written) == 62
    assert written[1][:3] == ["3", "area_code", "990777001"]
    assert peopled.rows("select actor, entity_id from audit_log") == [{"actor": "wang", "entity_id": "GOOD"}]


def test_a_dry_run_says_what_would_be_done(peopled: Database, dsn: str, tmp_path: Path) -> None:
    source = tmp_path / "units.csv"
    source.write_text("unit_no,name,area_code,kind\nGOOD,好,990101001,hotel\n")
    result = run(registers.import_group, dsn, "units", source, "--dry-run")
    assert "1 would be inserted" in result.stdout
    assert peopled.row("select count(*) as n from units") == {"n": 3}


def test_a_report_that_can_not_be_written_is_said_before_anything_is_stored(peopled: Database, dsn: str,
                                                                          tmp_path: Path) -> None:
    source = tmp_path / "units.csv"
    source.write_text("unit_no,name,area_code,kind\nGOOD,好,990101001,hotel\n")
    result = run(registers.import_group, dsn, "units", source, "--report", tmp_path / "no" / "report.csv")
    assert isinstance(result.exception, RegistryError)
    assert "can't be written" in str(result.exception)
    assert peopled.row("select count(*) as n from units") == {"n": 3}


def test_an_export_of_an_area_that_is_not_there_is_one_sentence(peopled: Database, dsn: str, tmp_path: Path) -> None:
    result = run(registers.export_group, dsn, "units", tmp_path / "units.csv", "--area", "123456")
    assert isinstance(result.exception, RegistryError)
    assert "there is no area 123456" in str(result.exception)
    kept = run(registers.export_group, dsn, "units", tmp_path / "units.csv", "--area", "990101001")
    assert "1 units written" in kept.stdout


def test_the_audit_names_the_login_where_no_actor_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "li")
    assert registers.default_actor() == "cli:li"

    def nobody() -> str:
        raise OSError("no such user")
    monkeypatch.setattr("getpass.getuser", nobody)
    assert registers.default_actor() == "cli"
