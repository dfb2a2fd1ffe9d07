"""The saved query of a campaign: which units of the register are its targets, in structured form and never as SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from registry.areas import subtree
from sampling.errors import DrawError
from sampling.parameters import CLASSES
from store import Queries
from store.database import Connection

q = Queries(__file__)

_MOST_WORDS = 20_000
_LONGEST = 64


@dataclass(frozen=True)
class Selection:
    """What a unit must be; what is left out does not matter, and all that is said must hold.

    ``areas`` with all beneath them; ``items``: it had a hazard of one of these in the last ``item_days`` days;
    ``not_visited_since``: no finished visit on that day or later; ``alarms`` cases of alarm in ``alarm_days`` days, by
    the roll-ups; ``findings``: off-site findings that are open or were found true; ``unit_nos``: just these units.
    """

    areas: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    is_key: bool | None = None
    is_crowded: bool | None = None
    is_high_hazard: bool | None = None
    sleeping: bool | None = None
    dangerous_goods: bool | None = None
    floor_area_from: float | None = None
    floor_area_to: float | None = None
    height_from: float | None = None
    storeys_from: float | None = None
    occupants_from: float | None = None
    built_before: int | None = None
    not_visited_since: dt.date | None = None
    open_hazards: bool | None = None
    items: tuple[str, ...] = ()
    item_days: int = 365
    alarms: int | None = None
    alarm_days: int = 90
    findings: bool | None = None
    has_devices: bool | None = None
    unit_nos: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: Any) -> Selection:
        """A selection from plain JSON; the first thing that can't be used is named."""
        if not isinstance(data, Mapping):
            raise SelectionError("the selection must be a table of fields")
        made: dict[str, Any] = {}
        known = {field.name: str(field.type) for field in fields(cls)}
        for name, value in data.items():
            if name not in known:
                raise SelectionError(f"the selection has no field {str(name)[:40]!r}: it has {', '.join(known)}")
            if value not in (None, "", [], ()):
                made[name] = _read(name, known[name], value)
        for c in made.get("classes", ()):
            if c not in CLASSES:
                raise SelectionError(f"classes must be among {', '.join(CLASSES)}, not {c[:20]!r}")
        return cls(**made)

    def as_json(self) -> dict[str, Any]:
        """What is said, and nothing that is left out."""
        told = {name: value for name, value in asdict(self).items() if value not in (None, ())}
        for name, of in (("item_days", "items"), ("alarm_days", "alarms")):
            if of not in told:
                told.pop(name)
        return {name: list(value) if isinstance(value, tuple) else value.isoformat() if isinstance(value, dt.date)
                else value for name, value in told.items()}

    def units(self, connection: Connection, day: dt.date, as_of: dt.date | None,
              areas: Collection[str] | None = None) -> list[int]:
        """The active units that it holds of on ``day``, within ``areas``."""
        within = None if areas is None else set(areas)
        if self.areas:
            wanted = set(subtree(connection, self.areas))
            within = wanted if within is None else within & wanted
        asked = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        rows = connection.execute(q["units"], {
            **asked, "areas": None if within is None else sorted(within), "as_of": as_of,
            "items_from": day - dt.timedelta(days=self.item_days),
            "alarms_from": day - dt.timedelta(days=self.alarm_days), "day": day})
        return [row["unit_id"] for row in rows]


class SelectionError(DrawError):
    """A selection that can't be used."""

    status = 422


def _read(name: str, form: str, value: Any) -> Any:
    if form.startswith("tuple"):
        return _words(name, value)
    if form.startswith("bool"):
        if value in (True, "true", "yes"):
            return True
        if value in (False, "false", "no"):
            return False
        raise SelectionError(f"{name} must be true or false")
    if form.startswith("dt.date"):
        try:
            return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
        except ValueError:
            raise SelectionError(f"{name} must be a day such as 2026-03-01") from None
    return _number(name, form, value)


def _words(name: str, value: Any) -> tuple[str, ...]:
    words = value.replace("，", ",").replace("\n", ",").split(",") if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or len(words) > _MOST_WORDS:
        raise SelectionError(f"{name} must be a list of at most {_MOST_WORDS} words")
    found = [word.strip() for word in words if isinstance(word, str) and word.strip()]
    if len(found) < len([word for word in words if word != "" and word is not None and str(word).strip()]) or any(
            len(word) > _LONGEST or not word.isprintable() for word in found):
        raise SelectionError(f"{name} must be words of at most {_LONGEST} characters")
    return tuple(sorted(set(found)))


def _number(name: str, form: str, value: Any) -> int | float:
    try:
        number = float(value) if not isinstance(value, bool) else -1.0
    except (TypeError, ValueError):
        number = -1.0
    most = 3660 if name.endswith("_days") else 1e8
    if not 0 <= number <= most:
        raise SelectionError(f"{name} must be a number from 0 to {most:g}")
    if not form.startswith("float") and number != int(number):
        raise SelectionError(f"{name} must be a whole number")
    return number if form.startswith("float") else int(number)
