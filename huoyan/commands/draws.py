"""Commands about draws: draw, entropy."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Column, Table

from huoyan.commands.list_draws import IN_DRAW
from huoyan.commands.session import Day, database
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from sampling import chain, entropy, freeze, reading
from sampling import draw as drawing
from sampling.errors import DrawError


def _today() -> dt.date:
    return legal_day(dt.datetime.now(dt.UTC))


@click.group()
def draw() -> None:
    """Freeze, draw, show and check draws."""


@draw.command("freeze")
@click.option("--date", "day", type=Day(), required=True, help="The day of the draw.")
@click.option("--entropy", "named", multiple=True, metavar="SOURCE",
              help="chain, witness or beacon:NETWORK:ROUND; may be repeated. Policy says which if left out.")
def freeze_frame(day: dt.date, named: tuple[str, ...]) -> None:
    """Freeze the frame of a day and print its commitment."""
    with database(load_settings(), "draw") as db:
        _print(freeze.run(db, day, dt.datetime.now(dt.UTC), entropy=named or None))


@draw.command("now")
@click.option("--date", "day", type=Day(), required=True, help="The day of the draw.")
@click.option("--witness", default=None, help="The numbers that witnesses read out after the freeze.")
@click.option("--beacon", default=None, help="The beacon's randomness: 64 hex digits, or a file that holds them.")
def draw_now(day: dt.date, witness: str | None, beacon: str | None) -> None:
    """Draw a day from its frozen frame; a draw that stands is shown and never made again."""
    given = {}
    if witness is not None:
        given["witness"] = entropy.witness(witness)
    if beacon is not None:
        given["beacon"] = entropy.beacon(_value_or_file(beacon))
    with database(load_settings(), "draw") as db:
        _print(drawing.run(db, day, dt.datetime.now(dt.UTC), given, actor="command"))


@draw.command("show")
@click.option("--date", "day", type=Day(), default=None, help="The day of the draw; today if left out.")
def show(day: dt.date | None) -> None:
    """Show the draw of a day: digests, visits, officers, probabilities."""
    day = day or _today()
    with database(load_settings(), "draw") as db, db.connection() as connection:
        held = reading.draw_of_day(connection, day)
    if held is None:
        raise DrawError(f"there is no draw of {day}: huoyan draw freeze --date {day} makes its frame")
    console = Console()
    for name in ("draw_no", "status", "commitment", "previous", "seed", "record_hash", "frozen_at", "drawn_at"):
        console.print(f"{name:12} {held[name] or '-'}", highlight=False, soft_wrap=True)
    console.print(f"tau          {held['tau']['value']:.3f} ({held['tau']['reason']['en']})", highlight=False,
                  soft_wrap=True)
    console.print(f"units        {held['units']}, {held['eligible']} could be drawn, {held['expected']:.2f} visits "
                  "expected", highlight=False, soft_wrap=True)
    for row in held["taken"]:
        console.print(f"taken        {row['visits']} visits of the day by {row['draw_no']} ({row['title']})",
                      highlight=False, soft_wrap=True, markup=False)
    for note in held["notes"]:
        console.print(f"note         {note['en']}", highlight=False, soft_wrap=True)
    table = _table("no", "unit", "area", "arm", "probability", "lead", "second", "inspection")
    for visit in held["visits"]:
        table.add_row(str(visit["position"]), f"{visit['unit_no']} {visit['unit_name']}", visit["area_zh"],
                      visit["arm"], f"{visit['probability']:.4f}", f"{visit['lead_officer']} {visit['lead_name']}",
                      f"{visit['second_officer']} {visit['second_name']}", visit["inspection_no"] or "")
    console.print(table)
    for row in held["unassigned"]:
        console.print(f"not assigned {row['unit_no']}: {row['en']}", highlight=False, soft_wrap=True)


@draw.command("bundle")
@click.option("--date", "day", type=Day(), required=True, help="The day of the draw.")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def bundle(day: dt.date, file: Path) -> None:
    """Write the bundle of a day to FILE: all that huoyan verify needs. It holds risk classes, which are internal."""
    with database(load_settings(), "draw") as db, db.connection() as connection:
        content = reading.bundle_bytes(connection, day)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise DrawError(f"{file} can't be written: {error.strerror}") from None
    click.echo(f"{file}: {len(content)} bytes; check it with huoyan verify {file}")


@draw.command("chain")
def check_chain() -> int:
    """Check every record of the chain, from the first; exit 1 where one does not agree."""
    wrong = 0
    with database(load_settings(), "draw") as db:
        for number, agrees, text in chain.check(db):
            click.echo(f"{number} {'OK' if agrees else 'DOES NOT AGREE'}: {text}")
            wrong += not agrees
    return 1 if wrong else 0


@click.group("entropy")
def entropy_group() -> None:
    """Where seeds come from: the hash chain of each year."""


@entropy_group.command("new-year")
@click.argument("year", type=int)
def new_year(year: int) -> None:
    """Lay down the hash chain of YEAR and print its anchor, to be published before the year's first draw."""
    with database(load_settings(), "entropy") as db, db.connection() as connection:
        before = {row["year"] for row in reading.anchors(connection)}
        anchor = entropy.new_year(connection, year)
    click.echo(f"{year} {'stands' if year in before else 'laid down'}, anchor {anchor}")


def _table(*columns: str, title: str | None = None) -> Table:
    """A table that fits eighty columns; what is longer goes on in the next line, and nothing is cut off."""
    return Table(*(Column(name, overflow="fold") for name in columns), title=title, title_justify="left",
                 box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


def _value_or_file(text: str) -> str:
    path = Path(text)
    try:
        if path.is_file() and path.stat().st_size < 10_000:
            return path.read_text(encoding="utf-8")
    except (OSError, ValueError, UnicodeDecodeError):
        pass
    return text


def _print(detail: dict[str, object]) -> None:
    for name, value in detail.items():
        if isinstance(value, list):
            for item in value:
                click.echo(f"{name}: {_words(item)}")
        else:
            click.echo(f"{name}: {value}")


def _words(item: object) -> object:
    """A line of a job's detail; one in two languages is shown in English, as everything here."""
    if not isinstance(item, dict):
        return item
    return f"{item['unit_no']}: {item['en']}" if "unit_no" in item else item["en"]


for _command in IN_DRAW:
    draw.add_command(_command)

COMMANDS = (draw, entropy_group)
