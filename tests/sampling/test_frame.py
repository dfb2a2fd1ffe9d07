"""What must hold of every frame: risk never lowers a chance, floors, caps, sizes, reasons."""

from __future__ import annotations

import datetime as dt
import math
import random
from dataclasses import replace

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling import verify
from sampling.parameters import Parameters
from sampling.population import Officer
from sampling.strata import quantised, rounded
from sampling.tickets import canonical, officer_tickets, ticket, unit_tickets, written
from sampling.words import desk_note
from tests.sampling.city import DISTRICT, MONDAY, brigade, city, frame_of, odd_city, rows_of, town, tree, unit

many = settings(max_examples=40, deadline=None)


@pytest.mark.row(58)
@many
@given(st.integers(0, 10**6))
def test_within_a_stratum_probability_never_falls_as_risk_rises_and_no_eligible_unit_has_none(seed):
    frame = frame_of(odd_city(seed))
    held: dict[str, list[dict]] = {}
    for one in rows_of(frame):
        if one["excluded"] is None:
            assert 0 < one["p_total"] <= 1
            held.setdefault(one["stratum"], []).append(one)
        elif one["excluded"]["code"] != "capacity":
            assert one["p_total"] == one["p_duty"] == one["p_random"] == one["p_targeted"] == 0
    for units in held.values():
        for low in units:
            for high in units:
                if low["class"] <= high["class"] and (low["score"] or 0) <= (high["score"] or 0):
                    for arm in ("p_duty", "p_random", "p_targeted"):
                        assert low[arm] <= high[arm], (low, high)
                    assert low["p_total"] <= high["p_total"] + 1e-15


@many
@given(st.integers(0, 10**6))
def test_probabilities_sum_to_the_sizes_and_the_sizes_fit_the_officers(seed):
    frame = frame_of(odd_city(seed))
    for arm in ("duty", "random", "targeted"):
        expected = sum(held["expected"] for held in frame["strata"] if held["arm"] == arm)
        assert math.fsum(one[f"p_{arm}"] for one in rows_of(frame)) == pytest.approx(expected, abs=1e-9)
    for desk in frame["desks"]:
        used = sum(held["expected"] for held in frame["strata"] if held["desk"] == desk["desk"])
        assert used <= desk["capacity"] + 1e-9
        assert desk["capacity"] <= desk["free"]


@many
@given(st.integers(0, 10**6))
def test_the_total_is_the_chance_of_any_arm_when_all_sizes_are_rounded_by_one_uniform(seed):
    frame = frame_of(odd_city(seed), tune=False)
    for one in rows_of(frame):
        parts = [one["p_duty"], one["p_random"], one["p_targeted"]]
        apart = 1 - math.prod(1 - p for p in parts)
        # Sizes of one row are rounded together, so a unit's arms are not quite independent of each other.
        assert max(parts) - 1e-12 <= one["p_total"] <= min(1.0, sum(parts)) + 1e-12
        assert one["p_total"] == pytest.approx(apart, abs=0.26)


def test_the_order_of_the_rows_changes_nothing():
    held = city(5, town_officers=3)
    shuffled = random.Random(1)
    for _ in range(3):
        units, officers = list(held.units), list(held.officers)
        shuffled.shuffle(units)
        shuffled.shuffle(officers)
        parents = dict(reversed(list(held.parents.items())))
        assert canonical(frame_of(replace(held, units=units, officers=officers, parents=parents))) == canonical(
            frame_of(held))


def test_a_unit_more_in_one_stratum_leaves_the_tickets_of_all_others():
    seed = "ab" * 32
    names = [u.unit_no for u in city(5).units]
    before = dict(zip(names, unit_tickets(seed, "random", written(names)).tolist(), strict=True))
    names.insert(7, "U99999")
    after = dict(zip(names, unit_tickets(seed, "random", written(names)).tolist(), strict=True))
    assert all(after[name] == number for name, number in before.items())
    assert unit_tickets(seed, "random", [b"U1"]).tolist() != unit_tickets(seed, "targeted", [b"U1"]).tolist()


