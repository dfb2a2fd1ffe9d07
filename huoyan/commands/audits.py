"""The command about fairness, churn and drift: audit."""

from __future__ import annotations

import datetime as dt
import getpass
from pathlib import Path
from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table

from huoyan.commands.session import Day, database, write_file
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from scoring import audits
from scoring.cohorts import OUTCOMES

_WAYS = {"area": "辖区 area", "kind": "类别 kind", "floor_area_m2": "建筑面积 floor area",
         "occupants": "人数 occupants"}
_FEW = "too few"


@click.command("audit")
@click.option("--as-of", "as_of", type=Day(), default=None, help="From the visits before this day; today if left out.")
@click.option("--windows", type=click.IntRange(1, audits.MOST_WINDOWS), default=None,
              help="So many closed stretches of visits; as in policy if left out.")
@click.option("--outcome", type=click.Choice(OUTCOMES), default="serious", show_default=True,
              help="What a visit must have found to count.")
@click.option("--model", "model_no", default=None,
              help="A model, or scorecard; if left out the champion, else the newest model, else the scorecard.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Write the figures here too.")
def audit_models(as_of: dt.date | None, windows: int | None, outcome: str, model_no: str | None,
                 json_file: Path | None) -> None:
    """Audit what ranks: what was told against what visits found, by area, kind and size; churn; drift. It is kept.

    A gap is marked (!) where it stands out though many were looked at. Figures are for internal use.
    """
    progress = Console(stderr=True)
    with database(load_settings(), "audit") as db, progress.status("audit") as status:
        found = audits.make(db, as_of or legal_day(dt.datetime.now(dt.UTC)), outcome, getpass.getuser(),
                            model_no=model_no, windows=windows, tell=status.update)
    if json_file:
        write_file(json_file, orjson.dumps(found, option=orjson.OPT_INDENT_2))
    print_audit(Console(), found)


def print_audit(console: Console, found: dict[str, Any]) -> None:
    """The whole audit as tables and sentences."""
    told, limits = found["content"], found["content"]["limits"]
    console.print(f"Audit {found['audit_id']} of {found['model_no']}"
                  f"{' (' + told['standing'] + ')' if told['standing'] else ''} as of {found['as_of']}: "
                  f"{told['visits']} visits in {len(told['windows'])} stretches from {told['windows'][0]['as_of']}, "
                  f"{told['positives']} found {found['outcome']}; {told['random_visits']} of the random arm, "
                  f"{told['recorded']} with the probability of their draw, {told['trimmed']} weights cut "
                  f"({told['trimmed_share']:.1%}).")
    divided = {group["by"] for group in told["groups"]}
    for way, title in _WAYS.items():
        if divided and way not in divided:
            continue
        table = Table(title, "visits", "told", "found", "found less told", f"the same, lowest {limits['low']:.0%}",
                      f"hazards below {limits['half']:.0%}", f"below {limits['low']:.0%}", "random arm: visits",
                      "found less told")
        for group in [told["overall"], *(group for group in told["groups"] if group["by"] == way)]:
            table.add_row(*_row(group, " ".join(dict.fromkeys(told["names"][way].get(group["code"], ("全部", "all"))))))
        console.print(table)
        if not divided:
            break
    stand_ins = [window["as_of"] for window in told["windows"] if window["teller"] == "stand-in"]
    if stand_ins:
        console.print(f"The model has learnt from the stretches of {', '.join(stand_ins)}: a stand-in, fitted to what "
                      f"came before each, told of them.")
    if not told["told"]:
        console.print("The scorecard tells no probability: “told” is what all visits at the same place of its ranking "
                      "found.")
    for note in told["notes"]:
        console.print(note)
    console.print(f"! stands out though all these gaps were looked at (of those marked, {limits['level']:.0%} are "
                  f"chance at most). A calm group has more of its few hazards low: that share alone is no fault. Only "
                  f"visited units have a result. Intervals: 95 %, visits of one unit count as one. Rules "
                  f"{found['policy_version']}.")
    _print_churn(console, told["churn"], limits["top"])
    if told["drift"]:
        drifted = told["drift"]
        console.print("Drift of the champion: " + ("; ".join(drifted["reasons"]) or "no limit is passed") + ".")
        for sentence in drifted["untold"]:
            console.print(sentence + ".")


def _row(group: dict[str, Any], name: str) -> list[str]:
    part, drawn = group["all"], group["random"]
    if part["whole"] is None:
        return [name, str(group["visits"]), _FEW, _FEW, _FEW, "", "", "", str(group["random_visits"]), ""]
    return [name, str(group["visits"]), f"{part['whole']['told']:.1%}", f"{part['whole']['found']:.1%}",
            _gap(part["whole"]), _gap(part["low"]), _share(part["missed_half"]), _share(part["missed_low"]),
            str(group["random_visits"]), _gap(drawn["whole"])]


def _gap(told: dict[str, Any] | None) -> str:
    if told is None:
        return _FEW
    gap = told["gap"]
    return (f"{'[bold red]! ' if told['marked'] else ''}{100 * gap['value']:+.1f} "
            f"({100 * gap['low']:+.1f} to {100 * gap['high']:+.1f}){'[/bold red]' if told['marked'] else ''}")


def _share(told: dict[str, float] | None) -> str:
    return f"{told['value']:.0%} ({told['low']:.0%} to {told['high']:.0%})" if told else _FEW


def _print_churn(console: Console, weeks: list[dict[str, Any]], top: float) -> None:
    if not weeks:
        console.print("No two weeks of kept rankings: no churn yet.")
        return
    table = Table("week to", "by", f"of the top {top:.0%} also there before", "rank correlation", "to a worse class",
                  "to a better one", "new", "gone", title="变动 churn")
    for week in weeks:
        by = week["model"] if week["model"] == week["model_before"] else f"{week['model_before']} → {week['model']}"
        table.add_row(week["as_of"], by, f"{week['overlap']:.1%} of {week['top']}",
                      "" if week["correlation"] is None else f"{week['correlation']:.3f}", str(week["up"]),
                      str(week["down"]), str(week["came"]), str(week["went"]))
    console.print(table)


COMMANDS = (audit_models,)
