"""Commands about risk: ranking, explain, evaluate."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
import orjson
from rich.console import Console
from rich.table import Table

from huoyan.commands.session import Day, database, write_file
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from scoring import classes, evaluate, evaluation_page, explain, override_record, preview, ranking, truth
from scoring.cohorts import OUTCOMES
from scoring.measures import Measured
from scoring.orders import ORDERS, SHUFFLES

_REASONS = 3


@click.command("ranking")
@click.option("--date", "day", type=Day(), default=None, help="Scores as of this day; the latest if left out.")
@click.option("--top", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many units.")
@click.option("--area", default="", help="Only units whose area code begins so.")
def show_ranking(day: dt.date | None, top: int, area: str) -> None:
    """List the riskiest units, each with the reasons for its rank. Scores: 0 to 100, higher is riskier."""
    with database(load_settings(), "ranking") as db, db.connection() as connection:
        as_of = ranking.day_of(connection, day)
        rows = ranking.top(connection, as_of, top, area)
    table = Table("rank", "unit", "name", "class", "score", "reasons",
                  title=f"风险排名 as of {as_of} (higher score = riskier; for internal use)")
    for row in rows:
        lifted = [f"[bold]{reason.zh}[/bold]" for reason in classes.reasons(row["direct"], as_of)]
        told = [f"{sentence.zh} {sentence.points:+.1f}"
                for sentence in explain.reasons(row["contributions"], as_of, _REASONS)]
        if row["class_before"]:
            lifted.append(f"[bold]人工调整 {row['class_before']}→{row['risk_class']}[/bold]")
        table.add_row(str(row["rank"]), row["unit_no"], row["name"], row["risk_class"], f"{row['score']:.1f}",
                      "\n".join(lifted + told))
    Console().print(table)


@click.command("explain")
@click.argument("unit_no")
@click.option("--date", "day", type=Day(), default=None, help="As of this day; today if left out.")
def show_unit(unit_no: str, day: dt.date | None) -> None:
    """Say how the score of one unit comes about, from what was known before a day."""
    as_of = day or legal_day(dt.datetime.now(dt.UTC))
    with database(load_settings(), "explain") as db, db.connection() as connection:
        unit = ranking.find_unit(connection, unit_no)
        score = preview.score_unit(connection, unit["unit_id"], as_of)
        moved = override_record.one(connection, score.overridden[0], as_of) if score.overridden else None
    table = Table("points", "中文", "English", title=f"{unit['unit_no']} {unit['name']}, as of {as_of}")
    for sentence in explain.sentences(score.contributions, as_of):
        table.add_row(f"{sentence.points:+.2f}", sentence.zh, sentence.en)
    label = classes.label(score.risk_class)
    table.add_section()
    table.add_row(f"{score.score:.2f}", f"总分（越高风险越大），{label.zh} {label.code}",
                  f"score (higher is riskier), class {label.code} {label.en}")
    console = Console()
    console.print(table)
    for reason in classes.reasons(score.direct, as_of):
        console.print(f"direct condition: {reason.zh}; {reason.en}")
    if moved and score.overridden:
        console.print(f"override: moved {moved['direction']} from {score.overridden[1]} by {moved['made_by']} until "
                      f"{moved['until_day']}: {moved['reason']}", markup=False)


@click.command("evaluate")
@click.option("--as-of", "as_of", type=Day(), required=True, help="The day the orders are made from what was known.")
@click.option("--horizon", type=click.IntRange(1, evaluate.LONGEST_HORIZON_DAYS), default=60, show_default=True,
              help="Days from then on whose visits judge them.")
@click.option("--outcome", type=click.Choice(OUTCOMES), default="critical", show_default=True,
              help="What a visit must have found to count.")
@click.option("--truth", "truth_file", type=click.Path(path_type=Path), default=None,
              help="CSV with unit_no,true_risk[,truly_risky]: compare the rankings with a known truth instead.")
@click.option("--windows", type=click.IntRange(1, evaluate.MOST_WINDOWS), default=1, show_default=True,
              help="So many windows one after the other, the last from --as-of on; figures are their means.")
@click.option("--capacity", type=click.FloatRange(0, 1, min_open=True), default=0.1, show_default=True,
              help="Share of a window's visits that precision and recall look at.")
@click.option("--shuffle", is_flag=True,
              help="Deal out what visits found at random: the figures must be those of chance.")
@click.option("--report", "report_file", type=click.Path(path_type=Path), default=None,
              help="Write a page with plots (HTML) here.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), default=None, help="Write the figures here too.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True,
              help="Of the random orders, the breaking of ties and the bootstrap.")
def show_evaluation(as_of: dt.date, horizon: int, outcome: str, truth_file: Path | None, windows: int, capacity: float,
                    shuffle: bool, report_file: Path | None, json_file: Path | None, seed: int) -> None:
    """Judge the ranking and the learned model on the record: what later visits found, against simpler orders.

    Every figure stands with a 95 % interval. A feature that seems to know the result is named.
    """
    known = truth.read_truth(truth_file) if truth_file else None
    with database(load_settings(), "evaluate") as db:
        if known is not None:
            found: truth.TruthCheck | evaluate.Evaluation = truth.check_truth(db, as_of, known, seed=seed)
        else:
            found = evaluate.evaluate(db, as_of, horizon, outcome=outcome, windows=windows, capacity=capacity,
                                      seed=seed, shuffled=shuffle)
    if json_file:
        write_file(json_file, orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2))
    console = Console()
    if isinstance(found, truth.TruthCheck):
        _print_truth(console, found)
        return
    if report_file:
        write_file(report_file, evaluation_page.page(found).encode())
    _print_evaluation(console, found)


def _print_evaluation(console: Console, found: evaluate.Evaluation) -> None:
    table = Table("order", "first quarter", "first half", f"precision at {found.capacity:.0%}",
                  f"recall at {found.capacity:.0%}", "AUC", "days earlier", "first half, own caseload",
                  "days earlier, own caseload", "AUC, random arm",
                  title=f"{found.visits} visits of {found.units} units in {len(found.windows)} windows, {found.as_of} "
                        f"to {found.until - dt.timedelta(days=1)}; {found.positives} found {found.outcome} "
                        f"({found.positives / found.visits:.1%})")
    for judged in found.orders:
        told = judged.measures
        zh, en = ORDERS[judged.order]
        table.add_row(f"{zh} {en}", _share(told["first_quarter"]), _share(told["first_half"]),
                      _share(told["precision_k"]), _share(told["recall_k"]), _plain(told["auc"], 3),
                      _plain(told["days_earlier"], 1), _share(told["own_first_half"]),
                      _plain(told["own_days_earlier"], 1),
                      _plain(judged.random_arm_auc, 3) if judged.random_arm_auc else "")
    console.print(table)
    if found.shuffled:
        console.print("[bold]What visits found was dealt out at random: an order that is better than random here knows "
                      "what it can't.[/bold]")
    for suspect in found.suspects:
        console.print(f"[bold red]LEAK? 疑似泄漏：[/bold red] {suspect.feature} seems to know the result: by itself it "
                      f"tells these visits with an AUC of {suspect.alone:.3f} (older ones {suspect.before:.3f}), and "
                      f"the model loses {suspect.drop:.3f} without it. Do not trust the figures of the model.")
    if found.note:
        console.print(f"No learned model: {found.note}.")
    if found.calibration:
        kept = found.calibration
        console.print(f"Probabilities of the model: Brier score {kept.brier.value:.4f} ({kept.brier.low:.4f} to "
                      f"{kept.brier.high:.4f}; the overall rate alone {kept.base_brier:.4f}), calibration error "
                      f"{kept.error:.3f}, told {kept.told:.1%} on average and found {kept.found:.1%}.")
    trimmed = found.windows[-1]
    if trimmed.trimmed:
        console.print(f"Weights: {trimmed.trimmed} of {trimmed.learnt_from} visits that the last model learnt from "
                      f"were cut, {trimmed.trimmed_share:.1%} of the weight.")
    tied = [f"{ORDERS[judged.order][1]} {judged.tied:.0%} of the visits, first half "
            f"{judged.first_half_bounds[0]:.1%} to {judged.first_half_bounds[1]:.1%}"
            for judged in found.orders if judged.tied > 0.05 and judged.order != "random"]
    console.print(f"Everything an order uses was known before its window; only visited units have a result. "
                  f"Intervals: bootstrap 95 %. Rules {found.policy_version}, seed {found.seed}.")
    if tied:
        console.print(f"Ties are broken at random, {SHUFFLES} times; tied: {'; '.join(tied)}.")


def _print_truth(console: Console, found: truth.TruthCheck) -> None:
    table = Table("ranking", "truly risky units in its first tenth",
                  title=f"{found.units} units as of {found.as_of}, {found.risky} of them truly risky")
    for name, share in found.shares.items():
        table.add_row(" ".join(ORDERS[name]), _share(share))
    console.print(table)
    if found.unknown_units:
        console.print(f"{found.unknown_units} units of the file are not active units of the register.")


def _share(measured: Measured) -> str:
    return f"{measured.value:.1%} ({measured.low:.1%} to {measured.high:.1%})"


def _plain(measured: Measured, digits: int) -> str:
    return f"{measured.value:.{digits}f} ({measured.low:.{digits}f} to {measured.high:.{digits}f})"


COMMANDS = (show_ranking, show_unit, show_evaluation)
