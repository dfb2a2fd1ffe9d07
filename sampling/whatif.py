"""What other rules of the draw would have found: the record of a period weighed by its own probabilities.

Each draw's frame is made again by the rules asked (:mod:`sampling.replay`), and what its visits found is weighed by the
two probabilities (:mod:`sampling.counterfactual`). Nothing is modelled: of what the record could not draw it says
nothing, and where that is too much of what is asked there is no answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from policy import rules
from sampling import frames
from sampling.asked import Asked
from sampling.counterfactual import Draw, Finding, Weighed, weigh
from sampling.errors import WhatIfError
from sampling.replay import GROUPED, Replay, Replayed
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

#: What is counted: hazards of these severities; serious counts critical ones too, as everywhere.
KINDS: Final = ("critical", "serious", "any")


@dataclass(frozen=True)
class Cell:
    """Units of one group and class: yearly ratio in force and visits expected, as recorded and as asked; ratios are
    those of the last draw."""

    group: str
    risk_class: str
    units: int
    ratio: float
    ratio_asked: float
    drawn: float
    asked: float


@dataclass(frozen=True)
class WhatIf:
    """The answer. ``unfinished``: drawn visits without a result; ``outside``: visits of the period from no
    recorded draw, and hazards they found; ``short``: draws for which officers were too few, as recorded and asked;
    ``unchanged``: no probability is another one."""

    first: dt.date
    last: dt.date
    asked: tuple[str, ...]
    weighed: Weighed
    cells: tuple[Cell, ...]
    unfinished: int
    outside: tuple[int, int]
    short: tuple[int, int]
    unchanged: bool
    needs: Mapping[str, float]
    seed: int

    @property
    def findings(self) -> dict[str, Finding]:
        return dict(zip(KINDS, self.weighed.findings, strict=True))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        told = asdict(self)
        told["weighed"].pop("findings")
        return {**told, "findings": {kind: asdict(finding) for kind, finding in self.findings.items()}}


class _Gathered:
    """What the draws of a period add up to."""

    def __init__(self) -> None:
        self.draws: list[Draw] = []
        self.visits: dict[tuple[str, str], list[float]] = {}
        self.short = [0, 0]
        self.unfinished = 0
        self.unchanged = True
        self.latest: Replayed | None = None

    def add(self, made: Replayed, results: list[dict[str, Any]], unfinished: int) -> None:
        place = {unit_no: n for n, unit_no in enumerate(made.unit_no)}
        recorded = made.recorded.copy()
        visited = [place[row["unit_no"]] for row in results]
        recorded[visited] = [row["probability"] for row in results]
        self.draws.append(Draw(recorded, made.asked, visited, np.array(
            [[row[kind] for kind in KINDS] for row in results], dtype=np.float64).reshape(-1, len(KINDS))))
        for n, kind in enumerate(GROUPED):
            which = made.kind == n
            if which.any():
                held = self.visits.setdefault(kind, [0.0, 0.0])
                held[0] += float(made.recorded[which].sum())
                held[1] += float(made.asked[which].sum())
        self.short = [count + short for count, short in zip(self.short, made.short, strict=True)]
        self.unfinished += unfinished
        self.unchanged &= bool(np.array_equal(made.recorded, made.asked))
        self.latest = made

    def cells(self) -> tuple[Cell, ...]:
        assert self.latest is not None  # noqa: S101  there are draws
        units = np.bincount(self.latest.kind, minlength=len(GROUPED)).tolist()
        return tuple(Cell(*kind, units[n], *self.latest.ratios[kind], *self.visits[kind])
                     for n, kind in enumerate(GROUPED) if kind in self.visits)


def what_if(db: Database, first: dt.date, last: dt.date, asked: Asked, *, seed: int = 1,
            progress: Callable[[int, int], None] = lambda done, of: None) -> WhatIf:
    """What the draws from ``first`` to ``last`` would have found by the rules ``asked``, from ``first`` on.

    :class:`WhatIfError` where the record is too thin for an answer, in one sentence. ``progress`` hears how many of how
    many draws are done: each takes about a second for 12,000 units.
    """
    if last < first:
        raise WhatIfError(f"the period ends on {last}, before it begins on {first}")
    needs: dict[str, float] = rules().value("draw.whatif", last)
    with db.connection() as connection:
        draws = connection.execute(q["draws"], {"first": first, "last": last}).fetchall()
        if len(draws) < needs["least_draws"]:
            raise WhatIfError(f"draws made from {first} to {last}: {len(draws)}, and an interval needs "
                              f"{needs['least_draws']:.0f}; choose a longer period")
        gathered, replay = _Gathered(), Replay(asked)
        for number, draw in enumerate(draws):
            _gather(connection, draw, replay, gathered)
            progress(number + 1, len(draws))
        outside = connection.execute(q["outside"], {"first": first, "last": last}).fetchone()
    if not any(draw.visited for draw in gathered.draws):
        raise WhatIfError(f"no visit drawn from {first} to {last} has a result yet")
    if not sum(draw.asked.sum() for draw in gathered.draws):
        raise WhatIfError("these rules would have drawn nobody")
    weighed = weigh(gathered.draws, most=needs["most"], seed=seed)
    _check(weighed, needs)
    return WhatIf(first, last, tuple(asked.words()), weighed, gathered.cells(), gathered.unfinished,
                  (outside["visits"], outside["hazards"]) if outside else (0, 0),
                  (gathered.short[0], gathered.short[1]), gathered.unchanged, needs, seed)


def _gather(connection: Connection, draw: Mapping[str, Any], replay: Replay, gathered: _Gathered) -> None:
    row = connection.execute(q["frame"], [draw["draw_id"]]).fetchone()
    assert row is not None  # noqa: S101  draws are never deleted
    results = connection.execute(q["results"], [draw["draw_id"]]).fetchall()
    gathered.add(replay.of(frames.read(row["frame"])), results, row["unfinished"])


def _check(weighed: Weighed, needs: Mapping[str, float]) -> None:
    """Refuse what the record is too thin for."""
    if weighed.support < needs["least_support"]:
        seldom = 1 - weighed.support - weighed.never
        raise WhatIfError(f"the record speaks for only {weighed.support:.0%} of the visits that these rules ask for "
                          f"({weighed.never:.0%} are of units that it could not draw, {seldom:.0%} of units that it "
                          f"drew much too seldom) and {needs['least_support']:.0%} are needed: ask for rules nearer to "
                          f"those recorded")
    if weighed.effective < needs["least_effective"]:
        raise WhatIfError(f"the {weighed.visits} visits with a result say as much about these rules as "
                          f"{weighed.effective:.0f} drawn by them would, and {needs['least_effective']:.0f} are "
                          f"needed: choose a longer period or rules nearer to those recorded")
