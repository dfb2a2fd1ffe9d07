"""``huoyan gbt``: what GB/T 26875.3 frames say, for vendors who write a device and operators who connect one."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import click

from ingest.errors import IngestError
from ingest.gbt26875.frames import SHORT_BEAT, BadBytes, find_frames, payload_bytes
from ingest.gbt26875.meaning import Tree, meaning
from ingest.gbt26875.settings import DeviceSettings
from ingest.gbt26875.telling import lines, stored
from ingest.vocabulary import vocabulary
from policy import rules
from policy.clocks import legal_day
from registry.gbt26875 import fault

_LARGEST = 4_000_000


def _today() -> dt.date:
    return legal_day(dt.datetime.now(dt.UTC))


@click.group()
def gbt() -> None:
    """GB/T 26875.3 frames: what they say, and the known makes of devices."""


@gbt.command("decode")
@click.argument("frames", metavar="HEX|FILE|-")
@click.option("--settings", "given", default="{}", metavar="JSON",
              help='Settings of the device, such as {"profile": "jd_f53"}; or a file that holds them.')
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, one object a frame.")
def decode(frames: str, given: str, as_json: bool) -> None:
    """Print what frames say: every field with its name, and what ingest would store.

    FRAMES are hex digits, or a file (- for standard input) of raw bytes, hex text, or JSON with hex in it.
    """
    day = _today()
    settings = vocabulary(rules(), day).gbt.settings_of({"gbt26875": _settings(given, day)})
    found = find_frames(_bytes(frames))
    if not found:
        raise IngestError("there is nothing to decode: give hex digits, or a file of frames")
    told = [_told(one, settings) for one in found]
    if as_json:
        click.echo(json.dumps([{**tree, "stored": made} for tree, made in told], ensure_ascii=False, indent=1))
        return
    for number, (tree, made) in enumerate(told, 1):
        click.echo("\n".join(lines(tree, number, made)) + "\n" * (number < len(told)))


@gbt.command("profiles")
def profiles() -> None:
    """List the known makes of devices that a device's settings can name, and what each changes."""
    for profile in rules().value("gbt26875.profiles", _today()):
        click.echo(f"{profile['code']}: {profile['zh']} {profile['en']}")
        click.echo(f"  source: {profile['source']}")
        click.echo(f"  settings: {json.dumps(profile['settings'], ensure_ascii=False)}")


def _told(one: Any, settings: DeviceSettings) -> tuple[Tree, list[Tree]]:
    if isinstance(one, BadBytes) and one.reason_code == SHORT_BEAT:
        return meaning(one, settings), []
    if isinstance(one, BadBytes):
        return meaning(one, settings), [{"quarantine": one.reason_code, "reason": one.reason}]
    return meaning(one, settings), stored(one, settings)


def _settings(given: str, day: dt.date) -> Any:
    text = given
    if not given.lstrip().startswith("{"):
        try:
            text = Path(given).read_text(encoding="utf-8")
        except (OSError, ValueError):
            raise IngestError('--settings must be JSON such as {"source_order": "big"}, or a file of it') from None
    try:
        found = json.loads(text)
    except ValueError:
        raise IngestError('--settings is no JSON such as {"source_order": "big"}') from None
    own = found.get("gbt26875", found) if isinstance(found, dict) else found
    reason = fault({"gbt26875": own}, day)
    if reason:
        raise IngestError(f"--settings: {reason}")
    return own


def _bytes(frames: str) -> bytes:
    if frames == "-":
        content = sys.stdin.buffer.read(_LARGEST)
    else:
        try:
            with open(frames, "rb") as file:
                content = file.read(_LARGEST)
        except (OSError, ValueError):
            # No file: then it should be the frame itself.
            return payload_bytes(frames.encode("utf-8", "replace"))
    if content.lstrip()[:1] == b"{":
        return b"".join(payload_bytes(line) for line in content.splitlines())
    return payload_bytes(content)


COMMANDS = (gbt,)
