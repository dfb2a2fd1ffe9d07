"""Commands about a day's split: ratios."""

from __future__ import annotations

import datetime as dt

import click
from rich import box
from rich.console import Console
from rich.table import Column, Table

from huoyan.commands.session import Day, database
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from sampling import explaining, reading, tau_month


@click.group(invoke_without_command=True)
@click.option("--date", "day", type=Day(), default=None, help="The day of the draw; today if left out.")
@click.pass_context
def ratios(context: click.Context, day: dt.date | None) -> None:
    """Show a day's split: quotas by group and class, tau, capacity by desk."""
    if context.invoked_subcommand:
        return
    day = day or legal_day(dt.datetime.now(dt.UTC))
    with database(load_settings(), "ratios") as db, db.connection() as connection:
        found = reading.ratios(connection, day)
    console = Console()
    rest = "" if found["working_day"] else "; not a working day, nothing is drawn"
    state = "frozen frame" if found["frozen"] else "not frozen yet: as a freeze made now would set it"
    console.print(f"{day}: {state}{rest}", highlight=False, soft_wrap=True)
    console.print(f"tau {found['tau']['value']:.3f} ({found['tau']['reason']['en']}); {found['days']['left']} of "
                  f"{found['days']['year']} working days left, what remains is spread over {found['days']['spread']}",
                  highlight=False, soft_wrap=True)
    need = found["precision"]
    console.print(f"{need['needed']:.2f} random visits a day are needed for the yearly rate of {need['units']} units; "
                  f"the pace is stretched by {need['stretch']:.2f}", highlight=False, soft_wrap=True)
    table = _table("group", "class", "units", "ratio", "visited", "left", "pool", "duty", "random", "targeted", "today",
                   title="ratios by group and class (internal)")
    for row in found["rows"]:
        if row["units"]:
            table.add_row(row["group"], row["risk_class"], str(row["units"]), f"{row['ratio']:.1%}",
                          str(row["visited"]), f"{row['remaining']:.1f}", str(row["eligible"]),
                          *(f"{row[name]:.2f}" for name in ("duty", "random", "targeted", "expected")))
    console.print(table)
    for row in found["taken"]:
        console.print(f"{row['visits']} visits of the day are taken by {row['draw_no']} ({row['title']})",
                      highlight=False, soft_wrap=True, markup=False)
    desks = _table("desk", "areas", "officers", "possible", "wanted", "granted", "note", title="visits of the day")
    for desk in found["desks"]:
        desks.add_row(desk["desk"], str(len(desk["covers"])), str(desk["officers"]), str(desk["free"]),
                      f"{desk['wanted']:.2f}", f"{desk['capacity']:.2f}", desk["words"]["en"] if desk["words"] else "")
    console.print(desks)


@ratios.command("explain")
@click.option("--date", "day", type=Day(), default=None, help="The day of the draw; today if left out.")
@click.option("--unit", "unit_no", default=None, metavar="UNIT_NO",
              help="Only why this unit has its probability, or is left out and until when.")
@click.option("--lang", type=click.Choice(("zh", "en")), default="zh", show_default=True)
def explain(day: dt.date | None, unit_no: str | None, lang: str) -> None:
    """Say in words and numbers why a day's split is what it is: of its frozen frame, or of a freeze made now."""
    day = day or legal_day(dt.datetime.now(dt.UTC))
    with database(load_settings(), "ratios") as db, db.connection() as connection:
        told = explaining.explain(connection, day, unit_no)
    number = 0 if lang == "zh" else 1
    state = ("已冻结的名单", "its frozen frame") if told.frozen else (
        "尚未冻结，按现在冻结的结果说明", "not frozen yet: as a freeze made now would set it")
    rest = ("", "") if told.working_day else ("；当日不是工作日，不抽取", "; not a working day, nothing is drawn")
    click.echo(f"{day}{'：' if number == 0 else ': '}{state[number]}{rest[number]}")
    for chapter in told.chapters:
        click.echo(f"\n{chapter.title[number]}")
        for sentence in chapter.zh if number == 0 else chapter.en:
            click.echo(f"  {sentence}")


@ratios.command("months")
def months() -> None:
    """List the targeted share of each month with the evidence by which it was decided."""
    with database(load_settings(), "ratios") as db, db.connection() as connection:
        held = tau_month.history(connection)
    if not held:
        click.echo("no month is decided yet: the job tau does it on the eve of the first")
    for row in held:
        shown = "no lift yet" if row["lift"] is None else f"lift {row['lift']:.2f}, cautiously {row['lift_lower']:.2f}"
        click.echo(f"{row['month']:%Y-%m} tau {row['tau']:.3f} ({shown}, on {row['results']} random-arm results; "
                   f"between {row['bounds']['floor']:g} and {row['bounds']['ceiling']:g}; rules "
                   f"{row['policy_version']})")


def _table(*columns: str, title: str | None = None) -> Table:
    """A table that fits eighty columns; what is longer goes on in the next line, and nothing is cut off."""
    return Table(*(Column(name, overflow="fold") for name in columns), title=title, title_justify="left",
                 box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


COMMANDS = (ratios,)
