"""What can go wrong in scoring, each a sentence."""

from __future__ import annotations

from store import HuoyanError


class ScoringError(HuoyanError):
    """A score, a ranking or an evaluation that can't be given as asked."""
