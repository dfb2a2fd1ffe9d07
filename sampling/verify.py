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
import struct
import sys
from bisect import bisect_left, bisect_right
from collections import Counter, deque
from collections.abc import Callable, Iterator
from heapq import nsmallest
from itertools import islice, pairwise
from operator import lt, mul
from pathlib import Path
from typing import Any, NoReturn

Row = dict[str, Any]

PROTOCOL = "huoyan-draw/2"
LIST_PROTOCOL = "huoyan-list/1"
CLASSES = ("A", "B", "C", "D")
GROUPS = ("duty", "key", "general")
TURNS = ("duty", "duty-again", "key", "key-again", "general", "general-again")
ARMS = ("duty", "random", "targeted")
EXCLUSIONS = (None, "no_officers", "planned", "cap", "recent", "capacity")
# A city of over a million units has a bundle of this many values; signs are counted before anything is made of them.
MOST_BYTES = 190_000_000
MOST_SIGNS = {b"{": 1_000_000, b"[": 1_000_000, b",": 12_000_000}
MOST_WORK = 400_000_000
TUNED_TO = 24
PARTS = 16
MOST_LINKS = 100
_HEX = re.compile(r"[0-9a-f]{64}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ", re.ASCII)
_SOURCES: dict[str, Row] = {"chain": {"source": "text", "year": "whole", "anchor": "hex", "index": "whole"},
                            "witness": {"source": "text"},
                            "beacon": {"source": "text", "network": "text", "round": "whole"}}

