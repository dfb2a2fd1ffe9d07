"""The harness itself, for a few seconds: parts are killed and a cable is pulled, and the ledger agrees."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import need
from tests.servers.mosquitto import why_not as why_no_mosquitto
from tests.soak.broker import here, shipped_settings
from tests.soak.database import why_not as why_no_database
from tests.soak.faults import Fault
from tests.soak.network import Loopback, Namespaces
from tests.soak.network import why_not as why_no_network
from tests.soak.world import Plan, World


def test_kills_and_a_pulled_cable_lose_nothing(tmp_path: Path) -> None:
    need(why_no_mosquitto())
    need(why_no_database())
    tmp_path.chmod(0o711)
    # The broker first, while ingest keeps up: what waits in it for an absent ingest may die with it.
    faults = [Fault(0.2, "kill broker", 0.1), Fault(1.5, "kill database", 0.1)]
    network = Loopback() if why_no_network() else Namespaces()
    if network.can_cut:
        faults.append(Fault(2.5, "cut ingest-database", 0.5))
    try:
        with World(tmp_path, Plan(seed=3, rate=200), network, "test") as world:
            struck = world.run(faults, 3.0)
            ledger, findings = world.finish()
    finally:
        network.close()
    assert sum(struck.values()) == len(faults)
    assert findings.is_clean, findings.first
    assert findings.acknowledged == findings.published == len(ledger.entries) >= 400
    assert (findings.readings, findings.quarantined) > (400, 10)


def test_the_soak_runs_on_the_shipped_settings_of_the_broker() -> None:
    shipped = shipped_settings()
    assert shipped["persistence"] == "true"
    assert int(shipped["autosave_interval"]) <= 5
    lines = ["listener 1883", "listener 8883", "certfile /x", "tls_version tlsv1.2", "acl_file /y", "sys_interval 5"]
    assert here(lines, Path("/f"), "7 0.0.0.0") == ["listener 7 0.0.0.0", "acl_file /f/acl", "sys_interval 5"]
