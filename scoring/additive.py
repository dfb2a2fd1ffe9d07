"""An additive model: a table of log-odds for each feature. Arrays in, arrays out; nothing is executed to read one.

The log-odds of a unit are the base plus one entry of each table, so contributions are exact and are looked up. A table
has a cell for "not known", which is a state of its own, and then one for each step between ``edges``; a category has a
cell for each of its words instead. Tables are kept as JSON with every digit: a score of a past day can be had again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.errors import ScoringError
from scoring.features import FeatureTable

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int16]
Columns = Mapping[str, Floats]

# The order of results and lists, from good to bad; "none" of a visit is not known.
ORDERED = {"last_result": {"pass": 0.0, "hazards_corrected": 1.0, "hazards_ordered": 2.0, "closed": 3.0},
           "credit_list": {"red": -1.0, "none": 0.0, "general": 1.0, "serious": 2.0}}
_FORM = "huoyan additive model 1"


@dataclass(frozen=True)
class Inputs:
    """Features as the model takes them: numbers, with ordered words among them, and categories."""

    numbers: Columns
    words: Mapping[str, Sequence[str]]
    size: int

    @classmethod
    def of(cls, table: FeatureTable) -> Inputs:
        """The inputs of a feature table."""
        numbers = dict(table.numbers)
        for name, order in ORDERED.items():
            if name in table.words:
                numbers[name] = np.array([order.get(word, np.nan) for word in table.words[name]], dtype=np.float64)
        return cls(numbers, {name: words for name, words in table.words.items() if name not in ORDERED}, len(table))


@dataclass(frozen=True)
class Shape:
    """What one feature adds to the log-odds: ``table[0]`` where it is not known, then by step or by word."""

    feature: str
    edges: tuple[float, ...]
    words: tuple[str, ...]
    table: Floats

    def codes(self, inputs: Inputs) -> Codes:
        """The cell of the table for each unit; 0 where the value is not known or was never seen."""
        if self.words:
            place = {word: number for number, word in enumerate(self.words, 1)}
            told = inputs.words.get(self.feature)
            if told is None:
                return np.zeros(inputs.size, dtype=np.int16)
            return np.array([place.get(word, 0) for word in told], dtype=np.int16)
        values = inputs.numbers.get(self.feature)
        return np.zeros(inputs.size, dtype=np.int16) if values is None else steps(values, self.edges)


@dataclass(frozen=True)
class AdditiveModel:
    """The base log-odds, a shape for each feature, and what each team's strictness was taken for in the fit."""

    base: float
    shapes: tuple[Shape, ...]
    teams: Mapping[str, float]

    def contributions(self, inputs: Inputs) -> Floats:
        """One row for each unit, one column for each shape; row sum and base are the log-odds."""
        if not self.shapes:
            return np.zeros((inputs.size, 0))
        return np.column_stack([shape.table[shape.codes(inputs)] for shape in self.shapes])

    def log_odds(self, inputs: Inputs) -> Floats:
        """Of a finding by a team of usual strictness."""
        total = np.full(inputs.size, self.base)
        for shape in self.shapes:
            total += shape.table[shape.codes(inputs)]
        return total

    def probability(self, inputs: Inputs) -> Floats:
        """That a visit by a team of usual strictness finds what the model was taught."""
        return sigmoid(self.log_odds(inputs))

    def strictness(self, teams: Sequence[str]) -> Floats:
        """What the team of each visit adds to the log-odds; 0 for one that the fit did not know."""
        return np.array([self.teams.get(team, 0.0) for team in teams], dtype=np.float64)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"form": _FORM, "base": self.base, "teams": dict(self.teams), "shapes": [
            {"feature": shape.feature, "edges": list(shape.edges), "words": list(shape.words),
             "table": shape.table.tolist()} for shape in self.shapes]}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> AdditiveModel:
        """The model of :meth:`as_dict`; a malformed one is refused in a sentence."""
        try:
            if told["form"] != _FORM:
                raise ValueError(f"its form is {told['form']!r}")
            model = cls(float(told["base"]), tuple(_shape(entry) for entry in told["shapes"]),
                        {str(team): float(value) for team, value in told["teams"].items()})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ScoringError(f"this is no additive model: {error}") from None
        return model


def steps(values: Floats, edges: Sequence[float]) -> Codes:
    """0 where not known, else 1 for a value below the first edge, and so on."""
    found = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="right") + 1
    return np.where(np.isnan(values), 0, found).astype(np.int16)


def sigmoid(values: Floats) -> Floats:
    """The logistic function."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)), dtype=np.float64)


def _shape(entry: Mapping[str, Any]) -> Shape:
    shape = Shape(str(entry["feature"]), tuple(float(edge) for edge in entry["edges"]),
                  tuple(str(word) for word in entry["words"]), np.array(entry["table"], dtype=np.float64))
    cells = 1 + (len(shape.words) or len(shape.edges) + 1)
    if shape.table.shape != (cells,) or not np.isfinite(shape.table).all():
        raise ValueError(f"the table of {shape.feature} must have {cells} finite numbers")
    if any(b <= a for a, b in zip(shape.edges, shape.edges[1:], strict=False)):
        raise ValueError(f"the edges of {shape.feature} must rise")
    return shape
