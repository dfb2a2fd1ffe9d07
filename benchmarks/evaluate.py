"""Does the ranking find the units that are truly risky, and what later visits found?"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from benchmarks import learned, record, servers
from benchmarks.figures import Spread
from benchmarks.options import Options
from benchmarks.report import SPREAD, Report, Table
from casework.history import import_history
from huoyan.embedded.loading import load_city
from scoring import evaluate, rollup, truth
from scoring.orders import ORDERS
from scoring.truth import Truth
from simulators.city import generate
from store import Database

ROOT = Path(__file__).parents[1]
HISTORY = ROOT.parent / "shared" / "reference" / "data" / "chicago_food_history_2011_2014.csv"
MAP = ROOT / "docs" / "examples" / "history" / "chicago_food.yaml"
UNTIL = dt.date(2026, 3, 2)
HISTORY_AS_OF, HORIZON_DAYS = dt.date(2014, 9, 1), 60
_SIZE, _QUICK_SIZE = (2000, 6000, 90), (60, 90, 10)
_SAMPLES, _QUICK_SAMPLES = evaluate.SAMPLES, 20
_MEASURES = {"first_quarter": "first quarter", "first_half": "first half", "precision_k": "precision at 10 %",
             "auc": "AUC", "days_earlier": "days earlier", "own_first_half": "first half, own caseload"}


def run(options: Options) -> Report:
    """The cities of the seeds, then the real record where its file is there."""
    figures: dict[str, Any] = {"cities": {}}
    for seed in options.seeds:
        options.say(f"evaluate: the city of seed {seed}")
        figures["cities"][seed] = _city(seed, options.quick)
    tables, notes = [_cities(figures["cities"])], [_verdict(figures["cities"])]
    options.say("evaluate: the learned model on a city of its own")
    figures["learned"] = learned.run(options)
    tables += learned.tables(figures["learned"])
    notes += learned.notes(figures["learned"])
    history = options.history or HISTORY
    if history.is_file():
        options.say(f"evaluate: {history.name}")
        figures["history"] = _history(history, options.quick)
        tables += [_windows(figures["history"]), *record.tables(figures["history"]["model"])]
        told = figures["history"]
        notes.append(f"{history.name}: {told['accepted']:,} of {told['read']:,} rows came in through "
                     f"docs/examples/history/{MAP.name}; {told['positives']} of {told['visits']} visits in the "
                     f"{HORIZON_DAYS} days from {HISTORY_AS_OF} found something critical. In brackets: bootstrap 95 %.")
        notes += record.notes(told["model"])
    else:
        notes.append(f"the real record was not found at {history}: give --history FILE")
    return Report("evaluate", tables, notes, figures)


def _city(seed: int, quick: bool) -> dict[str, Any]:
    units, devices, days = _QUICK_SIZE if quick else _SIZE
    city = generate(seed, units=units, devices=devices, until=UNTIL, days=days)
    with servers.folder() as folder, servers.database(folder / "home") as server, Database(server.dsn) as db:
        load_city(db, city, rollup.midnight(UNTIL), lambda text, share: None)
        rollup.run(db, UNTIL)
        found = truth.check_truth(db, UNTIL, _truth(city.truth), samples=_QUICK_SAMPLES if quick else _SAMPLES)
    return found.as_dict()


def _truth(rows: list[dict[str, Any]]) -> Truth:
    """The riskiest tenth is truly risky."""
    ranked = sorted(rows, key=lambda row: (-row["true_risk"], row["unit_no"]))
    risky = ranked[:max(1, round(len(ranked) * 0.1))]
    return Truth({row["unit_no"]: row["true_risk"] for row in rows}, frozenset(row["unit_no"] for row in risky))


def _history(file: Path, quick: bool) -> dict[str, Any]:
    with servers.folder() as folder, servers.database(folder / "home") as server, Database(server.dsn) as db:
        report = import_history(db, MAP, "benchmark", data=file)
        samples = _QUICK_SAMPLES if quick else _SAMPLES
        found = evaluate.evaluate(db, HISTORY_AS_OF, HORIZON_DAYS, samples=samples)
        model = record.judged(db, file.parent, samples)
    return found.as_dict() | {"read": report.read, "accepted": report.accepted, "model": model}


def _cities(found: dict[int, dict[str, Any]]) -> Table:
    rows = []
    orders = next(iter(found.values()))["shares"]
    for name in orders:
        shares = [city["shares"][name]["value"] for city in found.values()]
        rows.append([ORDERS[name][1], *(f"{share:.1%}" for share in shares),
                     *Spread.of(shares).cells(".1%"),
                     f"{Spread.of(_to(found, name, 'random')).median:.2f}"])
    return Table("share of the truly risky units (the riskiest tenth) that stand in the first tenth of a ranking",
                 ["", *(f"seed {seed}" for seed in found), *SPREAD, "to random"], rows)


def _to(found: dict[int, dict[str, Any]], name: str, peer: str) -> list[float]:
    return [city["shares"][name]["value"] / city["shares"][peer]["value"] for city in found.values()
            if city["shares"][peer]["value"] > 0] or [float("nan")]


def _verdict(found: dict[int, dict[str, Any]]) -> str:
    beaten = [f"seed {seed}: {name}" for seed, city in found.items() for name, share in city["shares"].items()
              if name != "scorecard" and share["value"] >= city["shares"]["scorecard"]["value"]]
    return (f"the scorecard is not above every order alone: {', '.join(beaten)}" if beaten else
            "the scorecard is above every order alone in each of the cities")


def _windows(found: dict[str, Any]) -> Table:
    rows = [[ORDERS[judged["order"]][1], *(_told(judged["measures"][name], name) for name in _MEASURES)]
            for judged in found["orders"]]
    return Table(f"the visits of {found['as_of']} and the {HORIZON_DAYS} days from it, in the order of each",
                 ["", *_MEASURES.values()], rows)


def _told(measured: dict[str, float], name: str) -> str:
    form = ".1f" if name == "days_earlier" else ".3f" if name == "auc" else ".1%"
    return f"{measured['value']:{form}} ({measured['low']:{form}} to {measured['high']:{form}})"
