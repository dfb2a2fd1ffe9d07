"""Officers: every rule is kept, nobody is left out while a legal pair exists, pairs change, load is balanced."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling import verify
from sampling.roster import Roster, most
from sampling.selection import Drawn
from sampling.staffing import staff
from sampling.words import unassigned
from tests.sampling.city import brigade, city, frame_of, unit


def _possible(loads, leads, teams) -> bool:
    """Every way of giving pairs to visits, tried one after another."""
    if not teams:
        return True
    for a, b in itertools.combinations(teams[0], 2):
        if loads[a] and loads[b] and (leads[a] or leads[b]):
            left = list(loads)
            left[a] -= 1
            left[b] -= 1
            if _possible(left, leads, teams[1:]):
                return True
    return False


rosters = st.integers(1, 5).flatmap(lambda n: st.tuples(
    st.lists(st.integers(0, 3), min_size=n, max_size=n), st.lists(st.booleans(), min_size=n, max_size=n),
    st.lists(st.lists(st.integers(0, n - 1), max_size=n, unique=True).map(sorted), min_size=1, max_size=4)))


@settings(max_examples=300, deadline=None)
@given(rosters)
def test_the_flow_knows_exactly_whether_all_visits_can_be_staffed(case):
    loads, leads, teams = case
    kinds = sorted({tuple(team) for team in teams})
    roster = Roster(loads, leads, kinds)
    mine = all(roster.add(kinds.index(tuple(team)), 1) for team in teams)
    assert mine == _possible(loads, leads, teams)
    flow = verify.Flow(loads, leads, kinds)
    assert all(flow.grant(kinds.index(tuple(team))) for team in teams) == mine


@settings(max_examples=200, deadline=None)
@given(rosters)
def test_how_many_visits_one_desk_can_make_has_a_closed_form(case):
    loads, leads, teams = case
    team = teams[0]
    found = most(loads, leads, team, 10)
    assert _possible(loads, leads, [team] * found)
    assert not _possible(loads, leads, [team] * (found + 1))


def _staffed(officers, visits, recusals=()):
    units = [unit(n) for n in range(visits)]
    frame = frame_of(replace(city(1, units=0), units=units, officers=officers, recusals=frozenset(recusals)))
    drawn = [Drawn(n, one.unit_no, "random", "990101001/general/random/general", 0, 0.0, 0.5)
             for n, one in enumerate(units)]
    return staff(frame, "00" * 32, drawn)


def test_a_pair_does_not_go_together_again_while_another_pair_is_free():
    pairs, _ = _staffed([brigade(n, load=3) for n in range(4)], 6)
    couples = [frozenset((pair.lead, pair.second)) for pair in pairs]
    assert len(set(couples)) == 6


def test_load_is_balanced():
    pairs, _ = _staffed([brigade(n, load=9) for n in range(6)], 9)
    loads = [sum(name in (pair.lead, pair.second) for pair in pairs) for name in (f"O{n:03d}" for n in range(6))]
    assert loads == [3] * 6


def test_the_one_officer_who_may_visit_a_unit_is_kept_for_it():
    # O000 and O001 alone may visit the last unit; whoever takes them for the first visits would leave it without.
    recusals = [(f"O{n:03d}", "U00002") for n in range(2, 6)]
    pairs, reasons = _staffed([brigade(n, load=1) for n in range(6)], 3, recusals)
    assert not reasons
    assert {pairs[2].lead, pairs[2].second} == {"O000", "O001"}


def test_the_only_lead_is_kept_for_the_visit_that_needs_one():
    officers = [brigade(0, load=2), *(brigade(n, can_lead=False, load=2) for n in range(1, 4))]
    pairs, _ = _staffed(officers, 2)
    assert [pair.lead for pair in pairs] == ["O000", "O000"]


@pytest.mark.parametrize(("recused", "reason"), [
    (range(4), "no_officers"), (range(3), "one_officer"),
])
def test_a_visit_without_a_legal_pair_says_why(recused, reason):
    pairs, reasons = _staffed([brigade(n) for n in range(4)], 2, [(f"O{n:03d}", "U00001") for n in recused])
    assert pairs[0] is not None
    assert pairs[1] is None
    assert reasons == {"U00001": reason}
    assert set(unassigned(reason)) == {"zh", "en"}
