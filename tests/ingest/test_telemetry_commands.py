"""The commands about alarms and quarantine, as a person types them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from huoyan.commands.quarantine import quarantine
from huoyan.commands.telemetry import alarms
from ingest.errors import IngestError
from ingest.stored import Stored
from store import Database

Store = Callable[..., Stored]


@pytest.fixture
def run(city: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("HUOYAN_DATABASE_URL", city.dsn)
    monkeypatch.setenv("COLUMNS", "250")

    def invoke(command: object, *words: str) -> Result:
        return CliRunner().invoke(command, words, catch_exceptions=False)  # type: ignore[arg-type]

    return invoke


def test_alarms_are_listed_with_their_unit_and_point(run: Callable[..., Result], store: Store) -> None:
    assert "no alarms" in run(alarms).output
    store(("acme/S1/event", '{"type": "火警", "point": "3F [red]走廊"}'.encode()))
    shown = run(alarms, "--open").output
    assert all(word in shown for word in ("火警 fire_alarm", "一号宾馆 (U1)", "acme/S1", "3F [red]走廊"))
    assert "no alarms" in run(alarms, "--vendor", "other").output


def test_quarantine_is_listed_counted_and_replayed(run: Callable[..., Result], store: Store, city: Database) -> None:
    assert "nothing is in quarantine" in run(quarantine, "list").output
    store(("acme/N1/telemetry", b'{"battery": 5}'), ("acme/P1/telemetry", b'{"battery": 500}'))
    listed = run(quarantine, "list", "--reason", "range").output
    assert "battery is 500 %, outside 0 to 100 %" in listed
    assert "N1" not in listed
    assert "unknown_device" in run(quarantine, "counts", "--vendor", "acme").output
    with city.connection() as connection:
        connection.execute("insert into devices (vendor_code, device_no, unit_id, kind) "
                           "select 'acme', 'N1', unit_id, 'smoke' from units where unit_no = 'U1'")
    assert run(quarantine, "replay").stdout == "2 payloads tried: 1 stored, 1 refused again\n  1 for range\n"
    assert all(word in run(quarantine, "replays").output for word in ("done", "1", "2"))
    assert "nothing was let go" in run(quarantine, "summary").output


def test_one_payload_is_picked_and_a_cut_one_is_told_of(run: Callable[..., Result], store: Store,
                                                        city: Database) -> None:
    store(("acme/P1/telemetry", b'{"battery": 500}'))
    store(("acme/P1/telemetry", b'{"battery": 5}'), payload_bytes=10**7)
    assert "cut: can't be replayed" in run(quarantine, "list").output
    assert run(quarantine, "replay").stdout.splitlines() == [
        "1 payloads tried: 0 stored, 1 refused again", "  1 for range",
        "1 left out: only their start was kept, so they can't be replayed"]
    row = city.row("select quarantine_id from quarantine where is_cut")
    assert row is not None
    with pytest.raises(IngestError, match="1 payloads were cut or are too old"):
        run(quarantine, "replay", "--id", str(row["quarantine_id"]))


def test_a_limit_that_is_none_is_refused(run: Callable[..., Result]) -> None:
    assert run(quarantine, "list", "--limit", "0").exit_code == 2
