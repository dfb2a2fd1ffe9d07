"""Check a draw bundle: ``python verify.py FILE [--commitment HEX] [--chain FILE...]``.

This one file needs only the Python standard library and nothing else of Huoyan, so that a stranger can read it, copy it
and run it. It is a second implementation of ``docs/draw-protocol.md``: it derives everything again from the frame and
the entropy (quotas, sizes, probabilities, commitment, seed, tickets, selection, officers, hashes) and compares.

Exit status: 0 everything agrees; 1 something does not, and the first such thing is named; 2 not a bundle at all.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import os
import re
import sys
from collections import deque
from itertools import pairwise
from operator import mul
from pathlib import Path
from typing import Any, NoReturn

Row = dict[str, Any]

PROTOCOL = "huoyan-draw/1"
CLASSES = ("A", "B", "C", "D")
GROUPS = ("duty", "key", "general")
TURNS = ("duty", "duty-again", "key", "key-again", "general", "general-again")
ARMS = ("duty", "random", "targeted")
# A city of half a million units has a bundle of this size; signs are counted before anything is made of them.
MOST_BYTES = 190_000_000
MOST_SIGNS = {b"{": 2_500_000, b"[": 1_000_000, b",": 12_000_000}
MOST_WORK = 400_000_000
TUNED_TO = 24
PARTS = 16
_HEX = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ", re.ASCII)
_SOURCES: dict[str, Row] = {"chain": {"source": "text", "year": "whole", "anchor": "hex", "index": "whole"},
                            "witness": {"source": "text"},
                            "beacon": {"source": "text", "network": "text", "round": "whole"}}

class NotABundle(Exception):
    """The file is no bundle of this protocol: nothing can be checked."""


class Mismatch(Exception):
    """The first thing that does not agree."""


def fail(text: str) -> NoReturn:
    raise Mismatch(text)


# Canonical JSON (RFC 8785) ------------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    out: list[str] = []
    _write(value, out)
    try:
        return "".join(out).encode()
    except UnicodeEncodeError:
        raise NotABundle("a text in the file is not valid Unicode") from None


def _write(value: Any, out: list[str]) -> None:
    if value is None or isinstance(value, bool):
        out.append("null" if value is None else "true" if value else "false")
    elif isinstance(value, str):
        out.append(json.dumps(value, ensure_ascii=False))
    elif isinstance(value, int | float):
        out.append(number(value))
    elif isinstance(value, list):
        out.append("[")
        for n, item in enumerate(value):
            if n:
                out.append(",")
            _write(item, out)
        out.append("]")
    else:
        out.append("{")
        # RFC 8785 sorts by UTF-16 code units; surrogatepass so that a broken text is reported, not raised.
        for n, key in enumerate(sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))):
            if n:
                out.append(",")
            out.append(json.dumps(key, ensure_ascii=False) + ":")
            _write(value[key], out)
        out.append("}")


def number(value: float) -> str:
    """A number as ECMAScript writes it: shortest digits that read back the same."""
    if isinstance(value, int):
        if abs(value) > 2**53:
            raise NotABundle("a whole number in the file is larger than 2**53")
        return str(value)
    if not math.isfinite(value):
        raise NotABundle("a number in the file is larger than any double")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    raw = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(raw)
    digits = raw.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    power = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + power


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    return sha(canonical(value))


# Reading what may be anything ---------------------------------------------------------------------------------------


def read(data: bytes) -> Row:
    if len(data) > MOST_BYTES:
        raise NotABundle(f"the file has {len(data)} bytes, more than the {MOST_BYTES} that a bundle may have")
    if any(data.count(sign) > most for sign, most in MOST_SIGNS.items()):
        raise NotABundle("the file holds more values than a bundle may have")
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant,
                           parse_int=_whole)
    except UnicodeDecodeError:
        raise NotABundle("the file is not UTF-8 text") from None
    except RecursionError:
        raise NotABundle("the file is nested too deeply to be a bundle") from None
    except ValueError as error:
        raise NotABundle(f"the file is not JSON: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(value, dict) or value.get("protocol") != PROTOCOL:
        raise NotABundle(f"the file is not a draw bundle of the protocol {PROTOCOL}")
    return value


def _object(pairs: list[tuple[str, Any]]) -> Row:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:80]!r} stands twice in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that JSON has")


def _whole(text: str) -> int | float:
    """A number without a point; one above 2**53 is a double like all numbers of JSON, and may be rounded."""
    value = int(text) if len(text) <= 17 else float(text)
    return value if abs(value) <= 2**53 else float(value)


def _is(value: Any, form: Any) -> bool:  # noqa: PLR0911  one line a form
    """Whether a value has a form: a type name, a tuple of them, a dict of fields, or a one-element list of rows."""
    if isinstance(form, tuple):
        return any(_is(value, one) for one in form)
    if form == "text":
        return isinstance(value, str) and 0 < len(value) <= 2000 and _unicode(value)
    if form == "whole":
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2**53
    if form == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    if form == "ratio":
        # A quotient of doubles, such as a key or odds: no bound but that it is one.
        return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= sys.float_info.max
    if form == "flag":
        return isinstance(value, bool)
    if form == "hex":
        return isinstance(value, str) and bool(_HEX.fullmatch(value))
    if form == "day":
        return (isinstance(value, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII))
                and _day(value) is not None)
    if form == "object":
        return isinstance(value, dict)
    return form is None and value is None


def _unicode(text: str) -> bool:
    """Whether a text has no half of a surrogate pair: JSON can write one, UTF-8 can't."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def shape(value: Any, form: Any, where: str) -> None:
    """Refuse a value whose shape is not that of the protocol, saying where."""
    if isinstance(form, dict):
        if not isinstance(value, dict):
            raise NotABundle(f"{where} is not an object")
        for key in form:
            if key not in value:
                raise NotABundle(f"{where} lacks {key}")
            shape(value[key], form[key], f"{where}.{key}" if where else key)
        for key in value:
            if key not in form:
                raise NotABundle(f"{where or 'the bundle'} has a field {key[:80]!r} that the protocol does not know")
    elif isinstance(form, list):
        if not isinstance(value, list):
            raise NotABundle(f"{where} is not a list")
        for n, item in enumerate(value):
            shape(item, form[0], f"{where}[{n}]")
    elif not _is(value, form):
        raise NotABundle(f"{where} has no usable value")


_CLASSED = dict.fromkeys(CLASSES, "number")
_DRAWN = {"unit_no": "text", "arm": "text", "stratum": "text", "ticket": "whole", "key": ("ratio", None),
          "also": ["text"], "probability": "number"}
