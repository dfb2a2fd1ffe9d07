"""What was found at visits, as a map says it: the part ``findings``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from casework.history.fields import Spec, spec
from casework.history.keys import MapError, choice, pairs, pattern, table, text, texts
from casework.history.moments import MomentSpec, moment_spec
from casework.history.nouns import check_words

SEVERITIES = ("critical", "serious", "minor")
NONE = "none"
"""A severity of nothing: the item does not count as found."""
HANDLINGS = ("corrected_on_spot", "ordered", "recorded")


@dataclass(frozen=True)
class Wide:
    """One column for each item: the columns by name or by a pattern of their names, and what a hit looks like."""

    names: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    found: frozenset[str] | None = None


@dataclass(frozen=True)
class Findings:
    """What was found at visits: items, one item a row, a column for each item, or counts by severity."""

    item: Spec | None = None
    items: Spec | None = None
    element: Spec | None = None
    separator: str | None = None
    find: re.Pattern[str] | None = None
    unmatched: str = "reject"
    counts: Mapping[str, Spec] = field(default_factory=dict)
    wide: Wide | None = None
    prefix: str = ""
    severity: Spec | None = None
    severity_of: str = "code"
    names: Mapping[str, str] = field(default_factory=dict)
    name: Spec | None = None
    is_major: Spec | None = None
    handling: Spec | None = None
    note: Spec | None = None
    due_on: MomentSpec | None = None
    corrected_on: MomentSpec | None = None


def findings(raw: Any, per: str) -> Findings:
    """Check the part ``findings`` of a map that has one row for each ``per``."""
    entry = table("findings", raw, ("item", "items", "counts", "wide", "prefix", "severity", "names", "name",
                                    "is_major", "handling", "note", "due_on", "corrected_on"))
    given = [name for name in ("item", "items", "counts", "wide") if name in entry]
    if len(given) != 1:
        raise MapError("findings needs exactly one of item (a row for each violation), items (a list in a cell), wide "
                       "(a column for each item) and counts")
    if (given[0] == "item") != (per == "violation"):
        raise MapError(f"findings.{given[0]} belongs to rows: {'violation' if given[0] == 'item' else 'visit'}, and "
                       f"this map says rows: {per}")
    if "severity" not in entry and given[0] != "counts":
        raise MapError("findings.severity is missing: it says how grave an item is")
    severity, of = _severity(entry.get("severity")) if "severity" in entry else (None, "code")
    items = entry.get("items")
    extra = ("separator", "find", "unmatched")
    list_spec, element = _list(items, extra) if items is not None else (None, None)
    listed = items if isinstance(items, dict) else {}
    one = {name: spec(f"findings.{name}", entry[name]) for name in ("item", "name", "is_major", "handling", "note")
           if name in entry}
    if "handling" in one:
        check_words(one["handling"], HANDLINGS)
    counts = entry.get("counts", {})
    return Findings(
        one.get("item"), list_spec, element,
        text("findings.items.separator", listed["separator"]) if "separator" in listed else None,
        pattern("findings.items.find", listed["find"]) if "find" in listed else None,
        choice("findings.items.unmatched", listed.get("unmatched", "reject"), ("reject", "ignore")),
        {word: spec(f"findings.counts.{word}", value)
         for word, value in table("findings.counts", counts, SEVERITIES).items()},
        _wide(entry["wide"]) if "wide" in entry else None,
        text("findings.prefix", entry.get("prefix", ""), empty=True), severity, of,
        dict(pairs("findings.names", entry.get("names", {}))), one.get("name"), one.get("is_major"),
        one.get("handling"), one.get("note"),
        moment_spec("findings.due_on", entry["due_on"]) if "due_on" in entry else None,
        moment_spec("findings.corrected_on", entry["corrected_on"]) if "corrected_on" in entry else None)


def _severity(raw: Any) -> tuple[Spec, str]:
    one = spec("findings.severity", raw, extra=("of",), sourceless=True)
    check_words(one, (*SEVERITIES, NONE))
    of = raw.get("of", "code") if isinstance(raw, dict) else "code"
    return one, choice("findings.severity.of", of, ("code", "element"))


def _list(raw: Any, extra: tuple[str, ...]) -> tuple[Spec, Spec]:
    """The cell that holds the list, and what is made of each of its elements."""
    whole_spec = spec("findings.items", raw, extra=extra)
    cell = Spec("findings.items", whole_spec.columns, whole_spec.constant, whole_spec.template, whole_spec.missing)
    element = {name: value for name, value in (raw.items() if isinstance(raw, dict) else ())
               if name in ("pattern", "case", "replace", "map", "contains", "patterns", "ranges", "default", "cut",
                           "missing")}
    return cell, spec("findings.items", element, sourceless=True)


def _wide(raw: Any) -> Wide:
    entry = table("findings.wide", raw, ("columns", "found"))
    columns = entry.get("columns")
    by_name = isinstance(columns, list)
    if not columns:
        raise MapError("findings.wide.columns is missing: a list of columns, or a regular expression for their names")
    return Wide(tuple(texts("findings.wide.columns", columns)) if by_name else (),
                None if by_name else pattern("findings.wide.columns", columns),
                frozenset(word.strip().casefold() for word in texts("findings.wide.found", entry["found"]))
                if "found" in entry else None)
