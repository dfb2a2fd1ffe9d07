"""A simulated year beside simpler ways to choose: the same hazards for all, honest figures, a page by itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter

import numpy as np
import pytest
from click.testing import CliRunner

from huoyan.commands import years as command
from policy import calendar
from sampling.errors import WhatIfError, YearError
from sampling.frame import Days, Header, Maker
from sampling.frames import View
from sampling.parameters import Parameters
from sampling.selection import select
from sampling.staffing import staff
from sampling.tickets import GENESIS
from sampling.year import Course, Held, numbered
from sampling.years import register, variants
from sampling.years.comparing import Estimate, compare
from sampling.years.course import DRAW, Plan
from sampling.years.hazards import Finds, Hazards
from sampling.years.page import page
from sampling.years.variants import Variant
from sampling.years.world import Losses, Member, made
from tests.sampling.city import brigade, city, store

FIRST = dt.date(2026, 11, 2)
RULES = Parameters.on(FIRST)
DAYS = calendar().between(FIRST, dt.date(2026, 12, 31))


@pytest.fixture(scope="module")
def compared():
    tried = [Variant("", RULES), variants.read("tau=0.5,buffer-days=40", RULES)]
    return compare(made(160, 3, FIRST), tried, Plan(DAYS, Losses(3, 0.05), calendar(), 3), 2, processes=1)


def test_a_day_in_memory_is_the_day_that_json_would_give():
    held = city(5, units=200, town_officers=1, day=FIRST)
    course = Course(held.population(), FIRST, held.parents, RULES, calendar(), recusals=held.recusals)
    for day in DAYS[:3]:
        spread = Days.on(day, calendar(), RULES.buffer_days)
        maker = Maker(course.situation(day, held.officers), RULES, spread, tune=False)
        frame = maker.frame(Header(f"S{day:%Y%m%d}", 1, GENESIS, "", "", []))
        seed = hashlib.sha256(f"0|{day}".encode()).hexdigest()
        _, drawn = select(frame, seed)
        pairs, _ = staff(frame, seed, drawn)
        done, _ = course.step(day, held.officers)
        assert done.at.tolist() == [visit.at for visit, pair in zip(drawn, pairs, strict=True) if pair]
        assert done.pairs == [pair for pair in pairs if pair]
        assert len(done.at)


def test_numbers_of_a_generator_draw_units_as_often_as_tickets_do():
    """Both are independent and uniform in [0, 2**53), so every unit comes with its probability, whichever is used."""
    held = city(8, units=40, officers=8, day=dt.date(2026, 12, 28))
    course = Course(held.population(), held.day, held.parents, RULES, calendar())
    maker = Maker(course.situation(held.day, held.officers), RULES, Days(2, 248, 1))
    outline, excluded = maker.outline(Header("S", 1, GENESIS, "", "", []))
    view = Held(maker, outline, excluded)
    wanted, many = view.chance("p_total"), 400
    for source in (None, lambda seed: numbered(seed, 40)):
        seen: Counter[int] = Counter()
        for n in range(many):
            seed = hashlib.sha256(f"{n}".encode()).hexdigest()
            seen.update(one.at for one in select(outline, seed, view, source(seed) if source else None)[1])
        found = np.array([seen[at] / many for at in range(40)])
        assert np.all(np.abs(found - wanted) <= 5 * np.sqrt(wanted * (1 - wanted) / many) + 1e-9)
    numbers = numbered("a seed", 20_000)("random", np.arange(20_000))
    assert int(numbers.max()) < 1 << 53
    assert float(np.mean(numbers / 2**53)) == pytest.approx(0.5, abs=0.01)
    assert (numbers != numbered("a seed", 20_000)("targeted", np.arange(20_000))).all()


def test_hazards_stand_as_often_as_they_are_said_to_and_are_found_once():
    hazards = Hazards.of(np.random.default_rng(1), np.full(4000, 0.6), 180.0, 365)
    for time in (0.0, 200.0, 364.0):
        stands = np.mean((hazards.came <= time) & (hazards.ends > time)) * len(hazards.came) / 4000
        assert stands == pytest.approx(0.6, abs=0.06)
    finds, everyone = Finds(hazards), np.arange(4000, dtype=np.int32)
    first = finds.visit(everyone, 100.0)
    assert first == pytest.approx(2400, abs=240)
    assert finds.visit(everyone, 100.0) == 0
    assert 0 < finds.visit(everyone, 110.0) < 400
    assert (finds.delays() >= 0).all()
    assert finds.visit(everyone[:0], 120.0) == 0


def test_all_policies_have_the_same_capacity_and_only_the_draw_keeps_duties_and_caps(compared):
    sides = {(side.variant, side.policy): side.figures for side in compared.sides}
    ours = sides["", DRAW]
    assert ours["cap_breaches"].value == ours["duties_missed"].value == 0
    assert ours["duty_share"].value == 1
    assert sides["", "random"]["duties_missed"].value > 0
    assert sides["", "targeted"]["duties_missed"].value > 0
    for policy in ("random", "targeted", "longest"):
        assert ours["visits"].value >= sides["", policy]["visits"].value >= ours["visits"].value * 0.9
    assert sides["tau=0.5,buffer-days=40", DRAW]["cap_breaches"].value == 0
    whole = compared.sides[0].first
    assert sum(sum(month.values()) for month in whole.months) == whole.figures["visits"]
    assert sum(whole.loads) == 2 * whole.figures["visits"]
    assert whole.found[-1] == whole.figures["hazards"]


def test_the_same_seed_is_the_same_year(compared):
    plan = Plan(DAYS, Losses(3, 0.05), calendar(), 3)
    again = compare(made(160, 3, FIRST), [Variant("", RULES)], plan, 2, rivals=(), processes=1)
    assert again.sides[0].figures == compared.sides[0].figures


def test_the_page_needs_nothing_else_and_speaks_chinese_first(compared):
    shown = page(compared)
    assert shown.index("年度抽查模拟") < shown.index("A simulated year of draws")
    assert shown.count("<svg") == 10
    assert "draw.buffer_days 40" in shown
    assert not [word for word in ("http:", "https:", "<script", "src=", "None", "nan") if word in shown]
    json.dumps(compared.as_dict())


def test_one_repetition_has_no_interval():
    assert Estimate.of([3.0]) == Estimate(3.0, None, None)
    told = Estimate.of([1.0, 2.0, 3.0])
    assert (told.low, told.value, told.high) == (pytest.approx(-0.484, abs=1e-3), 2.0, pytest.approx(4.484, abs=1e-3))


def test_losses_take_away_what_they_say():
    days = calendar().between(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    away = (dt.date(2026, 6, 8), dt.date(2026, 6, 19), 0.5)
    there = Losses(10, 0.2, away=(away,)).draw(np.random.default_rng(1), days, 40)
    assert np.count_nonzero(~there.any(axis=1)) == 10
    ordinary = [n for n, day in enumerate(days) if there[n].any() and not away[0] <= day <= away[1]]
    assert np.mean(there[ordinary]) == pytest.approx(0.8, abs=0.03)
    assert all(np.count_nonzero(there[n]) <= 20 for n, day in enumerate(days) if away[0] <= day <= away[1])
    with pytest.raises(YearError, match="300 lost days"):
        Losses(300).draw(np.random.default_rng(1), days, 2)


def test_an_officer_is_there_while_the_certificate_lasts_and_not_on_leave():
    member = Member(brigade(1), valid_to=dt.date(2026, 6, 30), leave=((dt.date(2026, 5, 1), dt.date(2026, 5, 9)),))
    assert member.on(dt.date(2026, 6, 30)).certificate_valid
    assert not member.on(dt.date(2026, 7, 1)).certificate_valid
    assert (member.on(dt.date(2026, 5, 9)).load, member.on(dt.date(2026, 5, 10)).load) == (0, 2)


@pytest.mark.parametrize(("text", "error", "sentence"), [
    ("", YearError, "asks for nothing"), ("tau=much", YearError, "tau=much is not a rule with a number"),
    ("E=0.5", WhatIfError, "E=0.5 names no ratio"), ("buffer-days=2.5", YearError, "whole number of days"),
    ("buffer-days=900", YearError, "draw.buffer_days must be between 0 and 200"),
    ("D=0.01", WhatIfError, "a higher risk must never be drawn less"),
])
def test_rules_that_could_not_be_put_in_force_are_not_tried(text, error, sentence):
    with pytest.raises(error, match=sentence):
        variants.read(text, RULES)


def test_rules_to_try_are_laid_over_those_in_force():
    tried = variants.read("key.B=0.85, weight.D=2, again-factor=0.5, stretch=2", RULES)
    assert tried.parameters.ratio["key"]["B"] == 0.85
    assert (tried.parameters.again_factor, tried.parameters.stretch) == (0.5, 2)
    assert tried.parameters.cap == RULES.cap
    assert len(tried.changes) == 4


def test_the_register_tells_officers_leave_certificates_and_what_visits_found(db, dsn):
    held = city(4, units=60, day=dt.date(2026, 10, 1))
    store(db, held, scores_as_of=dt.date(2026, 10, 1))
    with db.connection() as connection:
        connection.execute("update officers set certificate_to = '2026-11-01' where officer_no = 'O000'")
        connection.execute("insert into officer_leave (officer_no, from_day, to_day, reason) "
                           "values ('O001', '2026-12-01', '2026-12-04', 'leave')")
        world = register.read(connection, FIRST, dt.date(2026, 12, 31), RULES)
    staff_of = {member.officer.officer_no: member for member in world.staff}
    assert not staff_of["O000"].on(dt.date(2026, 11, 2)).certificate_valid
    assert staff_of["O001"].on(dt.date(2026, 12, 2)).load == 0
    assert len(world.population) == 60
    assert "visits of 2 years" in world.told[1]
    result = CliRunner().invoke(command.simulate_year, ["--from", "2026-12-14", "--repetitions", "1"],
                                env={"HUOYAN_DATABASE_URL": dsn})
    assert result.exit_code == 0, result.output
    assert "the register (scores as of 2026-10-01)" in result.output
    with db.connection() as connection, pytest.raises(YearError, match="no scores as of 2026-01-02"):
        register.read(connection, dt.date(2026, 1, 2), dt.date(2026, 12, 31), RULES)


def test_what_visits_of_a_class_find_is_drawn_towards_what_is_assumed_and_never_falls():
    found = register.found_by_class({"A": (980, 98), "B": (0, 0)}, {"A": 0.35, "B": 0.9, "C": 1.6, "D": 1.0}, 20)
    assert found == [pytest.approx(0.105), 0.9, 1.6, 1.6]


def test_the_command_compares_rules_side_by_side(tmp_path):
    line = (f"--units 80 --from 2026-12-01 --repetitions 1 --tau 0.5 --try C=0.5 --lost-days 2 --sick 0.1 "
            f"--away 2026-12-07..2026-12-09=0.5 --html {tmp_path / 'a.html'} --json {tmp_path / 'a.json'}")
    result = CliRunner().invoke(command.simulate_year, line.split())
    assert result.exit_code == 0, result.output
    assert "Try 1: tau 0.5." in result.output
    assert "Try 2: draw.ratio.general.C 0.5." in result.output
    told = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert len(told["sides"]) == 6
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(("line", "sentence"), [
    ("--year 2027 --from 2026-03-01", "--from 2026-03-01 is not in 2027"),
    ("--from 2026-12-31 --away tomorrow", "--away tomorrow is not such as"),
    ("--from 2026-12-31 --away 2026-12-31..2026-12-30", "must not end before it begins"),
    ("--from 2022-12-31", "no working day is left of 2022"),
])
def test_a_year_that_can_not_be_is_one_sentence(line, sentence):
    result = CliRunner().invoke(command.simulate_year, ["--units", "60", *line.split()])
    assert isinstance(result.exception, YearError)
    assert sentence in str(result.exception)


def test_a_view_without_json_shows_units_as_a_view_of_json_does():
    held = city(6, units=50, day=FIRST)
    maker = Maker(held, RULES, Days.on(FIRST, calendar(), RULES.buffer_days), tune=False)
    outline, excluded = maker.outline(Header("S", 1, GENESIS, "", "", []))
    one, other = Held(maker, outline, excluded), View(maker.frame(Header("S", 1, GENESIS, "", "", [])))
    for name in ("desk", "turn", "place", "excluded", "risk_class", "area"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name