NAMES = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(['","', '\\', '"', '消"é', '\\","'])


@given(st.lists(NAMES, min_size=1))
def test_whatever_a_unit_is_called_its_ticket_is_that_of_its_number(names):
    seed = "cd" * 32
    assert unit_tickets(seed, "random", written(names)).tolist() == [
        ticket(seed, "unit", "random", name) for name in names]
    assert officer_tickets(seed, names[0], written(names)) == [
        ticket(seed, "officer", name, names[0]) for name in names]


@given(st.lists(st.none() | st.integers(-2**53 + 1, 2**53 - 1)),
       st.dictionaries(st.text('a\uffff\U00010000é"\n'), NAMES))
def test_what_is_written_in_bulk_is_what_the_standard_writes(column, table):
    assert canonical([column, table]) == rfc8785.dumps([column, table])


@pytest.mark.parametrize("large", [2**53, -2**53, 2**70])
def test_a_number_that_json_can_not_hold_exactly_is_refused(large):
    with pytest.raises(rfc8785.IntegerDomainError):
        canonical([1, large])


@given(st.lists(st.floats(0, 9), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_systematic_rounding_rounds_every_run_of_neighbours_to_its_own_floor_or_ceiling(raw, bits):
    sizes = [quantised(size) for size in raw]
    uniform, start, taken = bits / 2**32, 0.0, []
    for size in sizes:
        taken.append(rounded(start, size, uniform))
        start += size
    for first in range(len(sizes)):
        for last in range(first + 1, len(sizes) + 1):
            whole = math.fsum(sizes[first:last])
            assert math.floor(whole) <= sum(taken[first:last]) <= math.ceil(whole)


def test_who_is_left_out_is_left_out_for_a_reason_that_can_be_checked():
    day = MONDAY
    units = [
        unit(1, visits=1, last=dt.date(2026, 2, 1), risk_class="A"),
        unit(2, last=day - dt.timedelta(days=89), risk_class="C"),
        unit(3, last=day - dt.timedelta(days=90), risk_class="C"),
        unit(4, visits=1, last=day - dt.timedelta(days=1), risk_class="D"),
        unit(5, visits=4, last=day - dt.timedelta(days=1), risk_class="D"),
        unit(6, visits=1, last=day, planned=True, risk_class="D"),
        unit(7, area="990200"),
    ]
    held = replace(city(1, units=0), units=units, parents={**tree(), "990200": "990000"})
    found = {one["unit_no"]: one["excluded"] for one in rows_of(frame_of(held))}
    assert found == {
        "U00001": {"code": "cap", "cap": 1},
        "U00002": {"code": "recent", "until": "2026-03-03"},
        "U00003": None,
        "U00004": None,
        "U00005": {"code": "cap", "cap": 4},
        "U00006": {"code": "planned"},
        "U00007": {"code": "no_officers"},
    }


@pytest.mark.parametrize(("officers", "text"), [
    ([], "no officers in area 990101001 for general units: import officers"),
    ([brigade(1)], "only one certified officer in area 990101001 for general units, two are needed: import officers"),
    ([brigade(1, can_lead=False), brigade(2, can_lead=False)],
     "no officer in area 990101001 for general units may lead a visit: mark one as can_lead"),
    ([brigade(1, load=0), brigade(2)],
     "the officers of area 990101001 for general units are on leave or fully planned on this day"),
    ([brigade(1, certificate_valid=False), brigade(2)],
     "only one certified officer in area 990101001 for general units, two are needed: import officers"),
])
def test_a_city_without_the_officers_is_told_so_in_one_sentence(officers, text):
    frame = frame_of(replace(city(1, units=0), units=[unit(1)], officers=officers))
    assert [desk_note(desk)["en"] for desk in frame["desks"]] == [text]
    assert all(set(desk_note(desk)) == {"zh", "en"} for desk in frame["desks"])
    assert rows_of(frame)[0]["excluded"] == {"code": "no_officers"}
    assert frame["strata"] == []


def test_duties_come_first_when_officers_are_few_and_the_shortage_is_said():
    units = [unit(n, is_key=True, is_crowded=True) for n in range(400)] + [unit(n) for n in range(500, 900)]
    short = frame_of(replace(city(1, units=0), units=units, officers=[brigade(1, load=1), brigade(2, load=1)]))
    by_arm = {arm: sum(h["expected"] for h in short["strata"] if h["arm"] == arm)
              for arm in ("duty", "random", "targeted")}
    assert by_arm["duty"] == pytest.approx(1)
    assert by_arm["random"] == by_arm["targeted"] == 0
    assert {u["excluded"]["code"] for u in rows_of(short) if u["group"] == "general"} == {"capacity"}
    assert {desk["note"] for desk in short["desks"]} == {"short"}
    assert all("can make 0.00 of the" in desk_note(desk)["en"] for desk in short["desks"] if not desk["capacity"])


def test_a_town_officer_never_visits_a_key_unit_and_serves_only_the_own_town():
    towns = [Officer(f"T{n}", "town", (town(1),), True, True, 2) for n in range(2)]
    units = [unit(1, is_key=True), unit(2), unit(3, area=town(2)), unit(4, area=DISTRICT)]
    frame = frame_of(replace(city(1, units=0), units=units, officers=towns))
    assert [one["unit_no"] for one in rows_of(frame) if one["excluded"] is None] == ["U00002"]


def test_towns_served_by_the_same_officers_are_one_desk_and_others_their_own():
    frame = frame_of(city(3, units=300, town_officers=0))
    assert [desk["desk"] for desk in frame["desks"]] == ["990101/general", "990101/key"]
    frame = frame_of(city(3, units=300, town_officers=2))
    assert [desk["desk"] for desk in frame["desks"]] == ["990101/key", *(f"{town(t)}/general" for t in range(1, 9))]


def test_desks_that_share_too_few_officers_share_them_in_proportion():
    units = [unit(n, area=town(1)) for n in range(4000)] + [unit(n, area=town(2)) for n in range(4000, 6000)]
    extra = [Officer(f"T{t}", "town", (town(t),), False, True, 1) for t in (1, 2)]
    held = replace(city(1, units=0), units=units, officers=[brigade(1), brigade(2), *extra])
    frame = frame_of(held)
    granted = {desk["desk"]: desk["capacity"] for desk in frame["desks"]}
    assert 2 <= sum(granted.values()) <= 3
    assert granted[f"{town(1)}/general"] > granted[f"{town(2)}/general"] > 0
    assert verify.check(_sealed(frame))[0] == 0


def test_a_history_of_another_country_without_classes_or_officers_for_it_is_drawn_all_the_same():
    units = [unit(n, risk_class=None, score=None, area=town(1 + n % 2)) for n in range(300)]
    held = replace(city(1, units=0, day=dt.date(2014, 9, 2)), units=units)
    frame = frame_of(held)
    assert {one["class"] for one in rows_of(frame)} == {"B"}
    assert sum(held["expected"] for held in frame["strata"]) > 0.5
    assert verify.check(_sealed(frame))[0] == 0


def test_every_share_of_the_day_that_is_not_targeted_paces_the_ratio():
    parameters = Parameters.on(MONDAY)
    units = [unit(n, risk_class="A", score=10) for n in range(2000)]
    frame = frame_of(replace(city(1, units=0, officers=40), units=units, officers=[brigade(n) for n in range(40)]))
    by_arm = {arm: sum(h["expected"] for h in frame["strata"] if h["arm"] == arm) for arm in ("random", "targeted")}
    assert by_arm["random"] == pytest.approx(2000 * 0.2 / frame["days"]["spread"], rel=1e-6)
    assert frame["precision"]["stretch"] == 1
    share = by_arm["targeted"] / (by_arm["random"] + by_arm["targeted"])
    assert share == pytest.approx(frame["tau"]["value"], rel=1e-6)
    assert parameters.tau["floor"] <= frame["tau"]["value"] <= parameters.tau["ceiling"]


def _sealed(frame):
    from sampling.bundle import seal, to_bytes

    return to_bytes(seal(canonical(frame), [{"source": "witness", "value": "1"}]))
