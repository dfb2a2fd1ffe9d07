"""The commands about plans: make, adopt, publish, show, progress, export."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Column, Table

from huoyan.commands.registers import default_actor
from huoyan.commands.session import Day, database, write_file
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from sampling.errors import PlanError
from sampling.parameters import Parameters
from sampling.plans import export, progress, record
from sampling.plans.drafting import summary
from sampling.plans.words import GROUPS, MONTHS
from sampling.tickets import canonical


@click.group()
def plan() -> None:
    """Make, adopt, publish, show and follow yearly and monthly plans (年度、月度检查计划)."""


@plan.command("make")
@click.argument("year", type=click.IntRange(1900, 2200))
@click.option("--month", type=click.IntRange(1, 12), default=None, help="The plan of a month; of the year if left out.")
@click.option("--reason", default=None, help="Why an adopted plan is revised; needed from the second version on.")
@click.option("--actor", default=None, help="Who makes it, for the audit log; the login of this machine if left out.")
def make(year: int, month: int | None, reason: str | None, actor: str | None) -> None:
    """Draft the plan of YEAR or of a month of it; a draft that stands is made again."""
    with database(load_settings(), "plan") as db:
        made = record.make(db, year, month, dt.datetime.now(dt.UTC), actor=actor or default_actor(), reason=reason)
    _tell(made)


@plan.command("adopt")
@click.argument("plan_no")
@click.option("--actor", default=None, help="Who adopts it; the login of this machine if left out.")
def adopt(plan_no: str, actor: str | None) -> None:
    """Adopt the draft PLAN_NO: from then on it is never changed."""
    with database(load_settings(), "plan") as db:
        _tell(record.adopt(db, plan_no, dt.datetime.now(dt.UTC), actor=actor or default_actor()))


@plan.command("publish")
@click.argument("plan_no")
@click.option("--actor", default=None, help="Who publishes it; the login of this machine if left out.")
def publish(plan_no: str, actor: str | None) -> None:
    """Publish the adopted PLAN_NO: anyone may read its public form, which holds no quota by class."""
    with database(load_settings(), "plan") as db:
        done = record.publish(db, plan_no, dt.datetime.now(dt.UTC), actor=actor or default_actor())
    _tell(done)
    click.echo(f"public digest: {done['public_digest']}")


@plan.command("show")
@click.argument("plan_no", required=False)
def show(plan_no: str | None) -> None:
    """Show PLAN_NO, or list the plans there are. Quotas by class are internal."""
    console = Console()
    with database(load_settings(), "plan") as db, db.connection() as connection:
        if plan_no is None:
            table = _table("plan", "status", "as of", "digest", "reason")
            for row in record.listed(connection):
                table.add_row(row["plan_no"], row["status"], str(row["as_of"]), row["digest"][:16], row["reason"] or "")
            console.print(table)
            return
        held = record.get(connection, plan_no)
    _tell(held)
    content = held["content"]
    months = [n for n in range(12) if content["month"] in (None, n + 1)]
    table = _table("group", "class", "units", "quota", "done", *(MONTHS[n][:3] for n in months),
                   title="units to visit by group and class (internal)")
    for group in GROUPS:
        for risk_class in "ABCD":
            rows = [row for row in content["rows"] if (row["group"], row["risk_class"]) == (group, risk_class)]
            if rows:
                table.add_row(group, risk_class, *_sums(rows, months))
    table.add_row("all", "", *_sums(content["rows"], months))
    console.print(table)
    desks = _table("desk", "officers", "needs", "can do", "short", title="what officers can do")
    short = {one["desk"]: one["short"] for one in content["shortfalls"]}
    for desk in content["desks"]:
        desks.add_row(f"{desk['place']['en']}, {desk['kind']}", str(desk["officers"]),
                      str(sum(month["first"] + month["rest"] for month in desk["months"])),
                      str(sum(month["done"] for month in desk["months"])), str(short.get(desk["desk"], 0)))
    console.print(desks)


@plan.command("progress")
@click.argument("year", type=click.IntRange(1900, 2200), required=False)
@click.option("--date", "day", type=Day(), default=None, help="To the end of this day; today if left out.")
def show_progress(year: int | None, day: dt.date | None) -> None:
    """Set what was visited beside the adopted plan of YEAR: what is behind, and where the year ends at this pace."""
    until = day or legal_day(dt.datetime.now(dt.UTC))
    of = year or until.year
    until = min(until, dt.date(of, 12, 31))
    with database(load_settings(), "plan") as db, db.connection() as connection:
        held = record.in_force(connection, of)
        if held is None:
            raise PlanError(f"there is no adopted plan of {of}: huoyan plan make {of}, then huoyan plan adopt")
        rules = Parameters.on(max(until, dt.date(of, 1, 1)))
        told = progress.progress(held["content"], progress.counts(connection, of, until, rules), until)
        lost = progress.lost(connection, of, until, rules)
    table = _table("group", "units", "quota", "due", "visited", "planned", "behind", "year end", "lost visits",
                   title=f"{held['plan_no']} to the end of {until}")
    for row in told["group"]:
        table.add_row(row["group"], *_line(row), str(lost[row["group"]]))
    table.add_row("all", *_line(told["all"]), str(sum(lost.values())))
    console = Console()
    console.print(table)
    behind = _table("area", "group", "class", "quota", "due", "visited", "behind",
                    title="rows that are behind (internal)")
    rows = sorted((row for row in told["rows"] if row["behind"]), key=lambda row: -row["behind"])
    for row in rows[:40]:
        behind.add_row(row["area"], row["group"], row["risk_class"], str(row["quota"]), f"{row['due']:.1f}",
                       str(row["done"]), str(row["behind"]))
    if rows:
        console.print(behind)


@plan.command("export")
@click.argument("plan_no")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--public", "is_public", is_flag=True, help="The public form, without quotas by class.")
def export_plan(plan_no: str, file: Path, is_public: bool) -> None:
    """Write PLAN_NO to FILE: .csv (rows), .xlsx (every part) or .json (canonical, as its digest is made of)."""
    writers = {".csv": export.as_csv, ".xlsx": export.as_xlsx, ".json": canonical}
    if file.suffix.lower() not in writers:
        raise PlanError(f"{file.name} must end in .csv, .xlsx or .json")
    with database(load_settings(), "plan") as db, db.connection() as connection:
        held = record.get(connection, plan_no)
    write_file(file, writers[file.suffix.lower()](held["public_content"] if is_public else held["content"]))
    inside = "" if is_public else "; it holds quotas by risk class, which are internal"
    click.echo(f"{plan_no} written to {file}{inside}")


def _tell(held: record.Plan) -> None:
    told = summary(held)
    for name in ("plan_no", "status", "digest"):
        click.echo(f"{name}: {told[name]}")
    click.echo(f"quota: {told['quota']} units, {told['done']} of them visited already")
    content = held["content"]
    if not content["calendar"]["announced"]:
        click.echo(f"note: the holidays of {held['year']} are not announced yet; every weekday counts as a working day")
    for one in content["shortfalls"]:
        click.echo(f"short: {one['words']['en']}; {one['mend']['en']}")
    if not content["shortfalls"]:
        click.echo("short: nothing; officers can do all of it")


def _sums(rows: list[dict[str, Any]], months: list[int]) -> list[str]:
    return [*(str(sum(row[name] for row in rows)) for name in ("units", "quota", "done")),
            *(str(sum(row["months"][n] + row["booked"][n] for row in rows)) for n in months)]


def _line(row: dict[str, Any]) -> list[str]:
    return [str(row["units"]), str(row["quota"]), f"{row['due']:.1f}", str(row["done"]), str(row["waiting"]),
            str(row["behind"]), "-" if row["projected"] is None else str(row["projected"])]


def _table(*columns: str, title: str | None = None) -> Table:
    return Table(*(Column(name, overflow="fold") for name in columns), title=title, title_justify="left",
                 box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


COMMANDS = (plan,)
