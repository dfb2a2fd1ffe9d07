"""Commands about learned models: train, list, show, compare, promote, check."""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from huoyan.commands.session import Day, database
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from scoring import audits, drift, model_card, models, standing
from scoring.cohorts import OUTCOMES
from scoring.errors import ScoringError

_MEASURES = ("auc", "first_half", "days_earlier", "own_auc")
_WIDEST = 20


@click.group("models")
def show_models() -> None:
    """The register of learned models."""


@show_models.command("train")
@click.option("--as-of", "as_of", type=Day(), default=None,
              help="From what was found before this day; today if left out.")
@click.option("--outcome", type=click.Choice(OUTCOMES), default="serious", show_default=True,
              help="What a visit must have found to count.")
def train_model(as_of: dt.date | None, outcome: str) -> None:
    """Train a model, judge it on held-back windows, and keep it with what the gate said."""
    with database(load_settings(), "models") as db:
        found = models.train(db, as_of or legal_day(dt.datetime.now(dt.UTC)), outcome, getpass.getuser())
    _print(Console(), found)


@show_models.command("list")
def list_models() -> None:
    """Every model with where it stands, the newest first."""
    table = Table("model", "outcome", "learnt from", "visits", "standing", "AUC", "scorecard", "since")
    with database(load_settings(), "models") as db, db.connection() as connection:
        for row in models.listed(connection):
            orders = row["measures"]["orders"]
            table.add_row(row["model_no"], row["outcome"], f"{row['first_day']} to {row['until_day']}",
                          str(row["visits"]), row["standing"], f"{orders['model']['auc']['value']:.3f}",
                          f"{orders['scorecard']['auc']['value']:.3f}", f"{row['moved_at']:%Y-%m-%d}")
    Console().print(table)


@show_models.command("show")
@click.argument("model_no")
def show_model(model_no: str) -> None:
    """The card of a model: data, label, features, measures, calibration, limits, and what became of it."""
    with database(load_settings(), "models") as db, db.connection() as connection:
        found, model = models.one(connection, model_no), models.tables(connection, model_no)
        audit = audits.of_model(connection, model_no)
    console = Console()
    console.print(f"[bold]{found['model_no']}[/bold]: {found['standing']} for {found['outcome']}, trained for "
                  f"{found['trained_for']} on {found['created_at']:%Y-%m-%d}.")
    _section(console, "Data 数据", model_card.data(found))
    _section(console, "Features 特征", [])
    weights = model_card.weights(model, found)
    table = Table("特征", "feature", "direction", "width", "lowest", "highest", "not known")
    for one in weights[:_WIDEST]:
        table.add_row(one.zh, one.en, one.way, f"{one.width:.2f}", f"{one.first:+.2f}", f"{one.last:+.2f}",
                      f"{one.unknown:+.2f}")
    console.print(table)
    rest = ", ".join(one.feature for one in weights[_WIDEST:])
    console.print(f"Log-odds, base {model.base:+.2f}. {f'Narrower: {rest}. ' if rest else ''}"
                  f"{len(model.shapes) - len(weights)} more say nothing.")
    _section(console, "Measures 效果", [])
    _print_measures(console, found)
    _section(console, "Fit 拟合与校准", model_card.fit(found))
    _section(console, "Known limits 已知局限", model_card.limits(audit))
    _section(console, "Standing 状态", [f"{move['moved_at']:%Y-%m-%d %H:%M} {move['standing']} by {move['moved_by']}: "
                                      f"{move['reason']}" for move in found["moves"]])


@show_models.command("compare")
@click.argument("first_no")
@click.argument("second_no")
def compare_models(first_no: str, second_no: str) -> None:
    """Two models side by side, each on the windows that were held back from it."""
    with database(load_settings(), "models") as db, db.connection() as connection:
        pair = [models.one(connection, number) for number in (first_no, second_no)]
    table = Table("", *(row["model_no"] for row in pair))
    for name in _MEASURES:
        table.add_row(name, *(_cell(row["measures"]["orders"]["model"][name]) for row in pair))
    table.add_row("calibration error", *(f"{row['measures']['error']:.3f}" for row in pair))
    table.add_row("held-back windows", *(", ".join(row["measures"]["windows"]) for row in pair))
    table.add_row("standing", *(row["standing"] for row in pair))
    console = Console()
    console.print(table)
    if pair[0]["measures"]["windows"] != pair[1]["measures"]["windows"]:
        console.print("The windows are not the same: only the gate compares on the same ones.")


