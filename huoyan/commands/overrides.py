"""The command about overrides: which there are, and whether they helped."""

from __future__ import annotations

import datetime as dt

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from huoyan.commands.session import Day, database
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from scoring import override_record, override_results
from scoring.override_results import Judged, Results, Share

_WAYS = {"up": "上调 up", "down": "下调 down"}
_STATES = {"to_come": "to come", "in_force": "in force", "ended": "ended", "withdrawn": "withdrawn"}
_VERDICTS = {"helped": "[bold]有用 helped[/bold]", "hurt": "[bold red]适得其反 did harm[/bold red]",
             "unclear": "看不出差别 no difference to be seen", "too_few": "检查太少 too few to say"}


@click.command("overrides")
@click.option("--date", "day", type=Day(), default=None, help="As of this day; today if left out.")
@click.option("--state", type=click.Choice(["standing", "ended", "all"]), default="standing", show_default=True,
              help="Which to list: those in force or to come, those that ended, or all.")
@click.option("--top", type=click.IntRange(1, 1000), default=50, show_default=True, help="List this many at most.")
def show_overrides(day: dt.date | None, state: override_record.State, top: int) -> None:
    """List units that an officer moved up or down, and say by later visits whether overrides helped."""
    as_of = day or legal_day(dt.datetime.now(dt.UTC))
    with database(load_settings(), "overrides") as db, db.connection() as connection:
        rows = override_record.listed(connection, as_of, state=state, limit=top)
        found = override_results.results(connection, as_of)
    table = Table("no", "unit", "moved", "from", "until", "by", "reason", "state", "visits", "found",
                  title=f"人工调整 as of {as_of}")
    for row in rows:
        until = min(row["until_day"], row["withdrawn_from"] - dt.timedelta(days=1)) if row["withdrawn_from"] else \
            row["until_day"]
        table.add_row(str(row["override_id"]), f"{row['unit_no']} {escape(row['unit_name'])}",
                      f"{_WAYS[row['direction']]} {row['classes']}", str(row["valid_from"]), str(until),
                      escape(row["made_by"]), escape(f"{row['reason_code']}: {row['reason']}"), _STATES[row["state"]],
                      str(row["visits"]), str(row["found"]))
    console = Console()
    console.print(table)
    if rows and rows[0]["total"] > len(rows):
        console.print(f"{rows[0]['total'] - len(rows)} more: --top lists them.")
    _print_results(console, found)


def _print_results(console: Console, found: Results) -> None:
    made = ", ".join(f"{found.made.get(way, 0)} {way}" for way in _WAYS)
    table = Table("moved", "class before", "visits that found", "share", "beside them", "share", "difference", "so",
                  title=f"人工调整是否有用: visits from {found.since} to before {found.until}; overrides: {made}")
    for line in found.lines:
        table.add_row(_WAYS[line.direction], line.risk_class or "all", f"{line.found} of {line.visits}",
                      _share(line.moved), f"{line.beside_found} of {line.beside_visits}", _share(line.beside),
                      _points(line), _VERDICTS[line.verdict])
    console.print(table)
    console.print(f"A visit counts that found something serious or critical; beside them are units of the same class, "
                  f"not moved, in the same stretch of days. Intervals: 95 %. Fewer than {found.least} visits on either "
                  f"side are too few to say. It is no experiment: who moves a unit may be who visits it.")


def _share(told: Share | None) -> str:
    return f"{told.value:.1%} ({told.low:.1%} to {told.high:.1%})" if told else "–"


def _points(line: Judged) -> str:
    told = line.difference if line.verdict != "too_few" else None
    return f"{100 * told.value:+.1f} ({100 * told.low:+.1f} to {100 * told.high:+.1f})" if told else "–"


COMMANDS = (show_overrides,)
