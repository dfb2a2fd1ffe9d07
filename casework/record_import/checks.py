"""What must hold in a row of each kind beyond its single cells.

Asked of every row of a long file: the ordinary case is said in one step.
"""

from __future__ import annotations

from collections.abc import Iterable

from casework.credit import misfit
from policy.clocks import legal_day
from registry.columns import Fault, Row
from registry.columns.table import later


def inspection(row: Row) -> Iterable[Fault]:
    started, ended = row.get("started_at"), row.get("ended_at")
    if started is None:
        return ()
    if (ended is None or ended >= started) and legal_day(started) == row["inspected_on"]:
        return ()
    return _misplaced(row)


def _misplaced(row: Row) -> Iterable[Fault]:
    yield from later(row, "started_at", "ended_at", "开始时间")
    if legal_day(row["started_at"]) != row["inspected_on"]:
        yield "started_at", f"it does not lie on inspected_on (检查日期) {row['inspected_on']}"


def order(row: Row) -> Iterable[Fault]:
    if row["served_on"] <= row["correct_by"] <= (row.get("recheck_by") or row["correct_by"]) and (
            row["served_on"] <= (row.get("closed_on") or row["served_on"])):
        return ()
    return _disordered(row)


def _disordered(row: Row) -> Iterable[Fault]:
    yield from later(row, "served_on", "correct_by", "送达日期")
    yield from later(row, "correct_by", "recheck_by", "限期改正日期")
    yield from later(row, "served_on", "closed_on", "送达日期")


def case(row: Row) -> Iterable[Fault]:
    filed, closed = row["filed_on"], row.get("closed_on")
    if closed is not None and row["standing"] in ("closed", "archived") and (
            row["offence_on"] <= filed <= (row.get("decided_on") or filed) and filed <= closed):
        return ()
    return _misled(row)


def _misled(row: Row) -> Iterable[Fault]:
    yield from later(row, "filed_on", "decided_on", "立案日期")
    yield from later(row, "filed_on", "closed_on", "立案日期")
    yield from later(row, "offence_on", "filed_on", "违法日期")
    ended = row.get("standing") in ("closed", "archived")
    if ended and not row.get("closed_on"):
        yield "closed_on", "a closed case has the day on which it was closed"
    if row.get("standing") == "decided" and not row.get("decided_on"):
        yield "decided_on", "a decided case has the day of its decision"
    if row.get("standing") == "transferred" and not row.get("closed_on"):
        yield "closed_on", "a case that was handed over has the day of it"


def penalty(row: Row) -> Iterable[Fault]:
    if row.get("withdrawn_on") is None and (row["kind"] == "fine") == bool(row.get("amount_yuan")):
        return ()
    return _misfined(row)


def _misfined(row: Row) -> Iterable[Fault]:
    yield from later(row, "decided_on", "withdrawn_on", "决定日期")
    if row.get("kind") == "fine" and not row.get("amount_yuan"):
        yield "amount_yuan", "a fine has its amount"
    if row.get("kind") != "fine" and row.get("amount_yuan"):
        yield "amount_yuan", f"an amount belongs to a fine, not to {row.get('kind')}"


def measure(row: Row) -> Iterable[Fault]:
    began, until, ended = row["began_on"], row.get("until_on"), row.get("ended_on")
    if until is not None and ended is not None and row["standing"] != "standing" and began <= until and began <= ended:
        return ()
    return _mistimed(row)


def _mistimed(row: Row) -> Iterable[Fault]:
    yield from later(row, "began_on", "until_on", "开始日期")
    yield from later(row, "began_on", "ended_on", "开始日期")
    if row.get("kind") == "seal" and not row.get("until_on"):
        yield "until_on", "a seal has the day on which it ends"
    if row.get("standing") == "standing" and row.get("ended_on"):
        yield "ended_on", "a measure that stands has no end yet"
    if row.get("standing") in ("lifted", "done") and not row.get("ended_on"):
        yield "ended_on", "a measure that was lifted or carried out has the day on which it ended"


def major(row: Row) -> Iterable[Fault]:
    found, ended = row["found_on"], row.get("ended_on")
    if ended is not None and row["standing"] == "accepted" and found <= (row.get("notice_on") or found) <= ended:
        return ()
    return _misjudged(row)


def _misjudged(row: Row) -> Iterable[Fault]:
    yield from later(row, "found_on", "ended_on", "发现日期")
    yield from later(row, "found_on", "notice_on", "发现日期")
    yield from later(row, "notice_on", "ended_on", "整改通知书送达日期")
    if row.get("standing") == "not_major" and row.get("notice_on"):
        yield "notice_on", "no notice was served of what is no major hazard"
    if row.get("standing") == "accepted" and not row.get("ended_on"):
        yield "ended_on", "a major hazard that was accepted has the day on which it left the list"
    if row.get("standing") in ("determined", "listed") and row.get("ended_on"):
        yield "ended_on", "a major hazard that stands has no end yet"


def complaint(row: Row) -> Iterable[Fault]:
    if row.get("checked_at") is not None and row["checked_at"] >= row["received_at"]:
        return ()
    return _unchecked(row)


def _unchecked(row: Row) -> Iterable[Fault]:
    yield from later(row, "received_at", "checked_at", "受理时间")
    if row.get("checked_at") is None and row.get("verified") is not None:
        yield "verified", "only a complaint that was checked is found true or not"


def listing(row: Row) -> Iterable[Fault]:
    yield from later(row, "from_day", "to_day", "列入日期")


def credit(row: Row) -> Iterable[Fault]:
    fault = misfit(row["event_kind"], row["points"], row["occurred_on"])
    if fault is not None:
        yield fault


def agreement(row: Row) -> Iterable[Fault]:
    yield from later(row, "from_day", "to_day", "起始日期")
    if row.get("regime") == "delegated" and not row.get("to_day"):
        yield "to_day", "a delegation has a last day (行政处罚法 Art. 20)"


def referral(row: Row) -> Iterable[Fault]:
    if (row.get("state") == "closed") != bool(row.get("outcome")):
        yield "outcome", "a closed referral has an outcome, and no other has"