@show_models.command("promote")
@click.argument("model_no")
@click.option("--reason", required=True, help="Why: it stays on record.")
def promote_model(model_no: str, reason: str) -> None:
    """Make a challenger that passed the gate the champion of its outcome."""
    if not reason.strip():
        raise ScoringError("a promotion needs a reason")
    with database(load_settings(), "models") as db:
        found = models.promote(db, model_no, getpass.getuser(), reason.strip())
    Console().print(f"{found['model_no']} is champion for {found['outcome']}.")


@show_models.command("check")
@click.option("--as-of", "as_of", type=Day(), default=None,
              help="From what was known before this day; today if left out.")
def check_models(as_of: dt.date | None) -> None:
    """Check each champion for drift, and demote one that passes a limit: the scorecard ranks from the next run."""
    with database(load_settings(), "models") as db:
        found = standing.check(db, as_of or legal_day(dt.datetime.now(dt.UTC)), getpass.getuser())
    console = Console()
    if not found:
        console.print("There is no champion: the scorecard ranks.")
    for told in found:
        _print_drift(console, told["drift"])
        if told["standing"] == "demoted":
            console.print(f"[bold red]{told['model']} is demoted:[/bold red] {'; '.join(told['drift'].reasons)}.")
        else:
            console.print(f"{told['model']} stays champion for {told['outcome']}: no limit is passed.")


def _print_drift(console: Console, told: drift.Drift) -> None:
    kept, moved, lift = told.kept, told.moved, told.lift
    table = Table("drift", "on", "is", "beside")
    table.add_row("calibration error", f"{kept.visits} visits since its training", _number(kept.error),
                  f"chance {_number(kept.chance)}")
    table.add_row("log-odds of all units", f"{moved.before} units then, {moved.now} now", _number(moved.index), "")
    for feature, shift in moved.features.items():
        table.add_row(f"feature {feature}", "the same", _number(shift.index), f"log-odds by {shift.by:.3f}")
    table.add_row("lift on the random arm", f"{lift.top} of {lift.visits} visits since its promotion",
                  _cell(asdict(lift.lift)) if lift.lift else "too few", "")
    console.print(table)
    for sentence in told.untold:
        console.print(f"{sentence}.")


def _number(value: float | None) -> str:
    return "too few" if value is None else f"{value:.3f}"


def _section(console: Console, title: str, sentences: Sequence[str]) -> None:
    console.print(f"\n[bold]{title}[/bold]")
    for sentence in sentences:
        console.print(sentence, markup=False)


def _print(console: Console, found: dict[str, Any]) -> None:
    console.print(f"{found['model_no']}: {found['standing']}. {found['visits']} visits from {found['first_day']} to "
                  f"{found['until_day']}, {found['positives']} found {found['outcome']}; {len(found['features'])} "
                  f"features, rules {found['policy_version']}.")
    _print_measures(console, found)
    for sentence in model_card.fit(found):
        console.print(sentence)


def _print_measures(console: Console, found: dict[str, Any]) -> None:
    told = found["measures"]
    table = Table("order", *_MEASURES, title=f"held back: windows from {', '.join(told['windows'])}; {told['visits']} "
                                             f"visits, {told['found']} positive; intervals 95 %")
    for name, measures in told["orders"].items():
        table.add_row(name, *(_cell(measures[key]) for key in _MEASURES))
    console.print(table)
    for name, gain in told["gains"].items():
        console.print(f"AUC against {name}: {gain['value']:+.3f} ({gain['low']:+.3f} to {gain['high']:+.3f}).")


def _cell(told: dict[str, float]) -> str:
    return f"{told['value']:.3f} ({told['low']:.3f} to {told['high']:.3f})"


COMMANDS = (show_models,)
