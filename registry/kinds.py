"""The kinds of units, devices and inspections as policy has them on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from types import MappingProxyType

from policy import PolicyError, RuleBook, rules


@dataclass(frozen=True)
class Kind:
    """One kind: its code, its names, and what is usual for it (all False where policy says nothing)."""

    code: str
    zh: str
    en: str
    crowded_typical: bool = False
    sleeping_typical: bool = False
    public_typical: bool = False

    def label(self, language: str) -> str:
        return self.zh if language.startswith("zh") else self.en


def unit_kinds(day: dt.date) -> Mapping[str, Kind]:
    """Kinds of units by code, in the order of policy."""
    return _kinds("kinds.units", day)


def device_kinds(day: dt.date) -> Mapping[str, Kind]:
    """Kinds of devices by code, in the order of policy."""
    return _kinds("kinds.devices", day)


def inspection_kinds(day: dt.date) -> Mapping[str, Kind]:
    """Kinds of inspections (检查形式) by code, in the order of policy."""
    return _kinds("kinds.inspections", day)


def _kinds(rule: str, day: dt.date) -> Mapping[str, Kind]:
    return _listed(rules(), rule, day)


@lru_cache(maxsize=64)
def _listed(book: RuleBook, rule: str, day: dt.date) -> Mapping[str, Kind]:
    # What a local policy says beyond these facts is for whoever put it there.
    known = {field.name for field in fields(Kind)}
    try:
        listed = [Kind(**{name: fact for name, fact in entry.items() if name in known})
                  for entry in book.value(rule, day)]
    except (TypeError, AttributeError):
        raise PolicyError(f"the rule {rule} must be a list of kinds, each with code, zh and en") from None
    return MappingProxyType({kind.code: kind for kind in listed})