# Area, group, class, band of scores (-1 without), visits, span since the last (-1 without), reason left out.
Kind = tuple[int, int, int, int, int, int, int]


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
        kinds = set(map(type, value))
        if kinds == {str}:
            out.append(json.dumps(value, ensure_ascii=False, separators=(",", ":"))[1:-1])
        elif kinds <= {int, float, type(None)}:
            known = {one: "null" if one is None else number(one) for one in set(value)}
            out.append(",".join([known[one] for one in value]))
        else:
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
        # Beyond 2**53 a number without a point is a double like all numbers of JSON, and may be rounded.
        return str(value) if abs(value) <= 2**53 else number(float(value))
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
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError:
        raise NotABundle("the file is not UTF-8 text") from None
    except RecursionError:
        raise NotABundle("the file is nested too deeply to be a bundle") from None
    except ValueError as error:
        raise NotABundle(f"the file is not JSON: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(value, dict) or value.get("protocol") not in (PROTOCOL, LIST_PROTOCOL):
        raise NotABundle(f"the file is not a draw bundle of the protocol {PROTOCOL} or {LIST_PROTOCOL}")
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
        if not _column(value, form[0]):
            for n, item in enumerate(value):
                shape(item, form[0], f"{where}[{n}]")
    elif not _is(value, form):
        raise NotABundle(f"{where} has no usable value")


def _column(value: list[Any], form: Any) -> bool:
    """Whether all of a list of texts or of numbers have their form, found in bulk; where not, each is looked at."""
    kinds = set(map(type, value))
    if form == "text":
        lengths = set(map(len, value)) if kinds == {str} else {0}
        return min(lengths) > 0 and max(lengths) <= 2000 and _unicode("".join(value))
    # To Python 1 and 1.0 are equal: a column of whole numbers has none with a point.
    numbers = {int, type(None)} if form in ("whole", ("whole", None)) else {int, float, type(None)}
    return kinds <= numbers and all(_is(one, form) for one in set(value))


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
        "profiles": [{"stratum": "text", "class": "text", "band": ("whole", None), "units": "whole", "p_duty": "number",
                      "p_random": "number", "p_targeted": "number", "p_total": "number"}],
        "units": {"unit_no": ["text"], "area": ["whole"], "group": ["whole"], "class": ["whole"],
                  "score": [("number", None)], "visits": ["whole"], "ago": [("whole", None)], "excluded": ["whole"]},
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
    """A frame whose every derived number is computed again from its units, officers and rules.

    Units alike in all that the rules look at are one *kind of unit*: what is checked of one holds for all of them, and
    a city of a million units has a few thousand kinds.
    """

    def __init__(self, held: Row) -> None:
        self.held = held
        self.rules: Row = held["policy"]["parameters"]
        self.day = dt.date.fromisoformat(held["draw_date"])
        self.units: dict[str, list[Any]] = held["units"]
        self.numbers: list[str] = self.units["unit_no"]
        self.officers: list[Row] = held["officers"]
        self.areas: list[str] = [row["area"] for row in held["areas"]]
        self._parents = {row["area"]: row["parent"] for row in held["areas"]}
        self._lines: dict[str, set[str]] = {}
        self.strata: list[Row] = []

    def check(self) -> None:
        self._header()
        self._order("area", self.areas)
        for row in self.held["areas"]:
            if row["parent"] is not None and row["parent"] not in self._parents:
                fail(f"area {row['area']} lies in area {row['parent']}, which the frame does not have")
        self._columns()
        self._order("officer", [officer["officer_no"] for officer in self.officers])
        for officer in self.officers:
            if officer["areas"] != sorted(officer["areas"], key=in_bytes):
                fail(f"officer {officer['officer_no']} has areas out of order")
        self._recusals()
        self._desks()
        self._each_kind()
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

    def _columns(self) -> None:
        """Every unit has a value in every column, and all are of the right kind; units alike are counted."""
        units = self.units
        for name, column in units.items():
            if len(column) != len(self.numbers):
                fail(f"the units have {len(self.numbers)} numbers and {len(column)} values of {name}")
        if not all(map(lt, self.numbers, islice(self.numbers, 1, None))):
            self._order("unit", self.numbers)
        for name, most in (("area", len(self.areas)), ("group", len(GROUPS)), ("class", len(CLASSES)),
                           ("excluded", len(EXCLUSIONS))):
            self._each(name, lambda value, most=most: value < most,  # type: ignore[misc]
                       lambda value, name=name: f"the {name} {value}, which the frame does not have")  # type: ignore[misc]
        self._each("score", lambda value: value is None or (0 <= value <= 100 and round(value, 2) == value),
                   lambda value: f"the score {value}, which is not from 0 to 100 in hundredths")
        if self.held["scores_as_of"] is None:
            self._each("score", lambda value: value is None, lambda value: f"the score {value} of no day scores_as_of")
        width = self.rules["score_band"]
        bands = {score: -1 if score is None else math.floor(score / width) for score in set(units["score"])}
        # How long ago a visit was only counts against these limits.
        rules = self.rules["exclusion_days"]
        self.limits = sorted({*(rules[c] for c in CLASSES), self.rules["planned_open_days"] + 1,
                              (self.day - dt.date(self.day.year, 1, 1)).days + 1})
        spans = {ago: -1 if ago is None else bisect_right(self.limits, ago) for ago in set(units["ago"])}
        self.kind_of: list[Kind] = list(zip(
            units["area"], units["group"], units["class"], [bands[score] for score in units["score"]], units["visits"],
            [spans[ago] for ago in units["ago"]], units["excluded"], strict=True))
        self.kinds = Counter(self.kind_of)

    def _each(self, name: str, good: Callable[[Any], bool], said: Callable[[Any], str]) -> None:
        bad = {value for value in set(self.units[name]) if not good(value)}
        if bad:
            n = next(n for n, value in enumerate(self.units[name]) if value in bad)
            fail(f"unit {self.numbers[n]} has {said(self.units[name][n])}")

    def find(self, unit_no: str) -> int | None:
        """The position of a unit."""
        n = bisect_left(self.numbers, unit_no)
        return n if n < len(self.numbers) and self.numbers[n] == unit_no else None

    def kind_at(self, unit_no: str) -> Kind:
        """The kind of a unit that the frame has."""
        return self.kind_of[bisect_left(self.numbers, unit_no)]

    def unit_of(self, kind: Kind) -> tuple[str, dt.date | None]:
        """The first unit of a kind, and the day of its last visit: to name it."""
        n = self.kind_of.index(kind)
        ago = self.units["ago"][n]
        return self.numbers[n], None if ago is None or ago > 700_000 else self.day - dt.timedelta(days=ago)

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
            if officer not in known or self.find(unit) is None:
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
        wanted = {(self.areas[kind[0]], kind_of(kind)) for kind in self.kinds}
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
        flow = Flow([officer["load"] * PARTS for officer in self.officers],
                    [officer["can_lead"] for officer in self.officers],
                    [tuple(self.teams[desk["desk"]]) for desk in self.held["desks"]])
        for g, desk in enumerate(self.held["desks"]):
            if not flow.grant(g, int(desk["capacity"] * PARTS)):
                fail("the desks' capacities together are more than their officers can do")

    def _each_kind(self) -> None:
        self.turns: dict[Kind, tuple[str, str]] = {}
        year = bisect_right(self.limits, (self.day - dt.date(self.day.year, 1, 1)).days)
        for kind in self.kinds:
            area, group, _, band, visits, span, _ = kind
            desk = self.desk_of.get((self.areas[area], kind_of(kind)))
            if desk is None:
                fail(f"unit {self.unit_of(kind)[0]} is in area {self.areas[area]}, which no desk of {kind_of(kind)} "
                     f"units covers")
            if band < 0 and CLASSES[kind[2]] != self.rules["class_without_score"]:
                fail(f"unit {self.unit_of(kind)[0]} has the class {CLASSES[kind[2]]} without a score, which gives "
                     f"{self.rules['class_without_score']}")
            if (visits > 0) != (0 <= span <= year):
                name, last = self.unit_of(kind)
                fail(f"unit {name} has {visits} visits this year, and its last on {last}")
            self.turns[kind] = desk["desk"], GROUPS[group] + ("-again" if visits else "")
            self._exclusion(kind, desk)

    def _exclusion(self, kind: Kind, desk: Row) -> None:
        _, _, c, _, visits, span, said = kind
        code = EXCLUSIONS[said]
        cap, days = self.rules["cap"][CLASSES[c]], self.rules["exclusion_days"][CLASSES[c]]
        expected: str | None = None
        if desk["free"] == 0:
            expected = "no_officers"
        elif code == "planned":
            expected = "planned"
            if not 0 <= span <= bisect_right(self.limits, self.rules["planned_open_days"]):
                fail(f"unit {self.unit_of(kind)[0]} is excluded as planned, but no visit of it is counted since "
                     f"{self.rules['planned_open_days']} days before the draw")
        elif visits >= cap:
            expected = "cap"
        elif 0 <= span < bisect_right(self.limits, days):
            expected = "recent"
        elif code == "capacity":
            expected = "capacity"
        if code != expected:
            name, last = self.unit_of(kind)
            fail(f"unit {name} is excluded as {code or 'nothing'}, the frame's own data give {expected or 'nothing'} "
                 f"({visits} visits this year, the last on {last})")

    def _quotas(self) -> None:
        counts: dict[tuple[str, str], list[int]] = {(g, c): [0, 0, 0] for g in GROUPS for c in CLASSES}
        for kind, many in self.kinds.items():
            if self.staffed[self.turns[kind][0]]:
                row = counts[GROUPS[kind[1]], CLASSES[kind[2]]]
                row[0] += many
                row[1] += many * (kind[4] > 0)
                row[2] += many * (kind[4] == 0 and in_pool(kind))
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

    def weights(self, kind: Kind) -> dict[str, float]:
        """The weight in each arm that units of a kind take part in."""
        c, band = CLASSES[kind[2]], kind[3]
        quota = self.quotas[GROUPS[kind[1]], c]
        risk: float = self.rules["weight_targeted"][c]
        if band >= 0:
            share = band * self.rules["score_band"] / 100
            risk = max(risk, share * share)
        if kind[1] == 0 and kind[4] == 0:
            return {"duty": self.rules["weight_duty"][c], "targeted": risk}
        return {"random": quota["again"] if kind[4] else quota["first"], "targeted": risk}

    def _strata(self) -> None:
        members: dict[tuple[str, str, str], dict[float, int]] = {}
        due: dict[str, int] = {}
        for kind, number_of in self.kinds.items():
            desk, turn = self.turns[kind]
            due[desk] = due.get(desk, 0) + number_of * (turn == "duty")
            if in_pool(kind):
                for arm, weight in self.weights(kind).items():
                    held = members.setdefault((desk, arm, turn), {})
                    held[weight] = held.get(weight, 0) + number_of
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

    def _probabilities(self) -> None:
        """The profiles: units of one desk, turn, class and band, in this order, with their probabilities."""
        desks = {row["desk"]: d for d, row in enumerate(self.held["desks"])}
        found: dict[tuple[int, int, int, int], int] = {}
        self.profile_of: dict[Kind, int] = {}
        for kind, many in self.kinds.items():
            if in_pool(kind):
                key = self._key(kind, desks)
                found[key] = found.get(key, 0) + many
        place = {key: n for n, key in enumerate(sorted(found))}
        said = self.held["profiles"]
        if len(said) != len(place):
            fail(f"the frame has {len(said)} profiles, its units give {len(place)}")
        places = {(row["desk"], row["arm"], row["group"]): row for row in self.strata}
        by_weight = {name: {step["weight"]: step for step in row["derived"]} for name, row in places.items()}
        checked: set[int] = set()
        for kind in self.kinds:
            if not in_pool(kind):
                continue
            key = self._key(kind, desks)
            n = self.profile_of[kind] = place[key]
            if n not in checked:
                checked.add(n)
                desk, turn = self.turns[kind]
                made = {"stratum": f"{desk}/{turn}", "class": CLASSES[kind[2]],
                        "band": None if kind[3] < 0 else kind[3], "units": found[key],
                        **self._chances(kind, places, by_weight)}
                if any(said[n][field] != value for field, value in made.items()):
                    compare(said[n], made, f"the profile {n}, that of unit {self.unit_of(kind)[0]},")
            if (said[n]["p_total"] == 0) != (EXCLUSIONS[kind[6]] == "capacity"):
                fail(f"unit {self.unit_of(kind)[0]} has probability {said[n]['p_total']} and is "
                     f"{'' if kind[6] else 'not '}excluded for want of capacity")
        for row in self.strata:
            for one, next_one in pairwise(row["derived"]):
                if next_one["p"] < one["p"]:
                    fail(f"in the stratum {row['stratum']} the probability falls as the weight rises")
            sum_p = math.fsum(step["p"] * step["units"] for step in row["derived"])
            if abs(sum_p - row["expected"]) > 1e-9 * max(1.0, row["expected"]):
                fail(f"in the stratum {row['stratum']} the probabilities sum to {sum_p}, not to {row['expected']}")

    def _key(self, kind: Kind, desks: dict[str, int]) -> tuple[int, int, int, int]:
        desk, turn = self.turns[kind]
        return desks[desk], TURNS.index(turn), kind[2], kind[3]

    def _chances(self, kind: Kind, places: dict[tuple[str, str, str], Row],
                 by_weight: dict[tuple[str, str, str], dict[float, Row]]) -> dict[str, float]:
        desk, turn = self.turns[kind]
        out = {f"p_{arm}": 0.0 for arm in ARMS}
        parts = []
        for arm, weight in self.weights(kind).items():
            step = by_weight[desk, arm, turn][weight]
            out[f"p_{arm}"] = step["p"]
            parts.append((places[desk, arm, turn], step))
        out["p_total"] = total(parts)
        if not 0 <= out["p_total"] <= 1:
            fail(f"the profile of class {CLASSES[kind[2]]} in the stratum {desk}/{turn} has the probability "
                 f"{out['p_total']}, which is none")
        return out


def compare(said: Row, made: Row, what: str) -> None:
    for field, value in made.items():
        if said[field] != value:
            fail(f"{what} has {field} {said[field]}, the frame's units give {value}")


def in_bytes(text: str) -> bytes:
    """What numbers and areas are ordered by; a broken text is reported later, not raised here."""
    return text.encode("utf-8", "surrogatepass")


def kind_of(kind: Kind) -> str:
    return "key" if kind[1] < 2 else "general"


def in_pool(kind: Kind) -> bool:
    """Whether a unit takes part in the arms; one beyond today's capacity does so with probability 0."""
    return EXCLUSIONS[kind[6]] in (None, "capacity")


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
        more = {"per_day": "whole"} if "per_day" in source else {}
        shape(source, {**_SOURCES[kind], **more}, f"frame.entropy[{n}]")
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
    day, per_day = dt.date.fromisoformat(frame["draw_date"]), source.get("per_day", 1)
    first = day.timetuple().tm_yday * per_day
    # The first link of a day is the daily draw's, the others are those of its list draws.
    links = range(first + 1, first + per_day) if frame["protocol"] == LIST_PROTOCOL else range(first, first + 1)
    if not 1 <= per_day <= MOST_LINKS or source.get("year") != day.year or source.get("index") not in links:
        fail(f"the chain's link is number {source['index']}, with {per_day} a day that of day "
             f"{source['index'] // max(1, per_day)} of {source['year']}, the draw {frame['draw_no']} is of {day}")
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        fail("the chain's link is missing or not 64 hex digits")
    hashed = bytes.fromhex(value)
    for _ in range(source["index"]):
        hashed = hashlib.sha256(hashed).digest()
    if hashed.hex() != source.get("anchor"):
        fail(f"the chain's link hashed {source['index']} times does not give the anchor of {day.year}")


def ticket(seed: str, *parts: str) -> int:
    return int.from_bytes(hashlib.sha256(canonical([seed, *parts])).digest()[:8], "big") >> 11


# Selection ----------------------------------------------------------------------------------------------------------


def select(frame: Frame, seed: str) -> tuple[list[Row], list[Row]]:
    """Sizes, and the units drawn in the order of visits."""
    uniform = (ticket(seed, "sizes") >> 21) / 4294967296
    sizes = [{"stratum": row["stratum"], "size": rounded(row["start"], row["expected"], uniform)}
             for row in frame.strata]
    members: dict[tuple[str, str], dict[Kind, list[int]]] = {}
    by_kind: dict[Kind, list[int]] = {kind: [] for kind in frame.kinds}
    add = {kind: held.append for kind, held in by_kind.items()}
    for n, kind in enumerate(frame.kind_of):
        add[kind](n)
    for kind, positions in by_kind.items():
        if kind[6] == 0:
            members.setdefault(frame.turns[kind], {})[kind] = positions
    # The end of the message that a unit's ticket is hashed from.
    quoted = [(json.encoder.encode_basestring(number) + "]").encode() for number in frame.numbers]
    drawn: dict[int, Row] = {}
    for arm in ARMS:
        for row, size in zip(frame.strata, sizes, strict=True):
            if row["arm"] == arm and size["size"]:
                for n, drawn_number, key, p in _taken(frame, seed, row, size["size"],
                                                      members.get((row["desk"], row["group"]), {}), quoted):
                    if n in drawn:
                        drawn[n]["also"].append(arm)
                    else:
                        drawn[n] = {"unit_no": frame.numbers[n], "arm": arm, "stratum": row["stratum"],
                                    "ticket": drawn_number, "key": key, "also": [], "probability": p}
    return sizes, list(drawn.values())


def _taken(frame: Frame, seed: str, row: Row, size: int, members: dict[Kind, list[int]],
           quoted: list[bytes]) -> Iterator[tuple[int, int, float | None, float]]:
    """Position, ticket, key and probability of the units that one stratum takes."""
    up = size > math.floor(row["expected"])
    chance, odds = ("high", "odds_high") if up else ("low", "odds_low")
    steps = {step["weight"]: step for step in row["steps"]}
    before = canonical([seed, "unit", row["arm"]])[:-1] + b","
    hashed, numbers = hashlib.sha256, frame.numbers
    certain: list[tuple[int, float]] = []
    others: list[tuple[float, int, int, float]] = []
    for kind, positions in members.items():
        step = steps[frame.weights(kind)[row["arm"]]]
        p = frame.held["profiles"][frame.profile_of[kind]]["p_total"]
        if step[chance] == 1:
            certain += [(n, p) for n in positions]
        elif step[chance] > 0:
            divisor = step[odds]
            first = b"".join([hashed(before + quoted[n]).digest()[:8] for n in positions])
            tickets = [one >> 11 for one in struct.unpack(f">{len(positions)}Q", first)]
            keys = [(u / (1 - u)) / divisor for u in [one / 9007199254740992 for one in tickets]]
            # No kind of unit can give more than the whole stratum takes.
            others += nsmallest(size, zip(keys, positions, tickets, [p] * len(keys), strict=True))
    for n, p in sorted(certain):
        yield n, ticket(seed, "unit", row["arm"], numbers[n]), None, p
    for key, n, drawn_number, p in sorted(others)[: max(0, size - len(certain))]:
        yield n, drawn_number, key, p


# Officers -----------------------------------------------------------------------------------------------------------


class Flow:
    """Visits that are granted, by kind of team, and through whom: a lead and another person for each.

    ``taken[g][0][o]`` leads and ``taken[g][1][o]`` second places of team ``g`` go through officer ``o``, together at
    most as many as the team has visits, and over all teams at most the officer's load.
    """

    def __init__(self, loads: list[int], leads: list[bool], teams: list[tuple[int, ...]]) -> None:
        self.loads, self.leads, self.teams = list(loads), leads, teams
        self.visits = [0] * len(teams)
        self.taken: list[tuple[dict[int, int], dict[int, int]]] = [({}, {}) for _ in teams]
        self.used = [0] * len(loads)
        self.of: list[list[int]] = [[] for _ in loads]
        for g, team in enumerate(teams):
            for o in team:
                self.of[o].append(g)
        self._log: list[tuple[int, int, int, int]] = []

    def grant(self, g: int, many: int = 1) -> bool:
        """So many visits more for a team, or no change where that can't be staffed."""
        self._log = []
        self.visits[g] += many
        if self._more(g, 0, many) and self._more(g, 1, many):
            return True
        self._undo()
        self.visits[g] -= many
        return False

    def withdraw(self, g: int) -> None:
        """One visit less for a team."""
        lead, second = self.taken[g]
        full = [o for o in self.teams[g] if lead.get(o, 0) + second.get(o, 0) == self.visits[g]]
        # Who is on all visits of the team, at most two, is taken off one.
        first = next((o for o in full if lead.get(o)), None)
        if first is None:
            first = next(o for o, many in lead.items() if many)
        other = next((o for o in full if o != first and second.get(o)), None)
        if other is None:
            other = next((o for o, many in second.items() if many and o not in full), None)
        if other is None:
            other = next(o for o, many in second.items() if many)
        self._change(g, 0, first, -1)
        self._change(g, 1, other, -1)
        self.visits[g] -= 1

    def engage(self, officers: tuple[int, int]) -> bool:
        """One visit less of the load of two officers, or no change where what is granted then fails."""
        self._log = []
        for n, o in enumerate(officers):
            self.loads[o] -= 1
            if self.used[o] > self.loads[o] and not self._relieved(o):
                self._undo()
                for given in officers[: n + 1]:
                    self.loads[given] += 1
                return False
        return True

    def _relieved(self, o: int) -> bool:
        for g in self.of[o]:
            for side in (0, 1):
                if self.taken[g][side].get(o):
                    self._change(g, side, o, -1)
                    return self._more(g, side)
        return False

    def _more(self, g: int, side: int, many: int = 1) -> bool:
        """So many more through a side of a team: through whom has load left, then by moving others."""
        for o in self.teams[g]:
            if many and (side or self.leads[o]) and self.used[o] < self.loads[o]:
                held = self.taken[g]
                room = min(many, self.loads[o] - self.used[o], self.visits[g] - held[0].get(o, 0) - held[1].get(o, 0))
                if room:
                    self._change(g, side, o, room)
                    many -= room
        while many:
            moved = self._moved(g, side, many)
            if not moved:
                return False
            many -= moved
        return True

    def _moved(self, g: int, side: int, many: int) -> int:
        """As many as go along the shortest way on which others are moved; 0 where there is none."""
        came: dict[tuple[int, int, int], tuple[int, int, int] | None] = {(g, side, -1): None}
        queue: deque[tuple[int, int, int]] = deque(came)
        while queue:
            here = queue.popleft()
            team, way, o = here
            if way == 3:
                # Beyond the officer: done where there is load left, else one of those who came this way goes another.
                if self.used[o] < self.loads[o]:
                    return self._along(came, here, min(many, self.loads[o] - self.used[o]))
                following = [(other, 2, o) for other in self.of[o]
                             if self.taken[other][0].get(o) or self.taken[other][1].get(o)]
            elif way == 2:
                # A seat of the team: on to the officer, or back to a side that uses it.
                lead, second = self.taken[team]
                following = [(team, back, -1) for back in (0, 1) if (lead, second)[back].get(o)]
                if lead.get(o, 0) + second.get(o, 0) < self.visits[team]:
                    following.insert(0, (-1, 3, o))
            else:
                following = [(team, 2, other) for other in self.teams[team] if way or self.leads[other]]
            for there in following:
                if there not in came:
                    came[there] = here
                    queue.append(there)
        return 0

    def _along(self, came: dict[tuple[int, int, int], tuple[int, int, int] | None], end: tuple[int, int, int],
               many: int) -> int:
        """Move as many as every step of the way has room for."""
        steps: list[tuple[int, int, int, int]] = []
        here, before = end, came[end]
        while before is not None:
            if here[1] == 2 and before[1] < 2:
                steps.append((here[0], before[1], here[2], 1))
            elif here[1] < 2 and before[1] == 2:
                steps.append((here[0], here[1], before[2], -1))
                many = min(many, self.taken[here[0]][here[1]][before[2]])
            elif here[1] == 3:
                lead, second = self.taken[before[0]]
                many = min(many, self.visits[before[0]] - lead.get(before[2], 0) - second.get(before[2], 0))
            elif before[1] == 3:
                lead, second = self.taken[here[0]]
                many = min(many, lead.get(here[2], 0) + second.get(here[2], 0))
            here, before = before, came[before]
        for g, side, o, by in steps:
            self._change(g, side, o, by * many)
        return many

    def _change(self, g: int, side: int, o: int, by: int) -> None:
        held = self.taken[g][side]
        held[o] = held.get(o, 0) + by
        self.used[o] += by
        self._log.append((g, side, o, by))

    def _undo(self) -> None:
        for g, side, o, by in reversed(self._log):
            self.taken[g][side][o] -= by
            self.used[o] -= by
        self._log = []


def staff(frame: Frame, seed: str, drawn: list[Row]) -> tuple[list[tuple[str, str] | None], list[list[int]]]:
    """The pair (lead, second) for each visit, or None where no legal pair is left; and who could have made it."""
    officers, leads = frame.officers, [officer["can_lead"] for officer in frame.officers]
    teams = _teams(frame, drawn)
    known = {team: g for g, team in enumerate(sorted(set(teams)))}
    if sum(map(len, known)) * max(1, len(drawn)) > MOST_WORK or sum(map(len, teams)) > MOST_WORK // 20:
        raise NotABundle("the bundle has more visits and officers than can be checked")
    flow = Flow([officer["load"] for officer in officers], leads, list(known))
    can = [flow.grant(known[team]) for team in teams]
    kept = [(visit["unit_no"], known[team]) for team, visit, can_be in zip(teams, drawn, can, strict=True) if can_be]
    made = iter(pair_up(officers, flow, kept, seed, "unit "))
    return [next(made) if can_be else None for can_be in can], [list(team) for team in teams]


def pair_up(officers: list[Row], flow: Flow, visits: list[tuple[str, int]], seed: str,
            what: str) -> list[tuple[str, str]]:
    """The pair (lead, second) for each visit (of whom, by which kind of team); all of them are granted in the flow."""
    leads = [officer["can_lead"] for officer in officers]
    together: list[dict[int, int]] = [{} for _ in officers]
    given = [0] * len(officers)
    before, names = canonical([seed, "officer"])[:-1] + b",", [canonical(officer["officer_no"]) for officer in officers]
    pairs = []
    for name, g in visits:
        flow.withdraw(g)
        after = b"," + canonical(name) + b"]"
        place = [(hashlib.sha256(before + names[o] + after).digest()[:8], o) for o in flow.teams[g] if flow.loads[o]]
        free = [o for _, o in sorted((int.from_bytes(made, "big") >> 11, o) for made, o in place)]
        for i, j in ranked(free, given, together, leads):
            couple = (free[i], free[j]) if leads[free[i]] else (free[j], free[i])
            if flow.engage(couple):
                break
        else:
            fail(f"no pair of officers is left for the visit of {what}{name}")
        for one, other in (couple, couple[::-1]):
            given[one] += 1
            together[one][other] = together[one].get(other, 0) + 1
        pairs.append((officers[couple[0]]["officer_no"], officers[couple[1]]["officer_no"]))
    return pairs


def ranked(free: list[int], given: list[int], together: list[dict[int, int]],
           leads: list[bool]) -> Iterator[tuple[int, int]]:
    """Places (i, j) of the legal pairs, by visits already made together, visits given to the two, i, j."""
    levels = sorted({0, *(times for o in free for times in together[o].values())})
    counts: dict[int, list[int]] = {}
    for n, o in enumerate(free):
        counts.setdefault(given[o], []).append(n)
    sums = sorted({one + other for one in counts for other in counts})
    for level in levels:
        for both in sums:
            for i, o in enumerate(free):
                others = counts.get(both - given[o])
                if others is None:
                    continue
                for j in islice(others, bisect_right(others, i), None):
                    if together[o].get(free[j], 0) == level and (leads[o] or leads[free[j]]):
                        yield i, j


def _teams(frame: Frame, drawn: list[Row]) -> list[tuple[int, ...]]:
    recused: dict[str, set[str]] = {}
    for officer_no, unit_no in frame.held["recusals"]:
        recused.setdefault(unit_no, set()).add(officer_no)
    fitting: dict[tuple[str, str], tuple[int, ...]] = {}
    teams = []
    for visit in drawn:
        kind = frame.kind_at(visit["unit_no"])
        place = frame.areas[kind[0]], kind_of(kind)
        if place not in fitting:
            fitting[place] = tuple(o for o, officer in enumerate(frame.officers)
                                   if officer["load"] and frame.fits(officer, *place))
        away = recused.get(visit["unit_no"], set())
        teams.append(tuple(o for o in fitting[place] if frame.officers[o]["officer_no"] not in away))
    return teams


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
        if frame.find(name) is None:
            fail(f"unit {name} was drawn, but is not in the frame")
        if frame.kind_at(name)[6]:
            fail(f"unit {name} was drawn, but was excluded as {EXCLUSIONS[frame.kind_at(name)[6]]}")
        if name not in should:
            fail(f"unit {name} is in the result, but its ticket does not draw it")
    for row in drawn:
        if row["unit_no"] not in seen:
            fail(f"unit {row['unit_no']} is drawn by its ticket in {row['stratum']}, but is not in the result")
    held = {officer["officer_no"]: officer for officer in frame.officers}
    recused = {(officer, unit) for officer, unit in frame.held["recusals"]}
    for visit in result["visits"]:
        _check_rules(frame, visit, held, recused)
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


def _check_rules(frame: Frame, visit: Row, held: dict[str, Row], recused: set[tuple[str, str]]) -> None:
    unit = frame.kind_at(visit["unit_no"])
    area = frame.areas[unit[0]]
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
        if not frame.fits(officer, area, kind_of(unit)):
            fail(f"{where} does not serve area {area}")
        if (name, visit["unit_no"]) in recused:
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


# List draws (huoyan-list/1): the part of docs/draw-protocol.md about draws whose objects are a list -------------------

_OFFICER = {"officer_no": "text", "body": ("text", None), "areas": ["text"], "can_lead": "flag",
            "certificate_valid": "flag", "loads": ["whole"]}
_TAKEN = {"object_no": "text", "ticket": "whole", "key": ("ratio", None), "probability": "number",
          "stands_for": ("text", None)}
LIST_FORM = {
    "protocol": "text", "commitment": "hex", "entropy": ["object"], "seed": "hex", "result_digest": "hex",
    "record_hash": "hex",
    "frame": {
        "protocol": "text", "draw_no": "text", "kind": "text", "title": "text", "draw_date": "day", "sequence": "whole",
        "previous": "hex", "frozen_at": "text", "entropy": ["object"], "scores_as_of": ("day", None),
        "policy": {"version": "text", "parameters": {
            "exclusions": ["text"], "cap": _CLASSED, "exclusion_days": dict.fromkeys(CLASSES, "whole"),
            "planned_open_days": "whole", "counted_kinds": ["text"], "bodies": {"key": ["text"], "general": ["text"]},
            "class_without_score": "text", "weight": _CLASSED}},
        "of": ("object", None), "reason": ("object", None), "size": "whole", "order": "text", "days": ["day"],
        "areas": [{"area": "text", "parent": ("text", None)}],
        "steps": [{"weight": "number", "objects": "whole", "p": "number", "odds": "ratio"}],
        "objects": [{"object_no": "text", "unit_no": ("text", None), "area": ("text", None), "key": "flag",
                     "class": "text", "visits": "whole", "last": ("day", None), "weight": "number",
                     "excluded": ("object", None), "p": "number"}],
        "departments": [{"department": "text", "name": "text", "officers": [_OFFICER]}],
        "recusals": [["text"]],
    },
    "result": {"visits": [{"position": "whole", **_TAKEN, "day": "day",
                           "teams": [{"department": "text", "lead": "text", "second": "text"}]}],
               "unassigned": [{**_TAKEN, "department": ("text", None), "reason": "text"}]},
}
_LIST_NO = re.compile(r"([A-CE-Z])(\d{8})-\d{2,4}", re.ASCII)
_GIVEN = ("closed", "drawn", "replaced")


def load_list(bundle: Row) -> Row:
    """A list's bundle of the right shape, its content not yet checked."""
    shape(bundle, LIST_FORM, "")
    frame = bundle["frame"]
    for name, form in (("of", {"draw_no": "text", "record_hash": "hex"}),
                       ("reason", {"code": "text", "text": "text", "unit": ("text", None), "officer": ("text", None)})):
        if frame[name] is not None:
            shape(frame[name], form, f"frame.{name}")
    if any(len(row) != 2 for row in frame["recusals"]):
        raise NotABundle("a recusal is not a pair of officer and object")
    canonical(bundle)
    return bundle


class ListFrame:
    """The frame of a list draw: every derived number is computed again from its objects, officers and rules."""

    def __init__(self, held: Row) -> None:
        self.held = held
        self.rules: Row = held["policy"]["parameters"]
        self.days: list[str] = held["days"]
        self.objects: list[Row] = held["objects"]
        self.by_no = {one["object_no"]: one for one in self.objects}
        self.departments: list[Row] = held["departments"]
        self._parents = {row["area"]: row["parent"] for row in held["areas"]}
        self._recused = {(officer, number) for officer, number in held["recusals"]}

    def check(self) -> None:
        self._header()
        self._reason()
        self._rules()
        self._rows()
        for one in self.objects:
            self._object(one)
        self._steps()

    def _header(self) -> None:
        held = self.held
        if held["protocol"] != LIST_PROTOCOL:
            fail(f"the frame's protocol is {held['protocol']!r}, not {LIST_PROTOCOL}")
        number = _LIST_NO.fullmatch(held["draw_no"])
        if not number or number[2] != held["draw_date"].replace("-", ""):
            fail(f"the draw's number draw_no is {held['draw_no']!r}, which is not one of a list of {held['draw_date']}")
        letters = {"replacement": "R", "campaign": "Z", "joint": "L"}
        if not re.fullmatch(r"[a-z][a-z_]{0,31}", held["kind"], re.ASCII) or held["kind"] == "daily":
            fail(f"the kind {held['kind']!r} is not one that a list can have")
        if number[1] != letters.get(held["kind"], "X"):
            fail(f"the draw's number draw_no is {held['draw_no']}, the kind {held['kind']} has the letter "
                 f"{letters.get(held['kind'], 'X')}")
        if held["sequence"] < 1 or (held["sequence"] == 1) != (held["previous"] == "0" * 64):
            fail(f"the frame's previous is {held['previous']} with sequence {held['sequence']}: the first draw, and no "
                 f"other, names 64 zeros")
        if not _MOMENT.fullmatch(held["frozen_at"]) or _day(held["frozen_at"][:10]) is None:
            fail(f"frozen_at is {held['frozen_at']!r}, not a moment in UTC")
        if held["scores_as_of"] is not None and held["scores_as_of"] > held["draw_date"]:
            fail(f"scores_as_of is {held['scores_as_of']}, after the day of the draw")
        if not self.days or self.days != sorted(set(self.days)) or self.days[0] < held["draw_date"]:
            fail("the days of the visits are none, out of order, or before the day of the draw")
        if held["order"] not in ("chance", "weight"):
            fail(f"the order is {held['order']!r}, neither chance nor weight")

    def _reason(self) -> None:
        held, why = self.held, self.held["reason"]
        if (held["kind"] == "replacement") != (held["of"] is not None) or (why is None) != (held["of"] is None):
            fail("a replacement, and nothing else, names the draw it is of and its reason")
        if why is None:
            return
        if (why["unit"] is None) == (why["officer"] is None):
            fail("the reason of a replacement names a unit or an officer")
        if why["unit"] is not None:
            one = self.by_no.get(why["unit"])
            code = None if one is None else (one["excluded"] or {}).get("code")
            if held["size"] != 1 or code not in ("replaced", "no_officers"):
                fail(f"unit {why['unit']} is replaced, but the list does not say so or takes more than one unit")
            return
        for department in self.departments:
            for officer in department["officers"]:
                if officer["officer_no"] == why["officer"] and any(officer["loads"]):
                    fail(f"officer {why['officer']} is replaced, but has room for visits in the frame")

    def _rules(self) -> None:
        rules = self.rules
        for name in ("weight", "cap"):
            if not 0 < rules[name]["A"] <= rules[name]["B"] <= rules[name]["C"] <= rules[name]["D"]:
                fail(f"the rule {name} falls from A to D or is not above 0: a higher risk must never be drawn less")
        days = [rules["exclusion_days"][c] for c in CLASSES]
        if days != sorted(days, reverse=True) or days[0] > 365:
            fail("the rule exclusion_days rises from A to D or has no usable value")
        if not set(rules["bodies"]["key"]) <= set(rules["bodies"]["general"]):
            fail("who may visit key units may not visit general ones")
        if rules["class_without_score"] not in CLASSES or any(not isinstance(rules["cap"][c], int) for c in CLASSES):
            fail("the rules class_without_score or cap have no usable value")

    def _rows(self) -> None:
        self._order("area", [row["area"] for row in self.held["areas"]])
        for row in self.held["areas"]:
            if row["parent"] is not None and row["parent"] not in self._parents:
                fail(f"area {row['area']} lies in area {row['parent']}, which the frame does not have")
        self._order("object", [one["object_no"] for one in self.objects])
        codes = [department["department"] for department in self.departments]
        if not codes or len(set(codes)) != len(codes):
            fail("a list has no department, or one of them twice")
        known: set[str] = set()
        for department in self.departments:
            self._order(f"department {department['department']}: officer",
                        [officer["officer_no"] for officer in department["officers"]])
            for officer in department["officers"]:
                if department["department"] == "fire":
                    known.add(officer["officer_no"])
                if officer["areas"] != sorted(officer["areas"], key=in_bytes):
                    fail(f"officer {officer['officer_no']} has areas out of order")
                if len(officer["loads"]) != len(self.days):
                    fail(f"officer {officer['officer_no']} has {len(officer['loads'])} loads for {len(self.days)} days")
        before: tuple[bytes, bytes] | None = None
        for officer_no, number in self.held["recusals"]:
            here = in_bytes(officer_no), in_bytes(number)
            if before is not None and here <= before:
                fail(f"the recusal of officer {officer_no} from {number} stands twice or out of order")
            if officer_no not in known or number not in self.by_no:
                fail(f"the recusal of officer {officer_no} from {number} is of nobody or nothing in the frame")
            before = here

    def _order(self, what: str, numbers: list[str]) -> None:
        for one, after in pairwise(numbers):
            if in_bytes(after) <= in_bytes(one):
                fail(f"{what} {after} stands twice or out of order")

    def _line(self, area: str) -> set[str]:
        found: set[str] = set()
        here: str | None = area
        while here is not None and here not in found:
            found.add(here)
            here = self._parents.get(here)
        return found

    def team(self, department: Row, one: Row, day: int | None) -> list[int]:
        """The officers of a department, by position, who may visit an object on a day, or on any of the days."""
        bodies = self.rules["bodies"]["key" if one["key"] else "general"]
        above = None if one["area"] is None else self._line(one["area"])
        found = []
        for o, officer in enumerate(department["officers"]):
            loads = officer["loads"]
            near = above is None or not officer["areas"] or any(
                own in above or (officer["body"] == "brigade" and one["area"] in self._line(own))
                for own in officer["areas"])
            if (near and officer["certificate_valid"] and (max(loads) if day is None else loads[day]) > 0
                    and (officer["body"] is None or officer["body"] in bodies)
                    and not (department["department"] == "fire" and (officer["officer_no"], one["object_no"])
                             in self._recused)):
                found.append(o)
        return found

    def lacking(self, one: Row) -> tuple[Row, str] | None:
        """The first department that can't send a pair on any day, and what it lacks."""
        for department in self.departments:
            team = self.team(department, one, None)
            if len(team) < 2:
                return department, "one_officer" if team else "no_officers"
            if not any(department["officers"][o]["can_lead"] for o in team):
                return department, "no_lead"
        return None

    def _object(self, one: Row) -> None:  # noqa: PLR0912  one branch a promise
        name, said, rules = one["object_no"], one["excluded"], self.rules
        if one["class"] not in CLASSES:
            fail(f"object {name} has the class {one['class']!r}, not one of A, B, C, D")
        last = None if one["last"] is None else dt.date.fromisoformat(one["last"])
        first = dt.date.fromisoformat(self.days[0])
        if one["area"] is not None and one["area"] not in self._parents:
            fail(f"object {name} lies in area {one['area']}, which the frame does not have")
        if last is not None and last > first:
            fail(f"object {name} has its last visit on {last}, after the first day of the list")
        if self.held["of"] is None:
            weight = rules["weight"][one["class"]] if self.held["order"] == "weight" else 1
            if one["weight"] != weight:
                fail(f"object {name} has the weight {one['weight']}, its class and the order give {weight}")
        elif one["weight"] <= 0:
            fail(f"object {name} has the weight {one['weight']}, which is not above 0")
        code = None if said is None else said.get("code")
        short = self.lacking(one)
        expected: Row | None = None
        if short is not None:
            expected = {"code": "no_officers", "department": short[0]["department"]}
        elif code in _GIVEN:
            expected = {"code": code}
            if code == "replaced" and (self.held["reason"] or {}).get("unit") != name:
                fail(f"object {name} is left out as replaced, but the reason is about another")
        elif code == "planned" and "planned" in rules["exclusions"]:
            expected = {"code": code}
            if last is None or (first - last).days > rules["planned_open_days"]:
                fail(f"object {name} is left out as planned, but no visit of it is counted since "
                     f"{rules['planned_open_days']} days")
        elif "cap" in rules["exclusions"] and one["visits"] >= rules["cap"][one["class"]]:
            expected = {"code": "cap", "cap": rules["cap"][one["class"]]}
        elif "recent" in rules["exclusions"] and last is not None:
            until = last + dt.timedelta(days=rules["exclusion_days"][one["class"]])
            expected = {"code": "recent", "until": until.isoformat()} if first < until else None
        if canonical(said) != canonical(expected):
            fail(f"object {name} is left out as {_brief(said)}, the frame's own data give {_brief(expected)}")

    def _steps(self) -> None:
        counts: dict[float, int] = {}
        for one in self.objects:
            if one["excluded"] is None:
                counts[one["weight"]] = counts.get(one["weight"], 0) + 1
        levels, size = sorted(counts.items()), self.held["size"]
        if not 1 <= size <= sum(counts.values()):
            fail(f"the size is {size}, {sum(counts.values())} objects of the list can be drawn")
        chances = wanted_probabilities(levels, size)
        said = self.held["steps"]
        if [(step["weight"], step["objects"]) for step in said] != levels:
            fail("the steps are not the weights of the objects that can be drawn, each with their number")
        for step, p in zip(said, chances, strict=True):
            if step["p"] != p:
                fail(f"the step of weight {step['weight']} has p {step['p']}, its objects give {p}")
        check_odds("list", [{**step, "units": step["objects"]} for step in said], "p", "odds", size)
        chance = {weight: p for (weight, _), p in zip(levels, chances, strict=True)}
        for one in self.objects:
            p = 0.0 if one["excluded"] is not None else chance[one["weight"]]
            if one["p"] != p:
                fail(f"object {one['object_no']} has p {one['p']}, its weight gives {p}")


def select_list(frame: ListFrame, seed: str) -> list[Row]:
    """The objects that are drawn, in the order of their visits, each with ticket, key and probability."""
    odds = {step["weight"]: step["odds"] for step in frame.held["steps"]}
    certain, others = [], []
    for one in frame.objects:
        if one["excluded"] is None and one["p"] > 0:
            drawn_number = ticket(seed, "unit", "list", one["object_no"])
            row: Row = {"object": one, "ticket": drawn_number, "key": None}
            if one["p"] == 1:
                certain.append(row)
            else:
                u = drawn_number / 9007199254740992
                row["key"] = (u / (1 - u)) / odds[one["weight"]]
                others.append(row)
    others.sort(key=lambda row: (row["key"], in_bytes(row["object"]["object_no"])))
    heavy = frame.held["order"] == "weight"
    return sorted([*certain, *others[: frame.held["size"] - len(certain)]],
                  key=lambda row: (-row["object"]["weight"] if heavy else 0, row["ticket"],
                                   in_bytes(row["object"]["object_no"])))


def outcome_of_list(frame: ListFrame, seed: str) -> Row:
    """Visits with day and teams, and those without, as the seed gives them."""
    drawn, days = select_list(frame, seed), len(frame.days)
    teams: list[list[list[list[int]]]] = [[[frame.team(department, row["object"], day) for day in range(days)]
                                           for department in frame.departments] for row in drawn]
    if sum(len(team) ** 2 for row in teams for one in row for team in one) * max(1, len(drawn)) > MOST_WORK * days:
        raise NotABundle("the bundle has more visits and officers than can be checked")
    kept: list[list[int]] = [[] for _ in range(days)]
    where: list[int | None] = []
    for v in range(len(drawn)):
        start = v * days // len(drawn)
        for day in (*range(start, days), *range(start)):
            if all(_can(frame, n, day, [teams[w][n][day] for w in (*kept[day], v)])
                   for n in range(len(frame.departments))):
                kept[day].append(v)
                where.append(day)
                break
        else:
            where.append(None)
    pairs: dict[tuple[int, int], tuple[str, str]] = {}
    for day in range(days):
        for n in range(len(frame.departments)):
            for v, pair in zip(kept[day], _pairs(frame, n, day, [(drawn[w]["object"]["object_no"], teams[w][n][day])
                                                                 for w in kept[day]], seed), strict=True):
                pairs[v, n] = pair
    why = frame.held["reason"]
    visits: list[Row] = []
    unassigned: list[Row] = []
    for v, (row, where_to) in enumerate(zip(drawn, where, strict=True)):
        name = row["object"]["object_no"]
        told = {"object_no": name, "ticket": row["ticket"], "key": row["key"], "probability": row["object"]["p"],
                "stands_for": None if why is None else why["unit"] if why["officer"] is None else name}
        if where_to is None:
            short = frame.lacking(row["object"])
            unassigned.append({**told, "department": short[0]["department"] if short else None,
                               "reason": short[1] if short else "taken"})
        else:
            visits.append({"position": len(visits) + 1, **told, "day": frame.days[where_to], "teams": [
                {"department": department["department"], "lead": pairs[v, n][0], "second": pairs[v, n][1]}
                for n, department in enumerate(frame.departments)]})
    return {"visits": visits, "unassigned": unassigned}


def _flow(frame: ListFrame, n: int, day: int, teams: list[list[int]]) -> tuple[Flow, dict[tuple[int, ...], int]]:
    """The officers of one department on a day, and the place of each kind of team among them."""
    officers = frame.departments[n]["officers"]
    known = {team: g for g, team in enumerate(sorted({tuple(team) for team in teams}))}
    return Flow([officer["loads"][day] for officer in officers], [officer["can_lead"] for officer in officers],
                list(known)), known


def _can(frame: ListFrame, n: int, day: int, teams: list[list[int]]) -> bool:
    flow, known = _flow(frame, n, day, teams)
    return all(flow.grant(known[tuple(team)]) for team in teams)


def _pairs(frame: ListFrame, n: int, day: int, visits: list[tuple[str, list[int]]], seed: str) -> list[tuple[str, str]]:
    """The pair (lead, second) of one department for each of a day's visits, by tickets, as in a daily draw."""
    flow, known = _flow(frame, n, day, [team for _, team in visits])
    for _, team in visits:
        flow.grant(known[tuple(team)])
    asked = [(name, known[tuple(team)]) for name, team in visits]
    return pair_up(frame.departments[n]["officers"], flow, asked, seed, "")


def check_list_result(frame: ListFrame, seed: str, result: Row) -> None:
    made = outcome_of_list(frame, seed)
    for said in (*result["visits"], *result["unassigned"]):
        one = frame.by_no.get(said["object_no"])
        if one is None:
            fail(f"object {said['object_no']} was drawn, but is not in the frame")
        if one["excluded"] is not None:
            fail(f"object {said['object_no']} was drawn, but was left out as {_brief(one['excluded'])}")
    for what, several in (("visit", "visits"), ("unassigned", "unassigned")):
        for n, (said, should) in enumerate(zip(result[several], made[several], strict=False)):
            for field in should:
                if canonical(said[field]) != canonical(should[field]):
                    fail(f"{what} {n + 1} is of {said['object_no']} with {field} {_brief(said[field])}, the seed gives "
                         f"{should['object_no']} with {field} {_brief(should[field])}")
        if len(result[several]) != len(made[several]):
            fail(f"the result has {len(result[several])} of {what}, the officers of the frame give "
                 f"{len(made[several])}")


def _brief(value: Any) -> str:
    return canonical(value).decode()[:200]


def check_in_time(row: list[Row]) -> None:
    """Daily draws follow each other in time, and list draws do; no two draws open the same link of a chain; and a
    replacement names the record of the draw that it is of and is drawn by the departments of that."""
    latest: dict[bool, Row] = {}
    links: dict[tuple[Any, Any], str] = {}
    by_no = {bundle["frame"]["draw_no"]: bundle for bundle in row}
    for bundle in row:
        frame, listed = bundle["frame"], bundle["protocol"] == LIST_PROTOCOL
        before = latest.get(listed)
        if before is not None and (before["draw_date"] > frame["draw_date"] or
                                   (not listed and before["draw_date"] == frame["draw_date"])):
            fail(f"{frame['draw_no']} comes after {before['draw_no']} in the chain, but not in time")
        latest[listed] = frame
        for source in frame["entropy"]:
            if source.get("source") == "chain":
                other = links.setdefault((source.get("year"), source.get("index")), frame["draw_no"])
                if other != frame["draw_no"]:
                    fail(f"{other} and {frame['draw_no']} open the same link of the hash chain of {source.get('year')}")
        if listed and frame["of"] is not None:
            first = by_no.get(frame["of"]["draw_no"])
            if first is not None and record_hash(first) != frame["of"]["record_hash"]:
                fail(f"{frame['draw_no']} is a replacement in {frame['of']['draw_no']}, but names another record of it")
            _check_departments(frame, by_no)


def _check_departments(frame: Row, by_no: dict[str, Row]) -> None:
    """An object is replaced by all departments of the draw it all comes from, an officer by one of them."""
    first = frame
    while first.get("of") is not None:
        before = by_no.get(first["of"]["draw_no"])
        if before is None or before["frame"]["sequence"] >= first["sequence"]:
            return
        first = before["frame"]
    taking_part = [row["department"] for row in first["departments"]] if "departments" in first else ["fire"]
    here = [row["department"] for row in frame["departments"]]
    officer = (frame["reason"] or {}).get("officer")
    if here != taking_part and (officer is None or len(here) != 1 or here[0] not in taking_part):
        fail(f"{frame['draw_no']} is drawn by the departments {', '.join(here)}, {first['draw_no']} was by "
             f"{', '.join(taking_part)}")


# The whole ----------------------------------------------------------------------------------------------------------


def record_hash(bundle: Row) -> str:
    frame = bundle["frame"]
    return digest({"protocol": bundle["protocol"], "draw_no": frame["draw_no"], "draw_date": frame["draw_date"],
                   "sequence": frame["sequence"], "previous": frame["previous"], "commitment": bundle["commitment"],
                   "entropy": bundle["entropy"], "seed": bundle["seed"], "result": bundle["result_digest"]})


def seed_of(bundle: Row) -> str:
    return sha(bundle["commitment"].encode() + b"|" + canonical(bundle["entropy"]))


def load(data: bytes) -> Row:
    """A bundle of the right shape, its content not yet checked."""
    bundle = read(data)
    if bundle["protocol"] == LIST_PROTOCOL:
        return load_list(bundle)
    shape(bundle, FORM, "")
    for row in bundle["frame"]["recusals"]:
        if len(row) != 2:
            raise NotABundle("a recusal is not a pair of officer and unit")
    # What the protocol leaves open must at least be JSON that can be hashed.
    canonical([bundle["entropy"], bundle["frame"]["entropy"], bundle["frame"]["tau"]])
    return bundle


def check_bundle(bundle: Row, commitment: str | None = None) -> None:
    """Everything about one bundle; :class:`Mismatch` names the first thing that does not agree."""
    frame: Any = ListFrame(bundle["frame"]) if bundle["protocol"] == LIST_PROTOCOL else Frame(bundle["frame"])
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
    (check_list_result if bundle["protocol"] == LIST_PROTOCOL else check_result)(frame, seed, bundle["result"])
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
        if second["previous"] not in (record_hash(before), digest(first)):
            fail(f"{second['draw_no']} names {second['previous']} as the record before it, {first['draw_no']} has "
                 f"{record_hash(before)}: one of the two was changed")
    check_in_time(row)


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
    units = len(frame["objects"] if "objects" in frame else frame["units"]["unit_no"])
    return 0, _one_line(f"OK: {frame['draw_no']} of {frame['draw_date']}, {units} units, {visits} visits, "
                        f"commitment {bundle['commitment']}{published}{linked}; not checked: "
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
    if frame.get("of"):
        out.append(f"whether the list is what {frame['of']['draw_no']} left, with its weights: give --chain")
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
