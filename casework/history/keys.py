"""What may stand under a key of the map: tables, texts, words of a list, numbers, patterns; a refusal names the key."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Sequence
from typing import Any

from casework.errors import CaseworkError
from registry.cells import shown

_LONGEST_PATTERN = 500


class MapError(CaseworkError):
    """The map can't be used: the sentence names the key and what it may say."""


def table(key: str, raw: Any, known: Sequence[str]) -> dict[str, Any]:
    """A table of the map whose every key is one of ``known``."""
    if not isinstance(raw, dict):
        raise MapError(f"{key} must be a table of keys, not {reprlib.repr(raw)}")
    for name in raw:
        if name not in known:
            raise MapError(f"{key} has the key {shown(name)!r}: it may have {', '.join(known)}")
    return raw


def text(key: str, raw: Any, *, empty: bool = False) -> str:
    if not isinstance(raw, str) or (not raw and not empty):
        raise MapError(f"{key} must be text, not {reprlib.repr(raw)}")
    return raw


def texts(key: str, raw: Any) -> list[str]:
    found = [raw] if isinstance(raw, str) else raw
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise MapError(f"{key} must be a text or a list of texts, not {reprlib.repr(raw)}")
    return found


def pairs(key: str, raw: Any, *, bare: bool = False) -> list[tuple[str, str]]:
    """A table from text to text; with ``bare`` blanks at either end are meant."""
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        raise MapError(f"{key} must be a table from text to text")
    return [(word, value) if bare else (word.strip(), value.strip()) for word, value in raw.items()]


def choice(key: str, raw: Any, words: Sequence[str]) -> str:
    if raw not in words:
        raise MapError(f"{key} must be one of {', '.join(words)}, not {reprlib.repr(raw)}")
    return str(raw)


def whole(key: str, raw: Any, least: int, most: int) -> int:
    if not isinstance(raw, str) or not re.fullmatch(r"[0-9]{1,9}", raw) or not least <= int(raw) <= most:
        raise MapError(f"{key} must be a whole number from {least} to {most}, not {reprlib.repr(raw)}")
    return int(raw)


def pattern(key: str, raw: Any) -> re.Pattern[str]:
    """A regular expression with at most one group, which is then what counts."""
    words = text(key, raw)
    if len(words) > _LONGEST_PATTERN:
        raise MapError(f"{key} has {len(words)} characters: a pattern has at most {_LONGEST_PATTERN}")
    try:
        found = re.compile(words)
    except (re.error, OverflowError, RecursionError) as error:
        raise MapError(f"{key} is not a regular expression: {error}") from None
    return found
