"""Digests, the seed and the tickets: everything that turns bytes into numbers.

A message is the canonical JSON (RFC 8785) of an array, so that no two different messages have the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import rfc8785

PROTOCOL = "huoyan-draw/2"
GENESIS = "0" * 64


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON; long columns of texts or numbers in bulk."""
    out: list[bytes] = []
    _write(value, out)
    return b"".join(out)


def _write(value: Any, out: list[bytes]) -> None:
    if isinstance(value, dict):
        out.append(b"{")
        # RFC 8785 sorts by UTF-16 code units.
        for n, key in enumerate(sorted(value, key=lambda key: key.encode("utf-16-be"))):
            out += (b"," if n else b"", rfc8785.dumps(key), b":")
            _write(value[key], out)
        out.append(b"}")
    elif isinstance(value, list | tuple):
        out.append(b"[")
        kinds = set(map(type, value))
        if kinds == {str}:
            # Both escape just what JSON must have escaped, in the same way.
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
    else:
        out.append(rfc8785.dumps(value))


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, in lower-case hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def seed_of(commitment: str, entropy: list[dict[str, Any]]) -> str:
    """The seed: SHA-256 over the commitment, a bar, and the canonical JSON of the entropy."""
    return hashlib.sha256(commitment.encode() + b"|" + canonical(entropy)).hexdigest()


def ticket(seed: str, *parts: str) -> int:
    """An exact integer in [0, 2**53): the first 53 bits of SHA-256 over ``[seed, *parts]``."""
    return int.from_bytes(hashlib.sha256(canonical([seed, *parts])).digest()[:8], "big") >> 11


def unit_tickets(seed: str, arm: str, numbers: Iterable[str]) -> npt.NDArray[np.uint64]:
    """The tickets of units in one arm."""
    before = canonical([seed, "unit", arm])[:-1] + b","
    made = b"".join([hashlib.sha256(before + orjson.dumps(number) + b"]").digest()[:8] for number in numbers])
    return np.frombuffer(made, dtype=">u8").astype(np.uint64) >> np.uint64(11)


def officer_tickets(seed: str, unit_no: str, officers: Iterable[str]) -> list[int]:
    """The tickets of officers for the visit of one unit."""
    before, after = canonical([seed, "officer"])[:-1] + b",", b"," + orjson.dumps(unit_no) + b"]"
    return [int.from_bytes(hashlib.sha256(before + orjson.dumps(number) + after).digest()[:8], "big") >> 11
            for number in officers]


def sizes_uniform(seed: str) -> float:
    """The one uniform that rounds all sizes: 32 bits, so that every sum with a size (also 32 bits) is exact."""
    return (ticket(seed, "sizes") >> 21) / 4294967296


def order_of(name: str) -> bytes:
    """The order of unit and officer numbers: by their UTF-8 bytes, the same in every language."""
    return name.encode()
