"""责令改正: orders that come of a visit, and their end by a re-inspection (复查) that found the hazards corrected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from casework.deadlines import order_served_by, recheck_by
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.officers import Place
from registry import audit
from store import Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Order:
    """One order: ``immediate`` (责令立即改正) or ``time_limited`` (责令限期改正), with its clocks."""

    order_no: str
    kind: str
    served_on: dt.date
    correct_by: dt.date
    recheck_by: dt.date


def order_for(inspection_no: str, place_in_record: int, inspected_on: dt.date, correct_by: dt.date,
              served_on: dt.date) -> Order:
    """The order for hazards of one record that share a day to correct by.

    Due on the day of the visit it is an immediate order and is served on the spot; later, a time-limited one that is
    served within the working days of Art. 19.
    """
    kind = "immediate" if correct_by == inspected_on else "time_limited"
    served = inspected_on if kind == "immediate" else served_on
    latest = order_served_by(kind, inspected_on)
    if served > latest:
        raise CaseworkError(f"the order was served on {served}: after a visit on {inspected_on} it is served by "
                            f"{latest} (消防监督检查规定 Art. 19)",
                            zh=f"责令改正通知书于 {served} 送达：{inspected_on} 检查的，最迟应于 {latest} 送达"
                               f"（《消防监督检查规定》第十九条）")
    if served > correct_by:
        raise CaseworkError(f"the order was served on {served}, after the day to correct by, {correct_by} "
                            f"(消防监督检查规定 Art. 20)",
                            zh=f"责令改正通知书于 {served} 送达，晚于改正期限 {correct_by}"
                               f"（《消防监督检查规定》第二十条）")
    return Order(f"{inspection_no}-G{place_in_record}", kind, served, correct_by, recheck_by(correct_by))


def make_orders(connection: Connection, inspection_id: int, inspection_no: str, unit_id: int, day: dt.date,
                served_on: dt.date, actor: str) -> list[Order]:
    """One order for each day to correct by that the hazards of a record name."""
    days = [row["due_on"] for row in connection.execute(q["days_ordered"], [inspection_id])]
    orders = [order_for(inspection_no, place, day, due, served_on) for place, due in enumerate(days, 1)]
    for order in orders:
        connection.execute(q["insert_order"], {
            "number": order.order_no, "inspection": inspection_id, "unit": unit_id, "kind": order.kind,
            "served": order.served_on, "correct": order.correct_by, "recheck": order.recheck_by, "actor": actor})
        audit.record(connection, actor, "order", "order", order.order_no, None, {
            "unit_id": unit_id, "kind": order.kind, "served_on": order.served_on, "correct_by": order.correct_by,
            "recheck_by": order.recheck_by})
    return orders


def close_corrected(connection: Connection, place: Place, hazard_ids: Sequence[int], day: dt.date, inspection_id: int,
                    inspection_no: str, actor: str) -> tuple[str, ...]:
    """Mark hazards that a visit found corrected, and close each order that has none open any more; their numbers."""
    if len(set(hazard_ids)) < len(hazard_ids):
        raise CaseworkError("a hazard is named twice among those corrected", zh="同一条旧隐患填了两次")
    rows = {row["hazard_id"]: row for row in connection.execute(q["lock_hazards"], [list(hazard_ids)]).fetchall()}
    for hazard_id in hazard_ids:
        row = rows.get(hazard_id)
        if row is None or row["unit_id"] != place.unit_id:
            raise NotFound(f"hazard {hazard_id} is not one of unit {place.unit_no}",
                           zh=f"隐患 {hazard_id} 不属于单位 {place.unit_no}")
        if row["corrected_on"] is not None:
            raise AlreadyDone(f"hazard {hazard_id} was found corrected on {row['corrected_on']} before",
                              zh=f"隐患 {hazard_id} 已于 {row['corrected_on']} 查实改正，不能重复填写")
        if row["inspection_id"] == inspection_id or row["found_on"] > day:
            raise CaseworkError(f"hazard {hazard_id} was found on {row['found_on']}: a visit on {day} can't find it "
                                f"corrected (消防监督检查规定 Art. 20)",
                                zh=f"隐患 {hazard_id} 于 {row['found_on']} 发现，{day} 的检查不能认定其已改正"
                                   f"（《消防监督检查规定》第二十条）")
    for hazard_id in hazard_ids:
        connection.execute(q["correct_hazard"], {"hazard": hazard_id, "day": day, "inspection": inspection_id})
        audit.record(connection, actor, "correct", "hazard", str(hazard_id), {"corrected_on": None},
                     {"corrected_on": day, "inspection_no": inspection_no})
    closed = [row["order_no"] for row in connection.execute(
        q["close_orders"], {"hazards": list(hazard_ids), "day": day}).fetchall()]
    for number in closed:
        audit.record(connection, actor, "close", "order", number, {"closed_on": None},
                     {"closed_on": day, "inspection_no": inspection_no})
    return tuple(sorted(closed))
