"""The commands about room, as a person types them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from huoyan.commands.retention import in_bytes, retention, size
from policy.clocks import legal_day, months_before
from scoring import rollup
from store import Database
from tests.scoring.scene import Scene


@pytest.fixture
def run(db: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("HUOYAN_DATABASE_URL", db.dsn)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("HUOYAN_LOG_LEVEL", "warning")

    def invoke(command: object, *words: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(command, words, input=answer, catch_exceptions=False,  # type: ignore[arg-type]
                                  standalone_mode=False)

    return invoke


def test_what_would_go_is_shown_before_it_goes(run: Callable[..., Result], db: Database) -> None:
    today = legal_day(dt.datetime.now(dt.UTC))
    old = dt.datetime.combine(months_before(today, 30), dt.time(4), dt.UTC)
    with db.connection() as connection:
        scene = Scene(connection)
        device = scene.device(scene.unit(), "water_pressure")
        for minute in range(30):
            scene.reading(device, "water_pressure", old + dt.timedelta(minutes=minute), 0.3)
    assert "1 units of" in run(retention, "show").output
    rollup.run(db, today)
    shown = run(retention, "show").output
    assert all(word in shown for word in ("readings", "30 rows", "for ever: daily roll-ups", "no TimescaleDB"))
    assert run(retention, "run", answer="n\n").return_value == 1
    assert db.row("select count(*) as n from readings") == {"n": 30}
    done = run(retention, "run", "--yes")
    assert "readings: 30" in done.output
    assert db.row("select count(*) as n from readings") == {"n": 0}
    assert db.row("select readings from unit_days where readings > 0") == {"readings": 30}
    assert "30 rows" not in run(retention, "show").output


def test_sizes_are_printed_with_the_growth_once_it_is_known(run: Callable[..., Result], db: Database) -> None:
    shown = run(size, "--all", "--exact").output
    assert all(word in shown for word in ("readings", "bytes a row", "rule retention.disk_gigabytes", "not known yet"))
    today = legal_day(dt.datetime.now(dt.UTC))
    with db.connection() as connection:
        for ago in range(4):
            connection.execute("insert into size_history values (%s, '', 0, %s)",
                               [today - dt.timedelta(days=ago), 10**9 - ago * 10**8])
    assert "growth: 100.0 MB a day over 3 days; full in 2,000 days" in run(size).output


@pytest.mark.parametrize(("count", "text"), [
    (0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_000_000, "2.0 MB"), (1.25e9, "1.2 GB"), (-5000, "-5.0 kB"),
])
def test_bytes_read_well(count: float, text: str) -> None:
    assert in_bytes(count) == text
