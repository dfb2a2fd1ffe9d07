"""The bundle of docs/draw-protocol.md: eight units, three officers, a chain whose root is written on the page."""

from __future__ import annotations

import hashlib

from policy import calendar
from sampling.bundle import seal, to_bytes
from sampling.entropy import link
from sampling.frame import Header, build
from sampling.parameters import Parameters
from sampling.population import Situation
from sampling.tickets import GENESIS, canonical
from tests.sampling.city import LAST, brigade, town, tree, unit

ROOT = hashlib.sha256(b"a root that everyone knows, for the example only").digest()
INDEX = LAST.timetuple().tm_yday


def example() -> bytes:
    """The example's bundle, made again from nothing."""
    units = [unit(1, risk_class="A", score=12.0), unit(2, risk_class="B", score=33.5),
             unit(3, risk_class="B", score=41.0), unit(4, risk_class="C", score=66.0, area=town(2)),
             unit(5, risk_class="D", score=88.0, area=town(2)),
             unit(6, risk_class="B", is_key=True, is_crowded=True), unit(7, risk_class="C", score=61.0, is_key=True),
             unit(8, risk_class="A", score=5.0, visits=1, last=LAST.replace(month=4))]
    officers = [brigade(1), brigade(2, can_lead=False), brigade(3)]
    situation = Situation(LAST, units, officers, tree(2), frozenset({("O003", "U00006")}), LAST.replace(day=29))
    chain = {"source": "chain", "year": LAST.year, "anchor": link(ROOT, 0).hex(), "index": INDEX}
    header = Header("D20261230", 1, GENESIS, "2026-12-29T10:00:00Z", "example", [chain, {"source": "witness"}])
    frame = build(situation, Parameters.on(LAST), calendar(), header)
    return to_bytes(seal(canonical(frame), [{**chain, "value": link(ROOT, INDEX).hex()},
                                            {"source": "witness", "value": "08 17 23 31 40"}]))


if __name__ == "__main__":
    from pathlib import Path

    (Path(__file__).parents[2] / "docs/examples/draw-bundle.json").write_bytes(example())
