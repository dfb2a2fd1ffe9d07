"""Reads the fields of forms: each mistake is one sentence, each text is bounded."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from casework.errors import CaseworkError
from policy.clocks import SHANGHAI

LONGEST_NOTE = 4000
LONGEST_WORD = 200
MOST_ENTRIES = 500


def moment(value: Any, name: str) -> dt.datetime:
    """A moment in UTC; text without a time zone is Asia/Shanghai."""
    found = value
    if isinstance(value, str) and len(value) <= 40:
        try:
            found = dt.datetime.fromisoformat(value)
        except ValueError:
            found = None
        if found is not None and re.fullmatch(r"[0-9W-]+", value):
            found = None
    if not isinstance(found, dt.datetime):
        raise CaseworkError(f"{name} must be a moment such as 2026-03-01T09:30, not {_shown(value)}",
                            zh=f"{name} 应为时间，如 2026-03-01T09:30，而不是 {_shown(value)}")
    try:
        return (found if found.tzinfo else found.replace(tzinfo=SHANGHAI)).astimezone(dt.UTC)
    except OverflowError:
        raise CaseworkError(f"{name} is outside the years that can be reckoned with: {_shown(value)}",
                            zh=f"{name} 超出可计算的年份：{_shown(value)}") from None


def day(value: Any, name: str) -> dt.date:
    """A day such as 2026-03-01."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            return dt.date.fromisoformat(value)
    except ValueError:
        pass
    raise CaseworkError(f"{name} must be a day such as 2026-03-01, not {_shown(value)}",
                        zh=f"{name} 应为日期，如 2026-03-01，而不是 {_shown(value)}")


def optional_day(value: Any, name: str) -> dt.date | None:
    return None if value in (None, "") else day(value, name)


def word(value: Any, name: str, longest: int = LONGEST_WORD) -> str:
    """Text that must be there, on one line, of at most ``longest`` characters."""
    if not isinstance(value, str) or not value.strip():
        raise CaseworkError(f"{name} is missing", zh=f"缺少 {name}")
    if len(value) > longest or not value.isprintable():
        raise CaseworkError(f"{name} must be one line of at most {longest} characters",
                            zh=f"{name} 应为一行文字，最多 {longest} 个字")
    return value.strip()


def note(value: Any, name: str = "note") -> str | None:
    """Free text of at most ``LONGEST_NOTE`` characters, or nothing."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > LONGEST_NOTE or re.search("[\x00\ud800-\udfff]", value):
        raise CaseworkError(f"{name} must be text of at most {LONGEST_NOTE} characters",
                            zh=f"{name} 应为文字，最多 {LONGEST_NOTE} 个字")
    return value.strip() or None


def reason(value: Any) -> str:
    """Why a person changed something: asked for wherever a plan is changed, since the change stays on record."""
    found = note(value, "the reason")
    if not found or len(found) > LONGEST_WORD * 5:
        raise CaseworkError(f"say the reason, in at most {LONGEST_WORD * 5} characters",
                            zh=f"请填写原因，最多 {LONGEST_WORD * 5} 个字")
    return found


def chosen(value: Any, name: str, codes: list[str]) -> str:
    """One of ``codes``."""
    if value not in codes:
        raise CaseworkError(f"{name} must be one of {', '.join(codes)}, not {_shown(value)}",
                            zh=f"{name} 应为 {'、'.join(codes)} 之一，而不是 {_shown(value)}")
    return str(value)


def mapping(data: Any, what: str, kind: type[Any]) -> dict[str, Any]:
    """A table of fields that ``kind`` has, and no others."""
    if not isinstance(data, Mapping):
        raise CaseworkError(f"{what} must be a table of fields", zh=f"{what} 应为字段表")
    known = {field.name for field in fields(kind)}
    for name in data:
        if name not in known:
            raise CaseworkError(f"{what} has no field {_shown(name)}: it has {', '.join(sorted(known))}",
                                zh=f"{what} 没有字段 {_shown(name)}，可用的有：{'、'.join(sorted(known))}")
    return dict(data)


def entries(form: Mapping[str, Any], name: str) -> list[Any]:
    """A bounded list, empty where it is left out."""
    value = form.get(name)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise CaseworkError(f"{name} must be a list", zh=f"{name} 应为列表")
    if len(value) > MOST_ENTRIES:
        raise CaseworkError(f"{name} has {len(value)} entries, at most {MOST_ENTRIES} are taken",
                            zh=f"{name} 有 {len(value)} 项，最多 {MOST_ENTRIES} 项")
    return list(value)


def number(value: Any, name: str) -> int:
    """The number of a hazard on record."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**62:
        raise CaseworkError(f"{name} must hold numbers of hazards, not {_shown(value)}",
                            zh=f"{name} 应为隐患编号，而不是 {_shown(value)}")
    return value


def flag(value: Any, name: str) -> bool:
    """True or false, and nothing like it."""
    if not isinstance(value, bool):
        raise CaseworkError(f"{name} must be true or false", zh=f"{name} 应为 true 或 false")
    return value


def measure(value: Any, name: str, most: float = 1e9) -> float | None:
    """A number from 0 to ``most``, or nothing; text of a number is one."""
    if value is None or value == "":
        return None
    try:
        found = None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        found = None
    if found is None or not 0 <= found <= most:
        raise CaseworkError(f"{name} must be a number from 0 to {most:g}, not {_shown(value)}",
                            zh=f"{name} 应为 0 至 {most:g} 的数字，而不是 {_shown(value)}")
    return found


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
