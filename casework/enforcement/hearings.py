"""听证: what has to happen before a hearing, and before a decision on which the party could have been heard."""

from __future__ import annotations

import datetime as dt

from casework.clocks import span_of
from casework.enforcement.attempts import Attempt, Reason, amounts, heard_on, hearing_until
from casework.enforcement.steps import shown
from policy import WorkingDays
from policy.clocks import due_day, legal_day


def heard(attempt: Attempt) -> Reason:
    """Before a decision: the right to a hearing was waived, used, or has run out."""
    notice = attempt.notice
    said = attempt.since_notice("hearing_asked", "hearing_waived")
    if notice is None or attempt.case["procedure"] == "simple" or (said and said["step"] == "hearing_waived"):
        return None
    if not heard_on(attempt.case["party"], amounts(notice["details"].get("penalties", ())), legal_day(notice["at"])):
        return None
    if said:
        if attempt.since_notice("hearing_held"):
            return None
        return "the party asked for a hearing, which was not held", "当事人已申请听证，尚未举行听证"
    until = hearing_until(notice)
    if attempt.form.at > until:
        return None
    return (f"the party may ask for a hearing until {shown(until)}, and has neither asked nor waived it",
            f"当事人可在 {shown(until)} 前申请听证，尚未申请也未放弃")


def right(attempt: Attempt) -> Reason:
    """Only some penalties give the right."""
    notice = attempt.notice
    if notice is None:
        return "the party was not told of a penalty, so there is nothing to be heard on", "尚未告知处罚，不存在听证事项"
    if not heard_on(attempt.case["party"], amounts(notice["details"].get("penalties", ())), legal_day(notice["at"])):
        return "the penalty that the party was told of gives no right to a hearing", "所告知的处罚不属于听证范围"
    return None


def in_time(attempt: Attempt) -> Reason:
    """It is asked for within its days."""
    notice = attempt.notice
    if notice is None or attempt.form.at <= hearing_until(notice):
        return None
    until = hearing_until(notice)
    return f"the right to ask for a hearing ran out at {shown(until)}", f"申请听证的期限已于 {shown(until)} 届满"


def asked(attempt: Attempt) -> Reason:
    """A hearing is announced and held where the party asked for one."""
    if attempt.since_notice("hearing_asked"):
        return None
    return "the party has not asked for a hearing", "当事人没有申请听证"


def told(attempt: Attempt) -> Reason:
    """Both the announced moment and the hearing itself lie the law's days after the notice of the hearing."""
    if attempt.form.step == "hearing_notice":
        informed, held = attempt.form.at, attempt.form.details.get("hearing_at")
    else:
        notice = attempt.since_notice("hearing_notice")
        if notice is None:
            return "the party was not told when and where the hearing is held", "尚未通知当事人听证的时间、地点"
        informed, held = notice["at"], attempt.form.at
        announced = dt.datetime.fromisoformat(notice["details"]["hearing_at"])
        if held < announced:
            return (f"the party was told that the hearing begins at {shown(announced)}, and it was not held before",
                    f"已通知当事人听证于 {shown(announced)} 举行，不得提前")
    span = span_of("deadlines.hearing_told", legal_day(informed))
    assert isinstance(span, WorkingDays)  # noqa: S101  policy says so, and hours are no days
    first = due_day(legal_day(informed), span)
    if held is None or legal_day(held) >= first:
        return None
    return (f"told on {legal_day(informed)}, the hearing is held on {first} at the earliest "
            f"({span.count} working days)",
            f"{legal_day(informed)} 通知的听证最早于 {first} 举行（提前 {span.count} 个工作日）")


def chair(attempt: Attempt) -> Reason:
    """Who handles the case does not chair its hearing."""
    number = attempt.form.details.get("chair")
    if number not in attempt.case["officers"]:
        return None
    return f"officer {number} handles the case and can't chair its hearing", f"{number} 是本案办案人员，不能主持听证"
