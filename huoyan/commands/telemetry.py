"""Commands about telemetry: alarms."""

from __future__ import annotations

import datetime as dt

import click
from rich.console import Console
from rich.table import Table

from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings
from ingest import alarms as cases
from ingest.vocabulary import vocabulary
from policy import rules
from policy.clocks import SHANGHAI, legal_day

_LIMIT = click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Most rows shown.")
_VENDOR = click.option("--vendor", metavar="CODE", help="Only what this vendor sent.")


@click.command()
@_VENDOR
@click.option("--open", "open_only", is_flag=True, help="Only those that are not restored.")
@_LIMIT
def alarms(vendor: str | None, open_only: bool, limit: int) -> None:
    """List alarms and faults, open ones first."""
    loaded = load_settings()
    kinds = vocabulary(rules(), legal_day(dt.datetime.now(dt.UTC))).kinds
    table = Table("opened", "kind", "unit", "device", "point", "restored", "verdict")
    with database(loaded, "alarms") as db:
        for row in cases.recent(db, open_only=open_only, vendor=vendor, limit=limit):
            kind = kinds.get(row["kind"])
            table.add_row(_time(row["opened_at"]), f"{kind.zh} {kind.code}" if kind else row["kind"],
                          f"{row['unit_name']} ({row['unit_no']})", f"{row['vendor_code']}/{row['device_no']}",
                          row["point"], _time(row["restored_at"]), row["verdict"] or "")
    _print(table if table.row_count else "no alarms")


def _print(what: Table | str) -> None:
    # What devices send may look like markup.
    Console(markup=False, emoji=False, highlight=False).print(what)


def _time(moment: dt.datetime | None) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


COMMANDS = (alarms,)
