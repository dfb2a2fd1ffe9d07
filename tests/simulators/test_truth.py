"""The hidden true risk shows in every source a little, and in none of them alone enough."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import numpy as np
import numpy.typing as npt
import pytest

from simulators.city import METRICS, City, generate
from simulators.city.latents import visible_exposure

UNTIL = dt.date(2026, 3, 2)
Floats = npt.NDArray[np.float64]
_OUT = {"water_pressure": (.07, 1.6), "water_level": (.5, 9e9), "residual_current": (-1, 300),
        "cable_temperature": (-99, 70)}


@pytest.fixture(scope="module")
def city() -> City:
    return generate(101, until=UNTIL)


def _sources(city: City) -> dict[str, Floats]:
    """Plain sums over what each source has recorded, as someone would make who has only that source."""
    index = {unit["unit_no"]: place for place, unit in enumerate(city.units)}
    size = len(index)
    found: defaultdict[str, Floats] = defaultdict(lambda: np.zeros(size))
    for hazard in city.hazards:
        weight = .5 ** ((UNTIL - hazard["found_on"]).days / 730)
        found["violations"][index[hazard["unit_no"]]] += weight * {"critical": 3, "serious": 2, "minor": .7}[
            hazard["severity"]]
    for penalty in city.penalties:
        found["violations"][index[penalty["unit_no"]]] += 1.5
    for entry in city.credit_entries:
        found["credit"][index[entry["unit_no"]]] -= entry["points"]
    for complaint in city.complaints:
        found["complaints"][index[complaint["unit_no"]]] += 2.0 if complaint["verified"] else .5
    for fire in city.fires:
        found["fires"][index[fire["unit_no"]]] += 1
    since = dt.datetime.combine(UNTIL - dt.timedelta(days=90), dt.time(), dt.UTC)
    devices = np.array([index[device["unit_no"]] for device in city.devices])
    for row in city.alarms:
        if row["opened_at"] >= since and row["kind"] != "fire_alarm":
            found["telemetry"][index[row["unit_no"]]] += 1
    numbers = {(device["vendor_code"], device["device_no"]): place for place, device in enumerate(city.devices)}
    out = np.zeros(size)
    for back in range(1, 91):
        day = UNTIL - dt.timedelta(days=back)
        block = city.readings(day)
        for metric, (low, high) in _OUT.items():
            bad = (block.metric == METRICS.index(metric)) & ((block.value < low) | (block.value > high))
            np.add.at(out, devices[block.device[bad]], 1)
        for event in city.events(day):
            if event["active"] and event["kind"] in ("shielded", "manual_mode", "system_off", "offline"):
                found["telemetry"][devices[numbers[event["vendor_code"], event["device_no"]]]] += 1
    carried = np.bincount(devices, minlength=size)
    found["telemetry"] = (found["telemetry"] + np.sqrt(out)) / np.sqrt(np.maximum(carried, 1))
    seen = visible_exposure(city.units)
    found["register"] = seen - seen.min()
    return dict(found)



def _auc(score: Floats, truth: Floats) -> float:
    """How often a unit of the riskiest tenth stands before another, ties counted half."""
    risky = truth >= np.quantile(truth, .9)
    ranks = np.argsort(np.argsort(score + 1e-9 * np.random.default_rng(1).random(len(score)))).astype(np.float64)
    wins = ranks[risky].sum() - risky.sum() * (risky.sum() - 1) / 2
    return float(wins / (risky.sum() * (~risky).sum()))


def _top_tenth(score: Floats, truth: Floats) -> float:
    """Share of the truly riskiest tenth that the first tenth of the order meets."""
    risky = truth >= np.quantile(truth, .9)
    order = np.argsort(-(score + 1e-9 * np.random.default_rng(1).random(len(score))))
    return float(risky[order[: len(score) // 10]].mean())


def test_every_source_shows_a_part_and_together_they_show_more_than_any_alone(city: City) -> None:
    truth = np.array([row["true_risk"] for row in city.truth])
    sources = _sources(city)
    alone = {name: _auc(score, truth) for name, score in sources.items()}
    assert all(value > .52 for value in alone.values()), alone
    assert all(value < .82 for value in alone.values()), alone
    standard = {name: (np.sqrt(score) - np.sqrt(score).mean()) / np.sqrt(score).std()
                for name, score in sources.items()}
    # A unit without devices is unknown to telemetry, not well.
    carry = {device["unit_no"] for device in city.devices}
    standard["telemetry"][[unit["unit_no"] not in carry for unit in city.units]] = 0.0
    together = sum(weight * standard[name] for name, weight in (
        ("violations", 1.0), ("credit", .5), ("telemetry", 1.0), ("complaints", .4), ("fires", .2), ("register", .5)))
    assert isinstance(together, np.ndarray)
    assert _auc(together, truth) > max(alone.values()) + .02
    assert _top_tenth(together, truth) > max(_top_tenth(score, truth) for score in sources.values())
    assert _top_tenth(together, truth) < .9


def test_inspected_units_are_not_a_random_lot(city: City) -> None:
    truth = {row["unit_no"]: row["true_risk"] for row in city.truth}
    arms: defaultdict[str, list[float]] = defaultdict(list)
    for row in city.inspections:
        if row["arm"] in ("random", "targeted"):
            arms[row["arm"]].append(truth[row["unit_no"]])
    assert np.mean(arms["targeted"]) > 1.15 * np.mean(arms["random"])


def test_the_true_risk_is_what_visits_of_the_last_quarter_found(city: City) -> None:
    """Found shares follow the true risk: low where it is low, high where it is high, near it on the whole."""
    truth = {row["unit_no"]: row["true_risk"] for row in city.truth}
    grave = {row["inspection_no"] for row in city.hazards if row["severity"] != "minor"}
    visits = [(truth[row["unit_no"]], row["inspection_no"] in grave) for row in city.inspections
              if row["status"] == "done" and row["kind"] != "reinspection"
              and row["inspected_on"] >= UNTIL - dt.timedelta(days=180)]
    risk, hit = np.array([one for one, _ in visits]), np.array([one for _, one in visits], dtype=np.float64)
    high = risk > np.quantile(risk, .75)
    assert hit[high].mean() > 2 * hit[~high].mean()
    assert hit.mean() == pytest.approx(risk.mean(), abs=.07)


def test_teams_differ_in_strictness_beyond_what_their_units_explain(city: City) -> None:
    grave = {row["inspection_no"] for row in city.hazards if row["severity"] != "minor"}
    truth = {row["unit_no"]: row["true_risk"] for row in city.truth}
    ratio = {}
    for team in {row["team"] for row in city.inspections}:
        visits = [row for row in city.inspections if row["team"] == team and row["kind"] != "reinspection"
                  and row["status"] == "done"]
        if len(visits) > 200:
            ratio[team] = (np.mean([row["inspection_no"] in grave for row in visits])
                           / np.mean([truth[row["unit_no"]] for row in visits]))
    assert len(ratio) >= 4
    assert max(ratio.values()) / min(ratio.values()) > 1.15
