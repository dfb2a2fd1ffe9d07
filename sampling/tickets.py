"""Digests, the seed and the tickets: everything that turns bytes into numbers.

A message is the canonical JSON (RFC 8785) of an array, so that no two different messages have the same bytes.
"""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785

PROTOCOL = "huoyan-draw/1"
GENESIS = "0" * 64


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON."""
    return rfc8785.dumps(value)


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, in lower-case hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def seed_of(commitment: str, entropy: list[dict[str, Any]]) -> str:
    """The seed: SHA-256 over the commitment, a bar, and the canonical JSON of the entropy."""
    return hashlib.sha256(commitment.encode() + b"|" + canonical(entropy)).hexdigest()


def ticket(seed: str, *parts: str) -> int:
    """An exact integer in [0, 2**53): the first 53 bits of SHA-256 over ``[seed, *parts]``."""
    return int.from_bytes(hashlib.sha256(canonical([seed, *parts])).digest()[:8], "big") >> 11


def unit_ticket(seed: str, arm: str, unit_no: str) -> int:
    return ticket(seed, "unit", arm, unit_no)


def officer_ticket(seed: str, officer_no: str, unit_no: str) -> int:
    return ticket(seed, "officer", officer_no, unit_no)


def sizes_uniform(seed: str) -> float:
    """The one uniform that rounds all sizes: 32 bits, so that every sum with a size (also 32 bits) is exact."""
    return (ticket(seed, "sizes") >> 21) / 4294967296


def order_of(name: str) -> bytes:
    """The order of unit and officer numbers: by their UTF-8 bytes, the same in every language."""
    return name.encode()
