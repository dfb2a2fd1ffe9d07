"""The command that brings in the own record of past years, one kind a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from casework import CaseworkError
from casework.record_import import KINDS, RecordReport, import_record, template
from huoyan.commands.registers import default_actor, import_group, print_problems
from huoyan.commands.rejected import write_report
from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings


@import_group.command("record")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--kind", type=click.Choice(list(KINDS)), default=None, help="What the rows of FILE are.")
@click.option("--template", "wanted", type=click.Choice(list(KINDS)), default=None,
              help="Print the first line of a file of this kind and end.")
@click.option("--titles", type=click.Choice(["code", "zh"]), default="zh", show_default=True,
              help="With --template: column titles as codes or in Chinese.")
@click.option("--actor", default=None, help="Who the audit log names; your login if left out.")
@click.option("--dry-run", is_flag=True, help="Check and count, store nothing.")
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="Also write every rejected cell to this CSV file.")
def record(file: Path | None, kind: str | None, wanted: str | None, titles: str, actor: str | None, dry_run: bool,
           report: Path | None) -> int:
    """Store past inspections, hazards, orders, cases and the like from FILE (CSV or XLSX).

    docs/record-import.md lists the columns of each kind. A row that is wrong in any cell is rejected and listed, the
    others are stored together; the same file again changes nothing. Exit code 2 when a row was rejected.
    """
    if wanted is not None:
        click.echo(template(wanted, titles), nl=False)
        return 0
    if file is None or kind is None:
        raise CaseworkError("name the FILE and its --kind, or ask for the first line of one with --template KIND")
    loaded = load_settings()
    if report is not None:
        write_report(report, [])  # a report that can't be written is said before anything is stored
    with database(loaded, "import") as db, click.progressbar(
            length=1, label=f"reading {file.name}", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        def tell(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)
        outcome = import_record(db, kind, file, actor=actor or default_actor(), dry_run=dry_run, progress=tell)
    if report is not None:
        write_report(report, outcome.rejected)
    print_problems(outcome.rejected, report)
    _print(outcome)
    return 2 if outcome.rejected else 0


def _print(outcome: RecordReport) -> None:
    would = "would be " if outcome.dry_run else ""
    click.echo(f"{outcome.kind} from {outcome.file}: {outcome.total} rows in = {outcome.accepted} accepted + "
               f"{outcome.rejected_rows} rejected; {outcome.inserted} {would}inserted, "
               f"{outcome.updated} {would}updated, {outcome.unchanged} unchanged")


COMMANDS: tuple[click.Command, ...] = ()
