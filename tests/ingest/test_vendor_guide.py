"""The vendor guide says what the program does: its tables are those of policy, its examples are taken."""

from __future__ import annotations

import datetime as dt
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import ingest
from huoyan.embedded.demo import LOGINS, PASSWORD, DemoOptions
from huoyan.embedded.wiring import wire
from ingest.clock import read_time
from ingest.gbt26875 import Frame, find_frames
from ingest.service import IngestOptions
from ingest.stored import Stored
from ingest.topics import FORMS
from policy import rules
from simulators.city import generate
from simulators.fleet.post import is_manned
from tests.ingest.conftest import NOW

PATH = Path(__file__).parents[2] / "docs/vendor-guide.md"
GUIDE = PATH.read_text(encoding="utf-8")
DAY = NOW.date()
Store = Callable[..., Stored]


def metrics_table() -> str:
    lines = ["| metric | 名称 | unit | range | other keys |", "| --- | --- | --- | --- | --- |"]
    for one in rules().value("metrics.catalogue", DAY):
        keys = ", ".join(f"`{alias['key']}`" + (f" × {alias['factor']:.6g}" if alias["factor"] != 1 else "")
                         for alias in one["aliases"])
        lines.append(f"| `{one['code']}` {one['en']} | {one['zh']} | {one['unit']} | {one['min']:,} to {one['max']:,} "
                     f"| {keys} |")
    return "\n".join(lines)


def events_table() -> str:
    lines = ["| type | 名称 | English | class | other words |", "| --- | --- | --- | --- | --- |"]
    for one in rules().value("events.kinds", DAY):
        words = ", ".join(f"`{word}`" for word in one["aliases"])
        lines.append(f"| `{one['code']}` | {one['zh']} | {one['en']} | {one['class']} | {words} |")
    return "\n".join(lines)


def silence_table() -> str:
    lines = ["| kind of device | minutes |", "| --- | --- |"]
    for kind, minutes in rules().value("devices.offline_after_minutes", DAY).items():
        lines.append(f"| {'any other' if kind == 'default' else f'`{kind}`'} | {minutes:,} |")
    return "\n".join(lines)


@pytest.mark.parametrize(("name", "table"), [("metrics", metrics_table()), ("events", events_table()),
                                             ("silence", silence_table())])
def test_the_tables_are_those_of_policy(name: str, table: str) -> None:
    held = re.search(rf"<!-- {name}: .*? -->\n(.*?)\n<!-- end of {name} -->", GUIDE, re.DOTALL)
    assert held is not None
    assert held.group(1) == table


def test_the_limits_are_those_of_policy() -> None:
    book, text = rules(), rules().value("limits.text_characters", DAY)
    for line in (f"| values or events in one message | {book.value('limits.values_per_message', DAY):,} |",
                 f"| nesting of objects | {book.value('limits.nesting_depth', DAY)} levels |",
                 f"| a key | {text['key']} characters |", f"| the text of a state | {text['state']:,} characters |",
                 f"| the other keys of an event together | {text['detail']:,} characters; beyond, cut |",
                 f"| payload | {IngestOptions().max_payload:,} bytes",
                 f"(text of up to {text['point']} characters)",
                 f"| more than {book.value('clock.future_minutes', DAY)} minutes ahead",
                 f"| older than {book.value('clock.oldest_reading_days', DAY)} days | refused |",
                 f"| older than {book.value('clock.oldest_event_days', DAY)} days | stored under it",
                 f"| before {book.value('clock.unset_before', DAY)}: a clock that was never set | stored under",
                 f"{book.value('clock.trusted_days', DAY):,} days are taken",
                 f"| {book.value('vendors.messages_per_second', DAY):,} messages and "
                 f"{book.value('vendors.bytes_per_second', DAY):,} bytes a second for long; "
                 f"{book.value('vendors.message_burst', DAY):,} messages and "
                 f"{book.value('vendors.byte_burst', DAY):,} bytes at once"):
        assert line in GUIDE, line


