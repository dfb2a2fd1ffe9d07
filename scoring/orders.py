"""The orders in which visits could have been made, each by what was known before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from scoring import points, scorecard
from scoring.additive import AdditiveModel, Floats
from scoring.card import Card
from scoring.cohorts import Cohort
from scoring.scorecard import Scored

SHUFFLES = 30

ORDERS = {
    "model": ("学习模型", "learned model"), "combined": ("模型合成排序", "ranking by the model"),
    "scorecard": ("评分卡", "scorecard"), "record": ("仅检查执法记录", "violations alone"),
    "credit": ("仅信用", "credit alone"),
    "telemetry": ("仅物联监测", "telemetry alone"), "exposure": ("仅规模", "exposure only"),
    "last_result": ("上次结果优先", "last result first"), "team": ("仅检查组", "inspecting team only"),
    "random": ("随机", "random"), "actual": ("实际次序", "actual order")}


def sides(scored: Scored, place: npt.NDArray[np.intp]) -> dict[str, Floats]:
    """The scorecard, and each of its sides alone."""
    return {"scorecard": scored.standing()[place]} | {
        name: scored.side_points(name)[place] for name in ("record", "credit", "telemetry")}


def combined(window: Cohort, past: Sequence[Cohort], model: AdditiveModel) -> Floats:
    """What the night would rank by if ``model`` were champion: its non-compliance with ignition and consequence."""
    card = Card.on(window.as_of)
    instead = points.columns(window.table, card, model, points.matched(model, past))
    return scorecard.score(window.table, card, instead).standing()[window.place]


def without_model(window: Cohort, past: Sequence[Cohort], team_prior: float) -> dict[str, Floats | None]:
    """For each order the priority of every visit of a window, None for a random one.

    ``team`` goes by nothing but how often each team found something before; ``exposure`` by size alone.
    """
    numbers, place = window.table.numbers, window.place
    critical, serious = (np.nan_to_num(numbers[name]) > 0 for name in ("last_critical", "last_serious"))
    size = np.where(np.isnan(numbers["floor_area_m2"]), numbers["occupants"], numbers["floor_area_m2"])
    rates = team_rates(past, team_prior)
    usual = rates.get(None, 0.0)
    return {
        **sides(scorecard.score(window.table, Card.on(window.as_of)), place),
        "exposure": np.nan_to_num(size, nan=-1.0)[place],
        "last_result": (2.0 * critical + serious).astype(np.float64)[place],
        "team": np.array([rates.get(team, usual) for team in window.team], dtype=np.float64),
        "random": None,
        "actual": -np.arange(len(window), dtype=np.float64)}


def team_rates(past: Sequence[Cohort], prior: float) -> Mapping[str | None, float]:
    """Share of the visits of each team that found something, shrunk to that of all, which stands under None."""
    visits: dict[str, int] = {}
    found: dict[str, int] = {}
    for cohort in past:
        for team, positive in zip(cohort.team, cohort.positive.tolist(), strict=True):
            visits[team] = visits.get(team, 0) + 1
            found[team] = found.get(team, 0) + positive
    overall = sum(found.values()) / max(1, sum(visits.values()))
    return {None: overall} | {team: (found[team] + prior * overall) / (visits[team] + prior) for team in visits}
