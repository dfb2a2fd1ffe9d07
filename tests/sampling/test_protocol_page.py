"""The worked example of docs/draw-protocol.md, computed again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from sampling import verify
from sampling.bundle import seal, to_bytes
from sampling.entropy import link
from sampling.share import needed
from sampling.tickets import canonical, sizes_uniform, ticket
from tests.sampling.example import ROOT

DOCS = Path(__file__).parents[2] / "docs"
CONTENT = (DOCS / "examples" / "draw-bundle.json").read_bytes()
PAGE = (DOCS / "draw-protocol.md").read_text(encoding="utf-8")
BUNDLE = json.loads(CONTENT)


def test_the_example_agrees_and_is_drawn_again_from_its_frame():
    assert verify.check(CONTENT)[0] == 0
    assert to_bytes(seal(canonical(BUNDLE["frame"]), BUNDLE["entropy"])) == CONTENT


def test_every_number_on_the_page_is_the_examples():
    seed, visits = BUNDLE["seed"], BUNDLE["result"]["visits"]
    second = next(visit for visit in visits if visit["key"] is not None)
    chain, precision = BUNDLE["entropy"][0], BUNDLE["frame"]["precision"]
    assert hashlib.sha256(b"a root that everyone knows, for the example only").digest() == ROOT
    assert chain["value"] == link(ROOT, chain["index"]).hex()
    assert second["ticket"] == ticket(seed, "unit", second["arm"], second["unit_no"])
    for shown in (
            f"{precision['units']} units, needed {precision['needed']}, stretch {precision['stretch']} |",
            f"`needed` {needed(12_367, 0.05, 250)}. ", BUNDLE["commitment"],
            f"link {chain['index']} | `{chain['value']}`", f"`{BUNDLE['entropy'][1]['value']}`",
            f"seed | `{seed}`", f"{ticket(seed, 'sizes')}, so r = {sizes_uniform(seed)}",
            "sizes | " + ", ".join(str(row["size"]) for row in BUNDLE["result"]["sizes"]), f"| {second['ticket']} |",
            f"| {second['key']} |", BUNDLE["result_digest"], BUNDLE["record_hash"],
            "; ".join(f"{v['unit_no']} by {v['lead']} and {v['second']}" for v in visits)):
        assert shown in PAGE, shown


@pytest.mark.parametrize("table", ["frame", "bundle", "units", "profiles", "officers", "desks"])
def test_every_field_is_described(table):
    held = {"bundle": BUNDLE, "frame": BUNDLE["frame"], "units": BUNDLE["frame"]["units"],
            "profiles": BUNDLE["frame"]["profiles"][0],
            "officers": BUNDLE["frame"]["officers"][0], "desks": BUNDLE["frame"]["desks"][0]}[table]
    for field in held:
        if (table, field) not in {("desks", "desk"), ("desks", "kind"), ("desks", "covers"), ("desks", "note")}:
            assert f"`{field}`" in PAGE or f"{field} " in PAGE, field
