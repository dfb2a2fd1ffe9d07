"""Commands about what happened: import of a foreign history, and the result of a visit from a file."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table as Grid
from rich.text import Text

from casework import CaseworkError, HistoryReport, import_history, new_visit, record_result, result_form
from huoyan.commands.registers import default_actor, import_group
from huoyan.commands.rejected import write_report
from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings
from scoring import raises

_ON_SCREEN = 50
_LARGEST_FORM = 1_000_000


@import_group.command("history")
@click.option("--map", "map_path", type=click.Path(path_type=Path), required=True,
              help="The column map (YAML): docs/history-import.md.")
@click.option("--file", "data", type=click.Path(path_type=Path), default=None,
              help="The CSV or XLSX file; the map's source.file if left out.")
@click.option("--sheet", default=None, help="The sheet of a workbook; the map's source.sheet if left out.")
@click.option("--actor", default=None, help="Who the audit log names; your login if left out.")
@click.option("--dry-run", is_flag=True, help="Check, count and show the first records, store nothing.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="Also write every rejected row to this CSV file.")
def history(map_path: Path, data: Path | None, sheet: str | None, actor: str | None, dry_run: bool,
            report: Path | None) -> int:
    """Store a foreign record of inspections, fires, complaints, penalties or credit by a column map.

    Bad rows are listed with line, column and reason, the good ones are stored together; a second import of the same
    file changes nothing. Exit code 2 when a row was rejected.
    """
    loaded = load_settings()
    if report is not None:
        write_report(report, [])  # a report that can't be written is said before anything is stored
    console = Console(stderr=True)
    with database(loaded, "import") as db, Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True,
            disable=not console.is_terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        outcome = import_history(db, map_path, actor or default_actor(), data=data, sheet=sheet, dry_run=dry_run,
                                 progress=tell)
    if report is not None:
        write_report(report, outcome.rejected)
    _print(outcome, dry_run, report)
    return 2 if outcome.rejected else 0


@click.command()
@click.argument("number", required=False)
@click.option("--form", "form_path", type=click.Path(path_type=Path), required=True,
              help='JSON: {"started_at": ..., "ended_at": ..., "result": ..., "hazards": [...]}; - is standard input.')
@click.option("--actor", default=None, help="Who the audit log names; your login if left out.")
def result(number: str | None, form_path: Path, actor: str | None) -> None:
    """Enter the result of visit NUMBER from a JSON form, once.

    Without NUMBER the form has a part "visit" with unit_no and kind, for a visit that was not planned.
    """
    data = read_form(form_path)
    told = data.pop("visit", None) if isinstance(data, dict) else None
    if (number is None) == (told is None):
        raise CaseworkError("name the visit by its number, or, where it was not planned, by \"visit\" in the form")
    visit = number if number is not None else new_visit(told)
    form = result_form(data)
    with database(load_settings(), "result") as db:
        entered = record_result(db, visit, form, actor or default_actor())
        raised = raises.run(db, dt.datetime.now(dt.UTC))
    orders = f", orders {', '.join(entered.orders)}" if entered.orders else ""
    closed = f", closed {', '.join(entered.closed_orders)}" if entered.closed_orders else ""
    click.echo(f"{entered.inspection_no}: {form.result}, {len(form.hazards)} hazards{orders}{closed}, "
               f"credit {entered.points:+g}")
    for one in raised:
        click.echo(f"{one.event_ref}: class {one.from_class} raised to {one.to_class} ({one.rule}), for draws from "
                   f"{one.from_day} on")


def read_form(path: Path) -> Any:
    """JSON from a file or standard input, of bounded size."""
    try:
        if str(path) == "-":
            content = sys.stdin.buffer.read(_LARGEST_FORM + 1)
        else:
            with path.open("rb") as file:
                content = file.read(_LARGEST_FORM + 1)
    except OSError as error:
        raise CaseworkError(f"the form {path} can't be read: {error.strerror}") from None
    if len(content) > _LARGEST_FORM:
        raise CaseworkError(f"the form {path} is larger than {_LARGEST_FORM} bytes")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CaseworkError(f"the form {path} is not JSON: {' '.join(str(error).split())}") from None


def _print(outcome: HistoryReport, dry_run: bool, report: Path | None) -> None:
    if outcome.rejected:
        grid = Grid("line", "column", "value", "reason", title=f"{len(outcome.rejected)} rows rejected",
                    title_justify="left")
        for problem in outcome.rejected[:_ON_SCREEN]:
            # Text: what a stranger typed must not be taken for markup.
            grid.add_row(str(problem.line), Text(problem.column), Text(problem.value), Text(problem.reason))
        console = Console()
        (console if console.is_terminal else Console(width=300)).print(grid)
        if len(outcome.rejected) > _ON_SCREEN:
            rest = len(outcome.rejected) - _ON_SCREEN
            click.echo(f"and {rest} more" + (f": see {report}" if report else ": --report FILE writes them all"))
    left_out = f" + {outcome.skipped} left out by the map" if outcome.skipped else ""
    click.echo(f"{outcome.what} from {outcome.file}: {outcome.read} rows in = {outcome.accepted} accepted + "
               f"{len(outcome.rejected)} rejected{left_out}")
    for sentence in outcome.told:
        click.echo(f"  {sentence}")
    for example in outcome.examples if dry_run else ():
        click.echo(f"  e.g. {example}")
    would = "would be " if dry_run else ""
    for noun, counts in outcome.changes.items():
        removed = f", {counts['removed']} {would}removed" if counts.get("removed") else ""
        click.echo(f"  {noun}: {counts['inserted']} {would}inserted, {counts['updated']} {would}updated, "
                   f"{counts['unchanged']} unchanged{removed}")


COMMANDS = (result,)
