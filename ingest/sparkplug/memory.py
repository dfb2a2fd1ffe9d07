"""What the host remembers between batches, in the database: every function works in the caller's transaction.

Nothing is kept in the process but what births declare: a birth never changes, so its number is all that must agree.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from ingest.sparkplug.births import Birth, Declarations, dump, load
from ingest.sparkplug.conditions import Flag
from ingest.sparkplug.sequence import Order
from ingest.sparkplug.topics import Address
from store import Queries
from store.database import Connection

_q = Queries(__file__)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_RECENT: Final = 48
_MOST_METRICS_KEPT: Final = 200_000

#: An edge node by vendor and name; a place: the number of an edge node, and a device or '' for the node itself.
EdgeName = tuple[str, str]
Place = tuple[int, str]


@dataclass(slots=True)
class Edge:
    """The session of one edge node. ``recent``: the last numbers with the time of their payloads in ms.

    ``born_seq``: the number of its birth; ``newest``: the latest time of a payload; ``stuck``: what that was when the
    number whose turn it is was first missed.
    """

    edge_id: int
    vendor: str
    name: str
    bd_seq: int | None = None
    born_at: dt.datetime | None = None
    born_told: int = 0
    died_at: dt.datetime | None = None
    stray_bd_seq: int | None = None
    stray_at: dt.datetime | None = None
    order: Order | None = None
    recent: list[tuple[int, int]] = field(default_factory=list)
    rebirth_due: dt.datetime | None = None
    rebirth_for: str | None = None
    asked_at: dt.datetime | None = None
    requests: int = 0
    born_seq: int = 0
    newest: int = 0
    stuck: int = 0

    def remember(self, seq: int, stamp: int) -> None:
        """Note a message's number."""
        self.recent = [*self.recent[1 - _RECENT:], (seq, stamp)]


@dataclass(frozen=True, slots=True)
class Registered:
    """The registered device that speaks under an address; ``is_elsewhere``: its settings name another address."""

    device_no: str
    settings: Mapping[str, Any]
    is_active: bool
    is_elsewhere: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """Metrics that wait for a birth."""

    received_at: dt.datetime
    topic: str
    payload: bytes
    packet_id: int
    session: str


@dataclass(slots=True)
class KnownBirths:
    """What births declare, by their numbers."""

    _known: dict[int, Declarations] = field(default_factory=dict)
    _size: int = 0

    def fill(self, connection: Connection, births: Iterable[Birth]) -> None:
        """Give each birth its declarations."""
        wanted = [birth for birth in births if birth.declarations is None]
        missing = sorted({birth.birth_id for birth in wanted} - self._known.keys())
        if missing:
            if self._size > _MOST_METRICS_KEPT:
                self._known, self._size = {}, 0
                missing = sorted({birth.birth_id for birth in wanted})
            for row in connection.execute(_q["metrics"], {"births": missing}).fetchall():
                self._known[row["birth_id"]] = found = load(orjson.loads(row["metrics"]))
                self._size += len(found.metrics) + 1
        for birth in wanted:
            birth.declarations = self._known.get(birth.birth_id)


def active_vendors(connection: Connection, vendors: Collection[str]) -> set[str]:
    """Those of the vendors that are registered and not suspended."""
    rows = connection.execute(_q["vendors"], {"vendors": sorted(vendors)}).fetchall()
    return {row["vendor_code"] for row in rows}


def lock_edges(connection: Connection, names: Collection[EdgeName], most: int) -> dict[EdgeName, Edge]:
    """The edge nodes, locked until the transaction ends; one too many for its vendor is missing."""
    found = _locked(connection, sorted(names))
    missing = sorted(set(names) - found.keys())
    if missing:
        connection.execute(_q["add_edges"], {**_edge_names(missing), "most": most})
        found |= _locked(connection, missing)
    return found


def due_edges(connection: Connection, now: dt.datetime, most: int) -> list[Edge]:
    """Edge nodes to be asked for a rebirth, locked; those that a batch has locked are left for the next time."""
    return [_edge(row) for row in connection.execute(_q["due_edges"], {"now": now, "most": most}).fetchall()]


