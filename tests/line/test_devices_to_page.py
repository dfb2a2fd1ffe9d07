"""What a vendor publishes by hand, following the vendor guide, is seen by the duty officer."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.line.conftest import PASSWORD
from tests.line.processes import ROOT, Api, until
from tests.servers.mosquitto import Mosquitto, binary

FRAMES = ROOT / "tests" / "ingest" / "fixtures" / "gbt26875_frames.jsonl"


def publish(broker: Mosquitto, topic: str, *, message: str | None = None, file: Path | None = None,
            user: str = "anxun") -> subprocess.CompletedProcess[str]:
    words = [binary("mosquitto_pub") or "mosquitto_pub", "-V", "5", "-h", broker.host, "-p", str(broker.port),
             "-q", "1", "-u", user, "-P", PASSWORD, "-t", topic]
    words += ["-m", message] if message is not None else ["-f", str(file)]
    return subprocess.run(words, capture_output=True, text=True, timeout=30, check=True)


def alarms(api: Api, device: str) -> list[dict[str, Any]]:
    """The open alarm cases of a device; a restored one stays on the page for a while."""
    return [alarm for alarm in api.get("/alarms?limit=200")["alarms"]
            if alarm["device_no"] == device and alarm["restored_at"] is None]


def test_a_reading_by_mosquitto_pub_is_in_the_unit_telemetry(api: Api, broker: Mosquitto) -> None:
    publish(broker, "huoyan/v1/anxun/AX-UITD-001/telemetry",
            message=json.dumps({"ts": int(time.time() * 1000), "values": {"voltage": 221.5}}))
    unit = api.get("/units?q=QS-0001")["units"][0]["unit_id"]

    def stored() -> bool:
        return "221.5" in json.dumps(api.get(f"/units/{unit}/devices"))

    until(stored, 10, "the reading is the device's last state")


def test_an_alarm_by_mosquitto_pub_is_on_the_alarm_page_within_ten_seconds(api: Api, broker: Mosquitto) -> None:
    publish(broker, "huoyan/v1/anxun/AX-UITD-001/event", message='{"type": "fire_alarm", "point": "3-12"}')
    found = until(lambda: alarms(api, "AX-UITD-001"), 10, "the alarm is shown")
    assert (found[0]["kind"], found[0]["point"], found[0]["restored_at"]) == ("fire_alarm", "3-12", None)
    publish(broker, "huoyan/v1/anxun/AX-UITD-001/event",
            message='{"type": "fire_alarm", "active": false, "point": "3-12"}')
    until(lambda: not alarms(api, "AX-UITD-001"), 10, "the restored alarm has left the open ones")


def test_public_gbt26875_frames_as_bytes_show_their_fires_and_faults(api: Api, broker: Mosquitto,
                                                                     tmp_path: Path) -> None:
    frames = [json.loads(text) for text in FRAMES.read_text(encoding="utf-8").splitlines()]
    expected: set[str] = set()
    for number, frame in enumerate(frames):
        if not frame["checksum_ok"]:
            continue
        if "fire" in frame["meaning"].split(": ", 1)[-1].split("fire alarm")[-1] and "status" in frame["meaning"]:
            expected.add("fire_alarm")
        if "= fault" in frame["meaning"]:
            expected.add("fault")
        file = tmp_path / f"{number}.bin"
        file.write_bytes(bytes.fromhex(frame["hex"]))
        publish(broker, "huoyan/v1/anxun/AX-UITD-002/gbt26875", file=file)
    assert expected == {"fire_alarm", "fault"}

    def shown() -> set[str]:
        return {alarm["kind"] for alarm in alarms(api, "AX-UITD-002")}

    until(lambda: shown() >= expected, 10, "the fires and faults of the frames are shown")


def test_a_message_nobody_understands_is_in_quarantine_with_its_reason(api: Api, broker: Mosquitto) -> None:
    publish(broker, "huoyan/v1/anxun/AX-UITD-001/telemetry", message="{not json")
    publish(broker, "huoyan/v1/anxun/NO-SUCH-DEVICE/telemetry", message='{"voltage": 220}')

    def reasons() -> str:
        return json.dumps(api.get("/quarantine?limit=50"), ensure_ascii=False)

    until(lambda: "NO-SUCH-DEVICE" in reasons() and "JSON" in reasons(), 10, "both are in quarantine")


def test_a_vendor_can_not_speak_for_another(api: Api, broker: Mosquitto) -> None:
    publish(broker, "huoyan/v1/anxun/AX-UITD-001/event", message='{"type": "gas_alarm"}', user="qinglan")
    publish(broker, "huoyan/v1/anxun/AX-UITD-001/event", message='{"type": "fault", "point": "after"}')
    until(lambda: any(alarm["point"] == "after" for alarm in alarms(api, "AX-UITD-001")), 10, "the honest one arrived")
    assert not [alarm for alarm in alarms(api, "AX-UITD-001") if alarm["kind"] == "gas_alarm"]


@pytest.mark.parametrize("victim", ["ingest", "api"])
def test_a_process_that_is_told_to_stop_ends_well(line: Any, victim: str) -> None:
    program = next(item for item in line._programs if item.name == victim)
    process = program.process
    program.stop()
    assert process.returncode == 0
    program.start()
