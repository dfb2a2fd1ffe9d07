"""From what is known of a unit to how likely an inspection there is to find a hazard, and why.

Telemetry is rolled up by unit and day (:mod:`scoring.rollup`), joined with the record as features of any day
(:mod:`scoring.features`), scored by a card of dated policy (:mod:`scoring.scorecard`), kept by day
(:mod:`scoring.nightly`), previewed for one unit (:mod:`scoring.preview`), told in words (:mod:`scoring.explain`) and
judged on what later visits found (:mod:`scoring.evaluate`) and against a known truth (:mod:`scoring.truth`). A model
learns from past visits beside the card (:mod:`scoring.cohorts`, :mod:`scoring.learning`). Scores run from 0 to 100,
HIGHER IS RISKIER; classes and scores are internal and never part of a public answer. This room never decides who is
inspected.
"""

from scoring.errors import ScoringError
from scoring.preview import Move, Score, compare, score_unit

__all__ = ["Move", "Score", "ScoringError", "compare", "score_unit"]
