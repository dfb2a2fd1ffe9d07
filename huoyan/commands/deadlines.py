"""The command about legal clocks: what is due, by body, area and state."""

from __future__ import annotations

import csv
import datetime as dt
import sys

import click
from rich import box
from rich.console import Console
from rich.table import Table

from casework import due
from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings
from policy.clocks import SHANGHAI
from registry.areas import subtree


@click.command()
@click.option("--state", type=click.Choice(due.STATES), default="open", show_default=True,
              help="open is late, due soon and running together.")
@click.option("--body", type=click.Choice(["brigade", "town", "police_station"]), default=None, help="Who has to act.")
@click.option("--area", default=None, help="Code of an area, with all beneath it.")
@click.option("--rule", default=None, help="The rule of the period, such as deadlines.recheck.")
@click.option("--noun", default=None, help="What the clock runs for, such as order or complaint.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
def deadlines(state: str, body: str | None, area: str | None, rule: str | None, noun: str | None, limit: int,
              as_csv: bool) -> None:
    """List what is due, late ones first, with the counts by body and state."""
    now = dt.datetime.now(dt.UTC)
    with database(load_settings(), "deadlines") as db, db.connection() as connection:
        areas = subtree(connection, [area]) if area else None
        counts = due.counts(connection, areas, now)
        rows, more = due.listed(connection, due.Wanted(state, body, areas, noun, rule, limit=limit), now)
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(["state", "rule", "noun", "ref", "unit_no", "area_code", "body", "due_at", "done_at"])
        writer.writerows([row["state"], row["rule"], row["noun"], row["ref"], row["unit_no"], row["area_code"],
                          row["body"], _local(row["due_at"]), _local(row["done_at"])] for row in rows)
        return
    for one in counts:
        click.echo(f"{one['body']}: {one['clocks']} {one['state'].replace('_', ' ')}")
    table = Table("state", "due", "rule", "for", "unit", "area", "body", box=box.SIMPLE_HEAD)
    for row in rows:
        mark = " ?" if row["provisional"] else ""
        table.add_row(row["state"], f"{_local(row['due_at'])}{mark}", row["rule"], f"{row['noun']} {row['ref']}",
                      row["unit_no"] or "",
                      row["area_code"], row["body"])
    console = Console()
    (console if console.is_terminal else Console(width=200)).print(table)
    if any(row["provisional"] for row in rows):
        click.echo("? counted over a year whose holidays are not announced yet: by those that law itself sets")
    if more:
        click.echo(f"more than {limit}: narrow the list or raise --limit")


def _local(moment: dt.datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


COMMANDS = (deadlines,)
