"""Commands about the reports of a year, a quarter and a month, and about the rows behind their figures."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import orjson
from rich import box
from rich.console import Console
from rich.table import Column, Table

from casework.reports import docx_file, ledgers, lines, xlsx_file
from casework.reports.figures import named
from casework.reports.period import Kind, Period
from casework.reports.report import Report, scope
from casework.reports.report import report as make
from casework.reports.rows import rows as read_rows
from huoyan.commands.registers import default_actor
from huoyan.commands.session import Day, OutputError, database, write_file
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day

_HEAD = ("item", "figure", "value", "unit", "year_ago", "change")
_LARGEST_FORM = 1_000_000


@click.group("report")
def report() -> None:
    """Reports of the record: a year, a quarter, a month; each number with its rows."""


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((
            click.option("--from", "first", type=Day(), default=None, help="First day, instead of the name."),
            click.option("--to", "last", type=Day(), default=None, help="Last day."),
            click.option("--area", default=None, metavar="CODE", help="Only this area and those beneath it."),
            click.option("--as-of", "as_of", type=Day(), default=None,
                         help="Corrections of what was found in the period are counted up to this day; today."),
            click.option("--lang", "language", type=click.Choice(["zh", "en"]), default="zh", show_default=True),
            click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None,
                         help="Write it here: .docx, .xlsx or .json."))):
        command = option(command)
    return command


@report.command("yearly")
@click.option("--year", "name", default="", metavar="YEAR", help="Such as 2024; the newest that has ended if left out.")
@_shared
def yearly(name: str, **given: Any) -> None:
    """The yearly report on enforcement (年度行政执法总体情况报告)."""
    _report("yearly", name, **given)


@report.command("quarterly")
@click.option("--quarter", "name", default="", metavar="QUARTER",
              help="Such as 2024Q3; the newest that has ended if left out.")
@_shared
def quarterly(name: str, **given: Any) -> None:
    """The quality of the case files of towns: documents, evidence, procedure."""
    _report("quarterly", name, **given)


@report.command("monthly")
@click.option("--month", "name", default="", metavar="MONTH",
              help="Such as 2024-07; the newest that has ended if left out.")
@_shared
def monthly(name: str, **given: Any) -> None:
    """The situation of a month: fires, alarms, complaints, hazards, offenders."""
    _report("monthly", name, **given)


def _report(kind: Kind, name: str, *, first: dt.date | None, last: dt.date | None, area: str | None,
            as_of: dt.date | None, language: lines.Language, out: Path | None) -> None:
    if out and out.suffix not in (".docx", ".xlsx", ".json"):
        raise OutputError(f"{out} is of no kind that a report is written as: .docx, .xlsx or .json")
    today = legal_day(dt.datetime.now(dt.UTC))
    period = Period.of(kind, name, first, last, today=today)
    with database(load_settings(), "report") as db, db.connection() as connection:
        told = make(connection, kind, period, area=area, as_of=as_of or today, today=today)
    if out is None:
        _print(Console(), told, language)
        return
    write_file(out, {".docx": lambda: docx_file.write(told, language), ".xlsx": lambda: xlsx_file.write(told, language),
                     ".json": lambda: orjson.dumps(told.as_dict(), option=orjson.OPT_INDENT_2)}[out.suffix]())
    click.echo(f"{out}: {told.title}, {len(told.lines)} figures")


@report.command("rows")
@click.argument("code")
@click.option("--from", "first", type=Day(), required=True, help="First day of the period.")
@click.option("--to", "last", type=Day(), required=True, help="Last day of the period.")
@click.option("--area", default=None, metavar="CODE", help="Only this area and those beneath it.")
@click.option("--as-of", "as_of", type=Day(), default=None, help="As in the report; today.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
def rows(code: str, first: dt.date, last: dt.date, area: str | None, as_of: dt.date | None, limit: int) -> None:
    """The rows that the figure CODE adds up, newest first."""
    today = legal_day(dt.datetime.now(dt.UTC))
    period = Period.of("yearly", "", first, last, today=today)
    figure = named(code, period.last)
    with database(load_settings(), "report") as db, db.connection() as connection:
        codes, _about = scope(connection, area, None)
        page = read_rows(connection, figure, period, codes, as_of or today, limit=limit)
    for row in page.rows:
        click.echo(f"{row['day']}  {row['noun']}  {row['ref']}  {row['unit_no'] or row['area_code']}  {row['weight']}")
    if page.after:
        click.echo(f"there are more: --limit {limit * 10}", err=True)


@report.command("enter")
@click.argument("ledger", type=click.Choice(list(ledgers.LEDGERS)))
@click.option("--file", "file", type=click.File("rb"), required=True, help="A JSON object; - is standard input.")
@click.option("--actor", default=None, help="Who the audit log names; your login if left out.")
def enter(ledger: str, file: Any, actor: str | None) -> None:
    """Enter a licence, an education event, a course, a town post or the review of a case file."""
    try:
        data = json.loads(file.read(_LARGEST_FORM + 1))
    except (ValueError, UnicodeDecodeError):
        raise click.ClickException("the form is not JSON") from None
    if not isinstance(data, dict):
        raise click.ClickException("the form must be one JSON object")
    with database(load_settings(), "report") as db:
        click.echo(ledgers.enter(db, ledger, data, actor or default_actor(), today=legal_day(dt.datetime.now(dt.UTC))))


def _print(console: Console, told: Report, language: lines.Language) -> None:
    console.print(f"{told.title}  {told.period.first} – {told.period.last}", highlight=False)
    if told.so_far:
        console.print(told.so_far[language], highlight=False, soft_wrap=True)
    for section, held, sentences in lines.sections(told):
        console.print(f"\n{section[language]}", style="bold", highlight=False)
        for one in sentences:
            console.print(one[language], highlight=False, soft_wrap=True)
        if held:
            table = _table([lines.word(key, language) for key in _HEAD])
            for line in held:
                table.add_row(line.figure.item, lines.name(line.figure, language), f"{line.now.value:,}",
                              line.figure.unit, f"{line.year_ago.value:,}", lines.change(line))
            console.print(table)
    for key, rows_of in (("relations", lines.relation_table), ("towns", lines.town_table)):
        head, cells = rows_of(told, language)
        if cells:
            console.print(f"\n{lines.word(key, language)}", style="bold", highlight=False)
            table = _table(head)
            for row in cells:
                table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
            console.print(table)


def _table(head: list[str]) -> Table:
    return Table(*(Column(name, overflow="fold") for name in head), box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
                 pad_edge=False)


COMMANDS = (report,)
