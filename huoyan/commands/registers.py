"""Commands that move registers: import and export of areas, units, devices, vendors, officers, items and the like."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from huoyan.commands.rejected import write_report
from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings
from registry import TABLES, ImportReport, RegistryError, RowProblem, areas, export_table, import_table
from registry.columns import Table

_ON_SCREEN = 50


def default_actor() -> str:
    """Who the audit log names where ``--actor`` is left out: the login on this machine."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user may have no name
        return "cli"


@click.group("import")
def import_group() -> None:
    """Store a register from a CSV or XLSX file.

    The first line has the columns' titles, codes or Chinese. A row that is wrong in any cell is rejected and listed,
    the good rows are stored together, and what is stored already and does not differ is left alone. Exit code 2 when a
    row was rejected.
    """


@click.group("export")
def export_group() -> None:
    """Write a register to a .csv or .xlsx file that can be imported again."""


def _import_command(table: Table) -> click.Command:
    @click.command(table.noun, help=_help(table))
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--actor", default=None, help="Who the audit log names; your login if left out.")
    @click.option("--dry-run", is_flag=True, help="Check and count, store nothing.")
    @click.option("--report", type=click.Path(path_type=Path, dir_okay=False), default=None,
                  help="Also write every rejected cell to this CSV file.")
    def command(file: Path, actor: str | None, dry_run: bool, report: Path | None) -> int:
        loaded = load_settings()
        if report is not None:
            write_report(report, [])  # a report that can't be written is said before anything is stored
        with database(loaded, "import") as db, click.progressbar(
                length=1, label=f"reading {file.name}", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            def tell(done: int, total: int) -> None:
                bar.length = total
                bar.update(done - bar.pos)
            outcome = import_table(db, table.noun, file, actor=actor or default_actor(), dry_run=dry_run, progress=tell)
        if report is not None:
            write_report(report, outcome.rejected)
        _print(outcome, report)
        return 2 if outcome.rejected else 0
    return command


def _export_command(table: Table) -> click.Command:
    @click.command(table.noun, help=f"Write the register of {table.noun} ({table.zh}) to FILE (.csv or .xlsx).")
    @click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
    @click.option("--area", "codes", multiple=True, help="Only what belongs to this area or lies in it; repeatable.")
    @click.option("--titles", type=click.Choice(["code", "zh"]), default="code", show_default=True,
                  help="Titles and words as codes or in Chinese.")
    def command(file: Path, codes: tuple[str, ...], titles: str) -> None:
        with database(load_settings(), "export") as db:
            within = None
            if codes:
                with db.connection() as connection:
                    within = areas.subtree(connection, list(codes))
                if missing := sorted(set(codes) - set(within)):
                    raise RegistryError(f"there is no area {missing[0]}: huoyan export areas FILE lists them")
            count = export_table(db, table.noun, file, areas=within, language=titles)
        click.echo(f"{count} {table.noun} written to {file}")
    return command


def _help(table: Table) -> str:
    def words(needed: bool) -> str:
        return ", ".join(f"{column.code} ({column.zh})" for column in table.columns if column.needed is needed)
    optional = words(False)
    return (f"Store {table.noun} ({table.zh}) from FILE.\n\nColumns that must be there: {words(True)}."
            + (f"\n\nOther columns: {optional}." if optional else ""))


def print_problems(rejected: Sequence[RowProblem], report: Path | None) -> None:
    """The first rejected cells as a table, and where the others are."""
    if not rejected:
        return
    console = Console()
    # Into a pipe or a file there is no frame and nothing is folded, so that a line can be searched for.
    grid = Grid("line", "column", "value", "reason", box=HEAVY_HEAD if console.is_terminal else None)
    for problem in rejected[:_ON_SCREEN]:
        # Text: what a stranger typed must not be taken for markup.
        grid.add_row(str(problem.line), Text(problem.column), Text(problem.value), Text(problem.reason))
    (console if console.is_terminal else Console(width=1000)).print(grid)
    if len(rejected) > _ON_SCREEN:
        click.echo(f"and {len(rejected) - _ON_SCREEN} more"
                   + (f": see {report}" if report else ": --report FILE writes them all"))


def _print(outcome: ImportReport, report: Path | None) -> None:
    print_problems(outcome.rejected, report)
    would = "would be " if outcome.dry_run else ""
    click.echo(f"{outcome.noun}: {outcome.total} rows in, {outcome.inserted} {would}inserted, {outcome.updated} "
               f"{would}updated, {outcome.unchanged} unchanged, {outcome.rejected_rows} rejected")


for _table in TABLES.values():
    import_group.add_command(_import_command(_table))
    export_group.add_command(_export_command(_table))

COMMANDS = (import_group, export_group)
