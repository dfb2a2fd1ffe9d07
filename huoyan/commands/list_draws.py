"""Commands about list draws: what each of them shares, and those of the group ``draw``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from huoyan.commands.session import Day, database, write_file
from huoyan.commands.session import settings as load_settings
from sampling import entropy
from sampling.lists import kinds, reading, replacement
from sampling.lists.replacement import Asked

ENTROPY = click.option("--entropy", "named", multiple=True, metavar="SOURCE",
                       help="chain, witness or beacon:NETWORK:ROUND; may be repeated. Policy says which if left out.")


@click.command("replace")
@click.option("--inspection", "inspection_no", default=None, metavar="NO", help="The drawn visit that is replaced.")
@click.option("--draw", "draw_no", default=None, metavar="DRAW_NO",
              help="With --object: a visit of a list, where it is no inspection of ours.")
@click.option("--object", "object_no", default=None, metavar="NO", help="The object of that visit.")
@click.option("--officer", "officer_no", default=None, metavar="NO",
              help="The officer who can't come: of that visit, or without a visit of all that officer's visits.")
@click.option("--department", default=None, metavar="CODE",
              help="The officer's department in a joint draw; fire if left out.")
@click.option("--date", "day", type=Day(), default=None, help="The day of the officer's visits; today if left out.")
@click.option("--reason", "code", required=True, metavar="CODE", help="A code of draw.replacement.reasons of policy.")
@click.option("--text", required=True, help="What happened, in words.")
@ENTROPY
def replace(inspection_no: str | None, draw_no: str | None, object_no: str | None, officer_no: str | None,
            department: str | None, day: dt.date | None, code: str, text: str, named: tuple[str, ...]) -> None:
    """Replace a drawn unit or officer by a new draw with a reason, chained to the first; nothing is edited.

    Of a joint draw another object is drawn with officers of all departments; for an officer that department alone
    draws, and the others' teams stand. The list is frozen and its commitment printed; where the hash chain is its only
    source it is drawn at once, otherwise by huoyan draw list.
    """
    asked = Asked(code, text, inspection_no, officer_no, day, draw_no, object_no, department)
    with database(load_settings(), "draw") as db:
        for told in replacement.run(db, asked, dt.datetime.now(dt.UTC), actor="command", entropy=named or None):
            print_told(told)


@click.command("list")
@click.argument("draw_no")
@click.option("--witness", default=None, help="The numbers that witnesses read out after the freeze.")
@click.option("--beacon", default=None, help="The beacon's randomness: 64 hex digits.")
def draw_list(draw_no: str, witness: str | None, beacon: str | None) -> None:
    """Draw the frozen list DRAW_NO; one that is drawn is shown and never drawn again."""
    with database(load_settings(), "draw") as db:
        print_told(kinds.draw(db, draw_no, dt.datetime.now(dt.UTC), given_values(witness, beacon), actor="command"))


@click.command("lists")
@click.option("--kind", default=None, help="Only of this kind: replacement, campaign, joint.")
@click.option("--limit", type=click.IntRange(1, 500), default=30, show_default=True, help="How many.")
def show_lists(kind: str | None, limit: int) -> None:
    """List the list draws, the newest first."""
    with database(load_settings(), "draw") as db, db.connection() as connection:
        rows = reading.lists(connection, kind=kind, limit=limit)
    found = table("no", "kind", "title", "of", "status", "visits", "days")
    for row in rows:
        days = " to ".join(sorted({str(row["first_day"]), str(row["last_day"])})) if row["first_day"] else ""
        found.add_row(row["draw_no"], row["kind"], escape(row["title"]), row["of_draw"] or row["list_no"] or "",
                      row["status"], str(row["visits"]), days)
    Console().print(found)


@click.command("show-list")
@click.argument("draw_no")
@click.option("--bundle", "file", type=click.Path(dir_okay=False, path_type=Path), default=None,
              help="Write its bundle to this file: all that huoyan verify needs.")
def show_list(draw_no: str, file: Path | None) -> None:
    """Show the list draw DRAW_NO: digests, who was left out and why, visits with their officers."""
    with database(load_settings(), "draw") as db, db.connection() as connection:
        print_list(reading.one(connection, draw_no))
        if file is not None:
            content = reading.bundle_bytes(connection, draw_no)
            write_file(file, content)
            click.echo(f"{file}: {len(content)} bytes; check it with huoyan verify {file}")


def print_list(held: dict[str, Any]) -> None:
    """One list draw, as ``show`` of its kind prints it."""
    console = Console()
    for name in ("draw_no", "kind", "title", "of_draw", "list_no", "status", "commitment", "previous", "seed",
                 "record_hash", "frozen_at", "drawn_at"):
        if held[name] is not None:
            console.print(f"{name:12} {held[name]}", highlight=False, soft_wrap=True, markup=False)
    if held["reason"]:
        console.print(f"reason       {held['reason']['code']}: {held['reason']['text']}", highlight=False,
                      soft_wrap=True, markup=False)
    for row in held["standing"]:
        console.print(f"stands       {row['department']} as drawn in {row['draw_no']}", highlight=False, soft_wrap=True)
    console.print(f"objects      {held['objects']}, {held['eligible']} could be drawn, {held['size']} are drawn",
                  highlight=False, soft_wrap=True)
    for row in held["left_out"]:
        console.print(f"left out     {row['objects']}: {row['en']}", highlight=False, soft_wrap=True)
    found = table("no", "object", "day", "probability", "stands for", "officers", "inspection")
    for visit in held["visits"]:
        teams = "; ".join(f"{team['department']}: {team['lead']} {team['lead_name']}, {team['second']} "
                          f"{team['second_name']}" for team in visit["teams"])
        found.add_row(str(visit["position"]), escape(f"{visit['object_no']} {visit['name']}"), str(visit["planned_on"]),
                      f"{visit['probability']:.4f}", visit["stands_for"] or "", escape(teams),
                      visit["inspection_no"] or "")
    console.print(found)
    for row in held["unassigned"]:
        console.print(f"not assigned {row['object_no']}: {row['en']}", highlight=False, soft_wrap=True)


def print_told(told: Mapping[str, Any]) -> None:
    """What a freeze or a draw of a list says of itself."""
    for name, value in told.items():
        if isinstance(value, list):
            for item in value:
                click.echo(f"{name}: {item['unit_no']}: {item['en']}" if isinstance(item, dict) else f"{name}: {item}")
        elif value is not None:
            click.echo(f"{name}: {value}")


def given_values(witness: str | None, beacon: str | None) -> dict[str, str]:
    """The entropy that was given on the command line, checked."""
    given = {} if witness is None else {"witness": entropy.witness(witness)}
    return given if beacon is None else {**given, "beacon": entropy.beacon(beacon)}


def table(*columns: str) -> Table:
    """A table that fits eighty columns; numbers are not broken."""
    return Table(*(Column(name, overflow="fold", no_wrap=name == "no") for name in columns), box=box.SIMPLE_HEAD,
                 padding=(0, 1, 0, 0), pad_edge=False)


IN_DRAW = (replace, draw_list, show_lists, show_list)
