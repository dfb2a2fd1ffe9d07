"""A few thousand inputs for each decoder, in seconds: what ``make fuzz`` does at length."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.conftest import need
from tests.fuzz import seeds, structured
from tests.fuzz.__main__ import fuzz
from tests.fuzz.targets import TARGETS, message


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_seeds_old_crashes_and_their_neighbours_break_no_decoder(target: str) -> None:
    chance, known = random.Random(target), seeds.seeds(target)
    assert len(known) > 5
    for one in known:
        TARGETS[target](one)
    for _ in range(1500):
        TARGETS[target](_neighbour(chance, chance.choice(known), known))


def _neighbour(chance: random.Random, data: bytes, known: list[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(changed))
        match chance.randint(0, 3):
            case 0:
                changed[at:at + 1] = chance.choice((b"\0", b"#", b"@", b'"', b"[", b"{", b"\xff", chance.randbytes(1)))
            case 1:
                del changed[at:at + chance.randint(1, 8)]
            case 2:
                changed[at:at] = changed[at:at + chance.randint(1, 16)]
            case _:
                other = chance.choice(known)
                changed[at:] = other[chance.randint(0, len(other)):]
    return bytes(changed)


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(structured.CASES)
def test_no_message_breaks_the_judge(case: tuple[str, bytes]) -> None:
    message(*case)


def test_the_guided_fuzzer_runs(tmp_path: Path) -> None:
    need(None if importlib.util.find_spec("atheris") else "no atheris: install the extra fuzz")
    outcome = fuzz("frames", inputs=2000, seconds=30, folder=tmp_path, seed=7)
    assert outcome.crash == ""
    # Its memory is not asked here: Linux counts a child's peak from before its exec, when it still was this process.
    assert outcome.inputs >= 2000
