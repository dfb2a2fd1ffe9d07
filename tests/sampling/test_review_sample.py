"""Cases to be read are drawn by a seed that nobody could choose, and anyone can draw them again."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import orjson
import pytest

from casework.reports import ledgers
from casework.supervision import review_tasks
from sampling import chain, draw, freeze, review_sample
from sampling.errors import DrawError
from sampling.tickets import canonical
from store import Database
from tests.sampling.lists.town import EVENING, MONDAY, MORNING, drawn_town

DAY = MONDAY
MONTH = (MONDAY.replace(day=1) - dt.timedelta(days=1)).replace(day=1)


@pytest.fixture
def town(db: Database) -> Database:
    drawn_town(db)
    with db.connection() as connection:
        connection.execute("""
            insert into cases (case_no, unit_id, area_code, party, regime, procedure, article, facts, officers,
                               offence_on, life_safety, filed_at, filed_on, standing, closed_on, entered_by)
            select 'A' || n, unit_id, area_code, 'organisation', 'own', 'simple', '60', '事实', '{x}', %(day)s, false,
                   %(day)s, %(day)s, 'closed', %(day)s::date + n %% 40, 'x'
            from generate_series(1, 120) n, (select unit_id, area_code from units order by unit_id limit 1) u""",
            {"day": MONTH})
    return db


def test_a_sample_is_committed_to_before_its_seed_is_open_and_can_be_drawn_again(town: Database) -> None:
    assert review_sample.run(town, DAY, MORNING)["status"] == "waits"
    tuesday = MONDAY + dt.timedelta(days=1)
    freeze.run(town, tuesday, MORNING)
    frozen = review_sample.run(town, DAY, MORNING)
    assert frozen["status"] == "frozen"
    closed = town.rows("select case_no from cases where closed_on >= %s and closed_on < %s",
                       [MONTH, MONDAY.replace(day=1)])
    assert frozen["cases"] == len(closed) > 80
    assert frozen["size"] == -(-len(closed) // 10)
    assert review_sample.run(town, DAY, MORNING)["note"] == f"{frozen['draw_no']} is not drawn yet"
    draw.run(town, tuesday, EVENING + dt.timedelta(days=2))
    told = review_sample.run(town, DAY, MORNING)
    assert told["status"] == "drawn"
    assert review_sample.run(town, DAY, MORNING)["note"] == "drawn before"
    with town.connection() as connection:
        held = review_sample.one(connection, MONTH)
        assert [row["case_no"] for row in review_sample.one(connection, MONTH, ["000000"])["cases"]] == []
        with pytest.raises(DrawError, match="no cases of"):
            review_sample.one(connection, dt.date(2001, 1, 1))
    # As a stranger would, from the published list and the published seed of the draw, by the words of the protocol.
    seed = town.row("select seed from draws where draw_no = %s", [told["by"]])["seed"]
    content = canonical(held["frame"])
    commitment = hashlib.sha256(content).hexdigest()
    assert commitment == held["commitment"] == frozen["commitment"]
    own = hashlib.sha256(orjson.dumps(["review", commitment, seed])).hexdigest()
    assert own == held["seed"]
    ranked = sorted(held["frame"]["cases"], key=lambda number: int.from_bytes(hashlib.sha256(
        orjson.dumps([own, "case", number])).digest()[:8], "big") >> 11)
    assert [row["case_no"] for row in held["cases"]] == ranked[:frozen["size"]]
    assert all(agrees for _, agrees, _ in chain.check(town))


def test_each_drawn_case_waits_for_a_reviewer_who_did_not_handle_it_until_it_is_read(town: Database) -> None:
    handlers = [row["officer_no"] for row in town.rows(
        "select officer_no from officers where body = 'brigade' order by officer_no limit 1")]
    with town.connection() as connection:
        connection.execute("update cases set officers = %s", [handlers])
    tuesday = MONDAY + dt.timedelta(days=1)
    freeze.run(town, tuesday, MORNING)
    review_sample.run(town, DAY, MORNING)
    draw.run(town, tuesday, EVENING + dt.timedelta(days=2))
    drawn_at = EVENING + dt.timedelta(days=3)
    review_sample.run(town, DAY, drawn_at)

    def listed(state: str) -> list[dict[str, Any]]:
        with town.connection() as connection:
            return review_tasks.listed(connection, state=state)

    with town.connection() as connection:
        sample = review_sample.one(connection, MONTH)
        may = review_tasks.candidates(connection, sample["cases"][0]["case_no"], drawn_at.date())
    waiting = listed("open")
    assert {row["case_no"] for row in waiting} == {row["case_no"] for row in sample["cases"]}
    assert may
    assert handlers[0] not in may
    assert all(row["reviewer"] == review_sample.reviewer(sample["seed"], row["case_no"], may) for row in waiting)
    assert all(row["due_at"] > drawn_at and row["done_at"] is None for row in waiting)
    case = waiting[0]
    ledgers.enter(town, "reviews", {
        "review_no": "P1", "noun": "case", "ref": case["case_no"], "area_code": case["area_code"],
        "reviewed_on": str(drawn_at.date()), "reviewer": "甲", "qualified": True}, "head",
        today=drawn_at.date())
    assert len(listed("open")) == len(waiting) - 1
    (read,) = listed("read")
    assert (read["case_no"], read["qualified"]) == (case["case_no"], True)
    assert read["done_at"] is not None
    assert read["done_at"] <= read["due_at"]


def test_what_was_drawn_can_not_be_changed(town: Database) -> None:
    freeze.run(town, MONDAY + dt.timedelta(days=1), MORNING)
    review_sample.run(town, DAY, MORNING)
    for change in ("update review_samples set size = 0", "delete from review_samples"):
        with pytest.raises(Exception, match="never changed"), town.connection() as connection:
            connection.execute(change)


@pytest.mark.parametrize(("files", "size"), [(0, 0), (3, 3), (20, 5), (51, 6), (100, 10)])
def test_a_share_is_drawn_and_no_fewer_than_policy_says(files: int, size: int) -> None:
    assert review_sample.size_of(files, dt.date(2026, 3, 1)) == size
