"""The bundle: frame, commitment, entropy, seed, result and record hash of one draw, as canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import orjson

from sampling.frames import View
from sampling.selection import select
from sampling.staffing import staff
from sampling.tickets import PROTOCOL, canonical, digest, seed_of


def commitment_of(frame: bytes) -> str:
    """The commitment: SHA-256 of the canonical frame. The frame carries the hash of the record before it."""
    return hashlib.sha256(frame).hexdigest()


def seal(frame: bytes, entropy: list[dict[str, Any]]) -> dict[str, Any]:
    """Draw from a frozen frame with the entropy that its freeze named, and seal all of it into a bundle."""
    # The frame is read back from its bytes: what is drawn from is exactly what was committed to.
    return sealed(commitment_of(frame), View(orjson.loads(frame)), entropy)


def sealed(commitment: str, view: View, entropy: list[dict[str, Any]]) -> dict[str, Any]:
    """As :func:`seal`, for who has read the frame already; ``commitment`` is that of the bytes it was read from."""
    held = view.frame
    seed = seed_of(commitment, entropy)
    result = outcome(held, seed, view)
    return {"protocol": PROTOCOL, "frame": held, "commitment": commitment, "entropy": entropy, "seed": seed,
            "result": result, "result_digest": digest(result),
            "record_hash": record_hash(held, commitment, entropy, seed, digest(result))}


def outcome(frame: Mapping[str, Any], seed: str, view: View | None = None) -> dict[str, Any]:
    """Sizes, visits with officers, and the visits that nobody could be found for."""
    view = view or View(frame)
    taken, drawn = select(frame, seed, view)
    pairs, reasons = staff(frame, seed, drawn, view)
    visits: list[dict[str, Any]] = []
    unassigned: list[dict[str, Any]] = []
    for visit, pair in zip(drawn, pairs, strict=True):
        row = {"unit_no": visit.unit_no, "arm": visit.arm, "stratum": visit.stratum, "ticket": visit.ticket,
               "key": visit.key, "also": list(visit.also), "probability": visit.probability}
        if pair is None:
            unassigned.append({**row, "reason": reasons[visit.unit_no]})
        else:
            visits.append({"position": len(visits) + 1, **row, "lead": pair.lead, "second": pair.second})
    return {"sizes": [{"stratum": held["stratum"], "size": size}
                      for held, size in zip(frame["strata"], taken, strict=True)],
            "visits": visits, "unassigned": unassigned}


def record_hash(frame: Mapping[str, Any], commitment: str, entropy: list[dict[str, Any]], seed: str,
                result_digest: str) -> str:
    """The hash that the next draw's frame carries as ``previous``."""
    return digest({"protocol": PROTOCOL, "draw_no": frame["draw_no"], "draw_date": frame["draw_date"],
                   "sequence": frame["sequence"], "previous": frame["previous"], "commitment": commitment,
                   "entropy": entropy, "seed": seed, "result": result_digest})


def to_bytes(bundle: Mapping[str, Any]) -> bytes:
    return canonical(bundle)


def without_frame(bundle: Mapping[str, Any]) -> bytes:
    """What stands beside a frame's own bytes, so that a city's frame is kept once."""
    return canonical({key: value for key, value in bundle.items() if key != "frame"})


def joined(frame: bytes, rest: bytes) -> bytes:
    """The bundle's bytes again, from those of its frame and those of the rest."""
    held = {key: canonical(value) for key, value in json.loads(rest).items()}
    held["frame"] = frame
    return b"{" + b",".join(canonical(key) + b":" + held[key] for key in sorted(held)) + b"}"
