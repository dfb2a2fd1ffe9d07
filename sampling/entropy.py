"""Where the seed's entropy comes from: a hash chain, numbers read out by witnesses, or a public beacon.

The *sources* are named in the frame, so they are fixed before any of their values is known; a draw takes exactly those
and nothing else. Otherwise who holds the machine could draw again with one more number until the result pleases.
Nothing here speaks to a network: a beacon's value is given by the operator.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sampling.errors import DrawError
from sampling.parameters import SOURCES
from store import Queries
from store.database import Connection

q = Queries(__file__)

LENGTH = 366
_HEX = re.compile(r"[0-9a-f]{64}")
_NETWORK = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_MOST_TEXT = 500


def link(root: bytes, index: int, length: int = LENGTH) -> bytes:
    """The ``index``-th link to be opened: hashed ``index`` times it gives the anchor. ``root`` is the last of all."""
    value = root
    for _ in range(length - index):
        value = hashlib.sha256(value).digest()
    return value


def new_year(connection: Connection, year: int) -> str:
    """Lay down the year's chain and return its anchor, to be published; the one that stands where there is one."""
    if not 1900 <= year <= 2200:
        raise DrawError(f"{year} is not a year between 1900 and 2200")
    root = secrets.token_bytes(32)
    connection.execute(q["insert_chain"], {"year": year, "anchor": link(root, 0).hex(), "root": root.hex(),
                                           "length": LENGTH})
    row = connection.execute(q["anchor"], [year]).fetchone()
    assert row is not None  # noqa: S101  it was inserted or it stood there
    return str(row["anchor"])


def plan(connection: Connection, day: dt.date, sources: Sequence[str]) -> list[dict[str, Any]]:
    """What the frame says about the sources of a day's entropy; lays down the year's chain where it is missing.

    A source is ``chain``, ``witness``, or ``beacon:NETWORK:ROUND``. The chain's link is bound to the day of the
    year, so that no one can choose among links.
    """
    planned: list[dict[str, Any]] = []
    for source in sources:
        kind, _, rest = source.partition(":")
        if kind not in SOURCES or (rest and kind != "beacon"):
            raise DrawError(f"{source!r} is not a source of entropy: say chain, witness or beacon:NETWORK:ROUND")
        if any(kind == other["source"] for other in planned):
            raise DrawError(f"the source {kind} is named twice")
        if kind == "chain":
            planned.append({"source": "chain", "year": day.year, "anchor": new_year(connection, day.year),
                            "index": day.timetuple().tm_yday})
        elif kind == "witness":
            planned.append({"source": "witness"})
        else:
            network, _, number = rest.rpartition(":")
            if not _NETWORK.fullmatch(network) or not re.fullmatch(r"[1-9][0-9]{0,14}", number):
                raise DrawError(f"{source!r} names no round: say beacon:NETWORK:ROUND, with the round that will be "
                                f"published after the freeze")
            planned.append({"source": "beacon", "network": network, "round": int(number)})
    if not planned:
        raise DrawError("a draw needs a source of entropy: say chain, witness or beacon:NETWORK:ROUND")
    return planned


def gathered(connection: Connection, planned: Sequence[Mapping[str, Any]],
             given: Mapping[str, str]) -> list[dict[str, Any]]:
    """The entropy itself, in the frame's order. ``given`` holds ``witness`` text and ``beacon`` randomness."""
    named = {source["source"] for source in planned}
    for kind in given:
        if kind not in named:
            raise DrawError(f"the frame was frozen without {kind} among its sources ({', '.join(sorted(named))}): "
                            f"entropy can't be added afterwards")
    entropy = []
    for source in planned:
        kind = source["source"]
        if kind == "chain":
            entropy.append({**source, "value": _chain_value(connection, source)})
            continue
        text = given.get(kind)
        if text is None:
            raise DrawError(f"the draw waits for its {kind}: give it with huoyan draw now --{kind}")
        entropy.append({**source, "value": witness(text) if kind == "witness" else beacon(text)})
    return entropy


def witness(text: str) -> str:
    """The witnesses' numbers as they were read out: 1 to 500 printable characters, outer blanks cut."""
    text = text.strip()
    if not 1 <= len(text) <= _MOST_TEXT or not text.isprintable():
        raise DrawError("the witnesses' numbers must be one line of 1 to 500 printable characters")
    return text


def beacon(text: str) -> str:
    """A beacon's randomness: 64 hex digits, as drand publishes them."""
    value = text.strip().lower()
    if not _HEX.fullmatch(value):
        raise DrawError(f"{text.strip()[:80]!r} is not a beacon's randomness: 64 hex digits are needed")
    return value


def later_link(connection: Connection, day: dt.date) -> str | None:
    """A draw of a later day that opened a link of the year's chain (hashed on, it gives that of ``day``), or None."""
    row = connection.execute(q["later_link"], {"year": day.year, "day": day}).fetchone()
    return str(row["draw_no"]) if row else None


def _chain_value(connection: Connection, source: Mapping[str, Any]) -> str:
    row = connection.execute(q["chain"], [source["year"]]).fetchone()
    if row is None or row["anchor"] != source["anchor"]:
        raise DrawError(f"the hash chain of {source['year']} is not the one whose anchor the frame names")
    return link(bytes.fromhex(row["root"]), source["index"], row["length"]).hex()
