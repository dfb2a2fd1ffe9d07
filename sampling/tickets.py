"""Digests, the seed and the tickets: everything that turns bytes into numbers.

A message is the canonical JSON (RFC 8785) of an array, so that no two different messages have the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import rfc8785

PROTOCOL = "huoyan-draw/2"
GENESIS = "0" * 64
_LARGEST = 2**53 - 1


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON; long columns of texts or numbers in bulk."""
    out: list[bytes] = []
    _write(value, out)
    return b"".join(out)


def _write(value: Any, out: list[bytes]) -> None:
    if isinstance(value, dict):
        out.append(b"{")
        for name, key in _names(tuple(value)):
            out.append(name)
            _write(value[key], out)
        out.append(b"}")
    elif isinstance(value, list | tuple):
        out.append(b"[")
        kinds = set(map(type, value))
        if kinds == {str} or (kinds <= {int, type(None)} and _whole(value)):
            # Both write whole numbers alike and escape just what JSON must have escaped, in the same way.
            out.append(orjson.dumps(value)[1:-1])
        elif kinds <= {int, float, type(None)}:
            known = {one: rfc8785.dumps(one) for one in set(value)}
            out.append(b",".join([known[one] for one in value]))
        else:
            for n, item in enumerate(value):
                if n:
                    out.append(b",")
                _write(item, out)
        out.append(b"]")
    elif type(value) is str:
        out.append(orjson.dumps(value))
    else:
        out.append(rfc8785.dumps(value))


@lru_cache(maxsize=4096)
def _names(keys: tuple[str, ...]) -> list[tuple[bytes, str]]:
    """The keys of a table in the order of RFC 8785 (by UTF-16 code units), each as it is written before its value."""
    ranked = sorted(keys, key=lambda key: key.encode("utf-16-be"))
    return [((b"," if n else b"") + orjson.dumps(key) + b":", key) for n, key in enumerate(ranked)]


def _whole(column: list[Any] | tuple[Any, ...]) -> bool:
    """Whether a column's numbers are all whole ones that JSON can hold exactly; RFC 8785 refuses larger ones."""
    numbers = set(column) - {None}
    return not numbers or (min(numbers) >= -_LARGEST and max(numbers) <= _LARGEST)


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, in lower-case hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def seed_of(commitment: str, entropy: list[dict[str, Any]]) -> str:
    """The seed: SHA-256 over the commitment, a bar, and the canonical JSON of the entropy."""
    return hashlib.sha256(commitment.encode() + b"|" + canonical(entropy)).hexdigest()


def ticket(seed: str, *parts: str) -> int:
    """An exact integer in [0, 2**53): the first 53 bits of SHA-256 over ``[seed, *parts]``."""
    return int.from_bytes(hashlib.sha256(canonical([seed, *parts])).digest()[:8], "big") >> 11


def written(numbers: list[str]) -> list[bytes]:
    """Each number as canonical JSON writes it between its quotes."""
    # Within a text a quote stands behind a backslash: between two texts alone is it quote, comma, quote. To write them
    # one by one costs ten times as much, most of it memory.
    return orjson.dumps(numbers)[2:-2].split(b'","')


def unit_tickets(seed: str, arm: str, numbers: Iterable[bytes]) -> npt.NDArray[np.uint64]:
    """The tickets of units in one arm; their numbers as :func:`written` has them."""
    before, sha256 = canonical([seed, "unit", arm])[:-1] + b',"', hashlib.sha256
    made = b"".join([sha256(before + number + b'"]').digest() for number in numbers])
    # The first eight of each thirty-two bytes.
    return np.frombuffer(made, dtype=">u8")[::4].astype(np.uint64) >> np.uint64(11)


def officer_tickets(seed: str, unit_no: str, numbers: Iterable[bytes]) -> list[int]:
    """The tickets of officers for the visit of one unit; their numbers as :func:`written` has them."""
    before, after = canonical([seed, "officer"])[:-1] + b',"', b'",' + orjson.dumps(unit_no) + b"]"
    sha256, whole = hashlib.sha256, int.from_bytes
    return [whole(sha256(before + number + after).digest()[:8], "big") >> 11 for number in numbers]


def sizes_uniform(seed: str) -> float:
    """The one uniform that rounds all sizes: 32 bits, so that every sum with a size (also 32 bits) is exact."""
    return (ticket(seed, "sizes") >> 21) / 4294967296


def order_of(name: str) -> bytes:
    """The order of unit and officer numbers: by their UTF-8 bytes, the same in every language."""
    return name.encode()
