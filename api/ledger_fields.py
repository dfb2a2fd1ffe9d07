"""What the forms of ledgers ask for, and how what was typed becomes what REST would send."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from api.viewer import LEADS, STAFF, Role, Viewer
from policy import rules
from store import Database

Kind = Literal["text", "long", "day", "moment", "number", "choice", "rule", "area", "lines", "officers", "tick",
               "points"]
#: A meeting with its minutes, as its fields are called in forms of ledgers.
_MEETING = ("held_at", "members", "agreed", "minutes_uri", "minutes_sha256")


@dataclass(frozen=True)
class Field:
    """One field: ``choices`` are codes with words of their own, ``rule`` a vocabulary of policy."""

    name: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    rule: str = ""
    needed: bool = True


@dataclass(frozen=True)
class Act:
    """A form of a ledger: ``new`` enters a row, any other takes one a step on."""

    key: str
    fields: tuple[Field, ...]
    take: Callable[[Database, Viewer, dict[str, Any], dt.datetime], Any]
    roles: tuple[Role, ...] = STAFF


@dataclass(frozen=True)
class Column:
    """One column of a ledger: ``name`` is a key of the row."""

    name: str
    kind: Literal["text", "unit", "day", "moment", "choice", "rule", "list", "number", "share", "flag", "link"] = "text"
    rule: str = ""
    path: str = ""
    words: str = "ledger.choice"


@dataclass(frozen=True)
class Ledger:
    """A page with a list and its forms; ``read`` gives ``rows``, ``next`` and what else is told as ``facts``."""

    key: str
    json: str
    columns: tuple[Column, ...]
    read: Callable[[Database, Viewer, int | str | None, dt.datetime], dict[str, Any]]
    acts: tuple[Act, ...] = ()
    roles: tuple[Role, ...] = STAFF


def leads(key: str, fields: tuple[Field, ...],
          take: Callable[[Database, Viewer, dict[str, Any], dt.datetime], Any]) -> Act:
    """A form of administrators and brigades."""
    return Act(key, fields, take, LEADS)


def vocabulary(rule: str, day: dt.date) -> list[dict[str, Any]]:
    """The codes of a rule with their words; a vocabulary by lists is taken together."""
    held = rules().value(rule, day)
    if isinstance(held, dict):
        found = [one for part in held.values() if isinstance(part, Sequence) for one in part]
        return found or [{"code": code, **one} for code, one in held.items()]
    return list(held)


def typed(fields: Sequence[Field], form: Any, day: dt.date) -> dict[str, Any]:
    """What REST would send, from the pairs of a posted form; a field left empty is null."""
    texts = {name: value.strip()[:4000] for name, value in form.multi_items() if isinstance(value, str)}
    found = {field.name: _value(field, texts, day) for field in fields}
    if "minutes_uri" in found and "held_at" in found and "members" in found:
        meeting = {name: found.pop(name) for name in _MEETING}
        found["collective"] = meeting if meeting["minutes_uri"] else None
    if "photo_uri" in found:
        where, digest = found.pop("photo_uri"), found.pop("photo_sha256")
        found["evidence"] = [{"kind": "photo", "uri": where, "sha256": digest}] if where or digest else []
    return found


def _value(field: Field, texts: dict[str, str], day: dt.date) -> Any:
    text = texts.get(field.name, "")
    if field.kind == "tick":
        return text == "true"
    if field.kind == "points":
        return {one["code"]: {"true": True, "false": False}.get(texts.get(f"{field.name}.{one['code']}", ""))
                for one in rules().value("governance.checklists", day)[field.rule]["points"]}
    if field.kind in ("lines", "officers"):
        between = r"[\n,，;；、\s]+" if field.kind == "officers" else r"[\n,，;；、]+"
        return [one.strip() for one in re.split(between, text) if one.strip()]
    if field.kind == "choice" and set(field.choices) == {"true", "false"}:
        return {"true": True, "false": False}.get(text)
    return text or None
