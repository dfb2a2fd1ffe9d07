"""Dated rules read from YAML: a name, a unit, and values that each hold from a day on.

A file under ``policy/rules/`` reads::

    inspection.officers_min:
      zh: 检查人员最少人数
      en: fewest officers at an inspection
      unit: persons
      values:
        - valid_from: 2009-05-01
          value: 2
          source: 消防监督检查规定
          article: Art. 14
          tag: V2

``tag`` says how sure the value is: V read in the primary text, V2 read in a secondary copy, C read in public code,
D derived, M from memory, P proposed by this project. M and P need a check before they are relied on in law.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from store.errors import HuoyanError

try:
    # Ten times as quick as the one in Python, which every process would wait two seconds for.
    from yaml import CSafeLoader as _Loader
except ImportError:  # a PyYAML without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

TAGS = ("V", "V2", "C", "D", "M", "P")
_FOLDER = Path(__file__).with_name("rules")


class PolicyError(HuoyanError):
    """A rule is missing, has no value on the day asked for, or its file is malformed."""

    status = 500


class NotYet(PolicyError):
    """A rule has no value yet on the day asked for: such a day comes from whoever asks, so it is theirs to mend."""

    status = 422


@dataclass(frozen=True)
class Rule:
    """One rule's value as it holds on a day."""

    name: str
    zh: str
    en: str
    unit: str
    value: Any
    valid_from: dt.date
    source: str
    article: str
    tag: str


class RuleBook:
    """All rules of one set of folders; later folders are laid over earlier ones, rule by rule."""

    def __init__(self, *folders: Path) -> None:
        self._rules: dict[str, list[Rule]] = {}
        for folder in folders:
            for path in sorted(folder.glob("*.yaml")):
                self._read(path)

    def rule(self, name: str, day: dt.date) -> Rule:
        """The rule ``name`` as it holds on ``day``; :class:`NotYet` where it has no value yet."""
        versions = self._rules.get(name)
        if versions is None:
            raise PolicyError(f"there is no rule named {name}: see policy/rules/")
        for rule in reversed(versions):
            if rule.valid_from <= day:
                return rule
        first = versions[0].valid_from
        raise NotYet(f"the rule {name} has no value on {day}, its first holds from {first}: check the date",
                     zh=f"{day} 尚无适用的规定（{name} 自 {first} 起有值），请核对日期")

    def value(self, name: str, day: dt.date) -> Any:
        """The value of the rule ``name`` on ``day``."""
        return self.rule(name, day).value

    def on(self, day: dt.date, prefix: str = "") -> list[Rule]:
        """Every rule that holds on ``day`` and whose name starts with ``prefix``, by name."""
        return [self.rule(name, day) for name in sorted(self._rules)
                if name.startswith(prefix) and self._rules[name][0].valid_from <= day]

    def version(self, day: dt.date) -> str:
        """Sixteen hex digits that change whenever any value that holds on ``day`` does."""
        held = {rule.name: rule.value for rule in self.on(day)}
        text = json.dumps(held, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __contains__(self, name: object) -> bool:
        return name in self._rules

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._rules))

    def _read(self, path: Path) -> None:
        try:
            entries = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader) or {}
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            raise PolicyError(f"{path.name} can't be read as YAML: {' '.join(str(error).split())}") from None
        if not isinstance(entries, dict):
            raise PolicyError(f"{path.name} must be a table of rules by name")
        for name, entry in entries.items():
            try:
                versions = [_rule(str(name), entry, version) for version in entry["values"]]
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise PolicyError(f"{path.name}: the rule {name} is malformed: {error}") from None
            if not versions:
                raise PolicyError(f"{path.name}: the rule {name} has no values")
            self._rules[str(name)] = sorted(versions, key=lambda rule: rule.valid_from)


def _rule(name: str, entry: dict[str, Any], version: dict[str, Any]) -> Rule:
    if not isinstance(version["valid_from"], dt.date):
        raise ValueError("valid_from must be a date such as 2024-01-31")
    if version["tag"] not in TAGS:
        raise ValueError(f"tag must be one of {', '.join(TAGS)}")
    return Rule(name, entry["zh"], entry["en"], entry.get("unit", ""), version["value"], version["valid_from"],
                version["source"], version.get("article", ""), version["tag"])


@lru_cache(maxsize=8)
def _book(extra: str) -> RuleBook:
    folders = [_FOLDER]
    if extra:
        folder = Path(extra)
        if not folder.is_dir():
            raise PolicyError(f"HUOYAN_POLICY_DIR names {extra}, which is not a folder")
        folders.append(folder)
    return RuleBook(*folders)


def rules() -> RuleBook:
    """The rules shipped with the program, with those of the folder ``HUOYAN_POLICY_DIR`` laid over them."""
    return _book(os.environ.get("HUOYAN_POLICY_DIR", ""))
