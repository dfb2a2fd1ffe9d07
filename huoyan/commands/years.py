"""The command about a year that has not been: simulate-year."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
import orjson
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from huoyan.commands.session import Day, database, write_file
from huoyan.commands.session import settings as load_settings
from policy import calendar
from policy.clocks import legal_day
from sampling.errors import YearError
from sampling.parameters import Parameters
from sampling.years import register, words, world
from sampling.years.comparing import Comparison, Estimate, compare
from sampling.years.course import DRAW, Plan
from sampling.years.page import page
from sampling.years.variants import Variant, read, variant

_SHOWN = ("visits", "hazards", "per_100", "units_with_hazard", "found_of_new", "delay_median", "duty_share",
          "duties_missed", "ratios_met", "cap_breaches", "capacity_used", "unassigned", "load_min", "load_median",
          "load_max")
_HEADS = {DRAW: "抽取 draw", "random": "纯随机 random", "targeted": "纯重点 targeted", "longest": "最久 longest"}


@click.command("simulate-year")
@click.option("--year", type=click.IntRange(2000, 2100), default=None, help="The year; the coming one if left out.")
@click.option("--from", "first", type=Day(), default=None,
              help="Begin on this day, with the register as of it; 1 January if left out.")
@click.option("--units", type=click.IntRange(50, 1_000_000), default=None,
              help="A made city of so many units instead of the register; no database is asked.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True,
              help="Of the made city, the hazards, the losses and the draws.")
@click.option("--repetitions", type=click.IntRange(1, 1000), default=5, show_default=True, help="Years simulated.")
@click.option("--ratio", "ratios", multiple=True, metavar="[GROUP.]CLASS=SHARE",
              help="Try another yearly ratio, as in huoyan whatif: C=0.5, key.B=0.9, general=0.3. May be repeated.")
@click.option("--weight", "weights", multiple=True, metavar="CLASS=WEIGHT",
              help="Try another least weight in the targeted arm. May be repeated.")
@click.option("--tau", type=click.FloatRange(0, 0.95), default=None, help="Try another share of the targeted arm.")
@click.option("--buffer-days", type=click.IntRange(0, 200), default=None, help="Try other draw.buffer_days.")
@click.option("--again-factor", type=click.FloatRange(0, 1, min_open=True), default=None,
              help="Try another draw.again_factor.")
@click.option("--stretch", type=click.FloatRange(1, 1000), default=None, help="Try another draw.stretch.")
@click.option("--try", "tried", multiple=True, metavar="RULES",
              help="One more set of rules to stand beside the others: tau=0.4,C=0.5,buffer-days=30. May be repeated.")
@click.option("--lost-days", type=click.IntRange(0, 250), default=0, show_default=True,
              help="Working days, at random, on which nobody is there.")
@click.option("--sick", type=click.FloatRange(0, 0.9), default=0.0, show_default=True,
              help="Share of officers ill on a day, in spells of three working days on average.")
@click.option("--away", "away", multiple=True, metavar="FROM..TO[=SHARE]",
              help="Officers needed elsewhere, such as for a campaign week: 2027-06-07..2027-06-18=0.5; all if no "
                   "share is given. May be repeated.")
@click.option("--html", "html_file", type=click.Path(path_type=Path), default=None,
              help="Write a page with plots here.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Write the figures here too.")
@click.option("--processes", type=click.IntRange(1, 64), default=None, help="As many as there are cores if left out.")
def simulate_year(year: int | None, first: dt.date | None, units: int | None, seed: int, repetitions: int,
                  ratios: tuple[str, ...], weights: tuple[str, ...], tau: float | None, buffer_days: int | None,
                  again_factor: float | None, stretch: float | None, tried: tuple[str, ...], lost_days: int,
                  sick: float, away: tuple[str, ...], html_file: Path | None, json_file: Path | None,
                  processes: int | None) -> None:
    """Simulate a year of draws before its rules are put in force.

    Quotas, caps, officers' load and hazards found, with rules to try beside those in force, and with pure random, pure
    targeted and last-visit-first choices of as many visits. Nothing is written to the database.
    """
    begins = first or dt.date(year or legal_day(dt.datetime.now(dt.UTC)).year + 1, 1, 1)
    if year is not None and begins.year != year:
        raise YearError(f"--from {begins} is not in {year}")
    work, until = calendar(), dt.date(begins.year, 12, 31)
    days = work.between(begins, until)
    if not days:
        raise YearError(f"no working day is left of {begins.year} from {begins} on")
    rules = Parameters.on(begins)
    variants = [Variant("", rules)]
    asked = variant("", rules, ratios, weights, tau, buffer_days=buffer_days, again_factor=again_factor,
                    stretch=stretch)
    if asked.changes:
        name = ", ".join(change.removeprefix("draw.") for change in asked.changes)
        variants.append(Variant(name, asked.parameters, asked.changes))
    variants += [read(text, rules) for text in tried]
    losses = world.Losses(lost_days, sick, away=tuple(_away(text) for text in away))
    if units is None:
        with database(load_settings(), "simulate-year") as db, db.connection() as connection:
            held = register.read(connection, days[0], until, rules)
    else:
        held = world.made(units, seed, days[0])
    errors = Console(stderr=True)
    with Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
                  TimeRemainingColumn(), console=errors, transient=True, disable=not errors.is_terminal) as bar:
        years = repetitions * len(variants)
        task = bar.add_task(f"days of {years} years", total=len(days) * years)
        found = compare(held, variants, Plan(days, losses, work, seed), repetitions, processes=processes,
                        progress=lambda done, of: bar.update(task, completed=done, total=of))
    if json_file:
        write_file(json_file, orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2))
    if html_file:
        write_file(html_file, page(found).encode())
    _print(Console(), found, announced=work.is_announced(begins.year))


def _away(text: str) -> tuple[dt.date, dt.date, float]:
    span, _, share = text.partition("=")
    begin, _, end = span.partition("..")
    try:
        first, last, part = dt.date.fromisoformat(begin), dt.date.fromisoformat(end or begin), float(share or 1)
    except ValueError:
        raise YearError(f"--away {text} is not such as 2027-06-07..2027-06-18=0.5") from None
    if last < first or not 0 < part <= 1:
        raise YearError(f"--away {text} can't be used: it must not end before it begins, with a share above 0 and at "
                        f"most 1")
    return first, last, part


def _print(console: Console, found: Comparison, *, announced: bool) -> None:
    console.print(f"{found.first} to {found.last}: {len(found.days)} working days, {found.units:,} units, "
                  f"{found.officers} officers, {found.repetitions} repetitions, seed {found.seed}. Lost capacity: "
                  f"{found.losses[1]}.", highlight=False, soft_wrap=True)
    console.print(f"True risk: {found.told[1]}.", highlight=False, soft_wrap=True)
    tried = [one.name for one in found.variants[1:]]
    heads = [_HEADS[side.policy] if side.variant not in tried else f"方案{tried.index(side.variant) + 1} try "
             f"{tried.index(side.variant) + 1}" for side in found.sides]
    table = _table("", *heads, title="同等力量下 at the same capacity, ± half of the 95 % interval")
    for key in _SHOWN:
        figure = words.FIGURES[key]
        table.add_row(f"{figure.zh}\n{figure.en}",
                      *(_cell(key, side.figures[key]).replace(" ±", "\n±") for side in found.sides))
    console.print(table)
    ratios = _table("group", "class", "units", "asked", *heads,
                    title="年度比例 yearly ratios reached (first repetition)")
    cells = [{(row["group"], row["risk_class"]): row for row in side.first.ratios} for side in found.sides]
    for (group, risk_class), row in cells[0].items():
        ratios.add_row(group, risk_class, str(row["units"]), f"{row['asked']:.1%}",
                       *(f"{one[group, risk_class]['visited'] / row['units']:.1%}" for one in cells))
    console.print(ratios)
    for line in _notes(found, announced=announced):
        console.print(line, highlight=False, soft_wrap=True)


def _notes(found: Comparison, *, announced: bool) -> list[str]:
    lines = [f"Try {n}: {'; '.join(one.changes)}." for n, one in enumerate(found.variants[1:], 1)]
    lines += [f"{words.column(found, side, 1)}: {_cell('hazards', side.difference['hazards'], '+')} hazards found "
              f"beside the draw by the rules in force, on the same hazards." for side in found.sides[1:]]
    if found.sides[0].figures["duties_missed"].value:
        lines.append("Crowded key units were missed: officers were too few for them, or too few were left late in the "
                     "year. Fewer losses, more officers or more draw.buffer_days would tell.")
    if not announced:
        lines.append(f"The holidays of {found.first.year} are not announced yet: Monday to Friday are taken.")
    return [*lines, "Hazards rest on the assumptions of draw.year: compare them, they are no forecast. Scores and "
                    f"classes stay as they are all year. {found.seconds:.0f} s."]


def _cell(name: str, told: Estimate, sign: str = "") -> str:
    shown, figure = words.value(name, told, sign), words.FIGURES[name]
    if told.low is None or told.high is None or told.low == told.high:
        return shown
    return f"{shown} ±{(told.high - told.low) / 2 * figure.factor:{figure.form}}"


def _table(*columns: str, title: str) -> Table:
    return Table(*(Column(name, overflow="fold", no_wrap=not name) for name in columns), title=title,
                 title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


COMMANDS = (simulate_year,)