def keep_edges(connection: Connection, edges: Iterable[Edge]) -> None:
    """Write the sessions back."""
    rows = sorted(edges, key=lambda edge: edge.edge_id)
    if rows:
        connection.execute(_q["keep_edges"], {
            "edges": [edge.edge_id for edge in rows], "bd_seq": [edge.bd_seq for edge in rows],
            "born_at": [edge.born_at for edge in rows], "born_told": [edge.born_told for edge in rows],
            "died_at": [edge.died_at for edge in rows], "stray_bd_seq": [edge.stray_bd_seq for edge in rows],
            "stray_at": [edge.stray_at for edge in rows],
            "sequence": [orjson.dumps(_sequence(edge)).decode() for edge in rows],
            "rebirth_due": [edge.rebirth_due for edge in rows], "rebirth_for": [edge.rebirth_for for edge in rows],
            "asked_at": [edge.asked_at for edge in rows], "requests": [edge.requests for edge in rows]})


def registered(connection: Connection, addresses: Collection[Address]) -> dict[Address, Registered]:
    """Which registered device speaks under each address, where one does."""
    if not addresses:
        return {}
    asked = sorted(addresses, key=lambda one: (one.vendor, one.edge, one.device))
    rows = connection.execute(_q["devices"], {
        "vendors": [one.vendor for one in asked], "edges": [one.edge for one in asked],
        "devices": [one.device for one in asked]}).fetchall()
    return {Address(row["vendor_code"], row["edge"], row["device"]):
            Registered(row["device_no"], orjson.loads(row["settings"]), row["status"] == "active", row["place"] == 3)
            for row in rows}


def births_of(connection: Connection, places: Collection[Place], most: int) -> dict[Place, list[Birth]]:
    """The newest births of each place, without what they declare."""
    found: dict[Place, list[Birth]] = {place: [] for place in places}
    if found:
        asked = sorted(found)
        for row in connection.execute(_q["births"], {"edges": [edge for edge, _ in asked], "most": most,
                                                     "devices": [device for _, device in asked]}).fetchall():
            found[row["edge_id"], row["device"]].append(
                Birth(row["birth_id"], row["received_at"], row["told_at"], row["ended_at"], row["is_dead"]))
    return found


def has_room(connection: Connection, edge: Edge, most: int) -> bool:
    """Whether one more device of an edge node can be followed."""
    row = connection.execute(_q["count_devices"], {"edge": edge.edge_id}).fetchone()
    return row is None or row["devices"] <= most


def add_birth(connection: Connection, place: Place, birth: Birth, most: int) -> None:
    """Keep a birth; two that were received at the same moment are put a microsecond apart."""
    assert birth.declarations is not None  # noqa: S101  made from a message
    values = {"edge": place[0], "device": place[1], "told": birth.told_at, "ended": birth.ended_at,
              "dead": birth.is_dead, "metrics": orjson.dumps(dump(birth.declarations)).decode()}
    while (row := connection.execute(_q["add_birth"], {**values, "received": birth.received_at}).fetchone()) is None:
        birth.received_at += _MICROSECOND
    birth.birth_id = row["birth_id"]
    connection.execute(_q["trim_births"], {"edge": place[0], "device": place[1], "most": most})


def end_devices(connection: Connection, edge: Edge, at: dt.datetime, told: int) -> None:
    """End the births of a node's devices, since the node was born again."""
    connection.execute(_q["end_devices"], {"edge": edge.edge_id, "at": at, "told": told})


def die(connection: Connection, edge: Edge, device: str | None, at: dt.datetime) -> None:
    """End the births of one device, or of the node and all its devices where it is None, by a death."""
    connection.execute(_q["die"], {"edge": edge.edge_id, "device": device, "at": at})


def unsettle(connection: Connection, births: Collection[int]) -> None:
    """Have deaths told to their devices again."""
    if births:
        connection.execute(_q["unsettle"], {"births": sorted(births)})


def conditions_of(connection: Connection, places: Collection[Place]) -> dict[tuple[int, str, str], Flag]:
    """The last values of the conditions of places."""
    asked = sorted(places)
    rows = connection.execute(_q["conditions"], {"edges": [edge for edge, _ in asked],
                                                 "devices": [device for _, device in asked]}).fetchall()
    return {(row["edge_id"], row["device"], row["name"]): Flag(row["value"], row["ts"], row["received_at"])
            for row in rows}


def keep_conditions(connection: Connection, flags: Mapping[tuple[int, str, str], Flag]) -> None:
    """Write last values back."""
    if flags:
        rows = sorted(flags.items(), key=lambda item: item[0])
        connection.execute(_q["keep_conditions"], {
            "edges": [key[0] for key, _ in rows], "devices": [key[1] for key, _ in rows],
            "names": [key[2] for key, _ in rows], "values": [flag.value for _, flag in rows],
            "times": [flag.ts for _, flag in rows], "received": [flag.received_at for _, flag in rows]})


