"""What a fine comes to: what was added for lateness (加处罚款), what was paid, what is owed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from casework import clocks
from casework.enforcement.attempts import amounts, fine_of
from casework.enforcement.steps import last
from policy import rules
from policy.clocks import legal_day


def money(made: Sequence[Mapping[str, Any]], at: dt.datetime) -> dict[str, Decimal]:
    """The fine, what was added for lateness, what was paid, what is owed by ``at``: nothing of a decision withdrawn."""
    decision, served = last(made, "decision"), last(made, "served")
    fine = fine_of(amounts(decision["details"]["penalties"])) if decision else Decimal(0)
    payments = [(one["at"], Decimal(str(one["details"]["amount_yuan"]))) for one in made if one["step"] == "paid"]
    paid, added = sum((much for _, much in payments), Decimal(0)), Decimal(0)
    withdrawn = last(made, "decision_withdrawn")
    if withdrawn and withdrawn["at"] <= at:
        return {"fine_yuan": fine, "added_yuan": added, "paid_yuan": paid, "owed": Decimal(0)}
    if fine and served:
        until = legal_day(clocks.due_of("deadlines.penalty_paid", served["at"]))
        deferred = [(legal_day(one["at"]), dt.date.fromisoformat(str(one["details"]["until_on"]))) for one in made
                    if one["step"] == "payment_deferred" and one["at"] <= at]
        settled = next((when for n, (when, _) in enumerate(payments)
                        if sum((much for _, much in payments[:n + 1]), Decimal(0)) >= fine), at)
        day = legal_day(min(settled, at))
        added = late_sum(fine, late_days(until, deferred, day), day)
    return {"fine_yuan": fine, "added_yuan": added, "paid_yuan": paid, "owed": max(Decimal(0), fine + added - paid)}


def late_days(until: dt.date, deferred: Sequence[tuple[dt.date, dt.date]], paid_on: dt.date) -> int:
    """Days by which a fine is late: after its day, but for those from an approved deferral to the end of it."""
    days, counted = 0, until
    for approved, later in deferred:
        days += max(0, (min(approved - dt.timedelta(1), paid_on) - counted).days)
        counted = max(counted, later)
    return days + max(0, (paid_on - counted).days)


def late_sum(fine: Decimal, days: int, paid_on: dt.date) -> Decimal:
    """What is added to a fine that is paid late (加处罚款): so much a day, and never more than so much in all."""
    rule = rules().value("enforcement.late_payment", paid_on)
    return min(fine * Decimal(str(rule["a_day"])) * days, fine * Decimal(str(rule["most"]))).quantize(Decimal("0.01"))
