"""The command about what other rules of the draw would have found: whatif."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
import orjson
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from huoyan.commands.session import Day, database
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from sampling.asked import Asked
from sampling.counterfactual import Between
from sampling.errors import WhatIfError
from sampling.whatif import WhatIf, what_if

_LABELS = {"critical": "重大 critical", "serious": "严重及以上 serious or critical", "any": "全部 any"}


@click.command("whatif")
@click.option("--from", "first", type=Day(), required=True, help="First day of the draws; what is asked holds from it.")
@click.option("--to", "last", type=Day(), default=None, help="Last day of the draws; today if left out.")
@click.option("--ratio", "ratios", multiple=True, metavar="[GROUP.]CLASS=SHARE",
              help="Another yearly ratio of a class (draw.ratio.*), of general units if no group is named: C=0.5, "
                   "key.B=0.9; general=0.3 sets the least share of a whole group (draw.ratio.total). May be repeated.")
@click.option("--tau", type=click.FloatRange(0, 0.95), default=None,
              help="Another share of the targeted arm in each day beyond duties.")
@click.option("--weight", "weights", multiple=True, metavar="CLASS=WEIGHT",
              help="Another least weight of a class in the targeted arm (draw.weight.targeted). May be repeated.")
@click.option("--steepness", type=click.FloatRange(0, 5), default=1.0, show_default=True,
              help="Weights of the targeted arm to this power: 0 all alike, 1 as recorded, 2 steeper.")
@click.option("--capacity", type=click.FloatRange(0.2, 3), default=None,
              help="So many times the visits of each recorded day, such as 1.2; if left out, as many as the ratios ask "
                   "for and officers allow.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Write the figures here too.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True, help="Of the bootstrap.")
def show_what_if(first: dt.date, last: dt.date | None, ratios: tuple[str, ...], tau: float | None,
                 weights: tuple[str, ...], steepness: float, capacity: float | None, json_file: Path | None,
                 seed: int) -> None:
    """Say how many hazards other ratios, weights or another capacity would have found, from the record.

    Each drawn visit counts as often as the rules asked would have drawn it for once by the rules of its day. Where
    nothing is asked the answer is what was found; where the record is too thin for an answer, it says so.
    """
    until = last or legal_day(dt.datetime.now(dt.UTC))
    asked = Asked.of(ratios, weights, steepness, tau, capacity)
    errors = Console(stderr=True)
    with database(load_settings(), "whatif") as db, Progress(console=errors, transient=True,
                                                             disable=not errors.is_terminal) as bar:
        task = bar.add_task("draws")
        found = what_if(db, first, until, asked, seed=seed,
                        progress=lambda done, of: bar.update(task, completed=done, total=of))
    if json_file:
        try:
            json_file.write_bytes(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise WhatIfError(f"{json_file} can't be written: {error.strerror}") from None
    _print(Console(), found)


def _print(console: Console, found: WhatIf) -> None:
    told = found.weighed
    console.print(f"{found.first} to {found.last}: {told.draws} draws, {told.visits} visits with a result. Asked: "
                  f"{'; '.join(found.asked) or 'nothing other than it was'}.", highlight=False)
    table = _table("hazards", "found", "expected", "difference", "found per 100 visits", "expected per 100 visits",
                   "expected, not normalised", title="隐患（处）hazards; intervals 95 %")
    for kind, finding in found.findings.items():
        table.add_row(_LABELS[kind] + (" *" if finding.visits < found.needs["few"] else ""), f"{finding.found:.0f}",
                      _cell(finding.expected), _cell(finding.difference, "+"), f"{finding.found_per_100:.1f}",
                      _cell(finding.expected_per_100), _cell(finding.plain))
    console.print(table)
    cells = _table("group", "class", "units", "ratio", "asked", "visits", "asked", title="visits expected of the draws")
    for cell in found.cells:
        cells.add_row(cell.group, cell.risk_class, str(cell.units), f"{cell.ratio:.1%}", f"{cell.ratio_asked:.1%}",
                      f"{cell.drawn:.1f}", f"{cell.asked:.1f}")
    cells.add_section()
    cells.add_row("all", "", str(sum(cell.units for cell in found.cells)), "", "", f"{told.drawn:.1f}",
                  f"{told.asked:.1f}")
    console.print(cells)
    for line in _notes(found):
        console.print(line, highlight=False, soft_wrap=True)


def _notes(found: WhatIf) -> list[str]:
    told = found.weighed
    lines = [f"The record speaks for {told.support:.1%} of the visits asked for; {told.never:.1%} are of units that it "
             f"could not draw. Weights cut at {found.needs['most']:g} times the mean: {told.cut} visits, "
             f"{max(0.0, 1 - told.support - told.never):.1%} of what is asked. Its visits are worth "
             f"{told.effective:.0f} drawn by the rules asked."]
    if found.asked and found.unchanged:
        lines.append("What is asked changes no probability of these draws: it was so, or another rule, such as the "
                     "least share of the group, asks for as much already. The ratios in force stand in the table.")
    if 1 - told.support > 5e-4:
        lines.append("What the other visits would have found is in none of these figures.")
    if any(finding.visits < found.needs["few"] for finding in found.findings.values()):
        lines.append(f"* Found by fewer than {found.needs['few']:.0f} visits: the interval may be too narrow.")
    if found.unfinished:
        lines.append(f"Drawn visits without a result: {found.unfinished}. As large a part of those asked for is taken "
                     f"to have none.")
    if found.outside[0]:
        lines.append(f"Visits of the period from no recorded draw: {found.outside[0]}, left out with the "
                     f"{found.outside[1]} hazards they found.")
    if any(found.short):
        lines.append(f"Officers were too few for some desk on {found.short[0]} days as recorded, and on "
                     f"{found.short[1]} as asked.")
    lines.append("Each draw is made again from the evening before it as it was. What more or fewer visits would have "
                 "changed in the units themselves is not in the figures. Expected is on average: what one such period "
                 f"finds would scatter around it. Seed {found.seed}.")
    return lines


def _cell(told: Between, sign: str = "") -> str:
    return f"{told.value:{sign}.1f} ({told.low:{sign}.1f} to {told.high:{sign}.1f})"


def _table(*columns: str, title: str) -> Table:
    """A table that fits eighty columns; what is longer goes on in the next line, and nothing is cut off."""
    return Table(*(Column(name, overflow="fold") for name in columns), title=title, title_justify="left",
                 box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


COMMANDS = (show_what_if,)
