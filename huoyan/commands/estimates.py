"""Commands about the hazard rate of all units: estimates."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import click
import orjson
from rich import box
from rich.console import Console
from rich.table import Column, Table

from huoyan.commands.session import Day, database, write_file
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from sampling import estimate_words
from sampling.coverage import CASES, Coverage, simulate
from sampling.estimates import WAYS, Estimates, Figures, estimate
from sampling.period import Period
from sampling.survey import Estimate

_GROUPS = {"duty": "人员密集重点单位 duty", "key": "其他重点单位 key", "general": "一般单位 general"}


@click.group("estimates", invoke_without_command=True)
@click.option("--period", "name", default=None, metavar="PERIOD",
              help="A quarter such as 2026Q3 or a year such as 2026; this quarter if nothing is given.")
@click.option("--from", "first", type=Day(), default=None, help="First day of the draws.")
@click.option("--to", "last", type=Day(), default=None, help="Last day of the draws; today if left out.")
@click.option("--by", type=click.Choice(WAYS), default=None, help="For each part too: area, kind or group of units.")
@click.option("--area", default=None, metavar="CODE", help="Only units of this area and of those beneath it.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Write the figures here too.")
@click.pass_context
def estimates(context: click.Context, name: str | None, first: dt.date | None, last: dt.date | None, by: str | None,
              area: str | None, json_file: Path | None) -> None:
    """Estimate the rate of units with a hazard, and hazards in all, from the drawn visits of a period.

    Each visit weighs by the inverse of the probability with which it was drawn, so that the figures speak of all units
    and not of those that were drawn often. Intervals are of 95 %.
    """
    if context.invoked_subcommand:
        return
    period = Period.of(legal_day(dt.datetime.now(dt.UTC)), name, first, last)
    with database(load_settings(), "estimates") as db, db.connection() as connection:
        found = estimate(connection, period, by, area=area)  # type: ignore[arg-type]
    if json_file:
        write_file(json_file, orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2))
    _print(Console(), found)


@estimates.command("coverage")
@click.option("--quarters", type=click.IntRange(10, 100_000), default=2000, show_default=True,
              help="Simulated quarters.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--tuned", is_flag=True, help="Draw by tuned Pareto keys, as a real draw does: ten times slower.")
def coverage(quarters: int, seed: int, processes: int, tuned: bool) -> None:
    """Say how often the intervals hold the truth, in quarters drawn from cities whose truth is known.

    No database is needed. The table is that of docs/benchmarks.md.
    """
    began = time.monotonic()
    found = simulate(CASES, quarters, seed, dt.date(2026, 7, 1), tune=tuned, processes=processes)
    click.echo(coverage_table(found))
    click.echo(f"\n{quarters} quarters a row, seed {seed}, {time.monotonic() - began:.0f} s")


def coverage_table(found: list[Coverage]) -> str:
    """The rows as Markdown."""
    lines = ["| units | visits a quarter | true rate | mean estimate | interval holds the truth | its width | "
             "naive mean | naive interval holds it |", "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    lines += [f"| {row.units:,} | {row.visits:.0f} | {row.truth:.2%} | {row.told:.2%} | "
              f"{row.share:.1%} ± {row.error:.1%} | {row.wide:.1%} | "
              f"{row.naive:.2%} | {row.naive_covered / row.quarters:.1%} |" for row in found]
    return "\n".join(lines)


def _print(console: Console, found: Estimates) -> None:
    period = f" ({found.period.name})" if found.period.name else ""
    console.print(f"{found.period.first} to {found.period.last}{period}: {found.draws} draws.", highlight=False)
    for words in estimate_words.all_of(found).values():
        console.print(words["en"], highlight=False, soft_wrap=True)
    table = Table(*(Column(name, overflow="fold") for name in (
        "units of", "units", "results", "effective", "substantive hazard", "naive", "any hazard", "hazards in all",
        "open")),
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, title="隐患率估计 estimates; intervals 95 %",
        title_justify="left")
    for figures in (found.city, *found.parts):
        table.add_row(*_row(figures, found))
    console.print(table)


def _row(figures: Figures, found: Estimates) -> list[str]:
    label = found.names.get(figures.code, (_GROUPS.get(figures.code, figures.code),))[0] or "全部 all"
    head = [label, f"{figures.units:,.0f}", str(figures.visits["done"]), f"{figures.effective:.0f}"]
    naive = "-" if figures.naive is None else f"{figures.naive.value:.1%}"
    if figures.few:
        return [*head, estimate_words.few(figures, found.needs)["en"], naive, "", "", ""]
    return [*head, _rate(figures.substantive), naive, _rate(figures.anything), _total(figures.hazards),
            _total(figures.still_open)]


def _rate(told: Estimate | None) -> str:
    return "-" if told is None else f"{told.value.value:.1%} ({told.value.low:.1%} to {told.value.high:.1%})"


def _total(told: Estimate | None) -> str:
    return "-" if told is None else f"{told.value.value:,.0f} ({told.value.low:,.0f} to {told.value.high:,.0f})"


COMMANDS = (estimates,)
