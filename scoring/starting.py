"""Where a fit starts: the points of the scorecard, told by the inputs of a model. Pure.

A record of a few hundred visits says less of each feature than the people who wrote the card knew.
"""

from __future__ import annotations

import numpy as np

from scoring.additive import ORDERED, Floats, Inputs
from scoring.card import Card, Line
from scoring.fitting import Points

_NO_WORD = "none"


def points(card: Card) -> Points:
    """What the lines of ``card`` give each row, by feature; caps, neutral points and lifts are of no single feature."""
    def given(feature: str, inputs: Inputs) -> Floats | None:
        line = card.line(feature)
        if line is None:
            return None
        if feature in inputs.words:
            return _by_word(line, np.asarray(inputs.words[feature], dtype=np.str_))
        if line.words:
            return _by_word(line, _words(feature, inputs.numbers[feature])) if feature in ORDERED else None
        return line.points(inputs.numbers[feature])

    return given


def _words(feature: str, values: Floats) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """The words that an ordered feature was made of."""
    found = np.full(len(values), _NO_WORD, dtype="U32")
    for word, value in ORDERED[feature].items():
        found[values == value] = word
    return found


def _by_word(line: Line, words: np.ndarray[tuple[int], np.dtype[np.str_]]) -> Floats:
    apart, place = np.unique(words, return_inverse=True)
    return np.asarray(line.points_of_words(tuple(apart.tolist()))[place], dtype=np.float64)
