"""Which learned model rules on a day, and the scores of a table by it: the same whenever they are asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from policy import rules
from scoring import points, scorecard
from scoring.additive import AdditiveModel, Floats, Inputs
from scoring.card import Card
from scoring.features import FeatureTable
from scoring.points import Points
from scoring.rollup import midnight
from scoring.scorecard import Scored
from store import Queries
from store.database import Connection

q = Queries(__file__)

SCORECARD = "scorecard"


@dataclass(frozen=True)
class Champion:
    """A promoted model and how its log-odds become points."""

    number: str
    model: AdditiveModel
    points: Points

    def probability(self, table: FeatureTable) -> Floats:
        """That a visit by a team of usual strictness finds what the model was taught."""
        return self.model.probability(Inputs.of(table))


def ruling(connection: Connection, as_of: dt.date) -> Champion | None:
    """The champion that stood when ``as_of`` began and had learnt from nothing later; None: the scorecard rules.

    A promotion or a demotion therefore counts from the next day on, and a past day keeps the model it had.
    """
    outcome = rules().value("model.monthly", as_of)["outcome"]
    row = connection.execute(q["ruling"], {"moment": midnight(as_of), "as_of": as_of, "outcome": outcome}).fetchone()
    if row is None:
        return None
    return Champion(row["model_no"], AdditiveModel.from_dict(row["content"]), Points.of(row["points"]))


def score(table: FeatureTable, card: Card, champion: Champion | None) -> Scored:
    """Scores of a table: ignition and consequence by the card, non-compliance by the champion where there is one."""
    instead = points.columns(table, card, champion.model, champion.points) if champion else ()
    return scorecard.score(table, card, instead)
