"""Ways to change a bundle: what an attacker with an editor, or with this very program, could do to it.

A change is made at one random place; then digests are left as they are, or made again, or the whole draw is made
again from the changed frame. The same seed gives the same change.
"""

from __future__ import annotations

import copy
import math
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sampling import verify
from sampling.bundle import outcome

Path = tuple[Any, ...]


@dataclass(frozen=True)
class Change:
    """One change: where, what was done there, and how far the digests were made again."""

    path: Path
    what: str
    again: str
    bundle: dict[str, Any]

    @property
    def place(self) -> str:
        """The path without the numbers of rows."""
        return ".".join(str(key) for key in self.path if not isinstance(key, int))


# How far an attacker makes the digests again: not at all, of the result, of everything, or by drawing anew.
AGAIN = ("nothing", "result", "digests", "draw")


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a bundle, containers too."""
    yield path
    rows = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in rows:
        yield from paths(inner, (*path, key))


def at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


class Tamperer:
    """Changes one bundle. Places are chosen by field and not by row, so that thousands of units hide nothing."""

    def __init__(self, bundle: dict[str, Any], seed: int) -> None:
        self.bundle, self.chance, self.whole = bundle, random.Random(seed), verify.canonical(bundle)
        self.by_place: dict[str, list[Path]] = {}
        for path in paths(bundle):
            if path:
                self.by_place.setdefault(".".join(str(k) for k in path if not isinstance(k, int)), []).append(path)
        self.places = sorted(self.by_place)

    def changes(self, number: int) -> Iterator[Change]:
        """``number`` changes, going through all places over and over."""
        order: list[str] = []
        for _ in range(number):
            if not order:
                order = self.chance.sample(self.places, len(self.places))
            made = self.change(self.chance.choice(self.by_place[order.pop()]))
            if made is not None:
                yield made

    def change(self, path: Path) -> Change | None:
        changed = copy.deepcopy(self.bundle)
        holder, old = at(changed, path[:-1]), at(changed, path)
        what, new = self._other(path, old)
        if what == "gone":
            del holder[path[-1]]
        else:
            holder[path[-1]] = new
        again = self.chance.choice(AGAIN)
        try:
            before = verify.canonical(changed)
            rehash(changed, again)
            after = verify.canonical(changed)
        except Exception:
            # What the program itself can't hash or draw stays as it was written.
            return Change(path, what, "nothing", changed)
        # Where the digests made again are what was changed, the change is undone.
        return None if self.whole in (before, after) else Change(path, what, again, changed)

    def _other(self, path: Path, old: Any) -> tuple[str, Any]:
        choices = list(self._others(old))
        kin = [held for held in (at(self.bundle, other) for other in self._kin(path)) if held != old]
        if kin:
            choices += [("of another row", copy.deepcopy(self.chance.choice(kin)))] * 2
        choices.append(self.chance.choice([
            ("gone", None), ("null", None), ("text", "x"), ("number", 7), ("list", []), ("object", {}), ("true", True),
            ("broken text", "\ud800")]))
        return self.chance.choice(choices)

    def _kin(self, path: Path) -> list[Path]:
        return self.by_place[".".join(str(k) for k in path if not isinstance(k, int))]

    def _others(self, old: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(old, bool):
            yield "flipped", not old
        elif isinstance(old, int | float):
            yield "one more", old + 1
            yield "one less", old - 1
            yield "last bit up", math.nextafter(old, math.inf)
            yield "last bit down", math.nextafter(old, -math.inf)
            yield "scaled", old * 1.0001 + 1e-9
            yield "huge", self.chance.choice([10**15, 2**53, 2**53 + 2, 10**40, 1e300, -(10**9)])
            yield "as text", str(old)
        elif isinstance(old, str):
            yield "longer", old + self.chance.choice([" ", "\u200b", "0", "\n", "\u0301", "x" * 3000])
            yield "looks the same", unicodedata.normalize("NFD", old + "é").replace("0", "\u0660")
            yield "other end", old[:-1] + ("0" if old[-1:] != "0" else "1")
            yield "shorter", old[:-1]
            yield "other case", old.swapcase()
            yield "backwards", old[::-1]
        elif isinstance(old, list) and old:
            n, m = self.chance.randrange(len(old)), self.chance.randrange(len(old))
            yield "one taken out", old[:n] + old[n + 1:]
            yield "one twice", [*old[: n + 1], *copy.deepcopy(old[n:])]
            swapped = list(old)
            swapped[n], swapped[m] = old[m], old[n]
            yield "two swapped", swapped
            yield "backwards", old[::-1]
            yield "emptied", []
        elif isinstance(old, dict) and old:
            key = self.chance.choice(sorted(old))
            yield "a field less", {name: held for name, held in old.items() if name != key}
            yield "a field more", {**old, "note_": 1}
        elif old is None:
            yield "a number", 0.5
            yield "a day", "2026-01-05"
            yield "excluded", {"code": self.chance.choice(["planned", "cap", "recent", "capacity", "no_officers"])}


def rehash(bundle: dict[str, Any], again: str) -> None:
    """Make the digests again as far as ``again`` says, with the functions of the verifier's own reading of the page."""
    if again == "draw":
        bundle["commitment"] = verify.digest(bundle["frame"])
        bundle["seed"] = verify.seed_of(bundle)
        bundle["result"] = outcome(bundle["frame"], bundle["seed"])
    if again == "digests":
        bundle["commitment"] = verify.digest(bundle["frame"])
        bundle["seed"] = verify.seed_of(bundle)
    if again != "nothing":
        bundle["result_digest"] = verify.digest(bundle["result"])
        bundle["record_hash"] = verify.record_hash(bundle)
