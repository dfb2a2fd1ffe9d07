"""``huoyan gbt``: a vendor sees what a frame says, and the guide shows what is printed."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from huoyan.commands.gbt import gbt
from ingest.errors import IngestError
from policy import rules
from registry.gbt26875 import NAMES

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/vendor-guide.md").read_text(encoding="utf-8")
FRAMES = ROOT / "tests/ingest/fixtures/gbt26875_frames.jsonl"
PUBLIC = [json.loads(line) for line in FRAMES.read_text(encoding="utf-8").splitlines()]


def run(*words: str, stdin: bytes | None = None) -> str:
    done = CliRunner().invoke(gbt, words, input=stdin, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_example_of_the_guide_is_what_is_printed() -> None:
    command, printed = re.search(r"    \$ huoyan gbt (decode \w+)\n((?:    .*\n)+)", GUIDE).groups()  # type: ignore[union-attr]
    assert run(*command.split()) == re.sub(r"(?m)^    ", "", printed)


def test_the_guide_names_every_setting_and_every_profile() -> None:
    section = GUIDE[GUIDE.index("## GB/T 26875.3"):GUIDE.index("## What is refused")]
    assert [name for name in NAMES if f"`{name}`" not in section] == []
    known = rules().value("gbt26875.profiles", dt.date(2026, 3, 8))
    rows = "\n".join(f"| `{one['code']}` | {one['zh']}; {one['en']} |" for one in known)
    assert f"| --- | --- |\n{rows}\n<!-- end of profiles -->" in section


@pytest.mark.parametrize("number", range(len(PUBLIC)))
def test_a_public_frame_is_decoded_from_digits_and_as_json(number: int) -> None:
    (told,) = json.loads(run("decode", PUBLIC[number]["hex"], "--json"))
    assert ("serial" in told) == PUBLIC[number]["checksum_ok"]
    assert told["bytes"] * 2 == len(PUBLIC[number]["hex"])


def test_frames_come_from_a_file_of_bytes_of_hex_or_of_json_lines_and_from_a_pipe(tmp_path: Path) -> None:
    raw = bytes.fromhex(PUBLIC[0]["hex"]) + bytes.fromhex(PUBLIC[1]["hex"])
    for name, content in (("raw", raw), ("hex", raw.hex("\n").encode()),
                          ("json", b'{"value": "%b"}' % raw.hex().encode())):
        (tmp_path / name).write_bytes(content)
        assert run("decode", str(tmp_path / name)).count("frame ") == 2
    assert run("decode", "-", stdin=raw).count("\nframe 2: ") == 1
    assert len(json.loads(run("decode", str(FRAMES), "--json"))) == len(PUBLIC)


def test_settings_of_a_device_are_tried_from_the_line_and_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "device.json"
    file.write_text('{"gbt26875": {"component_words": "point_first"}}', encoding="utf-8")
    assert "zone 2, point 10" in run("decode", PUBLIC[0]["hex"], "--settings", str(file))
    assert "128 水压 water pressure" in run("decode", PUBLIC[18]["hex"], "--settings", '{"profile": "f9164"}')


@pytest.mark.parametrize(("words", "sentence"), [
    (("decode", ""), "there is nothing to decode"), (("decode", "40", "--settings", "{x"), "--settings is no JSON"),
    (("decode", "40", "--settings", "nosuch"), "--settings must be JSON such as"),
    (("decode", "40", "--settings", '{"clock": "utc"}'), "gbt26875.clock is 'utc'; it must be auto, binary or bcd"),
])
def test_a_mistake_is_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(IngestError, match=re.escape(sentence)):
        run(*words)


def test_what_is_no_frame_is_told_with_its_reason() -> None:
    assert "bytes that are no frame (gbt_no_frame)" in run("decode", "zz")


def test_profiles_are_listed_with_their_source() -> None:
    told = run("profiles")
    for profile in rules().value("gbt26875.profiles", dt.date(2026, 3, 8)):
        assert f"{profile['code']}: {profile['zh']}" in told
        assert profile["source"] in told
