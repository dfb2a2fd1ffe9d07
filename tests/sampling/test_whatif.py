"""The command whatif on the record of a simulated city: draws really made, and visits that find by its true risk."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
from click.testing import CliRunner

import scoring.nightly
from huoyan.commands import whatif
from huoyan.embedded.loading import load_city
from policy import calendar
from sampling import draw
from sampling.errors import WhatIfError
from simulators.city import generate
from store import Database

FIRST = dt.date(2026, 11, 16)
MORNING = dt.datetime(2026, 11, 16, 1, tzinfo=dt.UTC)
DAYS = calendar().between(FIRST, dt.date(2026, 12, 31))[:20]
PERIOD = f"--from {FIRST} --to {DAYS[-1]}"


def _visit(db: Database, risk: dict[str, float], rng: np.random.Generator) -> None:
    """Every planned visit but one in twenty is made, and finds what the unit's true risk makes of it."""
    with db.connection() as connection:
        planned = connection.execute("select inspection_id, unit_id, unit_no, planned_on from inspections "
                                     "join units using (unit_id) where inspections.status = 'planned' "
                                     "and draw_no is not null order by inspection_id").fetchall()
        for row in planned:
            if rng.random() < 1 / 20:
                continue
            connection.execute("update inspections set status = 'done', inspected_on = planned_on, result = 'pass' "
                               "where inspection_id = %s", [row["inspection_id"]])
            for severity, share in (("critical", 0.3), ("serious", 0.7), ("minor", 1.5)):
                if rng.random() < share * risk[row["unit_no"]]:
                    connection.execute(
                        "insert into hazards (inspection_id, unit_id, item_code, severity, found_on, handling) "
                        "values (%s, %s, %s, %s, %s, 'recorded')",
                        [row["inspection_id"], row["unit_id"], severity, severity, row["planned_on"]])


@pytest.fixture(scope="module")
def record(servers):
    """Twenty days of draws of a city of 200 units, and a visit that no draw asked for."""
    with servers("embedded").migrated() as url, Database(url) as db:
        city = generate(5, units=200, devices=40, until=FIRST, days=30, now=MORNING)
        load_city(db, city, MORNING, lambda text, share: None)
        # The ratios of the year are still open, so that each day has several visits.
        db.rows("update inspections set kind = 'complaint' returning 1")
        scoring.nightly.run(db, FIRST)
        risk = {row["unit_no"]: row["true_risk"] for row in city.truth}
        rng = np.random.default_rng(2)
        for day in DAYS:
            draw.run(db, day, dt.datetime.combine(day, dt.time(22), dt.UTC) - dt.timedelta(days=1))
            _visit(db, risk, rng)
        with db.connection() as connection:
            connection.execute("insert into inspections (inspection_no, unit_id, kind, inspected_on, status, result) "
                               "select 'by-hand', min(unit_id), 'complaint', %s, 'done', 'pass' from units", [DAYS[3]])
            connection.execute("insert into hazards (inspection_id, unit_id, item_code, severity, found_on, handling) "
                               "select inspection_id, unit_id, 'x', 'minor', inspected_on, 'recorded' from inspections "
                               "where inspection_no = 'by-hand'")
        yield url


@pytest.fixture
def ask(record, monkeypatch):
    monkeypatch.setenv("HUOYAN_DATABASE_URL", record)
    monkeypatch.setenv("COLUMNS", "160")

    def invoke(line):
        result = CliRunner().invoke(whatif.show_what_if, line.split(), standalone_mode=False)
        if result.exception:
            raise result.exception
        return result.output

    return invoke


def test_where_nothing_is_asked_the_answer_is_what_was_found(ask, record, tmp_path):
    told = ask(f"{PERIOD} --json {tmp_path / 'answer.json'}")
    answer = json.loads((tmp_path / "answer.json").read_bytes())
    with Database(record) as db:
        counted = db.row("select count(*) filter (where severity = 'critical') as critical, "
                         "count(*) filter (where severity <> 'minor') as serious, count(*) as any "
                         "from hazards join draw_visits using (inspection_id)")
        visits, left = (db.row("select count(*) as n from draw_visits join inspections using (inspection_id) "
                               "where status = %s", [status])["n"] for status in ("done", "planned"))
    assert answer["weighed"]["visits"] == visits
    assert (answer["unfinished"], answer["outside"]) == (left, [1, 1])
    for kind, finding in answer["findings"].items():
        assert finding["found"] == finding["expected"]["value"] == finding["plain"]["value"] == counted[kind]
        assert finding["difference"] == {"value": 0, "low": 0, "high": 0}
    assert counted["any"] > counted["critical"]
    assert "nothing other than it was" in told
    assert "from no recorded draw: 1, left out with the 1 hazards" in told


def test_a_fifth_more_capacity_expects_a_fifth_more_visits_and_more_found(ask, tmp_path):
    ask(f"{PERIOD} --capacity 1.2 --json {tmp_path / 'more.json'}")
    ask(f"{PERIOD} --capacity 0.8 --json {tmp_path / 'fewer.json'}")
    more, fewer = (json.loads((tmp_path / name).read_bytes()) for name in ("more.json", "fewer.json"))
    for answer, capacity in ((more, 1.2), (fewer, 0.8)):
        assert answer["weighed"]["asked"] == pytest.approx(capacity * answer["weighed"]["drawn"], rel=0.03)
        assert answer["weighed"]["support"] > 0.99
    few, many = (answer["findings"]["any"]["expected"] for answer in (fewer, more))
    assert few["value"] < many["value"]
    assert all(one["low"] < one["value"] < one["high"] for one in (few, many))


def test_ratios_share_and_weights_are_asked_in_the_terms_of_policy(ask):
    told = ask(f"{PERIOD} --ratio C=0.3 --ratio general=0.3 --tau 0.25 --weight D=1.2 --steepness 1.2 --capacity 1")
    for part in ("draw.ratio.general.C 0.3", "draw.ratio.total.general 0.3", "tau 0.25", "draw.weight.targeted.D 1.2",
                 "to the power 1.2", "1 times the visits", "serious or critical", "speaks for"):
        assert part in told


def test_a_ratio_that_changes_no_probability_is_said_to_change_none(ask):
    assert "changes no probability" in ask(f"{PERIOD} --ratio D=1")
    assert "changes no probability" not in ask(PERIOD)


@pytest.mark.parametrize(("line", "sentence"), [
    (f"--from {FIRST} --to {FIRST}", "to 2026-11-16: 1, and an interval needs 20"),
    ("--from 2020-01-01 --to 2020-12-31", ": 0, and an interval needs 20"),
    ("--from 2026-12-01 --to 2026-11-30", "ends on 2026-11-30, before it begins on 2026-12-01"),
    (f"{PERIOD} --steepness 5 --tau 0.95", "rules nearer to those recorded"),
    (f"{PERIOD} --ratio C=x", "C=x is not a ratio"),
    (f"{PERIOD} --ratio A=0.9", "draw.ratio.general falls from A to D"),
    (f"{PERIOD} --json /nowhere/at/all.json", "can't be written"),
])
def test_what_has_no_answer_is_one_sentence(ask, line, sentence):
    with pytest.raises(WhatIfError) as caught:
        ask(line)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
