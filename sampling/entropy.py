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

from policy import rules
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
    per_day = int(rules().value("draw.list.links_per_day", dt.date(year, 1, 1)))
    # The last day of a leap year has links beyond 366 x per_day of its own.
    length = LENGTH * per_day + per_day - 1
    connection.execute(q["insert_chain"], {"year": year, "anchor": link(root, 0, length).hex(), "root": root.hex(),
                                           "length": length, "per_day": per_day})
    row = connection.execute(q["anchor"], [year]).fetchone()
    assert row is not None  # noqa: S101  it was inserted or it stood there
    return str(row["anchor"])


def plan(connection: Connection, day: dt.date, sources: Sequence[str]) -> list[dict[str, Any]]:
    """What the frame says about the sources of a day's entropy; lays down the year's chain where it is missing.

    A source is ``chain``, ``witness``, or ``beacon:NETWORK:ROUND``. The chain's link is bound to the day of the
    year, so that no one can choose among links.
    """
    if "chain" in sources:
        new_year(connection, day.year)
    return _planned(connection, day, sources, 0)


def plan_list(connection: Connection, day: dt.date, sources: Sequence[str]) -> list[dict[str, Any]]:
    """The same for the next list draw of a day: it has the day's next link, deeper than the daily draw's."""
    if "chain" not in sources:
        return _planned(connection, day, sources, 0)
    held = connection.execute(q["anchor"], [day.year]).fetchone()
    if held is None:
        raise DrawError(f"there is no hash chain of {day.year} yet: lay it down with huoyan entropy "
                        f"new-year {day.year}")
    if held["per_day"] == 1:
        raise DrawError(f"the hash chain of {day.year} has one link a day, and it is the daily draw's: name witness or "
                        f"beacon:NETWORK:ROUND as the source of a list draw")
    taken = connection.execute(q["taken_link"], {"day": day}).fetchone()
    first = held["per_day"] * day.timetuple().tm_yday
    number = (taken["index"] if taken and taken["index"] else first) - first + 1
    if number >= held["per_day"]:
        raise DrawError(f"the {held['per_day'] - 1} links that {day} has for list draws are taken: name witness or "
                        f"beacon:NETWORK:ROUND as the source")
    later = _opened(connection, day.year, first + number)
    if later:
        raise DrawError(f"{later} has opened the hash chain beyond {day}: the seed could be known, name witness or "
                        f"beacon:NETWORK:ROUND as the source")
    return _planned(connection, day, sources, number)


def _planned(connection: Connection, day: dt.date, sources: Sequence[str], number: int) -> list[dict[str, Any]]:
    planned: list[dict[str, Any]] = []
    for source in sources:
        kind, _, rest = source.partition(":")
        if kind not in SOURCES or (rest and kind != "beacon"):
            raise DrawError(f"{source!r} is not a source of entropy: say chain, witness or beacon:NETWORK:ROUND")
        if any(kind == other["source"] for other in planned):
            raise DrawError(f"the source {kind} is named twice")
        if kind == "chain":
            planned.append(_chain_source(connection, day, number))
        elif kind == "witness":
            planned.append({"source": "witness"})
        else:
            network, _, digits = rest.rpartition(":")
            if not _NETWORK.fullmatch(network) or not re.fullmatch(r"[1-9][0-9]{0,14}", digits):
                raise DrawError(f"{source!r} names no round: say beacon:NETWORK:ROUND, with the round that will be "
                                f"published after the freeze")
            planned.append({"source": "beacon", "network": network, "round": int(digits)})
    if not planned:
        raise DrawError("a draw needs a source of entropy: say chain, witness or beacon:NETWORK:ROUND")
    return planned


def _chain_source(connection: Connection, day: dt.date, number: int) -> dict[str, Any]:
    """The ``number``-th link of a day, 0 the daily draw's; a chain with one link a day does not say how many."""
    held = connection.execute(q["anchor"], [day.year]).fetchone()
    assert held is not None  # noqa: S101  who asks has made sure
    source = {"source": "chain", "year": day.year, "anchor": held["anchor"],
              "index": held["per_day"] * day.timetuple().tm_yday + number}
    return source if held["per_day"] == 1 else {**source, "per_day": held["per_day"]}


def gathered(connection: Connection, planned: Sequence[Mapping[str, Any]], given: Mapping[str, str],
             list_draw: int | None = None) -> list[dict[str, Any]]:
    """The entropy itself, in the frame's order. ``given`` holds ``witness`` text and ``beacon`` randomness.

    ``list_draw``: the list draw that is made; its link is asked for by its number, since not everyone may see the root.
    """
    named = {source["source"] for source in planned}
    for kind in given:
        if kind not in named:
            raise DrawError(f"the frame was frozen without {kind} among its sources ({', '.join(sorted(named))}): "
                            f"entropy can't be added afterwards")
    entropy = []
    for source in planned:
        kind = source["source"]
        if kind == "chain":
            entropy.append({**source, "value": _chain_value(connection, source) if list_draw is None else
                            _list_value(connection, source, list_draw)})
            continue
        text = given.get(kind)
        if text is None:
            raise DrawError(f"the draw waits for its {kind}: give it with huoyan draw "
                            f"{'now' if list_draw is None else 'list'} --{kind}")
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
    """A draw that opened a deeper link of the year's chain (hashed on, it gives that of ``day``), or None."""
    held = connection.execute(q["anchor"], [day.year]).fetchone()
    return _opened(connection, day.year, held["per_day"] * day.timetuple().tm_yday) if held else None


def _opened(connection: Connection, year: int, index: int) -> str | None:
    row = connection.execute(q["later_link"], {"year": year, "index": index}).fetchone()
    return str(row["draw_no"]) if row else None


def _chain_value(connection: Connection, source: Mapping[str, Any]) -> str:
    row = connection.execute(q["chain"], [source["year"]]).fetchone()
    if row is None or row["anchor"] != source["anchor"]:
        raise DrawError(f"the hash chain of {source['year']} is not the one whose anchor the frame names")
    return link(bytes.fromhex(row["root"]), source["index"], row["length"]).hex()


def _list_value(connection: Connection, source: Mapping[str, Any], list_draw: int) -> str:
    row = connection.execute(q["list_link"], [list_draw]).fetchone()
    if row is None or row["value"] is None:
        raise DrawError(f"the hash chain of {source['year']} is not the one whose anchor and link the frame names")
    return str(row["value"])
