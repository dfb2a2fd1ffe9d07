"""事先告知: before a unit is listed it is told of facts, reasons, basis, measures and rights, and is heard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from casework import clocks, forms
from casework.credit import serious_grounds
from casework.credit_record import matters, words
from casework.credit_record.refusals import closed
from casework.errors import CaseworkError
from policy import rules
from policy.clocks import legal_day
from store import Database
from store.database import Connection

#: From which standing each step is made.
FROM: dict[str, tuple[str, ...]] = {
    "served": ("issued",), "statement": ("served",), "waived": ("served",), "hearing_asked": ("served",),
    "hearing_held": ("served",), "views_answered": ("served",), "dropped": ("issued", "served"),
}
_HOW = ["direct", "left", "mail", "electronic", "public"]
_RULE = "credit.notice_rights"


def grounds(listing: str, day: dt.date) -> dict[str, dict[str, Any]]:
    """What a unit can be listed for on a day, by code."""
    return {one["code"]: one for one in rules().value("credit.notice_grounds", day)[listing]}


def measures_of(listing: str, day: dt.date) -> list[dict[str, Any]]:
    """What a listing brings, by policy of a day: field, words and legal basis."""
    rule = "credit.benefits" if listing == "red" else "credit.measures"
    value = rules().value(rule, day)
    return [dict(one) for one in (value if listing == "red" else value[listing])]


def issue(db: Database, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> str:
    """Issue the notice of a listing to come; returns its number."""
    at = forms.moment(data.get("issued_at"), "issued_at")
    day = legal_day(at)
    listing = forms.chosen(data.get("list"), "list", ["general", "serious"])
    allowed = grounds(listing, day)
    ground = forms.chosen(data.get("ground"), "ground", list(allowed))
    facts = forms.note(data.get("facts"), "facts")
    if facts is None:
        raise CaseworkError("facts is missing: say what the unit did and when", zh="缺少失信事实")
    fields = [one["field"] for one in measures_of(listing, day)]
    chosen = [forms.chosen(one, "measures", fields) for one in data.get("measures") or fields]
    refs = [forms.word(one, "refs", 64) for one in data.get("refs") or ()]
    with db.connection() as connection:
        unit = matters.unit(connection, forms.word(data.get("unit_no"), "unit_no", 64))
        if ground == "three_penalties" and not any(
                "penalties" in one for one in serious_grounds(connection, unit["unit_id"], day)):
            least = rules().value("credit.serious_penalties", day)
            raise closed("credit.serious_penalties", day,
                         f"unit {unit['unit_no']} has fewer than {least['count']} penalties within {least['days']} "
                         f"days before {day}", f"单位 {unit['unit_no']} 在 {day} 前 {least['days']} 天内的处罚不足 "
                                               f"{least['count']} 次")
        found = matters.begin(
            connection, "notice", unit, target=listing, ref=ground, at=at, standing="issued", step="issued", note=facts,
            details={"facts": facts, "basis": allowed[ground]["article"], "measures": chosen, "refs": refs,
                     "rights": "陈述、申辩、申请听证"}, actor=actor, now=now)
    return str(found["matter_no"])


def step(db: Database, notice_no: str, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> bool | None:
    """Make the next step of a notice; whether it was in time, None where it ends no period."""
    name = forms.chosen(data.get("step"), "step", list(FROM))
    at = forms.moment(data.get("at"), "at")
    note = forms.note(data.get("note"))
    details: dict[str, Any] = {}
    if name == "served":
        details["how"] = forms.chosen(data.get("how"), "how", _HOW)
    if name == "views_answered":
        if not isinstance(data.get("accepted"), bool):
            raise CaseworkError("accepted must be true or false: are the views right?",
                                zh="accepted 应为 true 或 false：陈述申辩是否成立")
        details["accepted"] = data["accepted"]
    if name in ("statement", "views_answered", "dropped", "hearing_held") and note is None:
        raise CaseworkError(f"a step {name} needs a note: what was said, or why",
                            zh=f"“{words.said(name)}”须填写说明（内容或理由）")
    with db.connection() as connection:
        notice = matters.locked(connection, "notice", notice_no)
        matters.expect(notice, name, FROM[name])
        made = matters.steps(connection, notice["matter_id"])
        _gate(notice, name, at, made)
        matters.add(connection, notice, name, at, note, details, actor, now=now,
                    standing={"served": "served", "dropped": "dropped"}.get(name), closes=name == "dropped")
        if name == "served":
            matters.start(connection, "views_given", notice, at)
            return None
        if name == "waived":
            return matters.stop(connection, "views_given", notice, at)
        if name == "dropped":
            matters.drop(connection, notice, at, note or "dropped")
    return None


def views_until(served: Mapping[str, Any]) -> dt.datetime:
    """The last moment of the time to state views."""
    return clocks.due_of("credit.views_given", served["at"])


def ready(connection: Connection, notice_no: str, at: dt.datetime) -> dict[str, Any]:
    """The notice, if a unit may be listed on it now; otherwise the gate that is closed."""
    notice = matters.locked(connection, "notice", notice_no)
    made = matters.steps(connection, notice["matter_id"])
    day = legal_day(at)
    if notice["standing"] in ("listed", "dropped"):
        matters.expect(notice, "listed", ("served",))
    served = matters.last(made, "served")
    if served is None:
        raise closed(_RULE, day, f"notice {notice_no} was not served on the unit: no listing without prior notice",
                     f"告知 {notice_no} 尚未送达：未经事先告知不得列入名单")
    asked, heard = matters.last(made, "hearing_asked"), matters.last(made, "hearing_held")
    if asked and heard is None:
        raise closed(_RULE, day, "the unit asked for a hearing, which was not held", "当事人申请了听证，尚未举行")
    until = views_until(served)
    if at <= until and matters.last(made, "waived") is None:
        last = legal_day(until)
        raise closed("credit.views_given", day, f"the unit may state its views until {last}: list it after that day",
                     f"当事人可在 {last} 前（含当日）陈述申辩，请在该日之后列入")
    answered = matters.last(made, "views_answered")
    for one in made:
        if one["step"] in ("statement", "hearing_held") and (
                answered is None or answered["step_id"] < one["step_id"]):
            raise closed(_RULE, day, "what the unit said in its defence was not answered (views_answered)",
                         "当事人的陈述申辩尚未复核答复（views_answered）")
    if answered and answered["details"]["accepted"]:
        raise closed(_RULE, day, "the views of the unit were taken as right: drop the notice",
                     "当事人的陈述申辩成立，应撤销告知，不予列入")
    return notice


def _gate(notice: Mapping[str, Any], name: str, at: dt.datetime, made: Sequence[Mapping[str, Any]]) -> None:
    served, day = matters.last(made, "served"), legal_day(at)
    if name in ("statement", "hearing_asked") and served and at > views_until(served):
        last = legal_day(views_until(served))
        raise closed("credit.views_given", day, f"views and a hearing could be brought until {last}",
                     f"陈述申辩、申请听证期限已于 {last} 届满")
    if name == "hearing_held" and matters.last(made, "hearing_asked") is None:
        raise closed(_RULE, day, f"no hearing was asked for on notice {notice['matter_no']}",
                     f"告知 {notice['matter_no']} 没有听证申请")
    if name == "waived" and matters.last(made, "hearing_asked"):
        raise closed(_RULE, day, "the unit asked for a hearing: hold it", "当事人已申请听证，应当举行")
    if name == "views_answered" and matters.last(made, "statement", "hearing_held") is None:
        raise closed(_RULE, day, "the unit said nothing that could be answered", "当事人没有陈述申辩，无需答复")
