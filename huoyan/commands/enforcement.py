"""Commands about cases, measures and major hazards: enter one from a form, make its next step, show it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from casework import CaseworkError
from casework.enforcement import (
    case_forms,
    case_record,
    cases,
    major_hazard_forms,
    major_hazards,
    measure_forms,
    measures,
)
from huoyan.commands.records import read_form
from huoyan.commands.registers import default_actor
from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings
from scoring import raises
from store import Database

_FORM = click.option("--form", "form_path", type=click.Path(path_type=Path), required=True,
                     help="JSON as REST takes it (docs/api.md, Orders and measures); - is standard input.")
_ACTOR = click.option("--actor", default=None, help="Who the audit log names; your login if left out.")


@click.group()
def case() -> None:
    """Cases of penalty (行政处罚案件)."""


@click.group()
def measure() -> None:
    """Seals (临时查封), orders to stop (责令三停), forced executions."""


@click.group("major-hazard")
def major_hazard() -> None:
    """Major fire hazards (重大火灾隐患)."""


@case.command("file")
@_FORM
@_ACTOR
def file_case(form_path: Path, actor: str | None) -> None:
    """File a case from a JSON form; prints its number."""
    form = case_forms.case_form(_form(form_path))
    _enter(lambda db, now: cases.file(db, form, actor or default_actor(), now=now))


@case.command("step")
@click.argument("number")
@_FORM
@_ACTOR
def case_step(number: str, form_path: Path, actor: str | None) -> None:
    """Make the next step of case NUMBER from a JSON form; a step that law doesn't allow yet is refused."""
    form = case_forms.step_form(_form(form_path))
    _step(lambda db, now: cases.step(db, number, form, actor or default_actor(), now=now))


@case.command("show")
@click.argument("number")
def show_case(number: str) -> None:
    """Print case NUMBER with steps, periods, leniency and what may come next, as JSON."""
    _show(case_record.whole, number)


@measure.command("impose")
@_FORM
@_ACTOR
def impose(form_path: Path, actor: str | None) -> None:
    """Impose a measure from a JSON form; prints its number."""
    form = measure_forms.measure_form(_form(form_path))
    _enter(lambda db, now: measures.impose(db, form, actor or default_actor(), now=now)[0])


@measure.command("step")
@click.argument("number")
@_FORM
@_ACTOR
def measure_step(number: str, form_path: Path, actor: str | None) -> None:
    """Make the next step of measure NUMBER from a JSON form."""
    form = measure_forms.step_form(_form(form_path))
    _step(lambda db, now: measures.step(db, number, form, actor or default_actor(), now=now))


@measure.command("show")
@click.argument("number")
def show_measure(number: str) -> None:
    """Print measure NUMBER with steps and periods, as JSON."""
    _show(measures.whole, number)


@major_hazard.command("enter")
@_FORM
@_ACTOR
def enter_hazard(form_path: Path, actor: str | None) -> None:
    """Enter what may be a major hazard from a JSON form; prints its number."""
    form = major_hazard_forms.major_hazard_form(_form(form_path))
    _enter(lambda db, now: major_hazards.find(db, form, actor or default_actor(), now=now))


@major_hazard.command("step")
@click.argument("number")
@_FORM
@_ACTOR
def hazard_step(number: str, form_path: Path, actor: str | None) -> None:
    """Make the next step of major hazard NUMBER from a JSON form."""
    form = major_hazard_forms.step_form(_form(form_path))
    _step(lambda db, now: major_hazards.step(db, number, form, actor or default_actor(), now=now))


@major_hazard.command("show")
@click.argument("number")
def show_hazard(number: str) -> None:
    """Print major hazard NUMBER with steps and periods, as JSON."""
    _show(major_hazards.whole, number)


def _form(path: Path) -> Mapping[str, Any]:
    data = read_form(path)
    if not isinstance(data, Mapping):
        raise CaseworkError("the form must be a table of fields")
    return data


def _enter(enter: Callable[[Database, dt.datetime], str]) -> None:
    with database(load_settings(), "enforcement") as db:
        now = dt.datetime.now(dt.UTC)
        click.echo(enter(db, now))
        raises.run(db, now)


def _step(step: Callable[[Database, dt.datetime], bool | None]) -> None:
    with database(load_settings(), "enforcement") as db:
        now = dt.datetime.now(dt.UTC)
        in_time = step(db, now)
        raises.run(db, now)
    click.echo({None: "entered", True: "entered, in time", False: "entered, late"}[in_time])


def _show(whole: Callable[..., dict[str, Any]], number: str) -> None:
    with database(load_settings(), "enforcement") as db, db.connection() as connection:
        found = whole(connection, number, dt.datetime.now(dt.UTC))
    click.echo(json.dumps(found, default=str, ensure_ascii=False, indent=2))


COMMANDS = (case, measure, major_hazard)
