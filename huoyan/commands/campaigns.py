"""Commands about campaigns (专项检查): a target list from a saved query, drawn by lot over some days."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console
from rich.markup import escape

from huoyan.commands.list_draws import ENTROPY, given_values, print_list, print_told, table
from huoyan.commands.session import Day, database
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from sampling.errors import DrawError
from sampling.lists import campaign, keeping, reading
from sampling.lists.selection import Selection


@click.group("campaign")
def campaigns() -> None:
    """Campaigns (专项检查): units drawn from the list that a saved query gives, over some working days."""


@campaigns.command("create")
@click.option("--title", required=True, help="What the campaign is called.")
@click.option("--theme", default="theme", show_default=True, help="theme, season, holiday or event (draw.list.themes).")
@click.option("--visits", type=click.IntRange(1), default=None, help="How many are drawn; all of the list if left out.")
@click.option("--from", "first_day", type=Day(), required=True, help="First day of the visits.")
@click.option("--to", "last_day", type=Day(), required=True, help="Last day of the visits.")
@click.option("--by", "drawn_by", type=click.Choice(["chance", "weight"]), default="chance", show_default=True,
              help="All alike, or by the weight of the risk class and the heavier first.")
@click.option("--select", "said", multiple=True, metavar="FIELD=VALUE",
              help="What a unit must be: kinds=mall,hotel, classes=C,D, is_crowded=true, floor_area_from=500, "
                   "not_visited_since=2026-06-01, items=X01, alarms=3 ...; may be repeated, and all must hold.")
@click.option("--selection", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
              help="The same as a JSON file.")
def create(title: str, theme: str, visits: int | None, first_day: dt.date, last_day: dt.date, drawn_by: str,
           said: tuple[str, ...], file: Path | None) -> None:
    """Keep a campaign and say how many units its query holds of now; nothing is drawn yet."""
    data = {"title": title, "theme": theme, "visits": visits, "first_day": first_day, "last_day": last_day,
            "drawn_by": drawn_by}
    with database(load_settings(), "campaign") as db:
        made = campaign.create(db, data, Selection.of(_selection(said, file)), dt.datetime.now(dt.UTC), actor="command")
    click.echo(f"{made['list_no']}: {made['objects']} units in the list, {made['visits'] or 'all'} to be drawn; next "
               f"huoyan campaign freeze {made['list_no']}")


@campaigns.command("list")
@click.option("--limit", type=click.IntRange(1, 500), default=30, show_default=True, help="How many.")
def show_all(limit: int) -> None:
    """List campaigns, the newest first."""
    with database(load_settings(), "campaign") as db, db.connection() as connection:
        rows = keeping.every(connection, campaign.KIND, limit=limit)
    found = table("no", "title", "theme", "days", "visits", "draw", "status", "done")
    for row in rows:
        found.add_row(row["list_no"], escape(row["title"]), row["theme"], f"{row['first_day']} to {row['last_day']}",
                      str(row["visits"] or "all"), row["draw_no"] or "", row["draw_status"] or "to be frozen",
                      f"{row['done']} of {row['drawn']}" if row["drawn"] else "")
    Console().print(found)


@campaigns.command("show")
@click.argument("list_no")
def show(list_no: str) -> None:
    """Show the campaign LIST_NO: its saved query, how many units that holds of today, and its draw."""
    today = legal_day(dt.datetime.now(dt.UTC))
    with database(load_settings(), "campaign") as db, db.connection() as connection:
        held = keeping.one(connection, campaign.KIND, list_no)
        units = len(campaign.targets(connection, Selection.of(held["selection"]), today, held["area_codes"]))
        drawn = reading.one(connection, held["draw_no"]) if held["draw_no"] else None
    for name in ("list_no", "title", "theme", "first_day", "last_day", "drawn_by", "made_by"):
        click.echo(f"{name:12} {held[name]}")
    click.echo(f"visits       {held['visits'] or 'all'}\nselection    {orjson.dumps(held['selection']).decode()}\n"
               f"units today  {units}")
    if drawn is not None:
        print_list(drawn)


@campaigns.command("freeze")
@click.argument("list_no")
@ENTROPY
def freeze(list_no: str, named: tuple[str, ...]) -> None:
    """Freeze the list of the campaign LIST_NO and print its commitment."""
    with database(load_settings(), "campaign") as db:
        print_told(campaign.freeze(db, list_no, dt.datetime.now(dt.UTC), actor="command", entropy=named or None))


@campaigns.command("draw")
@click.argument("list_no")
@click.option("--witness", default=None, help="The numbers that witnesses read out after the freeze.")
@click.option("--beacon", default=None, help="The beacon's randomness: 64 hex digits.")
def draw(list_no: str, witness: str | None, beacon: str | None) -> None:
    """Draw the campaign LIST_NO from its frozen list; its visits wait in the inspections from then on."""
    now = dt.datetime.now(dt.UTC)
    with database(load_settings(), "campaign") as db:
        with db.connection() as connection:
            held = keeping.one(connection, campaign.KIND, list_no)
        if held["draw_no"] is None:
            raise DrawError(f"{list_no} is not frozen yet: huoyan campaign freeze {list_no}")
        print_told(campaign.draw(db, held["draw_no"], now, given_values(witness, beacon), actor="command"))


def _selection(said: tuple[str, ...], file: Path | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if file is not None:
        try:
            found = orjson.loads(file.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            raise DrawError(f"{file} can't be read as JSON") from None
        if not isinstance(found, dict):
            raise DrawError(f"{file} must hold one object of fields")
    for text in said:
        name, equals, value = text.partition("=")
        if not equals:
            raise DrawError(f"{text!r} is not FIELD=VALUE")
        found[name.strip()] = value.strip()
    return found


COMMANDS = (campaigns,)
