"""The commands of supervision: run the detectors, list what they marked, show a month's drawn cases."""

from __future__ import annotations

import datetime as dt

import click
from rich import box
from rich.console import Console
from rich.table import Column, Table

from casework.supervision import detectors, findings
from casework.supervision.findings import Wanted
from huoyan.commands.session import Day, database
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from sampling import review_sample


@click.group()
def supervision() -> None:
    """Detectors in the acts of officers, and cases drawn to be read (执法监督)."""


@supervision.command("run")
@click.option("--since", type=Day(), default=None,
              help="Look at acts from this day on, as after an import of past years.")
def run(since: dt.date | None) -> None:
    """Look at what was done, and mark what may not have been so; what was marked before stays."""
    now = dt.datetime.now(dt.UTC)
    with database(load_settings(), "supervision") as db:
        found = detectors.run(db, legal_day(now) + dt.timedelta(days=1), now, since=since)
    table = Table(Column("detector"), Column("newly marked", justify="right"), box=box.SIMPLE)
    for name, many in found.items():
        table.add_row(name, f"{many:,}")
    Console().print(table)


@supervision.command("findings")
@click.option("--detector", type=click.Choice(list(detectors.DETECTORS)), default=None)
@click.option("--state", type=click.Choice(["open", *findings.DECISIONS]), default=None)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def listing(detector: str | None, state: str | None, limit: int) -> None:
    """List what the detectors marked, the newest first."""
    with database(load_settings(), "supervision") as db, db.connection() as connection:
        rows = findings.listed(connection, Wanted(detector, state=state), limit=limit)
    table = Table("id", "detector", "act", "officers", "day", "decision", box=box.SIMPLE)
    for row in rows:
        table.add_row(str(row["finding_id"]), row["detector"], row["ref"], " ".join(row["officers"]),
                      str(row["acted_on"]), row["decision"] or "open")
    Console().print(table)


@supervision.command("sample")
@click.argument("month", type=click.DateTime(["%Y-%m"]))
def sample(month: dt.datetime) -> None:
    """Show the cases of MONTH (2026-11) that were drawn for review, with what they can be drawn again from."""
    with database(load_settings(), "supervision") as db, db.connection() as connection:
        held = review_sample.one(connection, month.date())
    click.echo(f"{held['files']} closed cases, {held['size']} to be drawn by {held['draw_no']}; "
               f"commitment {held['commitment']}")
    click.echo(f"seed {held['seed']}" if held["seed"] else "not drawn yet")
    for row in held["cases"]:
        click.echo(f"{row['position']:4}  {row['case_no']}  {row['area_code']}")


COMMANDS = (supervision,)
