"""The clocks of an order: served, corrected by its day, checked again after that day or when the unit asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from casework import clocks
from casework.clocks import Owner
from casework.deadlines import recheck_by
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.orders import Order
from policy.clocks import end_of, last_moment, legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

_LAST_SECOND = dt.timedelta(seconds=1)


def start(connection: Connection, orders: Sequence[Order], owner: Owner, ended_at: dt.datetime, day: dt.date) -> None:
    """Start the clocks of new orders."""
    seen = clocks.of_its_day(ended_at, day)
    for order in orders:
        served = seen if order.served_on == day else end_of(order.served_on) - _LAST_SECOND
        clocks.start(connection, "deadlines.order_served", "order", order.order_no, owner, seen, key=order.kind)
        clocks.stop(connection, "deadlines.order_served", order.order_no, served)
        clocks.start(connection, "deadlines.order_corrected", "order", order.order_no, owner, served,
                     due_at=last_moment(order.correct_by))
        clocks.start(connection, "deadlines.recheck", "order", order.order_no, owner, end_of(order.correct_by),
                     due_at=last_moment(order.recheck_by))


def rechecked(connection: Connection, unit_id: int, closed: Sequence[str], day: dt.date, at: dt.datetime, *,
              all_due: bool) -> None:
    """A visit has found orders corrected (``closed``) or, where ``all_due``, looked at every order that was due.

    What the re-inspection within its own period finds corrected was corrected in time: no one looked in between.
    """
    at = clocks.of_its_day(at, day)
    connection.execute(q["closed"], {"orders": list(closed), "at": at})
    if all_due:
        connection.execute(q["looked_at"], {"unit": unit_id, "day": day, "at": at})


def ask(db: Database, order_no: str, asked_on: dt.date, actor: str, *, now: dt.datetime) -> dt.date:
    """The unit says that it is done and asks for the re-inspection (Art. 20); returns the last day for it."""
    today = legal_day(now)
    with db.connection() as connection:
        order = connection.execute(q["locked"], [order_no]).fetchone()
        if order is None:
            raise NotFound(f"there is no order {order_no}", zh=f"没有责令改正通知书 {order_no}")
        if order["closed_on"] is not None:
            raise AlreadyDone(f"order {order_no} was closed on {order['closed_on']}",
                              zh=f"责令改正通知书 {order_no} 已于 {order['closed_on']} 办结")
        if not order["served_on"] <= asked_on <= today:
            raise CaseworkError(f"order {order_no}: the unit can ask between its service on {order['served_on']} "
                                f"and today, {today} (消防监督检查规定 Art. 20)",
                                zh=f"申请复查日期应在送达日 {order['served_on']} 与今天 {today} 之间"
                                   f"（《消防监督检查规定》第二十条）")
        sooner = asked_on <= order["correct_by"]
        latest = recheck_by(order["correct_by"], asked_on) if sooner else order["recheck_by"]
        connection.execute(q["asked"], {"number": order_no, "asked": asked_on, "recheck": latest})
        if sooner:
            begins = now if asked_on == today else end_of(asked_on) - _LAST_SECOND
            clocks.start(connection, "deadlines.recheck", "order", order_no, Owner(
                order["area_code"], order["unit_id"], order["body"] or "brigade"), begins, due_at=last_moment(latest))
        # Asked for after the day to correct by, the period runs since then: begun anew it would begin after its end.
        audit.record(connection, actor, "ask_recheck", "order", order_no,
                     {"asked_on": order["asked_on"], "recheck_by": order["recheck_by"]},
                     {"asked_on": asked_on, "recheck_by": latest})
    return latest
