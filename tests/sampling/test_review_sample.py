"""Cases to be read are drawn by a seed that nobody could choose, and anyone can draw them again."""

from __future__ import annotations

import datetime as dt
import hashlib

import orjson
import pytest

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


def test_what_was_drawn_can_not_be_changed(town: Database) -> None:
    freeze.run(town, MONDAY + dt.timedelta(days=1), MORNING)
    review_sample.run(town, DAY, MORNING)
    for change in ("update review_samples set size = 0", "delete from review_samples"):
        with pytest.raises(Exception, match="never changed"), town.connection() as connection:
            connection.execute(change)


@pytest.mark.parametrize(("files", "size"), [(0, 0), (3, 3), (20, 5), (51, 6), (100, 10)])
def test_a_share_is_drawn_and_no_fewer_than_policy_says(files: int, size: int) -> None:
    assert review_sample.size_of(files, dt.date(2026, 3, 1)) == size
