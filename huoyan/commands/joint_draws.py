"""Commands about joint draws (部门联合): several departments, one list, one visit."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.markup import escape

from huoyan.commands.list_draws import ENTROPY, given_values, print_list, print_told, table
from huoyan.commands.session import Day, database
from huoyan.commands.session import settings as load_settings
from sampling.errors import DrawError
from sampling.lists import directories, joint, keeping, reading
from sampling.lists.selection import Selection


@click.group("joint")
def joint_draws() -> None:
    """Joint draws (部门联合): the launching department's objects, two officers of each department, one visit."""


@joint_draws.command("import")
@click.argument("noun", type=click.Choice(list(directories.NOUNS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def take(noun: str, file: Path) -> int:
    """Read the departments, officers, objects or the yearly plan of joint draws from a CSV or XLSX FILE."""
    with database(load_settings(), "joint") as db:
        taken = directories.take_file(db, noun, file, actor="command", now=dt.datetime.now(dt.UTC))
    click.echo(f"{taken.noun}: {taken.stored} of {taken.total} rows stored")
    for row in taken.rejected:
        click.echo(f"line {row['line']}, {row['column']} {row['value']}: {row['reason']}", err=True)
    return 2 if taken.rejected else 0


@joint_draws.command("create")
@click.option("--title", required=True, help="What the joint draw is called.")
@click.option("--item", default=None, help="What is inspected, as the yearly plan and the objects name it.")
@click.option("--launching", default="fire", show_default=True, help="The department whose objects are drawn.")
@click.option("--with", "taking_part", multiple=True, metavar="DEPARTMENT",
              help="A department that takes part; may be repeated. The plan of the year says who if left out.")
@click.option("--visits", type=click.IntRange(1), default=None, help="How many; the plan says, or all, if left out.")
@click.option("--from", "first_day", type=Day(), required=True, help="First day of the visits.")
@click.option("--to", "last_day", type=Day(), required=True, help="Last day of the visits.")
@click.option("--by", "drawn_by", type=click.Choice(["chance", "weight"]), default="chance", show_default=True,
              help="All alike, or by the weight of the risk class and the heavier first.")
@click.option("--select", "said", multiple=True, metavar="FIELD=VALUE",
              help="Where fire launches: what a unit must be, as in huoyan campaign create.")
def create(title: str, item: str | None, launching: str, taking_part: tuple[str, ...], visits: int | None,
           first_day: dt.date, last_day: dt.date, drawn_by: str, said: tuple[str, ...]) -> None:
    """Keep a joint draw; nothing is drawn yet."""
    query = dict(text.partition("=")[::2] for text in said)
    data = {"title": title, "item": item, "launching": launching, "taking_part": list(taking_part), "visits": visits,
            "first_day": first_day, "last_day": last_day, "drawn_by": drawn_by}
    with database(load_settings(), "joint") as db:
        made = joint.create(db, data, Selection.of(query), dt.datetime.now(dt.UTC), actor="command")
    click.echo(f"{made['list_no']}: {', '.join(made['departments'])}; next huoyan joint freeze {made['list_no']}")


@joint_draws.command("list")
@click.option("--limit", type=click.IntRange(1, 500), default=30, show_default=True, help="How many.")
def show_all(limit: int) -> None:
    """List joint draws, the newest first."""
    with database(load_settings(), "joint") as db, db.connection() as connection:
        rows = keeping.every(connection, joint.KIND, limit=limit)
    found = table("no", "title", "departments", "days", "draw", "status", "visits")
    for row in rows:
        found.add_row(row["list_no"], escape(row["title"]), ", ".join(row["departments"]),
                      f"{row['first_day']} to {row['last_day']}", row["draw_no"] or "",
                      row["draw_status"] or "to be frozen", str(row["drawn"]))
    Console().print(found)


@joint_draws.command("show")
@click.argument("list_no")
def show(list_no: str) -> None:
    """Show the joint draw LIST_NO: its departments, its list, and the visits with the officers of each."""
    with database(load_settings(), "joint") as db, db.connection() as connection:
        held = keeping.one(connection, joint.KIND, list_no)
        drawn = reading.one(connection, held["draw_no"]) if held["draw_no"] else None
    for name in ("list_no", "title", "first_day", "last_day", "drawn_by", "made_by"):
        click.echo(f"{name:12} {held[name]}")
    click.echo(f"departments  {', '.join(held['departments'])}\nselection    "
               f"{orjson.dumps(held['selection']).decode()}\nvisits       {held['visits'] or 'by share, or all'}")
    if drawn is not None:
        print_list(drawn)


@joint_draws.command("freeze")
@click.argument("list_no")
@ENTROPY
def freeze(list_no: str, named: tuple[str, ...]) -> None:
    """Freeze the list of the joint draw LIST_NO with the officers of each department, and print its commitment."""
    with database(load_settings(), "joint") as db:
        print_told(joint.freeze(db, list_no, dt.datetime.now(dt.UTC), actor="command", entropy=named or None))


@joint_draws.command("draw")
@click.argument("list_no")
@click.option("--witness", default=None, help="The numbers that witnesses read out after the freeze.")
@click.option("--beacon", default=None, help="The beacon's randomness: 64 hex digits.")
def draw(list_no: str, witness: str | None, beacon: str | None) -> None:
    """Draw the joint draw LIST_NO from its frozen list; visits at units of ours wait in the inspections."""
    with database(load_settings(), "joint") as db:
        with db.connection() as connection:
            held = keeping.one(connection, joint.KIND, list_no)
        if held["draw_no"] is None:
            raise DrawError(f"{list_no} is not frozen yet: huoyan joint freeze {list_no}")
        print_told(joint.draw(db, held["draw_no"], dt.datetime.now(dt.UTC), given_values(witness, beacon),
                              actor="command"))


COMMANDS = (joint_draws,)
