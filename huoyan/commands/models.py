"""Commands about learned models: train, list, show, compare, promote."""

from __future__ import annotations

import datetime as dt
import getpass
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from huoyan.commands.session import Day, database
from huoyan.commands.session import settings as load_settings
from policy.clocks import legal_day
from scoring import models, reasons
from scoring.cohorts import OUTCOMES
from scoring.errors import ScoringError

_MEASURES = ("auc", "first_half", "days_earlier", "own_auc")


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
    """The card of a model: data, measures, what weighs most in it, and what became of it."""
    with database(load_settings(), "models") as db, db.connection() as connection:
        found, model = models.one(connection, model_no), models.tables(connection, model_no)
    console = Console()
    _print(console, found)
    table = Table("特征", "feature", "widest effect on the log-odds")
    widest = sorted(model.shapes, key=lambda shape: float(shape.table.min() - shape.table.max()))
    for shape in widest[:15]:
        zh, en = reasons.name(shape.feature, found["trained_for"])
        table.add_row(zh, en, f"{shape.table.max() - shape.table.min():.2f}")
    console.print(table)
    for move in found["moves"]:
        console.print(f"{move['moved_at']:%Y-%m-%d %H:%M} {move['standing']} by {move['moved_by']}: {move['reason']}")


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


def _print(console: Console, found: dict[str, Any]) -> None:
    told = found["measures"]
    console.print(f"{found['model_no']}: {found['standing']}. {found['visits']} visits from {found['first_day']} to "
                  f"{found['until_day']}, {found['positives']} found {found['outcome']}; {len(found['features'])} "
                  f"features, rules {found['policy_version']}.")
    table = Table("order", *_MEASURES, title=f"held back: windows from {', '.join(told['windows'])}")
    for name, measures in told["orders"].items():
        table.add_row(name, *(_cell(measures[key]) for key in _MEASURES))
    console.print(table)
    console.print(f"The gate {'opens' if told['passed'] else 'stays shut'}: {'; '.join(told['reasons'])}. Calibration "
                  f"error {told['error']:.3f}; weights cut: {told['trimmed']} visits, {told['trimmed_share']:.1%}.")


def _cell(told: dict[str, float]) -> str:
    return f"{told['value']:.3f} ({told['low']:.3f} to {told['high']:.3f})"


COMMANDS = (show_models,)
