"""履行义务、完成整改: what the record shows undone of a decision or listing, whatever the papers of a repair say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from casework.credit_record.exclusions import Reason
from casework.enforcement import fines, steps
from policy import rules
from policy.clocks import legal_day
from store import Queries
from store.database import Connection

q = Queries(__file__)


def undone(connection: Connection, entry: Mapping[str, Any], at: dt.datetime) -> Reason | None:
    """The first duty behind a public entry that is not done by ``at``, in English and Chinese."""
    rule = rules().value("credit.repair_duties", legal_day(at))
    if entry["kind"] == "penalty":
        return _decision(connection, entry["ref"], rule, at)
    return _ground(connection, entry, rule, at)


def _decision(connection: Connection, number: str, rule: Mapping[str, Any], at: dt.datetime) -> Reason | None:
    made = steps.read(connection, "case", number)
    # What was paid on a decision that came in without its steps is not known here: its receipt is what there is.
    if rule["fine_paid"] and steps.last(made, "decision") and not steps.last(made, "execution_ended"):
        owed = fines.money(made, at)["owed"]
        if owed:
            return (f"{owed} yuan are owed: enter the payment in the case first",
                    f"尚欠罚款 {owed} 元，请先在案件中登记缴纳")
    standing = connection.execute(q["suspension"], {"case": number}).fetchone()
    if rule["suspension_lifted"] and standing:
        return (f"the order to stop {standing['ref']} stands: lift it first",
                f"责令三停 {standing['ref']} 尚未解除，请先解除")
    return None


def _ground(connection: Connection, entry: Mapping[str, Any], rule: Mapping[str, Any],
            at: dt.datetime) -> Reason | None:
    asked = {"listing": int(entry["ref"]), "unit": entry["unit_id"], "day": legal_day(at)}
    listed = connection.execute(q["ground"], asked).fetchone()
    ground = listed["ground"] if listed else None
    if ground in rule["major_hazard_accepted"]:
        hazard = connection.execute(q["major_hazard"], asked).fetchone()
        if hazard:
            return (f"major hazard {hazard['ref']} stands: have its correction accepted first",
                    f"重大火灾隐患 {hazard['ref']} 尚未销案，请先验收销案")
    if ground in rule["orders_closed"]:
        order = connection.execute(q["order"], asked).fetchone()
        if order:
            return (f"order {order['ref']} is past its day and open: enter the re-inspection first",
                    f"责令改正通知书 {order['ref']} 逾期未办结，请先录入复查结果")
    return None