def waiting_room(connection: Connection, edge: Edge) -> tuple[int, int]:
    """How many messages, and how many bytes, wait for births of an edge node."""
    row = connection.execute(_q["waiting_room"], {"edge": edge.edge_id}).fetchone()
    return (row["messages"], int(row["bytes"])) if row else (0, 0)


def add_waiting(connection: Connection, place: Place, one: Waiting, digest: bytes) -> None:
    """Let metrics wait for a birth of a place."""
    connection.execute(_q["add_waiting"], {
        "edge": place[0], "device": place[1], "received": one.received_at, "topic": one.topic, "payload": one.payload,
        "packet": one.packet_id, "session": one.session, "digest": digest})


def take_waiting(connection: Connection, place: Place) -> list[Waiting]:
    """What waits for a birth of a place, in order; it waits no longer."""
    rows = connection.execute(_q["take_waiting"], {"edge": place[0], "device": place[1]}).fetchall()
    rows.sort(key=lambda row: (row["received_at"], row["waiting_id"]))
    return [Waiting(row["received_at"], row["topic"], bytes(row["payload"]), int(row["packet_id"]), row["session"])
            for row in rows]


@dataclass(frozen=True, slots=True)
class Death:
    """A death that has not been told to the state of its device yet."""

    birth_id: int
    address: Address
    died_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Gone:
    """A device that is offline since its session ended."""

    device_id: int
    unit_id: int
    since: dt.datetime


def expired(connection: Connection, before: dt.datetime, most: int) -> list[tuple[str, Waiting]]:
    """What has waited since ``before``, with its vendor; it waits no longer."""
    rows = connection.execute(_q["expired"], {"before": before, "most": most}).fetchall()
    return [(row["vendor_code"], Waiting(row["received_at"], row["topic"], bytes(row["payload"]), 0, ""))
            for row in rows]


def unsettled(connection: Connection, most: int) -> list[Death]:
    """Deaths to be told, locked; those that a batch has locked are left for the next time."""
    rows = connection.execute(_q["unsettled"], {"most": most}).fetchall()
    return [Death(row["birth_id"], Address(row["vendor_code"], row["edge"], row["device"]), row["died_at"])
            for row in rows]


def settle(connection: Connection, births: Collection[int]) -> None:
    """These deaths are told."""
    connection.execute(_q["settle"], {"births": list(births)})


def mark_dead(connection: Connection, since: Mapping[tuple[str, str], dt.datetime]) -> list[Gone]:
    """Mark devices offline, by vendor and number, that were not heard after; returns those that were online."""
    if not since:
        return []
    found = {row["device_id"]: row for row in connection.execute(_q["device_ids"], {
        "vendors": [vendor for vendor, _ in since], "numbers": [number for _, number in since]}).fetchall()}
    numbers = sorted(found)
    rows = connection.execute(_q["mark_dead"], {"devices": numbers, "since": [
        since[found[number]["vendor_code"], found[number]["device_no"]] for number in numbers]}).fetchall()
    return [Gone(row["device_id"], found[row["device_id"]]["unit_id"], row["since"]) for row in rows]


def _edge_names(names: Collection[EdgeName]) -> dict[str, list[str]]:
    return {"vendors": [vendor for vendor, _ in names], "edges": [edge for _, edge in names]}


def _locked(connection: Connection, names: list[EdgeName]) -> dict[EdgeName, Edge]:
    rows = connection.execute(_q["lock_edges"], _edge_names(names)).fetchall()
    return {(row["vendor_code"], row["edge"]): _edge(row) for row in rows}


def _edge(row: Mapping[str, Any]) -> Edge:
    kept = orjson.loads(row["sequence"])
    order = Order(kept["turn"], frozenset(kept["early"])) if kept.get("turn") is not None else None
    return Edge(row["edge_id"], row["vendor_code"], row["edge"], row["bd_seq"], row["born_at"], row["born_told"] or 0,
                row["died_at"], row["stray_bd_seq"], row["stray_at"], order,
                [(seq, stamp) for seq, stamp in kept.get("recent", [])], row["rebirth_due"], row["rebirth_for"],
                row["asked_at"], row["requests"], kept.get("born", 0), kept.get("newest", 0), kept.get("stuck", 0))


def _sequence(edge: Edge) -> dict[str, Any]:
    order = edge.order
    return {"turn": None if order is None else order.turn, "early": sorted(order.early) if order else [],
            "recent": edge.recent, "born": edge.born_seq, "newest": edge.newest, "stuck": edge.stuck}
