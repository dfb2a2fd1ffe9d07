"""Commands about room: what the database takes, and letting go what is old enough."""

from __future__ import annotations

import datetime as dt

import click
from rich.console import Console
from rich.table import Table

from huoyan.commands.session import Day, database
from huoyan.commands.session import settings as load_settings
from policy import rules
from policy.clocks import legal_day
from scheduler import find, run_once
from scheduler.retention import Plan, plan
from store import sizes

_DATE = click.option("--date", "day", type=Day(), default=None,
                     help="The day whose rules and ages count; today (Asia/Shanghai) if left out.")


_EDITIONS = {
    "plain": "this server has no TimescaleDB: readings are plain rows, deleted in slices",
    "apache": "TimescaleDB, Apache edition: chunks are dropped whole; compression needs the community edition",
    "community": "TimescaleDB, community edition: chunks are compressed, and dropped whole"}


@click.group()
def retention() -> None:
    """What is kept for how long: look at what would go, and let it go."""


@retention.command("show")
@_DATE
def retention_show(day: dt.date | None) -> None:
    """Show what would go, with rows and bytes, and change nothing."""
    with database(load_settings(), "retention") as db:
        _show(plan(db, day or legal_day(dt.datetime.now(dt.UTC))))


@retention.command("run")
@_DATE
@click.option("--yes", is_flag=True, help="Do not ask.")
def retention_run(day: dt.date | None, yes: bool) -> int:
    """Let go what is old enough, after showing it and asking; the scheduler does the same every night."""
    now = dt.datetime.now(dt.UTC)
    day = day or legal_day(now)
    with database(load_settings(), "retention") as db:
        _show(plan(db, day))
        if not yes and not click.confirm("Let go of this?"):
            return 1
        outcome = run_once(db, find("retention"), day, now, again=True)
    if outcome.status != "done":
        click.echo(f"retention {day}: " + (outcome.error or "another process is at it now"), err=True)
        return 2
    for name, value in outcome.detail.items():
        click.echo(f"{name.replace('_', ' ')}: {value}")
    return 0


@click.command()
@click.option("--exact", is_flag=True, help="Count the rows instead of estimating them; reads every table.")
@click.option("--all", "everything", is_flag=True, help="Also tables below a megabyte.")
def size(exact: bool, everything: bool) -> None:
    """Print what each table takes on disk, and what a row of it takes with its indexes."""
    table = Table("table", "rows", "size", "of it indexes", "bytes a row", "chunks", "compressed")
    now = dt.datetime.now(dt.UTC)
    with database(load_settings(), "size") as db, db.connection() as connection:
        for one in sizes.tables(connection, exact=exact):
            if everything or one.bytes >= 1_000_000:
                table.add_row(one.name, f"{one.rows:,}", in_bytes(one.bytes), in_bytes(one.index_bytes),
                              "" if one.bytes_a_row is None else f"{one.bytes_a_row:.1f}",
                              "" if one.chunks is None else str(one.chunks),
                              "" if one.chunks is None else str(one.compressed))
        whole = sizes.database_bytes(connection)
        grown = sizes.growth(connection, legal_day(now))
    limit = rules().value("retention.disk_gigabytes", legal_day(now)) * 10**9
    console = Console(highlight=False)
    console.print(table)
    console.print(f"database: {in_bytes(whole)} of {in_bytes(limit)} (rule retention.disk_gigabytes)")
    if grown is None:
        console.print("growth: not known yet, the scheduler notes the sizes each night")
        return
    left = sizes.days_left(whole, limit, grown[0])
    console.print(f"growth: {in_bytes(grown[0])} a day over {grown[1]} days; "
                  + ("it does not grow" if left is None else f"full in {left:,.0f} days"))


def in_bytes(count: float) -> str:
    """Bytes in the unit in which they read well; a megabyte is a million."""
    for unit, much in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if abs(count) >= much:
            return f"{count / much:,.1f} {unit}"
    return f"{count:.0f} B"


def _show(chosen: Plan) -> None:
    table = Table("what", "kept from", "would go", "about", "held back")
    for line in chosen.lines:
        rows = f"{line.rows:,} rows" + ("" if line.chunks is None else f" in {line.chunks} chunks")
        table.add_row(line.noun, str(line.kept_from), rows if line.rows or line.chunks else "nothing",
                      in_bytes(line.bytes) if line.bytes else "", str(line.held or ""))
    console = Console(highlight=False)
    console.print(table)
    console.print(_EDITIONS[chosen.telemetry.edition] + (
        f"; {chosen.telemetry.to_compress} chunks would be compressed" if chosen.telemetry.to_compress else ""))
    console.print("for ever: daily roll-ups, alarms, faults and their cases, draws, credit, job runs, the audit log")


COMMANDS = (retention, size)
