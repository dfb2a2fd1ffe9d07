"""What the city's record says, kept for some minutes."""

from __future__ import annotations

import pytest

from scoring import features
from scoring.recent import Memory
from store import Database
from tests.scoring.scene import Scene
from tests.scoring.test_district import LAST, eventful


def test_one_unit_is_told_the_same_from_what_was_kept_and_the_city_is_not_read_again(db: Database) -> None:
    memory = Memory(least_visits=0)
    with db.connection() as connection:
        units = eventful(Scene(connection))
        for unit in (units[0], units[3], units[8]):
            plain = features.load(connection, LAST, [unit])
            told = features.load(connection, LAST, [unit], memory.on(connection))
            assert told.words == plain.words
            for name, column in plain.numbers.items():
                assert told.numbers[name] == pytest.approx(column, rel=1e-12, nan_ok=True), name
        before = told
        # A visit by a team that nobody had heard of when the city was read.
        Scene(connection).visit(units[8], str(LAST.replace(month=2)), "critical", team="green")
        told = features.load(connection, LAST, [units[8]], memory.on(connection))
        assert told.numbers["visits"][0] == before.numbers["visits"][0] + 1
        assert told.numbers["critical_ratio"][0] != before.numbers["critical_ratio"][0]
        assert told.numbers["kind_ratio"][0] == before.numbers["kind_ratio"][0]
        late = features.load(connection, LAST, [units[8]], Memory(least_visits=0, seconds=0).on(connection))
        assert late.numbers["critical_ratio"][0] != told.numbers["critical_ratio"][0]


def test_a_small_record_is_asked_each_time(db: Database) -> None:
    with db.connection() as connection:
        eventful(Scene(connection))
        connection.execute("analyze inspections")
        assert Memory().on(connection) is None
        assert Memory(least_visits=100).on(connection) is not None
