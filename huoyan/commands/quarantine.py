"""Commands about quarantine: what was refused and why, and decoding it again."""

from __future__ import annotations

import datetime as dt
import getpass

import click
from rich.console import Console
from rich.table import Table

from huoyan.commands.session import database
from huoyan.commands.session import settings as load_settings
from ingest import quarantine as kept
from ingest import replay as replaying
from policy import rules
from policy.clocks import SHANGHAI

_LIMIT = click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Most rows shown.")
_VENDOR = click.option("--vendor", metavar="CODE", help="Only what this vendor sent.")
_REASON = click.option("--reason", metavar="CODE", help="Only this reason, such as range or unknown_device.")


@click.group()
def quarantine() -> None:
    """What devices sent and ingest refused: list it with the reasons, decode it again."""


@quarantine.command("counts")
@_VENDOR
def quarantine_counts(vendor: str | None) -> None:
    """Count the refused payloads by vendor and reason.

    waiting: not replayed yet; cut: of these, payloads of which only the start was kept, so that they can't be replayed;
    summed up: let go for want of room or for their age, and only counted.
    """
    table = Table("vendor", "reason", "payloads", "times", "waiting", "cut", "summed up", "newest", "for example")
    with database(load_settings(), "quarantine") as db:
        for row in kept.counts(db, vendor=vendor):
            table.add_row(row["vendor_code"] or "(unknown)", row["reason_code"], str(row["payloads"]),
                          str(row["times"]), str(row["waiting"]), str(row["cut"]), str(row["summarised"]),
                          _time(row["newest"]), row["example"])
    _print(table if table.row_count else "nothing is in quarantine")


@quarantine.command("list")
@_VENDOR
@_REASON
@_LIMIT
def quarantine_list(vendor: str | None, reason: str | None, limit: int) -> None:
    """List the newest refused payloads with topic and reason."""
    table = Table("number", "received", "topic", "reason", "times", "state", "payload")
    with database(load_settings(), "quarantine") as db:
        for row in kept.newest(db, vendor=vendor, reason=reason, limit=limit):
            state = "replayed" if row["replayed_at"] else "cut: can't be replayed" if row["is_cut"] else "waiting"
            table.add_row(str(row["quarantine_id"]), _time(row["received_at"]), row["topic"],
                          f"{row['reason_code']}: {row['reason']}", str(row["times"]), state,
                          kept.shown(bytes(row["payload"])))
    _print(table if table.row_count else "nothing is in quarantine")


@quarantine.command("summary")
@_VENDOR
@_REASON
@_LIMIT
def quarantine_summary(vendor: str | None, reason: str | None, limit: int) -> None:
    """List what was let go for want of room or for its age: by day, vendor and reason, with one example each."""
    table = Table("day", "vendor", "reason", "payloads", "times", "bytes", "first", "last", "for example")
    with database(load_settings(), "quarantine") as db:
        for row in kept.summary(db, vendor=vendor, reason=reason, limit=limit):
            table.add_row(str(row["day"]), row["vendor_code"] or "(unknown)", row["reason_code"], str(row["payloads"]),
                          str(row["times"]), str(row["bytes"]), _time(row["first_at"]), _time(row["last_at"]),
                          f"{row['example_topic']} {kept.shown(bytes(row['example_payload']), 80)}")
    _print(table if table.row_count else "nothing was let go")


@quarantine.command("replay")
@_VENDOR
@_REASON
@click.option("--id", "ids", type=click.IntRange(1, 2**63 - 1), multiple=True, metavar="NUMBER",
              help="Only this payload; may be given again.")
def quarantine_replay(vendor: str | None, reason: str | None, ids: tuple[int, ...]) -> None:
    """Decode refused payloads again after the cause is mended; what is stored already is not stored twice.

    It may be stopped and run again at any time. Only one replay is at work at a time.
    """
    shown = Console(stderr=True)

    def progress(tried: int, total: int) -> None:
        if shown.is_terminal:
            shown.print(f"{tried} of {total}", end="\r")

    with database(load_settings(), "replay") as db:
        done = replaying.replay(db, rules(), dt.datetime.now(dt.UTC), vendor=vendor, reason=reason, ids=ids or None,
                                actor=f"cli:{getpass.getuser()}", progress=progress)
    click.echo(f"{done.tried} payloads tried: {done.stored} stored, {done.refused} refused again")
    for code, count in sorted(done.reasons.items(), key=lambda pair: (-pair[1], pair[0])):
        click.echo(f"  {count} for {code}")
    if done.cut:
        click.echo(f"{done.cut} left out: only their start was kept, so they can't be replayed")
    if done.old:
        click.echo(f"{done.old} left out: they came before the telemetry that is kept")


@quarantine.command("replays")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Most rows shown.")
def quarantine_replays(limit: int) -> None:
    """List the latest replays: who asked for them, how far they are, what they came to."""
    table = Table("run", "asked for", "by", "vendor", "reason", "status", "tried", "of", "stored", "refused", "error")
    with database(load_settings(), "quarantine") as db:
        for row in replaying.recent(db, limit):
            table.add_row(str(row["run_id"]), _time(row["requested_at"]), row["requested_by"],
                          row["vendor_code"] or "", row["reason_code"] or "", row["status"], str(row["tried"]),
                          str(row["total"]), str(row["stored"]), str(row["refused"]), row["error"] or "")
    _print(table if table.row_count else "no replay was asked for yet")


def _print(what: Table | str) -> None:
    # What devices send may look like markup.
    Console(markup=False, emoji=False, highlight=False).print(what)


def _time(moment: dt.datetime | None) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


COMMANDS = (quarantine,)
