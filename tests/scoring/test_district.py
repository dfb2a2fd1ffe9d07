"""The record read once answers as the database would for every day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from scoring import asking, cohorts, district, features
from store import Database
from tests.scoring.scene import Scene, at

LAST = dt.date(2026, 3, 1)


def eventful(scene: Scene) -> list[int]:
    """Units of chains, alike and alone, visited by two teams and by none that is named, with findings told late."""
    rng = np.random.default_rng(3)
    units = [scene.unit(f"D{number:03d}", kind="hotel" if number % 3 else "office", area="990101" if number % 4 else
                        "990102", lon=None if number % 7 == 0 else 120 + number % 5 / 150, lat=30.0,
                        attributes={"tier": f"T{number % 3}", "star": "" if number % 2 else "x", "opened": "2024-05-01",
                                    **({"operator": f"连锁{number % 6}"} if number % 2 else {})})
             for number in range(40)]
    for number in range(160):
        day = dt.date(2019, 6, 1) + dt.timedelta(days=int(rng.integers(0, 2400)))
        severities = [("critical", "serious", "minor")[place] for place in rng.integers(0, 3, rng.integers(0, 6))]
        visit = scene.visit(units[int(rng.integers(0, 40))], str(day), *severities,
                            team=[None, "", "red", "blue"][number % 4],
                            result=[None, "closed", "hazards_ordered"][number % 3],
                            kind="reinspection" if number % 11 == 0 else "draw", item="XYZ"[number % 3])
        if number % 9 == 0:
            scene.connection.execute("update hazards set found_on = found_on + 200, corrected_on = null "
                                     "where inspection_id = %s", [visit])
    scene.connection.execute("update units set status = 'closed' where unit_no = 'D003'")
    scene.fire(units[1], at("2025-01-01", 9))
    return units


def test_features_from_the_record_read_once_are_those_of_the_database(db: Database, monkeypatch: pytest.MonkeyPatch,
                                                                      ) -> None:
    with db.connection() as connection:
        units = eventful(Scene(connection))
        known = district.read(connection, LAST)
        for day in (dt.date(2019, 6, 1), dt.date(2023, 1, 15), LAST):
            for named in (None, units[:7], [units[3]]):
                plain = features.load(connection, day, named)
                told = features.load(connection, day, named, known)
                assert list(told.numbers) == list(plain.numbers)
                assert dict(told.words) == dict(plain.words)
                for name, column in plain.numbers.items():
                    assert told.numbers[name] == pytest.approx(column, rel=1e-12, nan_ok=True), name
                monkeypatch.setattr(asking, "FEW", 0 if asking.FEW else 1000)


def test_stretches_together_are_those_loaded_one_by_one(db: Database) -> None:
    with db.connection() as connection:
        eventful(Scene(connection))
        stretches = cohorts.before(connection, LAST, days=200, most=6)
        together = cohorts.load_all(connection, stretches, "serious")
        alone = [cohorts.load(connection, first, until, "serious", until) for first, until in stretches]
        assert any(alone)
        for one, other in zip(together, alone, strict=True):
            assert (one is None) == (other is None)
            if one and other:
                assert one.number == other.number
                assert (one.positive == other.positive).all()
                for name, column in other.table.numbers.items():
                    assert one.table.numbers[name] == pytest.approx(column, rel=1e-12, nan_ok=True), name
        assert cohorts.load_all(connection, [], "serious") == []


def test_an_empty_record_has_nothing_to_tell(db: Database) -> None:
    with db.connection() as connection:
        unit = Scene(connection).unit("D1")
        table = features.load(connection, LAST, [unit], district.read(connection, LAST))
    assert table.row(0)["visits"] == 0
