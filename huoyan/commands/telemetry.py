"""Commands about telemetry: alarms, quarantine."""

from __future__ import annotations

import datetime as dt

import click
from rich.console import Console
from rich.table import Table

from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings
from ingest import alarms as cases
from ingest import quarantine as kept
from ingest import replay as replaying
from ingest.vocabulary import vocabulary
from policy import rules
from policy.clocks import SHANGHAI, legal_day

_LIMIT = click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Most rows shown.")
_VENDOR = click.option("--vendor", metavar="CODE", help="Only what this vendor sent.")
_REASON = click.option("--reason", metavar="CODE", help="Only this reason, such as range or unknown_device.")


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


@click.group()
def quarantine() -> None:
    """What devices sent and ingest refused: list it with the reasons, decode it again."""


@quarantine.command("counts")
@_VENDOR
def quarantine_counts(vendor: str | None) -> None:
    """Count the refused payloads by vendor and reason."""
    table = Table("vendor", "reason", "payloads", "times", "waiting", "newest", "for example")
    with database(load_settings(), "quarantine") as db:
        for row in kept.counts(db, vendor=vendor):
            table.add_row(row["vendor_code"] or "(unknown)", row["reason_code"], str(row["payloads"]),
                          str(row["times"]), str(row["waiting"]), _time(row["newest"]), row["example"])
    _print(table if table.row_count else "nothing is in quarantine")


@quarantine.command("list")
@_VENDOR
@_REASON
@_LIMIT
def quarantine_list(vendor: str | None, reason: str | None, limit: int) -> None:
    """List the newest refused payloads with topic and reason."""
    table = Table("number", "received", "topic", "reason", "times", "payload")
    with database(load_settings(), "quarantine") as db:
        for row in kept.newest(db, vendor=vendor, reason=reason, limit=limit):
            table.add_row(str(row["quarantine_id"]), _time(row["received_at"]), row["topic"],
                          f"{row['reason_code']}: {row['reason']}", str(row["times"]),
                          kept.shown(bytes(row["payload"])))
    _print(table if table.row_count else "nothing is in quarantine")


@quarantine.command("replay")
@_VENDOR
@_REASON
def quarantine_replay(vendor: str | None, reason: str | None) -> None:
    """Decode refused payloads again after the cause is mended; what is stored already is not stored twice."""
    with database(load_settings(), "replay") as db:
        done = replaying.replay(db, rules(), dt.datetime.now(dt.UTC), vendor=vendor, reason=reason)
    click.echo(f"{done.tried} payloads tried: {done.stored} stored, {done.refused} refused again")


def _print(what: Table | str) -> None:
    # What devices send may look like markup.
    Console(markup=False, emoji=False, highlight=False).print(what)


def _time(moment: dt.datetime | None) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


COMMANDS = (alarms, quarantine)
