"""What a device's settings may say about its GB/T 26875.3: ``devices.settings -> 'gbt26875'``. Pure but for policy.

Real devices depart from the text of GB/T 26875.3-2011 in known ways; each way is a setting here, and a profile of
policy (``gbt26875.profiles``) is a set of them that is known of one make. Ingest reads them; the register refuses what
ingest could not use, so that a misspelled setting is seen by the person who typed it and not as a wrong address later.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from policy import rules

#: Settings that are one word of a few; the first is what the standard says or what is right where nothing is known.
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "source_order": ("little", "big"),
    "destination_order": ("little", "big"),
    "address_text": ("hex", "decimal"),
    "component_words": ("zone_first", "point_first"),
    "description": ("auto", "plain", "format_byte"),
    "analog_values": ("readings", "states", "both"),
    "reset": ("ends_alarms", "event_only"),
    "clock": ("auto", "binary", "bcd"),
    "clock_trust": ("event", "sent"),
}
#: Types of the standard whose object a vendor type may have.
LAYOUTS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 21, 24, 25, 26, 28)
RESTORABLE: Final = (1, 2, 21)
_ADDRESS = re.compile(r"(?:[0-9A-Fa-f]{2}[ :-]?){5}[0-9A-Fa-f]{2}|[0-9]{1,15}")
_NUMBER = re.compile(r"[0-9]{1,3}")
_FLAGS = ("deny", "restored_types", "point_word_first", "confirm", "switch_inputs")
_LONGEST_NAME = 60
_MOST_ENTRIES = 256

Fault = str | None


def fault(settings: Mapping[str, Any], day: dt.date) -> Fault:
    """Why the settings of a device can't be used for GB/T 26875.3, as one clause; None where they can."""
    if "gbt26875" not in settings:
        return None
    own = settings["gbt26875"]
    if not isinstance(own, Mapping):
        return 'gbt26875 must be an object such as {"source_order": "big"}'
    for key, value in own.items():
        check = _CHECKS.get(key)
        if check is None:
            return f"gbt26875 has no setting {key[:40]!r}; it has {', '.join(_CHECKS)}"
        found = check(value, day)
        if found:
            return f"gbt26875.{key} {found}"
    return None


def _choice(words: tuple[str, ...]) -> Callable[[Any, dt.date], Fault]:
    def check(value: Any, _day: dt.date) -> Fault:
        if isinstance(value, str) and value in words:
            return None
        return f"is {_shown(value)}; it must be {', '.join(words[:-1])} or {words[-1]}"
    return check


def _flag(value: Any, _day: dt.date) -> Fault:
    return None if isinstance(value, bool) else f"is {_shown(value)}; it must be true or false"


def _profile(value: Any, day: dt.date) -> Fault:
    known = {profile["code"] for profile in rules().value("gbt26875.profiles", day)}
    if isinstance(value, str) and value in known:
        return None
    return f"is {_shown(value)}; the profiles are {', '.join(sorted(known))}"


def _address(value: Any, _day: dt.date) -> Fault:
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    is_hex = not text.isdecimal() or len(text) == 12
    if _ADDRESS.fullmatch(text) and text.strip("0 :-") and (is_hex or int(text) < 2**48):
        return None
    return f"is {_shown(value)}; it must be the six bytes as hex in wire order, or a number below 2^48, and not 0"


def _peer(value: Any, _day: dt.date) -> Fault:
    try:
        ipaddress.ip_network(value if isinstance(value, str) else "", strict=False)
    except ValueError:
        return f"is {_shown(value)}; it must be an IP address or network such as 10.1.2.3 or 10.1.2.0/24"
    return None


def _port(value: Any, _day: dt.date) -> Fault:
    return None if _is_whole(value, 1, 65535) else f"is {_shown(value)}; it must be our port, from 1 to 65535"


def _types_listed(value: Any, _day: dt.date) -> Fault:
    if isinstance(value, list) and len(value) <= 16 and all(_is_whole(one, 128, 254) for one in value):
        return None
    return "must be a list of user types from 128 to 254, such as [161]"


