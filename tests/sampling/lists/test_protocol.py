"""The protocol of list draws: a stranger's check, a second language, and bundles that were tampered with."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling import verify
from sampling.lists.frame import Department, ListHeader, ListObject, ListOfficer, ListSpec, Reason, build
from sampling.lists.outcome import outcome, seal
from sampling.lists.rules import ListRules
from sampling.tickets import GENESIS, canonical
from tests.conftest import need
from tests.sampling import tampering
from tests.sampling.city import city

MONDAY = dt.date(2026, 12, 21)
DAYS = [MONDAY + dt.timedelta(days=n) for n in range(3)]
NODE = shutil.which("node")


def spec(seed: int = 1, **changed: Any) -> ListSpec:
    """A campaign over three days: sixty units of a town, eight officers, some recused, planned or visited."""
    held = city(seed, units=36, officers=8, day=MONDAY)
    objects = [ListObject(u.unit_no, u.unit_no, u.area, u.is_key, u.risk_class or "B", u.unit_no, u.visits, u.last,
                          weight=ListRules.on(MONDAY, "campaign").weight[u.risk_class or "B"]) for u in held.units]
    officers = [ListOfficer(o.officer_no, o.body, o.areas, o.can_lead, True, (1, 2, 0) if n == 3 else (2, 2, 2))
                for n, o in enumerate(held.officers)]
    made = ListSpec("campaign", "冬季专项", MONDAY, DAYS, 12, "weight", objects,
                    [Department("fire", "消防救援机构", officers)], held.parents, held.recusals, MONDAY)
    return replace(made, **changed)


def joint(seed: int = 1) -> ListSpec:
    """Three departments, objects of which some are no units of ours."""
    mine = spec(seed, kind="joint", order="chance")
    objects = [replace(one, weight=1.0, unit_no=one.unit_no if n % 2 else None, area=one.area if n % 3 else None)
               for n, one in enumerate(mine.objects)]
    others = [Department(code, code, [ListOfficer(f"O{n:03d}", None, (), n % 2 == 0, n != 5, (2, 1, 2))
                                      for n in range(8)]) for code in ("police", "market")]
    return replace(mine, objects=objects, departments=[others[0], *mine.departments, others[1]], size=9)


def ill(seed: int = 1) -> ListSpec:
    mine = spec(seed, order="chance")
    officers = [replace(o, loads=(0,)) if n == 0 else replace(o, loads=(2,))
                for n, o in enumerate(mine.departments[0].officers)]
    objects = [replace(one, weight=1.0, visits=0, last=None) for one in mine.objects[:4]]
    held = {one.object_no for one in objects}
    return replace(mine, kind="replacement", days=DAYS[:1], size=None, objects=objects,
                   departments=[Department("fire", "消防救援机构", officers)],
                   recusals=frozenset(pair for pair in mine.recusals if pair[1] in held),
                   of={"draw_no": "D20261221", "record_hash": "ab" * 32},
                   reason=Reason("officer_ill", "发热", officer=officers[0].officer_no))


def anew(seed: int = 1) -> ListSpec:
    """Of a joint draw: officers of one other department are drawn anew, the teams of the others stand."""
    mine = joint(seed)
    police = mine.departments[0]
    officers = [replace(o, loads=(0,) if n == 2 else (2,)) for n, o in enumerate(police.officers)]
    objects = [replace(one, visits=0, last=None, area=None) for one in mine.objects[:3]]
    return replace(mine, kind="replacement", days=DAYS[:1], size=None, objects=objects, recusals=frozenset(),
                   departments=[Department(police.code, police.name, officers)],
                   of={"draw_no": "L20261221-01", "record_hash": "ab" * 32},
                   reason=Reason("officer_ill", "发热", officer=officers[2].officer_no))


def another(seed: int = 1) -> ListSpec:
    """Of a joint draw: another object with the weight that it had there, with officers of all departments."""
    mine = joint(seed)
    objects = [replace(one, weight=1.0 + n % 3, out="replaced" if n == 0 else "drawn" if n % 4 == 1 else None)
               for n, one in enumerate(mine.objects)]
    departments = [replace(one, officers=[replace(o, loads=o.loads[:1]) for o in one.officers])
                   for one in mine.departments]
    return replace(mine, kind="replacement", days=DAYS[:1], size=1, objects=objects, departments=departments,
                   of={"draw_no": "L20261221-01", "record_hash": "ab" * 32},
                   reason=Reason("closed", "停业", unit=objects[0].object_no))


def bundle(held: ListSpec, numbers: str = "3 17 42", sequence: int = 2, previous: str = "cd" * 32) -> dict[str, Any]:
    letter = {"campaign": "Z", "joint": "L", "replacement": "R"}[held.kind]
    header = ListHeader(f"{letter}20261221-01", sequence, previous if sequence > 1 else GENESIS,
                        "2026-12-21T01:00:00Z", "test", [{"source": "witness"}])
    frame = build(held, ListRules.on(MONDAY, held.kind), header)
    return seal(canonical(frame), [{"source": "witness", "value": numbers}])


MADE = {"campaign": spec, "joint": joint, "replacement": ill, "joint officer": anew, "joint object": another}


@pytest.mark.parametrize("kind", MADE)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_list_is_drawn_as_the_verifier_draws_it(kind: str, seed: int) -> None:
    made = bundle(MADE[kind](seed), str(seed))
    status, text = verify.check(canonical(made))
    assert status == 0, text
    visits = made["result"]["visits"]
    assert len(visits) + len(made["result"]["unassigned"]) == made["frame"]["size"]
    for visit in visits:
        assert [team["department"] for team in visit["teams"]] == [
            row["department"] for row in made["frame"]["departments"]]


def test_a_campaign_is_spread_over_its_days_and_the_heavier_come_first() -> None:
    made = bundle(spec())
    days = [visit["day"] for visit in made["result"]["visits"]]
    assert {days.count(day.isoformat()) for day in DAYS} == {4}
    weights = {one["object_no"]: one["weight"] for one in made["frame"]["objects"]}
    order = [weights[visit["object_no"]] for visit in made["result"]["visits"]]
    assert order == sorted(order, reverse=True)
    steps = made["frame"]["steps"]
    assert [step["p"] for step in steps] == sorted(step["p"] for step in steps)
    assert sum(step["p"] * step["objects"] for step in steps) == pytest.approx(12)


@pytest.mark.parametrize("kind", MADE)
def test_a_list_that_was_tampered_with_is_refused_with_a_name(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tampering, "outcome", outcome)
    made = bundle(MADE[kind]())
    commitment = made["commitment"]
    for change in tampering.Tamperer(made, 7).changes(40):
        told = commitment if change.again == "draw" else None
        status, text = verify.check(json.dumps(change.bundle).encode(), told)
        assert status in (1, 2), f"{change.path} {change.what}"
        assert 0 < len(text) <= 1010


CHANGES = [
    (lambda b: _eligible(b).update(excluded={"code": "closed"}), "steps are not the weights"),
    (lambda b: b["frame"]["objects"][0].update(weight=9.0), "U00000 has the weight 9, its class and the order give 1"),
    (lambda b: b["frame"]["steps"][0].update(odds=b["frame"]["steps"][0]["odds"] * 1.01), "has odds 0."),
    (lambda b: b["frame"]["departments"][0]["officers"][0]["loads"].pop(), "has 2 loads for 3 days"),
    (lambda b: b["frame"].update(draw_no="R20261221-01"), "the kind campaign has the letter Z"),
    (lambda b: b["frame"].update(size=13), "has p"),
    (lambda b: b["result"]["visits"].reverse(), "visit 1 is of"),
    (lambda b: b["result"]["visits"][0]["teams"][0].update(second="O007", lead="O005"), "visit 1 is of"),
]


def _eligible(made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in made["frame"]["objects"] if one["excluded"] is None)
    return found


@pytest.mark.parametrize(("change", "sentence"), CHANGES)
def test_the_first_thing_that_does_not_agree_is_named(change: Any, sentence: str) -> None:
    made = bundle(spec())
    before = verify.digest(made["frame"])
    change(made)
    if verify.digest(made["frame"]) != before:
        # Who changes the list makes its digest again.
        made["commitment"] = verify.digest(made["frame"])
        made["seed"] = verify.seed_of(made)
    made["result_digest"] = verify.digest(made["result"])
    made["record_hash"] = verify.record_hash(made)
    status, text = verify.check(canonical(made))
    assert status == 1
    assert sentence in text, text


def chained() -> list[tuple[bytes, bytes, int]]:
    """A joint draw, replacements in it, and whether the departments that draw are those that may."""
    first = bundle(joint(), sequence=1)
    of = {"draw_no": first["frame"]["draw_no"], "record_hash": first["record_hash"]}
    found = []
    for held, status in ((anew(), 0), (another(), 0),
                         (replace(another(), departments=another().departments[:2]), 1),
                         (replace(another(), departments=another().departments[::-1]), 1),
                         (replace(anew(), departments=[replace(anew().departments[0], code="navy")]), 1),
                         (replace(anew(), departments=[*anew().departments,
                                                       replace(anew().departments[0], code="market")]), 1)):
        made = bundle(replace(held, of=of), sequence=2, previous=first["record_hash"])
        assert verify.check(canonical(made))[0] == 0
        found.append((canonical(made), canonical(first), status))
    return found


def test_an_object_is_replaced_by_all_departments_and_an_officer_by_one() -> None:
    for made, first, status in chained():
        said, text = verify.check(made, None, [first])
        assert (said, "is drawn by the departments" in text) == (status, status == 1), text


def test_a_draw_anew_from_another_list_is_found_by_the_commitment() -> None:
    made, other = bundle(spec(1)), bundle(spec(2))
    status, text = verify.check(canonical(other), made["commitment"])
    assert status == 1
    assert "the frame was changed after it was frozen" in text


def test_node_draws_the_same_lists() -> None:
    need(None if NODE else "Node is not installed")
    made = [bundle(MADE[kind](seed), str(seed)) for kind in MADE for seed in (1, 2)]
    lines = "\n".join(canonical({"frame": one["frame"], "entropy": one["entropy"]}).decode() for one in made)
    out = subprocess.run([str(NODE), str(Path(__file__).parents[1] / "list_verifier.mjs")], input=lines, text=True,
                         capture_output=True, check=True).stdout
    for one, said in zip(made, map(json.loads, out.splitlines()), strict=True):
        assert said["seed"] == one["seed"]
        assert said["result"] == outcome(one["frame"], one["seed"])