def test_every_reason_and_topic_form_is_named() -> None:
    folder = Path(ingest.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    codes = set(re.findall(r'(?:Problem|Fault|refuse|refuse_frame|_Refused|_problem)\(\s*"([a-z0-9_]+)"', source))
    codes |= set(re.findall(r'"(gbt_[a-z_]+)", ', source)) | set(re.findall(r'name, "([a-z_]+)",\n', source))
    codes |= set(re.findall(r"return \"([a-z]+_(?:vendor|device))\"", source))
    codes |= {"contradiction", "not_storable", "clock", "rate_limit"}
    assert len(codes) > 25
    assert sorted(code for code in codes if f"`{code}`" not in GUIDE) == []
    for form in FORMS:
        assert f"`huoyan/v1/VENDOR/DEVICE/{form}`" in GUIDE


def commands(*, on_the_demo: bool = False) -> list[list[str]]:
    found = [shlex.split(line) for line in GUIDE.splitlines() if line.startswith("    mosquitto_pub")]
    return [words for words in found if ("-V" in words) == on_the_demo and "--cert" not in words]


def test_the_commands_do_what_the_guide_says(store: Store) -> None:
    assert len(commands()) == 4
    results = []
    for minute, words in enumerate(commands()):
        told = dict(zip(words[1::2], words[2::2], strict=True))
        assert (told["-h"], told["-p"], told["--cafile"]) == ("BROKER", "8883", "ca.crt")
        assert (told["-u"], told["-P"], told["-q"]) == ("LOGIN", "PASSWORD", "1")
        topic = told["-t"].removeprefix("huoyan/v1/").replace("VENDOR", "acme").replace("DEVICE", "P1")
        stored = store((topic, told["-m"].encode()), at=NOW + dt.timedelta(minutes=minute))
        assert stored.refused == {}
        results.append((stored.readings, stored.events))
    assert results == [(2, 0), (0, 1), (0, 1), (0, 1)]


def test_the_json_examples_are_taken(store: Store) -> None:
    examples = re.findall(r"```json\n(.*?)\n```", GUIDE, re.DOTALL)
    assert len(examples) == 5
    for example in examples:
        form = "event" if "type" in example else "telemetry"
        sender = "gateway" if "DEVICE" in example else "P1"
        payload = example.replace("DEVICE2", "S1").replace("DEVICE", "P1")
        at = read_time(json.loads(example)["ts"]) if example.startswith('{"ts"') else NOW
        stored = store((f"acme/{sender}/{form}", payload.encode()), at=at)
        assert stored.refused == {}
        assert stored.readings + stored.events + stored.duplicates > 0


def test_the_commands_of_the_demo_are_for_its_logins_ports_and_devices(store: Store) -> None:
    options = DemoOptions(Path())
    # Which devices there are does not hang on the length of the history.
    city = generate(options.seed, units=options.units, devices=options.devices, until=DAY, days=1)
    kinds = {(row["vendor_code"], row["device_no"]): row["kind"] for row in city.devices}
    refused = []
    for minute, words in enumerate(commands(on_the_demo=True)):
        told = dict(zip(words[1::2], words[2::2], strict=True))
        assert (told["-V"], told["-h"], told["-p"]) == ("311", "127.0.0.1", str(options.mqtt_port))
        _, _, vendor, device, form = told["-t"].split("/")
        assert (told["-u"], told["-P"]) == (vendor, PASSWORD)
        assert kinds[vendor, device] == ("uitd" if form == "event" else "water_pressure")
        stored = store((f"acme/P1/{form}", told["-m"].encode()), at=NOW + dt.timedelta(minutes=minute))
        refused.append((stored.readings, stored.events, *stored.refused))
    assert refused == [(2, 0), (0, 1), (0, 1), (0, 0, "unknown_metric")]
    assert {f"`{login}` / `{PASSWORD}`" for login in ("duty", "anning")} <= set(re.findall("`[a-z]+` / `[^`]+`", GUIDE))
    assert {username for username, *_ in LOGINS} >= {"duty"}
    assert {vendor for vendor, _ in kinds} == {"anning", "xunjie", "tianshui", "hongyan"}
    assert f"http://127.0.0.1:{options.api_port}/" in GUIDE


def test_the_frame_for_the_demo_s_listener_is_whole_and_from_a_stranger() -> None:
    (line,) = re.findall(r"printf ([0-9a-f]+) \| xxd -r -p \| nc -q 2 127\.0\.0\.1 (\d+)", GUIDE)
    (found,) = find_frames(bytes.fromhex(line[0]))
    assert isinstance(found, Frame)
    assert int(line[1]) == DemoOptions(Path()).listen_port
    options = DemoOptions(Path())
    city = generate(options.seed, units=options.units, devices=options.devices, until=DAY, days=1)
    wired = wire(city)
    assert len(wired) == 12
    assert {row["vendor"] for row in wired} == {"xunjie", "hongyan"}
    addresses = {device["settings"]["gbt26875"]["address"] for device in city.devices if device["settings"]}
    assert len(addresses) == 12
    assert int.from_bytes(found.source, "little") not in addresses
    assert len({is_manned(f"huoyan/v1/{row['vendor']}/{row['device_no']}/gbt26875") for row in wired}) == 2