def _table(least: int, most: int, check: Callable[[Mapping[str, Any]], Fault]) -> Callable[[Any, dt.date], Fault]:
    """A table by number, each entry with names and what ``check`` takes."""
    def table(value: Any, _day: dt.date) -> Fault:
        if not isinstance(value, Mapping) or len(value) > _MOST_ENTRIES:
            return f"must be an object by number, of at most {_MOST_ENTRIES} entries"
        for number, entry in value.items():
            if not (_NUMBER.fullmatch(number) and least <= int(number) <= most):
                return f"has the entry {number[:40]!r}; its entries are numbers from {least} to {most}"
            if not isinstance(entry, Mapping):
                return f'{number} must be an object such as {{"zh": "水压", "en": "water pressure"}}'
            found = _names(entry) or check(entry)
            if found:
                return f"{number} {found}"
        return None
    return table


def _names(entry: Mapping[str, Any]) -> Fault:
    for key in ("zh", "en"):
        if key in entry and not (isinstance(entry[key], str) and 0 < len(entry[key]) <= _LONGEST_NAME):
            return f"has a name {key} that is not a text of 1 to {_LONGEST_NAME} characters"
    return None


def _only(entry: Mapping[str, Any], *known: str) -> Fault:
    may = ("zh", "en", *known)
    other = next((key for key in entry if key not in may), None)
    return None if other is None else f"has an unknown part {other[:40]!r}; it may have {', '.join(may)}"


def _type(entry: Mapping[str, Any]) -> Fault:
    layout = entry.get("layout", "raw")
    if isinstance(layout, bool) or layout not in ("raw", "text", *LAYOUTS):
        return (f"has the layout {_shown(layout)}; it must be raw, text or a type of the standard "
                f"({', '.join(map(str, LAYOUTS))})")
    if not isinstance(entry.get("restores", False), bool):
        return f"has restores {_shown(entry['restores'])}; it must be true or false"
    if entry.get("restores") and layout not in RESTORABLE:
        return f"restores, so its layout must be one of {', '.join(map(str, RESTORABLE))}"
    return _only(entry, "layout", "restores")


def _command(entry: Mapping[str, Any]) -> Fault:
    if entry.get("meaning", "data") not in ("data", "heartbeat"):
        return f"means {_shown(entry['meaning'])}; it must be data or heartbeat"
    return _only(entry, "meaning")


def _analog(value: Any, day: dt.date) -> Fault:
    if not isinstance(value, Mapping) or len(value) > _MOST_ENTRIES:
        return f"must be an object by analog type, of at most {_MOST_ENTRIES} entries"
    metrics = {entry["code"] for entry in rules().value("metrics.catalogue", day)}
    for key, entry in value.items():
        numbers = key.split("/")
        if len(numbers) > 2 or not all(_NUMBER.fullmatch(one) and int(one) <= 255 for one in numbers):
            return f'has the entry {key[:40]!r}; say "9" for analog type 9, or "17/9" for that of component type 17'
        found = _scale(entry, metrics) if isinstance(entry, Mapping) else 'must be an object such as {"factor": 0.01}'
        if found:
            return f"{key} {found}"
    return None


def _scale(entry: Mapping[str, Any], metrics: set[str]) -> Fault:
    if "metric" in entry and entry["metric"] not in metrics:
        return f"names the metric {_shown(entry['metric'])}; the metrics are {', '.join(sorted(metrics))}"
    factor = entry.get("factor", 1)
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not math.isfinite(factor) or factor == 0:
        return f"has the factor {_shown(factor)}; it must be a number other than 0"
    if "unit" in entry and not (isinstance(entry["unit"], str) and len(entry["unit"]) <= 20):
        return f"has the unit {_shown(entry['unit'])}; it must be a text of at most 20 characters"
    return _names(entry) or _only(entry, "metric", "factor", "unit")


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


_CHECKS: Final[Mapping[str, Callable[[Any, dt.date], Fault]]] = {
    "profile": _profile, "address": _address, "peer": _peer, "listener": _port,
    **{key: _choice(words) for key, words in CHOICES.items()},
    **dict.fromkeys(_FLAGS, _flag),
    "time_request": _types_listed,
    "types": _table(9, 254, _type), "commands": _table(7, 255, _command),
    "systems": _table(2, 255, _only), "components": _table(2, 255, _only), "analog": _analog,
}
#: The settings there are.
NAMES: Final = tuple(_CHECKS)