FORM = {
    "protocol": "text", "commitment": "hex", "entropy": ["object"], "seed": "hex", "result_digest": "hex",
    "record_hash": "hex",
    "frame": {
        "protocol": "text", "draw_no": "text", "draw_date": "day", "sequence": "whole", "previous": "hex",
        "frozen_at": "text", "entropy": ["object"], "scores_as_of": ("day", None),
        "policy": {"version": "text", "parameters": {
            "ratio": dict.fromkeys(GROUPS, _CLASSED), "total": dict.fromkeys(GROUPS, "number"), "cap": _CLASSED,
            "exclusion_days": _CLASSED, "bodies": {"key": ["text"], "general": ["text"]}, "counted_kinds": ["text"],
            "planned_open_days": "whole", "buffer_days": "whole", "stretch": "number", "floor_share": "number",
            "again_factor": "number", "class_without_score": "text", "weight_duty": _CLASSED,
            "weight_targeted": _CLASSED, "score_band": "number", "precision": "number", "entropy": ["text"],
            "tau": dict.fromkeys(("start", "floor", "ceiling", "full_lift", "min_results", "top_share"), "number")}},
        "days": {"left": "whole", "year": "whole", "spread": "whole"},
        "tau": {"earned": "number", "value": "number", "lift": ("object", None)},
        "precision": {"units": "whole", "needed": "number", "stretch": "ratio"},
        "quotas": [{"group": "text", "risk_class": "text", "units": "whole", "visited": "whole", "eligible": "whole",
                    "ratio": "number", "remaining": "number", "pace": "number", "first": "number", "again": "number"}],
        "areas": [{"area": "text", "parent": ("text", None)}],
        "desks": [{"desk": "text", "kind": "text", "covers": ["text"], "officers": "whole", "free": "whole",
                   "wanted": "ratio", "capacity": "number", "note": ("text", None)}],
        "strata": [{"stratum": "text", "desk": "text", "arm": "text", "group": "text", "expected": "number",
                    "steps": [{"weight": "number", "units": "whole", "low": "number", "high": "number",
                               "odds_low": "ratio", "odds_high": "ratio", "p": "number"}]}],
        "units": [{"unit_no": "text", "area": "text", "stratum": "text", "key": "flag", "crowded": "flag",
                   "class": "text", "score": ("number", None), "visits": "whole", "last": ("day", None),
                   "excluded": ("object", None), "p_duty": "number", "p_random": "number", "p_targeted": "number",
                   "p_total": "number"}],
        "officers": [{"officer_no": "text", "body": "text", "areas": ["text"], "can_lead": "flag",
                      "certificate_valid": "flag", "load": "whole"}],
        "recusals": [["text"]],
    },
    "result": {"sizes": [{"stratum": "text", "size": "whole"}],
               "visits": [{"position": "whole", **_DRAWN, "lead": "text", "second": "text"}],
               "unassigned": [{**_DRAWN, "reason": "text"}]},
}


# The frame, derived again -------------------------------------------------------------------------------------------


