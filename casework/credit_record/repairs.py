"""信用修复: an application with its papers, told once what is missing, a public notice, a decision, a confirmation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from casework import clocks, credit, forms
from casework.credit_record import duties, exclusions, listings, matters, publicity, words
from casework.credit_record.refusals import closed
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from policy.clocks import legal_day
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

FROM: dict[str, tuple[str, ...]] = {
    "incomplete": ("applied",), "supplied": ("incomplete",), "accepted": ("applied", "incomplete"),
    "public_notice": ("accepted",), "notice_objection": ("noticed",), "approved": ("noticed",),
    "refused": ("applied", "incomplete", "accepted", "noticed"), "confirmed": ("approved",),
    "platform_ended": ("approved", "confirmed"), "withdrawn": ("applied", "incomplete", "accepted", "noticed"),
}
_TO = {"incomplete": "incomplete", "supplied": "applied", "accepted": "accepted", "public_notice": "noticed",
       "approved": "approved", "refused": "refused", "confirmed": "confirmed", "withdrawn": "withdrawn"}
_LISTS = ["general", "serious"]


def apply(db: Database, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> str:
    """Take an application for the repair of a public decision or of a listing; returns its number.

    One before its first permitted day is refused with that day, and leaves nothing behind.
    """
    at = forms.moment(data.get("applied_at"), "applied_at")
    day = legal_day(at)
    target = forms.chosen(data.get("target"), "target", ["penalty", "listing"])
    ref = forms.word(str(data.get("ref") or ""), "ref", 64)
    papers = _papers(data.get("papers") or (), day)
    with db.connection() as connection:
        unit = matters.unit(connection, forms.word(data.get("unit_no"), "unit_no", 64))
        entry = find(connection, target, ref, unit["unit_id"])
        _first_day(entry, day)
        running = connection.execute(q["running"], {"target": target, "ref": ref, "unit": unit["unit_id"]}).fetchone()
        if running:
            raise AlreadyDone(f"repair {running['matter_no']} of {ref} is being handled",
                              zh=f"{ref} 的修复申请 {running['matter_no']} 正在办理")
        _refuse_excluded(connection, entry, day)
        found = matters.begin(connection, "repair", unit, target=target, ref=ref, at=at, standing="applied",
                              step="applied", note=forms.note(data.get("note")), actor=actor, now=now,
                              details={"papers": papers, "decided_on": entry["decided_on"],
                                       "earliest_on": entry["earliest_on"], "what": entry["what"]})
        matters.start(connection, "repair_complete", found, at)
    return str(found["matter_no"])


def step(db: Database, repair_no: str, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> bool | None:
    """Make the next step of a repair; whether the period that it ends was kept, None where it ends none."""
    name = forms.chosen(data.get("step"), "step", list(FROM))
    at, note = forms.moment(data.get("at"), "at"), forms.note(data.get("note"))
    details: dict[str, Any] = {}
    if name == "supplied":
        details["papers"] = _papers(data.get("papers") or (), legal_day(at))
    if name == "approved":
        details["approved_by"] = forms.word(data.get("approved_by"), "approved_by", 100)
    if name in ("refused", "withdrawn", "notice_objection") and note is None:
        raise CaseworkError(f"a step {name} needs a note: say why", zh=f"“{words.said(name)}”须填写说明（理由）")
    with db.connection() as connection:
        repair = matters.locked(connection, "repair", repair_no)
        matters.unit(connection, repair["unit_no"])
        made = matters.steps(connection, repair["matter_id"])
        if name == "incomplete" and matters.last(made, "incomplete"):
            raise closed("credit.repair_complete", legal_day(at), f"the applicant of {repair_no} was told once what is "
                         f"missing: accept, or refuse with a reason",
                         f"{repair_no} 已一次性告知，应受理或说明理由不予修复")
        matters.expect(repair, name, FROM[name])
        details |= _take(connection, repair, name, at, made, details, actor)
        standing = "incomplete" if name == "supplied" and details["missing"] else _TO.get(name)
        matters.add(connection, repair, name, at, note, details, actor, now=now, standing=standing,
                    closes=name in ("approved", "refused", "withdrawn"))
        return None if standing == "incomplete" and name == "supplied" else _clocks(connection, repair, name, at, made)


def missing_papers(target: str, what: str, held: Sequence[str], day: dt.date) -> list[str]:
    """The papers of policy that an application does not have yet."""
    return [one["code"] for one in rules().value("credit.repair_papers", day)
            if one["code"] not in held and (not one.get("fine_only") or (target == "penalty" and "fine" in what))]


def find(connection: Connection, target: str, ref: str, unit_id: int) -> dict[str, Any]:
    """The public entry that a repair or an objection is about."""
    kinds = ["penalty"] if target == "penalty" else _LISTS
    entry = publicity.find(connection, kinds, ref)
    if entry is None or entry["unit_id"] != unit_id:
        raise NotFound(f"no {target} {ref} of this unit is public", zh=f"该单位没有公示中的信息 {ref}")
    if entry["ended_on"] is not None:
        raise AlreadyDone(f"the publicity of {ref} ended on {entry['ended_on']} ({entry['ended_why']})",
                          zh=f"{ref} 的公示已于 {entry['ended_on']} 结束")
    return entry


def _take(connection: Connection, repair: Mapping[str, Any], name: str, at: dt.datetime,
          made: Sequence[Mapping[str, Any]], given: Mapping[str, Any], actor: str) -> dict[str, Any]:
    """What a step finds out or does outside its matter."""
    day = legal_day(at)
    held = [*repair["details"]["papers"], *(paper for one in made for paper in one["details"].get("papers", ())),
            *given.get("papers", ())]
    missing = missing_papers(repair["target"], repair["details"]["what"], held, day)
    if name == "incomplete":
        if not missing:
            raise CaseworkError(f"no paper of {repair['matter_no']} is missing: accept it",
                                zh=f"{repair['matter_no']} 材料齐全，应予受理")
        return {"missing": missing}
    if name == "supplied" and not given["papers"]:
        raise CaseworkError("papers is missing: say which were supplied", zh="缺少 papers：请填写补交的材料")
    if name == "supplied":
        return {"missing": missing}
    if name == "accepted" and missing:
        raise closed("credit.repair_papers", day, f"papers are missing: {', '.join(missing)}",
                     f"材料不齐：{'、'.join(missing)}")
    if name in ("accepted", "approved"):
        entry = find(connection, repair["target"], repair["ref"], repair["unit_id"])
        _refuse_undone(connection, entry, at)
    if name == "approved":
        _first_day(entry, day)
        _refuse_excluded(connection, entry, day)
        noticed = matters.last(made, "public_notice")
        until = clocks.due_of("credit.repair_notice", noticed["at"]) if noticed else None
        if until is not None and at <= until:
            last = legal_day(until)
            raise closed("credit.repair_notice", day, f"the public notice runs until {last}: decide after that day",
                         f"修复公示至 {last}（含当日），期满后方可决定")
        return {"given_back": _grant(connection, repair, entry, day, actor)}
    return {}


def _grant(connection: Connection, repair: Mapping[str, Any], entry: Mapping[str, Any], day: dt.date,
           actor: str) -> float:
    """End the publicity; of a decision the points go back, a listing ends. Returns the points given back."""
    if repair["target"] == "listing":
        listings.end(connection, int(repair["ref"]), day, "repaired", actor)
        return 0.0
    publicity.end(connection, entry["kind"], entry["ref"], day, "repaired")
    given = 0.0
    for row in connection.execute(q["entries"], {"unit": repair["unit_id"], "ref": repair["ref"]}).fetchall():
        given += credit.give_back(connection, row["entry_id"], f"信用修复 {repair['matter_no']}", actor, day) or 0.0
    return given


def _clocks(connection: Connection, repair: Mapping[str, Any], name: str, at: dt.datetime,
            made: Sequence[Mapping[str, Any]]) -> bool | None:
    if name == "incomplete":
        return matters.stop(connection, "repair_complete", repair, at)
    if name == "supplied":
        matters.start(connection, "repair_complete", repair, at)
    elif name == "accepted":
        in_time = matters.stop(connection, "repair_complete", repair, at)
        received = matters.last(made, "supplied", "applied")
        matters.start(connection, "repair_decided", repair, received["at"] if received else at)
        return in_time
    elif name == "public_notice":
        matters.start(connection, "repair_notice", repair, at)
    elif name == "approved":
        noticed = matters.last(made, "public_notice")
        if noticed:
            matters.stop(connection, "repair_notice", repair, clocks.due_of("credit.repair_notice", noticed["at"]))
        matters.start(connection, "repair_removal", repair, at)
        return matters.stop(connection, "repair_decided", repair, at)
    elif name == "refused":
        decided = matters.last(made, "accepted")
        in_time = matters.stop(connection, "repair_decided", repair, at) if decided else None
        matters.drop(connection, repair, at, "refused")
        return in_time
    elif name == "withdrawn":
        matters.drop(connection, repair, at, "withdrawn")
    elif name == "platform_ended":
        return matters.stop(connection, "repair_removal", repair, at)
    return None


def _first_day(entry: Mapping[str, Any], day: dt.date) -> None:
    if day >= entry["earliest_on"]:
        return
    longer = entry["earliest_on"].year - entry["decided_on"].year > 1
    # The number of a listing is our own and tells nobody anything.
    what, zh = (entry["ref"], entry["ref"]) if entry["kind"] == "penalty" else (
        f"the {entry['kind']} listing", "该名单信息")
    raise closed("credit.repair_after_years" if longer else "credit.publicity_years", entry["decided_on"],
                 f"repair of {what}, decided on {entry['decided_on']}, can be asked for from "
                 f"{entry['earliest_on']} on",
                 f"{zh}（{entry['decided_on']} 作出）自 {entry['earliest_on']} 起方可申请修复")


def _refuse_excluded(connection: Connection, entry: Mapping[str, Any], day: dt.date) -> None:
    reason = exclusions.why(exclusions.of(connection, entry), day)
    if reason:
        raise closed("credit.repair_excluded", day, f"no repair of {entry['ref']}: {reason[0]}",
                     f"{entry['ref']} 不予修复：{reason[1]}")


def _refuse_undone(connection: Connection, entry: Mapping[str, Any], at: dt.datetime) -> None:
    reason = duties.undone(connection, entry, at)
    if reason:
        raise closed("credit.repair_duties", legal_day(at), f"no repair of {entry['ref']} yet: {reason[0]}",
                     f"{entry['ref']} 暂不能修复：{reason[1]}")


def _papers(value: Any, day: dt.date) -> list[str]:
    if not isinstance(value, list | tuple) or len(value) > 20:
        raise CaseworkError("papers must be a list of codes of credit.repair_papers", zh="papers 应为材料代码列表")
    codes = [one["code"] for one in rules().value("credit.repair_papers", day)]
    return [forms.chosen(one, "papers", codes) for one in value]
