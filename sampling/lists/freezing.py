"""The freeze of a list: its frame is written down and its digest is public before any seed can be known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from policy import rules as rule_book
from sampling import entropy as sources
from sampling.bundle import commitment_of
from sampling.errors import DrawError
from sampling.lists.frame import OWN, Fits, ListHeader, ListObject, ListSpec, build
from sampling.lists.rules import ListRules, number_of
from sampling.parameters import Parameters
from sampling.tickets import GENESIS, canonical
from store import Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Frozen:
    """A list that has been frozen, or that stood already."""

    draw_id: int
    draw_no: str
    commitment: str
    size: int


def freeze(connection: Connection, spec: ListSpec, rules: ListRules, now: dt.datetime, entropy: Sequence[str] | None,
           *, of_draw: int | None = None, list_id: int | None = None) -> Frozen:
    """Freeze a list in the caller's transaction, which holds the lock of the chain."""
    waiting = connection.execute(q["waiting_days"], {"days": list(spec.days)}).fetchone()
    if waiting:
        raise DrawError(f"{waiting['draw_no']} is frozen and not yet drawn, and counts on the officers of "
                        f"{waiting['draw_date']}: draw it first, or choose other days",
                        zh=f"{waiting['draw_date']} 的名单 {waiting['draw_no']} 已冻结、尚未抽取，当日人员已计入："
                           f"请待其抽取后进行，或选择其他日期")
    latest = connection.execute(q["latest"]).fetchone()
    letter = number_of(spec.kind, spec.day, 0)[:1]
    held = connection.execute(q["place"], {"day": spec.day, "letter": f"{letter}%"}).fetchone()
    header = ListHeader(
        draw_no=number_of(spec.kind, spec.day, (held["place"] if held else 0) + 1),
        sequence=latest["sequence"] + 1 if latest else 1,
        previous=(latest["record_hash"] or latest["commitment"]) if latest else GENESIS,
        frozen_at=now.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        policy_version=rule_book().version(spec.day),
        entropy=sources.plan_list(connection, spec.day, entropy or Parameters.on(spec.day).entropy))
    frame = build(_near(spec, rules), rules, header)
    content = canonical(frame)
    commitment = commitment_of(content)
    row = connection.execute(q["insert_draw"], {
        "draw_no": header.draw_no, "day": spec.day, "kind": spec.kind, "title": spec.title,
        "sequence": header.sequence, "policy_version": header.policy_version, "frame": content,
        "commitment": commitment, "previous": header.previous, "frozen_at": now, "of_draw": of_draw,
        "list_id": list_id}).fetchone()
    assert row is not None  # noqa: S101  an insert that returns
    return Frozen(row["draw_id"], header.draw_no, commitment, frame["size"])


def _near(spec: ListSpec, rules: ListRules) -> ListSpec:
    """The list without our officers who could go to none of its objects: those of another district, in most lists."""
    fits = Fits(spec.parents, rules.bodies, frozenset())
    places = {(one.area, one.key) for one in spec.objects}
    departments = [replace(one, officers=[o for o in one.officers if any(fits.near(o, *place) for place in places)])
                   if one.code == OWN else one for one in spec.departments]
    known = {o.officer_no for one in departments if one.code == OWN for o in one.officers}
    return replace(spec, departments=departments,
                   recusals=frozenset(pair for pair in spec.recusals if pair[0] in known))


def scores_as_of(connection: Connection, day: dt.date) -> dt.date | None:
    """The latest day with scores that is not after ``day``."""
    row = connection.execute(q["scores_as_of"], [day]).fetchone()
    return row["as_of"] if row else None


def unit_objects(connection: Connection, unit_ids: Collection[int], day: dt.date, rules: ListRules,
                 ) -> dict[str, ListObject]:
    """Units of the register as objects of a list, by number; one that has left the register is ``closed``."""
    rows = connection.execute(q["units"], {
        "units": list(unit_ids), "kinds": rules.counted_kinds, "day": day, "year_start": dt.date(day.year, 1, 1),
        "year_end": dt.date(day.year, 12, 31), "as_of": scores_as_of(connection, day),
        "open_since": day - dt.timedelta(days=rules.planned_open_days)}).fetchall()
    return {row["unit_no"]: ListObject(
        row["unit_no"], row["name"], row["area_code"], row["is_key"], row["risk_class"] or rules.class_without_score,
        row["unit_no"], row["visits"], row["last"], row["planned"], out=None if row["status"] == "active" else "closed")
        for row in rows}


def weighed(one: ListObject, drawn_by: str, rules: ListRules) -> ListObject:
    """The object with the weight of its class where the list is drawn by ``weight``, else like all others."""
    return replace(one, weight=rules.weight[one.risk_class] if drawn_by == "weight" else 1.0)


def unit_ids(connection: Connection, numbers: Collection[str]) -> dict[str, int]:
    """Identifiers of units by number."""
    return {row["unit_no"]: row["unit_id"] for row in connection.execute(q["unit_ids"], [list(numbers)])}


def parents(connection: Connection) -> dict[str, str | None]:
    """The tree of areas: each with the one above it."""
    return {row["area_code"]: row["parent_code"] for row in connection.execute(q["areas"])}


def recusals(connection: Connection, objects: Sequence[ListObject]) -> frozenset[tuple[str, str]]:
    """Our officers who may not visit one of these objects, each pair by the number that the object has in the list."""
    by_unit: dict[str, list[str]] = {}
    for one in objects:
        if one.unit_no is not None:
            by_unit.setdefault(one.unit_no, []).append(one.object_no)
    return frozenset((row["officer_no"], number)
                     for row in connection.execute(q["recusals"], {"units": list(by_unit)})
                     for number in by_unit[row["unit_no"]])