class Frame:
    """A frame whose every derived number is computed again from its units, officers and rules."""

    def __init__(self, held: Row) -> None:
        self.held = held
        self.rules: Row = held["policy"]["parameters"]
        self.day = dt.date.fromisoformat(held["draw_date"])
        self.units: list[Row] = held["units"]
        self.officers: list[Row] = held["officers"]
        self.by_no = {unit["unit_no"]: unit for unit in self.units}
        self._parents = {row["area"]: row["parent"] for row in held["areas"]}
        self._lines: dict[str, set[str]] = {}
        self.strata: list[Row] = []

    def check(self) -> None:
        self._header()
        self._order("area", [row["area"] for row in self.held["areas"]])
        for row in self.held["areas"]:
            if row["parent"] is not None and row["parent"] not in self._parents:
                fail(f"area {row['area']} lies in area {row['parent']}, which the frame does not have")
        self._order("unit", [unit["unit_no"] for unit in self.units])
        self._order("officer", [officer["officer_no"] for officer in self.officers])
        for officer in self.officers:
            if officer["areas"] != sorted(officer["areas"], key=in_bytes):
                fail(f"officer {officer['officer_no']} has areas out of order")
        self._recusals()
        self._desks()
        self._each_unit()
        self._quotas()
        self._strata()
        self._probabilities()

    # -- the parts, in the order in which they are checked

    def _header(self) -> None:
        held, days = self.held, self.held["days"]
        if held["protocol"] != PROTOCOL:
            fail(f"the frame's protocol is {held['protocol']!r}, not {PROTOCOL}")
        if held["draw_no"] != f"D{self.day:%Y%m%d}":
            fail(f"the draw's number draw_no is {held['draw_no']!r}, a draw of {self.day} has D{self.day:%Y%m%d}")
        if held["sequence"] < 1:
            fail("the frame's sequence is 0: the first draw has 1")
        if (held["sequence"] == 1) != (held["previous"] == "0" * 64):
            fail(f"the frame's previous is {held['previous']} with sequence {held['sequence']}: the first draw, and no "
                 f"other, names 64 zeros")
        if not _MOMENT.fullmatch(held["frozen_at"]) or _day(held["frozen_at"][:10]) is None:
            fail(f"frozen_at is {held['frozen_at']!r}, not a moment in UTC")
        if held["scores_as_of"] is not None and held["scores_as_of"] > held["draw_date"]:
            fail(f"scores_as_of is {held['scores_as_of']}, after the day of the draw")
        gone = (self.day - dt.date(self.day.year, 1, 1)).days
        over = (dt.date(self.day.year, 12, 31) - self.day).days + 1
        if not (1 <= days["left"] <= over and 0 <= days["year"] - days["left"] <= gone):
            fail(f"days.left is {days['left']} and days.year {days['year']}: the calendar has no room for so many "
                 f"working days from {self.day}, or before it")
        self._rules()
        spread = days["left"] - min(self.rules["buffer_days"], days["left"] // 2)
        if days["spread"] != spread:
            fail(f"days.spread is {days['spread']}, {days['left']} days less the buffer are {spread}")
        self._tau()

    def _rules(self) -> None:
        rules = self.rules
        for name, table in (*((f"ratio.{g}", rules["ratio"][g]) for g in GROUPS), ("weight_duty", rules["weight_duty"]),
                            ("weight_targeted", rules["weight_targeted"]), ("cap", rules["cap"])):
            if not 0 < table["A"] <= table["B"] <= table["C"] <= table["D"]:
                fail(f"the rule {name} falls from A to D or is not above 0: a higher risk must never be drawn less")
        if any(rules["ratio"][g]["D"] > 1 or not 0 <= rules["total"][g] <= 1 for g in GROUPS):
            fail("the rules ratio or total ask for less than none or more than all units")
        if rules["ratio"]["duty"]["A"] != 1:
            fail("the rule ratio.duty is below 1: a crowded key unit is inspected every year")
        days = [rules["exclusion_days"][c] for c in CLASSES]
        if days != sorted(days, reverse=True) or not set(rules["bodies"]["key"]) <= set(rules["bodies"]["general"]):
            fail("the rule exclusion_days rises from A to D, or who may visit key units may not visit general ones")
        if rules["class_without_score"] not in CLASSES or not 1 <= rules["score_band"] <= 100:
            fail("the rules class_without_score or score_band have no usable value")
        if rules["stretch"] < 1 or not 0 < rules["again_factor"] <= 1 or rules["floor_share"] <= 0:
            fail("the rules stretch, again_factor or floor_share have no usable value")
        if not 0 < rules["precision"] < 0.5:
            fail("the rule precision has no usable value")
        for c in CLASSES:
            if not (isinstance(rules["exclusion_days"][c], int) and 0 <= rules["exclusion_days"][c] <= 365):
                fail(f"the rule exclusion_days of class {c} has no usable value")
            if not isinstance(rules["cap"][c], int):
                fail(f"the rule cap of class {c} is no whole number")

    def _tau(self) -> None:
        found, bounds, lift = self.held["tau"], self.rules["tau"], self.held["tau"]["lift"]
        if not 0 <= bounds["floor"] <= bounds["start"] <= bounds["ceiling"] < 1 or bounds["full_lift"] <= 1:
            fail("the rule tau has bounds that contradict each other")
        earned: float = bounds["start"]
        if lift is not None:
            shape(lift, {"results": "whole", "value": "number", "lower": "number"}, "frame.tau.lift")
            if not 0 <= lift["lower"] <= lift["value"]:
                fail(f"tau.lift has lower {lift['lower']} and value {lift['value']}")
            if lift["results"] >= bounds["min_results"]:
                part = min(1.0, max(0.0, (lift["lower"] - 1) / (bounds["full_lift"] - 1)))
                earned = bounds["floor"] + (bounds["ceiling"] - bounds["floor"]) * part
        if found["earned"] != earned:
            fail(f"tau.earned is {found['earned']}, the evidence in the frame gives {earned}")

    def _order(self, what: str, numbers: list[str]) -> None:
        keys = [in_bytes(text) for text in numbers]
        for n in range(1, len(keys)):
            if keys[n] <= keys[n - 1]:
                fail(f"{what} {numbers[n]} stands twice or out of order")

    def _recusals(self) -> None:
        pairs = [(in_bytes(officer), in_bytes(unit)) for officer, unit in self.held["recusals"]]
        known = {officer["officer_no"] for officer in self.officers}
        for n, (officer, unit) in enumerate(self.held["recusals"]):
            if n and pairs[n] <= pairs[n - 1]:
                fail(f"the recusal of officer {officer} from unit {unit} stands twice or out of order")
            if officer not in known or unit not in self.by_no:
                fail(f"the recusal of officer {officer} from unit {unit} is of nobody or nothing in the frame")

    def line(self, area: str) -> set[str]:
        """The area and everything above it; a loop in the tree ends where it closes."""
        if area not in self._lines:
            found: set[str] = set()
            here: str | None = area
            while here is not None and here not in found:
                found.add(here)
                here = self._parents.get(here)
            self._lines[area] = found
        return self._lines[area]

    def fits(self, officer: Row, area: str, kind: str) -> bool:
        if not officer["certificate_valid"] or officer["body"] not in self.rules["bodies"][kind]:
            return False
        above = self.line(area)
        return any(own in above or (officer["body"] == "brigade" and area in self.line(own))
                   for own in officer["areas"])

    def _desks(self) -> None:
        self.desk_of: dict[tuple[str, str], Row] = {}
        self.teams: dict[str, list[int]] = {}
        self.staffed: dict[str, bool] = {}
        self._order("desk", [desk["desk"] for desk in self.held["desks"]])
        wanted = {(unit["area"], kind_of(unit)) for unit in self.units}
        held_by: dict[tuple[str, tuple[int, ...]], str] = {}
        for desk in self.held["desks"]:
            name, kind = desk["desk"], desk["kind"]
            if kind not in ("key", "general") or not desk["covers"]:
                fail(f"desk {name} has no kind or covers no area")
            self._order(f"desk {name}: area", desk["covers"])
            teams = {tuple(o for o, officer in enumerate(self.officers) if self.fits(officer, area, kind))
                     for area in desk["covers"]}
            if len(teams) != 1:
                fail(f"desk {name} joins areas that different officers serve")
            both = kind, teams.pop()
            if both in held_by:
                fail(f"desk {name} has the officers and the kind of units of desk {held_by[both]}: they are one desk")
            held_by[both] = name
            team = list(both[1])
            for area in desk["covers"]:
                if (area, kind) in self.desk_of:
                    fail(f"area {area} belongs to two desks of {kind} units")
                if (area, kind) not in wanted:
                    fail(f"desk {name} covers area {area}, which has no {kind} units")
                self.desk_of[area, kind] = desk
            self.teams[name] = team
            self.staffed[name] = len(team) >= 2 and any(self.officers[o]["can_lead"] for o in team)
            free = self._free(team) if self.staffed[name] else 0
            if desk["officers"] != len(team):
                fail(f"desk {name} says {desk['officers']} officers, {len(team)} fit it")
            if desk["free"] != free:
                fail(f"desk {name} says {desk['free']} visits can be made, its officers can make {free}")
            if not 0 <= desk["capacity"] <= free or (desk["capacity"] * PARTS) % 1:
                fail(f"desk {name} has the capacity {desk['capacity']}, its officers can make {free}")
            note = ("no_officers" if not team else "one_officer" if len(team) == 1 else
                    "no_lead" if not self.staffed[name] else "away" if free == 0 else
                    "short" if desk["capacity"] < desk["wanted"] else None)
            if desk["note"] != note:
                fail(f"desk {name} has the note {desk['note']}, its officers and capacity give {note}")
        self._joint()

    def _free(self, team: list[int]) -> int:
        loads = [self.officers[o]["load"] for o in team]
        leads = [self.officers[o]["load"] for o in team if self.officers[o]["can_lead"]]
        low, high = 0, sum(loads) // 2
        while low < high:
            m = (low + high + 1) // 2
            if sum(min(load, m) for load in loads) >= 2 * m and sum(min(load, m) for load in leads) >= m:
                low = m
            else:
                high = m - 1
        return low

    def _joint(self) -> None:
        asked = [(self.teams[desk["desk"]], int(desk["capacity"] * PARTS)) for desk in self.held["desks"]]
        loads = [officer["load"] * PARTS for officer in self.officers]
        if not staffable(loads, [officer["can_lead"] for officer in self.officers], asked):
            fail("the desks' capacities together are more than their officers can do")

    def _each_unit(self) -> None:
        for unit in self.units:
            name = unit["unit_no"]
            desk = self.desk_of.get((unit["area"], kind_of(unit)))
            if desk is None:
                fail(f"unit {name} is in area {unit['area']}, which no desk of {kind_of(unit)} units covers")
            if unit["class"] not in CLASSES:
                fail(f"unit {name} has the class {unit['class']!r}, not one of A, B, C, D")
            if unit["score"] is None and unit["class"] != self.rules["class_without_score"]:
                fail(f"unit {name} has the class {unit['class']} without a score, which gives "
                     f"{self.rules['class_without_score']}")
            if unit["score"] is not None and (not 0 <= unit["score"] <= 100 or self.held["scores_as_of"] is None):
                fail(f"unit {name} has the score {unit['score']}, outside 0 to 100 or without a day scores_as_of")
            last = None if unit["last"] is None else dt.date.fromisoformat(unit["last"])
            if last is not None and last > self.day:
                fail(f"unit {name} has its last visit on {last}, after the day of the draw")
            if (unit["visits"] > 0) != (last is not None and last.year == self.day.year):
                fail(f"unit {name} has {unit['visits']} visits this year, and its last on {last}")
            if unit["stratum"] != f"{desk['desk']}/{turn_of(unit)}":
                fail(f"unit {name} has the stratum {unit['stratum']!r}, it belongs to {desk['desk']}/{turn_of(unit)}")
            self._exclusion(unit, desk)

    def _exclusion(self, unit: Row, desk: Row) -> None:
        name, said = unit["unit_no"], unit["excluded"]
        code = None if said is None else said.get("code")
        cap, days = self.rules["cap"][unit["class"]], self.rules["exclusion_days"][unit["class"]]
        last = None if unit["last"] is None else dt.date.fromisoformat(unit["last"])
        until = None if last is None else last + dt.timedelta(days=days)
        expected: Row | None = None
        if desk["free"] == 0:
            expected = {"code": "no_officers"}
        elif code == "planned":
            expected = {"code": "planned"}
            if last is None or (self.day - last).days > self.rules["planned_open_days"]:
                fail(f"unit {name} is excluded as planned, but no visit of it is counted since "
                     f"{self.rules['planned_open_days']} days before the draw")
        elif unit["visits"] >= cap:
            expected = {"code": "cap", "cap": cap}
        elif until is not None and self.day < until:
            expected = {"code": "recent", "until": until.isoformat()}
        elif code == "capacity":
            expected = {"code": "capacity"}
        # Compared as texts: to Python 1 and True are equal.
        if canonical(said) != canonical(expected):
            fail(f"unit {name} is excluded as {shown(said)}, the frame's own data give {shown(expected)}")

    def _quotas(self) -> None:
        counts: dict[tuple[str, str], list[int]] = {(g, c): [0, 0, 0] for g in GROUPS for c in CLASSES}
        for unit in self.units:
            if self.staffed[self.desk_of[unit["area"], kind_of(unit)]["desk"]]:
                row = counts[group_of(unit), unit["class"]]
                row[0] += 1
                row[1] += unit["visits"] > 0
                row[2] += unit["visits"] == 0 and in_pool(unit)
        said = self.held["quotas"]
        if [(row["group"], row["risk_class"]) for row in said] != [(g, c) for g in GROUPS for c in CLASSES]:
            fail("the quotas are not one row for each group and class, in order")
        self.quotas: dict[tuple[str, str], Row] = {}
        for group in GROUPS:
            ratio = self._effective(group, {c: counts[group, c][0] for c in CLASSES})
            first = again = 0.0
            for c in CLASSES:
                units, visited, eligible = counts[group, c]
                remaining = max(0.0, ratio[c] * units - visited)
                pace = min(1.0, remaining / (self.held["days"]["spread"] * eligible)) if eligible else 0.0
                floor = self.rules["floor_share"] * ratio[c] / self.held["days"]["year"]
                first, again = max(first, pace, floor), max(again, floor)
                made = {"group": group, "risk_class": c, "units": units, "visited": visited, "eligible": eligible,
                        "ratio": ratio[c], "remaining": remaining, "pace": pace, "first": first, "again": again}
                self.quotas[group, c] = made
                place = GROUPS.index(group) * 4 + CLASSES.index(c)
                compare(said[place], made, f"the quota of {group} units of class {c}")

    def _effective(self, group: str, units: dict[str, int]) -> dict[str, float]:
        base: dict[str, float] = self.rules["ratio"][group]
        out = {c: base[c] for c in CLASSES}
        need: float = self.rules["total"][group] * sum(units.values())
        if added(base[c] * units[c] for c in CLASSES) >= need:
            return out
        left = list(CLASSES)
        while left:
            mass = added(base[c] * units[c] for c in left)
            if mass == 0:
                break
            scale = need / mass
            if scale * base[left[-1]] < 1:
                out.update({c: scale * base[c] for c in left})
                break
            out[left[-1]] = 1.0
            need = need - units[left.pop()]
        return out

    def why_not(self, team: list[int]) -> str:
        """Why a visit that these officers could make got no pair."""
        if len(team) < 2:
            return "one_officer" if team else "no_officers"
        return "taken" if any(self.officers[o]["can_lead"] for o in team) else "no_lead"

    def weights(self, unit: Row) -> dict[str, float]:
        """The unit's weight in each arm that it takes part in."""
        quota, c = self.quotas[group_of(unit), unit["class"]], unit["class"]
        risk: float = self.rules["weight_targeted"][c]
        if unit["score"] is not None:
            band = math.floor(unit["score"] / self.rules["score_band"]) * self.rules["score_band"] / 100
            risk = max(risk, band * band)
        if group_of(unit) == "duty" and unit["visits"] == 0:
            return {"duty": self.rules["weight_duty"][c], "targeted": risk}
        return {"random": quota["again"] if unit["visits"] else quota["first"], "targeted": risk}

    def _strata(self) -> None:
        members: dict[tuple[str, str, str], dict[float, int]] = {}
        due: dict[str, int] = {}
        for unit in self.units:
            desk = self.desk_of[unit["area"], kind_of(unit)]["desk"]
            due[desk] = due.get(desk, 0) + (turn_of(unit) == "duty")
            if in_pool(unit):
                for arm, weight in self.weights(unit).items():
                    held = members.setdefault((desk, arm, turn_of(unit)), {})
                    held[weight] = held.get(weight, 0) + 1
        levels = {key: sorted(held.items()) for key, held in members.items()}
        many = {key: sum(held.values()) for key, held in members.items()}
        sizes = self._sizes(levels, many, due)
        start, n = 0.0, 0
        said = self.held["strata"]
        for desk_row in self.held["desks"]:
            desk = desk_row["desk"]
            for arm in ARMS:
                for turn in TURNS:
                    if (desk, arm, turn) not in levels:
                        continue
                    made = self._stratum(desk, arm, turn, sizes[desk, arm, turn], start, levels[desk, arm, turn])
                    if n >= len(said) or said[n]["stratum"] != made["stratum"]:
                        fail(f"the stratum {made['stratum']} is missing or out of place")
                    self._compare_stratum(said[n], made)
                    self.strata.append({**made, "steps": said[n]["steps"], "derived": made["steps"]})
                    start, n = start + made["expected"], n + 1
        if n < len(said):
            fail(f"the stratum {said[n]['stratum']} has no units that could be drawn")

    def _sizes(self, levels: dict[tuple[str, str, str], list[tuple[float, int]]], many: dict[tuple[str, str, str], int],
               due: dict[str, int]) -> dict[tuple[str, str, str], float]:
        held, spread = self.held, self.held["days"]["spread"]

        def masses(desk: str, arm: str, again: float) -> dict[str, float]:
            return {turn: added(w * m for w, m in levels[desk, arm, turn]) * (again if turn.endswith("-again") else 1.0)
                    for turn in TURNS if (desk, arm, turn) in levels}

        duty = {desk: min(due.get(desk, 0) / spread, many.get((desk, "duty", "duty"), 0))
                for desk in (row["desk"] for row in held["desks"])}
        needed = self._precision(added(added(masses(row["desk"], "random", 1.0).values()) for row in held["desks"]))
        stretch = held["precision"]["stretch"]
        beyond = 0.0
        for row in held["desks"]:
            desk = row["desk"]
            wanted = duty[desk] + stretch * added(masses(desk, "random", 1.0).values()) / (1 - held["tau"]["earned"])
            if row["wanted"] != wanted:
                fail(f"desk {desk} says {row['wanted']} visits are wanted, its quotas give {wanted}")
            beyond = beyond + (row["capacity"] - min(duty[desk], row["capacity"]))
        share: float = held["tau"]["earned"]
        if beyond > 0:
            share = max(self.rules["tau"]["floor"], min(share, 1 - needed / beyond))
        if held["tau"]["value"] != share:
            fail(f"tau is {held['tau']['value']}, the frame's own data give {share}")
        sizes: dict[tuple[str, str, str], float] = {}
        for row in held["desks"]:
            desk, capacity = row["desk"], row["capacity"]
            first = min(duty[desk], capacity)
            sizes[desk, "duty", "duty"] = quantised(first)
            pace = masses(desk, "random", 1.0)
            rest = min(capacity - first, stretch * added(pace.values()) / (1 - share))
            risk = masses(desk, "targeted", self.rules["again_factor"])
            for arm, part, table in (("random", (1 - share) * rest, pace), ("targeted", share * rest, risk)):
                whole = added(table.values())
                for turn, weight in table.items():
                    sizes[desk, arm, turn] = quantised(min(many[desk, arm, turn], part * weight / whole))
        return sizes

    def _precision(self, pace: float) -> float:
        """The random visits a day that the city-wide rate needs, and whether the pace is stretched for them."""
        units = sum(row["units"] for row in self.quotas.values())
        endless = 0.9604 / (self.rules["precision"] * self.rules["precision"])
        needed: float = endless * units / (units + endless) / self.held["days"]["year"]
        stretch = max(self.rules["stretch"], needed / pace) if pace > 0 else self.rules["stretch"]
        compare(self.held["precision"], {"units": units, "needed": needed, "stretch": stretch},
                "what the precision asks of the random arm")
        return needed

    def _stratum(self, desk: str, arm: str, turn: str, expected: float, start: float,
                 levels: list[tuple[float, int]]) -> Row:
        below = math.floor(expected)
        above = below if expected == below else below + 1
        part = expected - below
        low, high = wanted_probabilities(levels, below), wanted_probabilities(levels, above)
        return {"stratum": f"{desk}/{arm}/{turn}", "desk": desk, "arm": arm, "group": turn, "expected": expected,
                "start": start, "steps": [
                    {"weight": levels[k][0], "units": levels[k][1], "low": low[k], "high": high[k],
                     "p": (1 - part) * low[k] + part * high[k]} for k in range(len(levels))]}

    def _compare_stratum(self, said: Row, made: Row) -> None:
        name = made["stratum"]
        for field in ("desk", "arm", "group", "expected"):
            if said[field] != made[field]:
                fail(f"the stratum {name} has {field} {said[field]}, its units give {made[field]}")
        if len(said["steps"]) != len(made["steps"]):
            fail(f"the stratum {name} has {len(said['steps'])} steps, its units give {len(made['steps'])}")
        for k, (step, derived) in enumerate(zip(said["steps"], made["steps"], strict=True)):
            for field in derived:
                if step[field] != derived[field]:
                    fail(f"step {k} of the stratum {name} has {field} {step[field]}, its units give {derived[field]}")
        below = math.floor(made["expected"])
        above = below if made["expected"] == below else below + 1
        for chance, odds, size in (("low", "odds_low", below), ("high", "odds_high", above)):
            check_odds(name, said["steps"], chance, odds, size)

    def _probabilities(self) -> None:  # noqa: PLR0912  one branch a promise
        places = {(row["desk"], row["arm"], row["group"]): row for row in self.strata}
        by_weight = {name: {step["weight"]: step for step in row["derived"]} for name, row in places.items()}
        known: dict[tuple[Any, ...], float] = {}
        for unit in self.units:
            desk, turn = self.desk_of[unit["area"], kind_of(unit)]["desk"], turn_of(unit)
            chance = dict.fromkeys(ARMS, 0.0)
            parts = []
            if in_pool(unit):
                for arm, weight in self.weights(unit).items():
                    step = by_weight[desk, arm, turn][weight]
                    chance[arm] = step["p"]
                    parts.append((places[desk, arm, turn], step))
            for arm in ARMS:
                if unit[f"p_{arm}"] != chance[arm]:
                    fail(f"unit {unit['unit_no']} has p_{arm} {unit[f'p_{arm}']}, its class, score and stratum give "
                         f"{chance[arm]}")
            key = tuple((row["stratum"], step["weight"]) for row, step in parts)
            if key not in known:
                known[key] = total(parts)
            if unit["p_total"] != known[key]:
                fail(f"unit {unit['unit_no']} has p_total {unit['p_total']}, its arms give {known[key]}")
            if not 0 <= unit["p_total"] <= 1:
                fail(f"unit {unit['unit_no']} has p_total {unit['p_total']}, which is no probability")
            if in_pool(unit) and (unit["p_total"] == 0) != (unit["excluded"] is not None):
                fail(f"unit {unit['unit_no']} has probability {unit['p_total']} and is "
                     f"{'' if unit['excluded'] else 'not '}excluded for want of capacity")
        for row in self.strata:
            for one, next_one in pairwise(row["derived"]):
                if next_one["p"] < one["p"]:
                    fail(f"in the stratum {row['stratum']} the probability falls as the weight rises")
            sum_p = math.fsum(step["p"] * step["units"] for step in row["derived"])
            if abs(sum_p - row["expected"]) > 1e-9 * max(1.0, row["expected"]):
                fail(f"in the stratum {row['stratum']} the probabilities sum to {sum_p}, not to {row['expected']}")


def compare(said: Row, made: Row, what: str) -> None:
    for field, value in made.items():
        if said[field] != value:
            fail(f"{what} has {field} {said[field]}, the frame's units give {value}")


def in_bytes(text: str) -> bytes:
    """What numbers and areas are ordered by; a broken text is reported later, not raised here."""
    return text.encode("utf-8", "surrogatepass")


def shown(excluded: Row | None) -> str:
    return "nothing" if excluded is None else json.dumps(excluded, ensure_ascii=False)[:200]


def kind_of(unit: Row) -> str:
    return "key" if unit["key"] else "general"


def group_of(unit: Row) -> str:
    return ("duty" if unit["crowded"] else "key") if unit["key"] else "general"


def turn_of(unit: Row) -> str:
    return group_of(unit) + ("-again" if unit["visits"] else "")


def in_pool(unit: Row) -> bool:
    """Whether the unit takes part in the arms; one beyond today's capacity does so with probability 0."""
    return unit["excluded"] is None or bool(unit["excluded"] == {"code": "capacity"})


def added(values: Any) -> float:
    """Plain left-to-right addition: ``sum`` of newer Pythons compensates, other languages do not."""
    total_so_far = 0.0
    for value in values:
        total_so_far = total_so_far + value
    return total_so_far


def quantised(size: float) -> float:
    return math.floor(size * 4294967296) / 4294967296


def rounded(start: float, expected: float, uniform: float) -> int:
    return math.floor(start + expected + uniform) - math.floor(start + uniform)


def wanted_probabilities(levels: list[tuple[float, int]], size: int) -> list[float]:
    """Probabilities proportional to weight, none above 1, with sum ``size``."""
    out = [0.0] * len(levels)
    left, open_steps = size, len(levels) if size else 0
    while open_steps:
        mass = added(weight * count for weight, count in levels[:open_steps])
        if left * levels[open_steps - 1][0] < mass:
            for k in range(open_steps):
                out[k] = left * levels[k][0] / mass
            break
        open_steps -= 1
        out[open_steps] = 1.0
        left -= levels[open_steps][1]
    return out


def total(parts: list[tuple[Row, Row]]) -> float:
    """Probability of being drawn by any arm: a sum over the pieces on which the rounding of the sizes is constant."""
    cuts = {0.0}
    for row, _ in parts:
        for edge in (row["start"], row["start"] + row["expected"]):
            fraction = edge - math.floor(edge)
            if fraction > 0:
                cuts.add(1 - fraction)
    edges = [*sorted(cuts), 1.0]
    whole = 0.0
    for left, right in pairwise(edges):
        missed = 1.0
        for row, step in parts:
            up = rounded(row["start"], row["expected"], left) > math.floor(row["expected"])
            missed = missed * (1 - step["high" if up else "low"])
        whole = whole + (right - left) * (1 - missed)
    return whole


def check_odds(name: str, steps: list[Row], chance: str, odds: str, size: int) -> None:
    """The odds of a stratum's Pareto keys must give the probabilities that the frame states."""
    free = [k for k, step in enumerate(steps) if 0 < step[chance] < 1]
    for k, step in enumerate(steps):
        if k not in free and step[odds] != 0:
            fail(f"step {k} of the stratum {name} has {odds} {step[odds]}, a step without choice has 0")
        if k in free and not 0 < step[odds] < 1e17:
            fail(f"step {k} of the stratum {name} has {odds} {step[odds]}, which are no odds")
    size -= sum(step["units"] for step in steps if step[chance] == 1)
    if len(free) == 1 or size > TUNED_TO:
        for k in free:
            if steps[k][odds] != steps[k][chance] / (1 - steps[k][chance]):
                fail(f"step {k} of the stratum {name} has {odds} {steps[k][odds]}, its probability gives "
                     f"{steps[k][chance] / (1 - steps[k][chance])}")
    elif free:
        true = inclusion([steps[k][odds] for k in free], [steps[k]["units"] for k in free], size)
        for k, p in zip(free, true, strict=True):
            if abs(p / steps[k][chance] - 1) > 1e-6:
                fail(f"step {k} of the stratum {name} has {odds} {steps[k][odds]}: they draw with probability {p}, "
                     f"the frame says {steps[k][chance]}")


def inclusion(odds: list[float], counts: list[int], size: int) -> list[float]:
    """True inclusion probabilities of Pareto sampling: trapezoid rule over the logarithm of the key."""
    logs = [math.log(value) for value in odds]
    step = 0.25
    # Odds are near p / (1 - p), so the size-th key lies near 1: on the left the integrand sinks below 1e-7 of the whole
    # there, and on the right it ends where ``size`` others are surely below.
    here, last = -18.0 - max(0.0, *logs), -min(logs) + 26.0
    out = [0.0] * len(odds)
    reached = 1.0
    while here < last and (here < 0 or reached > 1e-13):
        below = [min(1 / (1 + math.exp(-(here + value))), 1 - 2.0**-53) for value in logs]
        parts = [_binomial(m, f, size) for m, f in zip(counts, below, strict=True)]
        after = [[1.0] + [0.0] * (size - 1)]
        for part in reversed(parts[1:]):
            after.append(_convolve(after[-1], part))
        before = after[0]
        reached = 0.0
        for k, f in enumerate(below):
            rest = _convolve(before, after[len(odds) - 1 - k])
            own = _binomial(counts[k] - 1, f, size)
            # Fewer than ``size`` others below: all terms of the product whose powers stay under ``size``.
            tail = 0.0
            reach = 0.0
            for j in range(size):
                reach += own[j]
                tail += rest[size - 1 - j] * reach
            reached = max(reached, tail)
            out[k] += tail * f * (1 - f) * step
            before = _convolve(before, parts[k])
        here += step
    return out


def _binomial(many: int, chance: float, size: int) -> list[float]:
    out = [math.exp(many * math.log1p(-chance))]
    ratio = chance / (1 - chance)
    for j in range(1, size):
        out.append(out[-1] * ratio * (many - j + 1) / j if j <= many else 0.0)
    return out


def _convolve(first: list[float], second: list[float]) -> list[float]:
    # Backwards, so that each sum runs over two slices of the same length.
    backwards = second[::-1]
    size = len(first)
    return [sum(map(mul, first[: j + 1], backwards[size - 1 - j:])) for j in range(size)]


# Entropy, seed and tickets ------------------------------------------------------------------------------------------


def check_entropy(frame: Row, entropy: list[Row]) -> None:
    planned = frame["entropy"]
    if not planned:
        fail("the frame names no source of entropy")
    if len(planned) != len(entropy):
        fail(f"the frame names {len(planned)} sources of entropy, {len(entropy)} were used")
    kinds = [source.get("source") for source in planned]
    for kind in kinds:
        if not isinstance(kind, str) or kind not in _SOURCES:
            fail(f"the frame names {str(kind)[:80]!r} as a source of entropy, which the protocol does not know")
    if len(set(kinds)) != len(kinds):
        fail("the frame names a source of entropy twice")
    for n, (kind, source, used) in enumerate(zip(kinds, planned, entropy, strict=True)):
        shape(source, _SOURCES[kind], f"frame.entropy[{n}]")
        if canonical({key: value for key, value in used.items() if key != "value"}) != canonical(source):
            fail(f"the entropy used is not the source {kind} that the frame names")
        value = used.get("value")
        if kind == "chain":
            _check_link(frame, source, value)
        elif kind == "witness":
            if not isinstance(value, str) or not 1 <= len(value) <= 500:
                fail("the witnesses' numbers are missing")
        elif not isinstance(value, str) or not _HEX.fullmatch(value):
            fail("the beacon's randomness is missing or not 64 hex digits")


def _check_link(frame: Row, source: Row, value: Any) -> None:
    day = dt.date.fromisoformat(frame["draw_date"])
    if source.get("year") != day.year or source.get("index") != day.timetuple().tm_yday:
        fail(f"the chain's link is that of day {source.get('index')} of {source.get('year')}, the draw is of {day}")
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        fail("the chain's link is missing or not 64 hex digits")
    hashed = bytes.fromhex(value)
    for _ in range(day.timetuple().tm_yday):
        hashed = hashlib.sha256(hashed).digest()
    if hashed.hex() != source.get("anchor"):
        fail(f"the chain's link hashed {day.timetuple().tm_yday} times does not give the anchor of {day.year}")


def ticket(seed: str, *parts: str) -> int:
    return int.from_bytes(hashlib.sha256(canonical([seed, *parts])).digest()[:8], "big") >> 11


# Selection ----------------------------------------------------------------------------------------------------------


def select(frame: Frame, seed: str) -> tuple[list[Row], list[Row]]:
    """Sizes, and the units drawn in the order of visits."""
    uniform = (ticket(seed, "sizes") >> 21) / 4294967296
    sizes = [{"stratum": row["stratum"], "size": rounded(row["start"], row["expected"], uniform)}
             for row in frame.strata]
    members: dict[tuple[str, str, str], list[tuple[Row, float]]] = {}
    for unit in frame.units:
        if unit["excluded"] is None:
            desk = frame.desk_of[unit["area"], kind_of(unit)]["desk"]
            for arm, weight in frame.weights(unit).items():
                members.setdefault((desk, arm, turn_of(unit)), []).append((unit, weight))
    drawn: dict[str, Row] = {}
    for arm in ARMS:
        for row, size in zip(frame.strata, sizes, strict=True):
            if row["arm"] != arm or size["size"] == 0:
                continue
            up = size["size"] > math.floor(row["expected"])
            chance, odds = ("high", "odds_high") if up else ("low", "odds_low")
            steps = {step["weight"]: step for step in row["steps"]}
            certain: list[Row] = []
            others: list[tuple[float, bytes, Row]] = []
            for unit, weight in members.get((row["desk"], arm, row["group"]), []):
                step, drawn_number = steps[weight], ticket(seed, "unit", arm, unit["unit_no"])
                made = {"unit_no": unit["unit_no"], "arm": arm, "stratum": row["stratum"], "ticket": drawn_number,
                        "key": None, "also": [], "probability": unit["p_total"]}
                if step[chance] == 1:
                    certain.append(made)
                elif step[chance] > 0:
                    u = drawn_number / 9007199254740992
                    made["key"] = (u / (1 - u)) / step[odds]
                    others.append((made["key"], unit["unit_no"].encode(), made))
            others.sort(key=lambda one: one[:2])
            for made in [*certain, *(one[2] for one in others[: int(size["size"]) - len(certain)])]:
                if made["unit_no"] in drawn:
                    drawn[made["unit_no"]]["also"].append(arm)
                else:
                    drawn[made["unit_no"]] = made
    return sizes, list(drawn.values())


# Officers -----------------------------------------------------------------------------------------------------------


def staffable(loads: list[int], leads: list[bool], asked: list[tuple[list[int], int]]) -> bool:
    """Whether every group of visits (officers who may make them, how many) can have a lead and a second each.

    A flow: each group sends its number through a lead side and again through another side; an officer takes at most the
    group's number from one group, and at most the own load from all.
    """
    sink = 1
    nodes = 2 + len(loads)
    edges: list[list[int]] = []
    out: list[list[int]] = [[] for _ in range(nodes)]

    def edge(start: int, end: int, room: int) -> None:
        out[start].append(len(edges))
        edges.append([end, room])
        out[end].append(len(edges))
        edges.append([start, 0])

    need = 0
    for o, load in enumerate(loads):
        edge(2 + o, sink, load)
    for team, many in asked:
        if many:
            need += 2 * many
            lead, other = nodes, nodes + 1
            out += [[] for _ in range(2 + len(team))]
            edge(0, lead, many)
            edge(0, other, many)
            for n, o in enumerate(team):
                seat = nodes + 2 + n
                if leads[o]:
                    edge(lead, seat, many)
                edge(other, seat, many)
                edge(seat, 2 + o, many)
            nodes += 2 + len(team)
    while need:
        came = {0: -1}
        queue = deque([0])
        while queue and sink not in came:
            node = queue.popleft()
            for e in out[node]:
                if edges[e][1] and edges[e][0] not in came:
                    came[edges[e][0]] = e
                    queue.append(edges[e][0])
        if sink not in came:
            return False
        path, node = [], sink
        while node:
            path.append(came[node])
            node = edges[came[node] ^ 1][0]
        least = min(edges[e][1] for e in path)
        for e in path:
            edges[e][1] -= least
            edges[e ^ 1][1] += least
        need -= least
    return True


def staff(frame: Frame, seed: str, drawn: list[Row]) -> tuple[list[tuple[str, str] | None], list[list[int]]]:
    """The pair (lead, second) for each visit, or None where no legal pair is left; and who could have made it."""
    officers, leads = frame.officers, [officer["can_lead"] for officer in frame.officers]
    loads = [officer["load"] for officer in officers]
    recused = {(officer, unit) for officer, unit in frame.held["recusals"]}
    teams = []
    for visit in drawn:
        unit = frame.by_no[visit["unit_no"]]
        teams.append([o for o, officer in enumerate(officers) if officer["load"]
                      and (officer["officer_no"], unit["unit_no"]) not in recused
                      and frame.fits(officer, unit["area"], kind_of(unit))])
    if sum(len(team) ** 2 for team in teams) * max(1, len(drawn)) > MOST_WORK:
        raise NotABundle("the bundle has more visits and officers than can be checked")
    can: list[int] = []
    for v in range(len(drawn)):
        if staffable(loads, leads, _grouped([teams[w] for w in (*can, v)])):
            can.append(v)
    pairs: list[tuple[str, str] | None] = [None] * len(drawn)
    together: dict[tuple[int, int], int] = {}
    given = [0] * len(officers)
    for place, v in enumerate(can):
        later = _grouped([teams[w] for w in can[place + 1:]])
        number = {o: ticket(seed, "officer", officers[o]["officer_no"], drawn[v]["unit_no"]) for o in teams[v]}
        free = sorted((o for o in teams[v] if loads[o] > 0), key=lambda o: (number[o], o))
        ranked = sorted(
            (together.get((min(a, b), max(a, b)), 0), given[a] + given[b], i, j)
            for i, a in enumerate(free) for j, b in enumerate(free) if i < j and (leads[a] or leads[b]))
        for _, _, i, j in ranked:
            first, second = (free[i], free[j]) if leads[free[i]] else (free[j], free[i])
            left = list(loads)
            left[first] -= 1
            left[second] -= 1
            if staffable(left, leads, later):
                loads = left
                given[first] += 1
                given[second] += 1
                couple = (min(first, second), max(first, second))
                together[couple] = together.get(couple, 0) + 1
                pairs[v] = (officers[first]["officer_no"], officers[second]["officer_no"])
                break
    return pairs, teams


def _grouped(teams: list[list[int]]) -> list[tuple[list[int], int]]:
    many: dict[tuple[int, ...], int] = {}
    for team in teams:
        many[tuple(team)] = many.get(tuple(team), 0) + 1
    return [(list(team), count) for team, count in many.items()]


# The result ---------------------------------------------------------------------------------------------------------


def check_result(frame: Frame, seed: str, result: Row) -> None:  # noqa: PLR0912  one branch a promise
    sizes, drawn = select(frame, seed)
    if len(result["sizes"]) != len(sizes):
        fail(f"the result has {len(result['sizes'])} sizes, the frame has {len(sizes)} strata")
    for said, made in zip(result["sizes"], sizes, strict=True):
        if said["stratum"] != made["stratum"]:
            fail(f"the result's sizes have the stratum {said['stratum']} in the place of {made['stratum']}")
        if said != made:
            fail(f"the stratum {made['stratum']} takes {said['size']} units, the seed gives {made['size']}")
    said_rows = [*result["visits"], *result["unassigned"]]
    should = {row["unit_no"] for row in drawn}
    seen: set[str] = set()
    for row in said_rows:
        name = row["unit_no"]
        if name in seen:
            fail(f"unit {name} stands twice in the result")
        seen.add(name)
        if name not in frame.by_no:
            fail(f"unit {name} was drawn, but is not in the frame")
        if frame.by_no[name]["excluded"] is not None:
            fail(f"unit {name} was drawn, but was excluded as {shown(frame.by_no[name]['excluded'])}")
        if name not in should:
            fail(f"unit {name} is in the result, but its ticket does not draw it")
    for row in drawn:
        if row["unit_no"] not in seen:
            fail(f"unit {row['unit_no']} is drawn by its ticket in {row['stratum']}, but is not in the result")
    for visit in result["visits"]:
        _check_rules(frame, visit)
    _check_loads(frame, result["visits"])
    pairs, teams = staff(frame, seed, drawn)
    visits = [row for row, pair in zip(drawn, pairs, strict=True) if pair is not None]
    left_out = [{**row, "reason": frame.why_not(team)}
                for row, team, pair in zip(drawn, teams, pairs, strict=True) if pair is None]
    for what, said_list, made_list in (("visit", result["visits"], visits),
                                       ("unassigned", result["unassigned"], left_out)):
        for n, (said, made) in enumerate(zip(said_list, made_list, strict=False)):
            for field in made:
                if said[field] != made[field]:
                    fail(f"{what} {n + 1} is of unit {said['unit_no']} with {field} {said[field]}, the seed gives unit "
                         f"{made['unit_no']} with {field} {made[field]}")
        if len(said_list) != len(made_list):
            fail(f"the result has {len(said_list)} of {what}, the officers of the frame give {len(made_list)}")
    for n, (said, pair) in enumerate(zip(result["visits"], (pair for pair in pairs if pair is not None), strict=True)):
        if said["position"] != n + 1:
            fail(f"the visit of unit {said['unit_no']} has position {said['position']}, it is number {n + 1}")
        for field, officer in (("lead", pair[0]), ("second", pair[1])):
            if said[field] != officer:
                fail(f"the visit of unit {said['unit_no']} has officer {said[field]} as {field}, the tickets give "
                     f"officer {officer}")


def _check_rules(frame: Frame, visit: Row) -> None:
    unit = frame.by_no[visit["unit_no"]]
    held = {officer["officer_no"]: officer for officer in frame.officers}
    if visit["lead"] == visit["second"]:
        fail(f"officer {visit['lead']} goes alone to unit {visit['unit_no']}")
    for name in (visit["lead"], visit["second"]):
        officer = held.get(name)
        where = f"officer {name} of the visit of unit {visit['unit_no']}"
        if officer is None:
            fail(f"{where} is not in the frame")
        if not officer["certificate_valid"]:
            fail(f"{where} has no valid certificate that day")
        if officer["body"] not in frame.rules["bodies"][kind_of(unit)]:
            fail(f"{where} is of the body {officer['body']}, which may not visit {kind_of(unit)} units")
        if not frame.fits(officer, unit["area"], kind_of(unit)):
            fail(f"{where} does not serve area {unit['area']}")
        if [name, visit["unit_no"]] in frame.held["recusals"]:
            fail(f"{where} is recused from it")
    if not held[visit["lead"]]["can_lead"]:
        fail(f"officer {visit['lead']} leads the visit of unit {visit['unit_no']}, but may not lead")


def _check_loads(frame: Frame, visits: list[Row]) -> None:
    counts: dict[str, int] = {}
    for visit in visits:
        for name in (visit["lead"], visit["second"]):
            counts[name] = counts.get(name, 0) + 1
    for officer in frame.officers:
        if counts.get(officer["officer_no"], 0) > officer["load"]:
            fail(f"officer {officer['officer_no']} has {counts[officer['officer_no']]} visits, the day leaves room for "
                 f"{officer['load']}")


# The whole ----------------------------------------------------------------------------------------------------------


def record_hash(bundle: Row) -> str:
    frame = bundle["frame"]
    return digest({"protocol": PROTOCOL, "draw_no": frame["draw_no"], "draw_date": frame["draw_date"],
                   "sequence": frame["sequence"], "previous": frame["previous"], "commitment": bundle["commitment"],
                   "entropy": bundle["entropy"], "seed": bundle["seed"], "result": bundle["result_digest"]})


def seed_of(bundle: Row) -> str:
    return sha(bundle["commitment"].encode() + b"|" + canonical(bundle["entropy"]))


def load(data: bytes) -> Row:
    """A bundle of the right shape, its content not yet checked."""
    bundle = read(data)
    shape(bundle, FORM, "")
    for row in bundle["frame"]["recusals"]:
        if len(row) != 2:
            raise NotABundle("a recusal is not a pair of officer and unit")
    canonical(bundle)
    return bundle


def check_bundle(bundle: Row, commitment: str | None = None) -> None:
    """Everything about one bundle; :class:`Mismatch` names the first thing that does not agree."""
    frame = Frame(bundle["frame"])
    frame.check()
    made = digest(bundle["frame"])
    if commitment is not None and made != commitment.strip().lower():
        fail(f"the frame's digest is {made}, the commitment published before was {commitment.strip().lower()}: the "
             f"frame was changed after it was frozen")
    if bundle["commitment"] != made:
        fail(f"the bundle's commitment is {bundle['commitment']}, its frame's digest is {made}: the frame was changed")
    check_entropy(bundle["frame"], bundle["entropy"])
    seed = seed_of(bundle)
    if bundle["seed"] != seed:
        fail(f"the bundle's seed is {bundle['seed']}, commitment and entropy give {seed}")
    check_result(frame, seed, bundle["result"])
    if bundle["result_digest"] != digest(bundle["result"]):
        fail(f"result_digest is {bundle['result_digest']}, the result gives {digest(bundle['result'])}")
    if bundle["record_hash"] != record_hash(bundle):
        fail(f"record_hash is {bundle['record_hash']}, the record gives {record_hash(bundle)}")


def check_chain(bundles: list[Row]) -> None:
    """Each record must name the one before it, by its record hash or, where it was not drawn yet, its commitment."""
    row = sorted(bundles, key=lambda bundle: int(bundle["frame"]["sequence"]))
    anchors: dict[Any, tuple[Any, str]] = {}
    for bundle in row:
        name = bundle["frame"]["draw_no"]
        if digest(bundle["frame"]) != bundle["commitment"] or digest(bundle["result"]) != bundle["result_digest"]:
            fail(f"{name} has been changed: its frame or result has not the digest it states")
        if bundle["seed"] != seed_of(bundle) or bundle["record_hash"] != record_hash(bundle):
            fail(f"{name} has been changed: its seed or record_hash is not that of its content")
        for source in bundle["frame"]["entropy"]:
            if source.get("source") == "chain":
                year = str(source.get("year"))
                anchor, other = anchors.setdefault(year, (source.get("anchor"), name))
                if source.get("anchor") != anchor:
                    fail(f"{other} and {name} name different anchors of the hash chain of {year}")
    for before, after in pairwise(row):
        first, second = before["frame"], after["frame"]
        if second["sequence"] != first["sequence"] + 1:
            fail(f"the chain has {first['draw_no']} with sequence {first['sequence']} and then {second['draw_no']} "
                 f"with {second['sequence']}: a record is missing or stands twice")
        if first["draw_date"] >= second["draw_date"]:
            fail(f"{second['draw_no']} comes after {first['draw_no']} in the chain, but not in time")
        if second["previous"] not in (record_hash(before), digest(first)):
            fail(f"{second['draw_no']} names {second['previous']} as the record before it, {first['draw_no']} has "
                 f"{record_hash(before)}: one of the two was changed")


def check(data: bytes, commitment: str | None = None, chain: list[bytes] | None = None) -> tuple[int, str]:
    """Exit status and one sentence: 0 all agrees, 1 the first thing that does not, 2 no bundle."""
    try:
        if commitment is not None and not _HEX.fullmatch(commitment.strip().lower()):
            raise NotABundle("the commitment to compare with must be 64 hex digits")
        bundle = load(data)
        check_bundle(bundle, commitment)
        if chain:
            check_chain([bundle, *(load(other) for other in chain)])
    except Mismatch as error:
        return 1, _one_line(f"does not agree: {error}")
    except NotABundle as error:
        return 2, _one_line(str(error))
    except (RecursionError, OverflowError, ZeroDivisionError, MemoryError, ArithmeticError) as error:
        return 2, f"the file holds values that no bundle can have ({type(error).__name__})"
    frame, visits = bundle["frame"], len(bundle["result"]["visits"])
    published = ", the one published" if commitment is not None else ""
    linked = f", linked with {len(chain)} other records" if chain else ""
    return 0, _one_line(f"OK: {frame['draw_no']} of {frame['draw_date']}, {len(frame['units'])} units, {visits} "
                        f"visits, commitment {bundle['commitment']}{published}{linked}; not checked: "
                        f"{'; '.join(_not_checked(frame, commitment, chain))}")


def _not_checked(frame: Row, commitment: str | None, chain: list[bytes] | None) -> list[str]:
    """What one file can't show: each with what the reader can do about it."""
    out = []
    if commitment is None:
        out.append("commitment not compared with a published one, so all of it may have been made again: give "
                   "--commitment")
    if chain:
        out.append("of the other records only digests and links: check each by itself")
    elif frame["sequence"] > 1:
        out.append("the records before it: give --chain")
    for source in frame["entropy"]:
        if source["source"] == "chain":
            out.append(f"anchor {source['anchor']}: compare it with the one published for {source['year']}")
        elif source["source"] == "witness":
            out.append("the witnesses' numbers: compare them with their record")
        else:
            out.append(f"the beacon's value: compare it with round {source['round']} of {source['network']}")
    out.append("whether the register was as the frame says")
    return out


def _one_line(text: str) -> str:
    clean = "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))
    return clean if len(clean) <= 1000 else clean[:1000] + "…"


def main(arguments: list[str]) -> int:
    """The command line; see the top of this file."""
    import argparse

    parser = argparse.ArgumentParser(prog="verify.py", description="Check a draw bundle.")
    parser.add_argument("file", help="the bundle")
    parser.add_argument("--commitment", help="the commitment as it was published on the evening before")
    parser.add_argument("--chain", nargs="+", default=[], metavar="FILE", help="bundles before or after this one")
    options = parser.parse_args(arguments)
    contents = []
    for name in (options.file, *options.chain):
        try:
            # What has no end (a device, a pipe) is read no further than a bundle can reach.
            with Path(name).open("rb") as file:
                large = os.fstat(file.fileno()).st_size > MOST_BYTES
                contents.append(b"" if large else file.read(MOST_BYTES + 1))
        except (OSError, ValueError) as error:
            print(_one_line(f"{name} can't be read: {getattr(error, 'strerror', None) or error}"), file=sys.stderr)
            return 2
        if large or len(contents[-1]) > MOST_BYTES:
            print(_one_line(f"{name} is larger than the {MOST_BYTES} bytes that a bundle may have"), file=sys.stderr)
            return 2
    status, text = check(contents[0], options.commitment, contents[1:])
    print(text, file=sys.stdout if status == 0 else sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
