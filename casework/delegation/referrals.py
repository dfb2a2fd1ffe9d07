"""移送: what a town or a police station may not do goes to the brigade, and stays on its own list until it is accepted.

A referral has one owner at any time: the first receiver, until another has accepted (首接负责).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from casework import clocks, forms
from casework.clocks import Owner
from casework.delegation.gates import BeyondPower, Draft
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from policy.clocks import SHANGHAI, legal_day
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)
_ANSWER = "delegation.referral_answered"
_TRANSFER = "delegation.station_transfer"


@dataclass(frozen=True)
class ReferralForm:
    """A referral entered by hand. ``send`` False: a police station has found it and still has to write it out."""

    reason: str
    unit_id: int | None
    place: str | None
    from_code: str
    from_body: str
    to_code: str
    found_on: dt.date
    item_codes: tuple[str, ...] = ()
    note: str | None = None
    source: tuple[str, str] | None = None
    send: bool = True


@contextmanager
def referring(db: Database, actor: str, now: dt.datetime) -> Iterator[None]:
    """Let a refused act beyond a town's power leave its referral, though nothing else of the act is stored."""
    try:
        yield
    except BeyondPower as refused:
        with db.connection() as connection:
            number = from_draft(connection, refused.draft, actor, now)
        raise BeyondPower(f"{refused}; it was passed on as {number}", zh=f"{refused.zh}；已生成移送 {number}",
                          draft=refused.draft) from None


def from_draft(connection: Connection, draft: Draft, actor: str, now: dt.datetime) -> str:
    """The referral of a refused act; the one that stands where the same was refused before."""
    return _once(connection, ReferralForm(
        draft.reason, draft.unit_id, None, draft.from_code, "town", draft.to_code, draft.day, draft.item_codes,
        f"{draft.act}: {draft.reason}"), actor, now)


def create(connection: Connection, form: ReferralForm, actor: str, now: dt.datetime) -> str:
    """Store a referral; its clock of acceptance begins, or that of a station's written transfer.

    A matter that was referred before and is not answered is refused with the number that it has (409).
    """
    _check(form, now)
    stands = _standing(connection, form)
    if stands:
        raise AlreadyDone(f"the same matter, found on {stands['found_on']}, stands as referral {stands['referral_no']} "
                          f"and is not answered yet", zh=f"同一事项（{stands['found_on']} 发现）已有移送 "
                                                         f"{stands['referral_no']}，尚未答复")
    return _store(connection, form, actor, now)


def _once(connection: Connection, form: ReferralForm, actor: str, now: dt.datetime) -> str:
    """What the program itself refers: the number that the same matter has already, where it stands."""
    _check(form, now)
    stands = _standing(connection, form)
    return str(stands["referral_no"]) if stands else _store(connection, form, actor, now)


def _check(form: ReferralForm, now: dt.datetime) -> None:
    forms.chosen(form.reason, "reason", [row["code"] for row in rules().value("delegation.referral_reasons",
                                                                              legal_day(now))])
    if form.found_on > legal_day(now):
        raise CaseworkError(f"found_on {form.found_on} is in the future", zh=f"发现日期 {form.found_on} 晚于今天")
    if form.unit_id is None and not form.place:
        raise CaseworkError("say the unit, or the place where there is none (place)", zh="请填写单位或场所")


def _standing(connection: Connection, form: ReferralForm) -> dict[str, Any] | None:
    noun, ref = form.source or (None, None)
    lock_for_transaction(connection, f"referral of {form.unit_id or form.place}")
    return connection.execute(q["same_open"], {
        "unit": form.unit_id, "place": form.place, "reason": form.reason, "from": form.from_code,
        "items": list(form.item_codes), "noun": noun, "ref": ref}).fetchone()


def _store(connection: Connection, form: ReferralForm, actor: str, now: dt.datetime) -> str:
    noun, ref = form.source or (None, None)
    number = _next_number(connection, legal_day(now))
    row = connection.execute(q["insert"], {
        "number": number, "reason": form.reason, "unit": form.unit_id, "place": form.place, "from": form.from_code,
        "body": form.from_body, "to": form.to_code, "items": list(form.item_codes), "noun": noun, "ref": ref,
        "found": form.found_on, "state": "sent" if form.send else "found", "note": form.note,
        "actor": actor}).fetchone()
    assert row is not None  # noqa: S101  returning
    _step(connection, row["referral_id"], "sent" if form.send else "found", form.from_code, form.to_code, now, None,
          actor)
    if form.send:
        clocks.start(connection, _ANSWER, "referral", number, Owner(form.to_code, form.unit_id), now)
    else:
        clocks.start(connection, _TRANSFER, "referral", number, Owner(form.from_code, form.unit_id, form.from_body),
                     dt.datetime.combine(form.found_on, dt.time(), SHANGHAI))
    audit.record(connection, actor, "refer", "referral", number, None, {
        "reason": form.reason, "unit_id": form.unit_id, "place": form.place, "from": form.from_code, "to": form.to_code,
        "items": list(form.item_codes), "source": list(form.source or ())})
    return number


def refer_uncorrected(connection: Connection, day: dt.date, actor: str, now: dt.datetime,
                      unit_id: int | None = None) -> list[str]:
    """Pass on every order of a town that is past its day and that a re-inspection found open (未改正移交大队)."""
    rows = connection.execute(q["uncorrected"], {"day": day, "unit": unit_id}).fetchall()
    made = []
    for row in rows:
        items = [one["item_code"] for one in connection.execute(q["items_of_order"], [row["order_no"]])]
        made.append(_once(connection, ReferralForm(
            "uncorrected", row["unit_id"], None, row["town_code"], "town", row["principal_code"], day, tuple(items),
            None, ("order", row["order_no"])), actor, now))
    return made


def send(db: Database, number: str, note: str | None, actor: str, now: dt.datetime) -> bool | None:
    """Write a found or returned matter out to the brigade; for a station, whether within the days of the regulation."""
    with db.connection() as connection:
        held = _held(connection, number)
        _expect(held, ("found", "returned"), "sent")
        in_time = clocks.stop(connection, _TRANSFER, number, now) if held["state"] == "found" else None
        _move(connection, held, "sent", actor, now, reason=note)
        clocks.start(connection, _ANSWER, "referral", number, Owner(held["to_code"], held["unit_id"]), now)
    return in_time


def accept(db: Database, number: str, note: str | None, actor: str, now: dt.datetime) -> bool | None:
    """The receiver takes the matter over: from now on it answers for it. Whether within its days."""
    with db.connection() as connection:
        held = _held(connection, number)
        _expect(held, ("sent",), "accepted")
        in_time = clocks.stop(connection, _ANSWER, number, now)
        _move(connection, held, "accepted", actor, now, owner=(held["to_code"], "brigade"), reason=note)
    return in_time


def give_back(db: Database, number: str, why: str, actor: str, now: dt.datetime) -> None:
    """The receiver returns the matter with its reason: its owner stays who it was."""
    reason = forms.reason(why)
    with db.connection() as connection:
        held = _held(connection, number)
        _expect(held, ("sent",), "returned")
        clocks.stop(connection, _ANSWER, number, now)
        first = (held["owner_code"], held["owner_body"]) == (held["from_code"], held["from_body"])
        _move(connection, held, "returned" if first else "accepted", actor, now, step="returned", reason=reason,
              to=held["to_code"] if first else held["owner_code"])


def pass_on(db: Database, number: str, to_code: str, why: str, actor: str, now: dt.datetime) -> None:
    """A brigade that accepted a matter passes it on to another, and stays its owner until that one accepts."""
    reason = forms.reason(why)
    with db.connection() as connection:
        held = _held(connection, number)
        _expect(held, ("accepted",), "passed on")
        brigade_area(connection, to_code)
        if to_code == held["owner_code"]:
            raise CaseworkError(f"referral {number} is owned by {to_code} already", zh=f"移送 {number} 已由 "
                                                                                       f"{to_code} 负责")
        _move(connection, held, "sent", actor, now, step="passed_on", reason=reason, to=to_code)
        clocks.start(connection, _ANSWER, "referral", number, Owner(to_code, held["unit_id"]), now)


def close(db: Database, number: str, outcome: str, actor: str, now: dt.datetime) -> None:
    """Say what became of an accepted matter."""
    result = forms.reason(outcome)
    with db.connection() as connection:
        held = _held(connection, number)
        _expect(held, ("accepted",), "closed")
        _move(connection, held, "closed", actor, now, reason=result, outcome=result)


def listed(connection: Connection, *, areas: Sequence[str] | None = None, box: str = "all", number: str | None = None,
           from_code: str | None = None, before: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Referrals of some areas, the newest first; ``box`` in (to be answered), out (waiting for others), owned, all."""
    return connection.execute(q["listed"], {"areas": None if areas is None else list(areas), "box": box,
                                            "number": number, "from": from_code, "before": before,
                                            "limit": limit}).fetchall()


def one(connection: Connection, number: str, areas: Sequence[str] | None = None) -> dict[str, Any]:
    """A referral with its chain."""
    rows = listed(connection, areas=areas, number=number, limit=1)
    if not rows:
        raise NotFound(f"there is no referral {number} in your areas", zh=f"您的区域内没有移送 {number}")
    return {**rows[0], "steps": connection.execute(q["steps"], [rows[0]["referral_id"]]).fetchall()}


def brigade_area(connection: Connection, code: str) -> Mapping[str, Any]:
    """The area of a brigade (a district or the city); refused where the code is a town's or nobody's."""
    row = connection.execute(q["area"], {"area": code}).fetchone()
    if row is None or row["level"] == "town":
        raise CaseworkError(f"{code} is not the area of a brigade", zh=f"{code} 不是消防救援机构的区域")
    return row


def _held(connection: Connection, number: str) -> dict[str, Any]:
    row = connection.execute(q["locked"], [number]).fetchone()
    if row is None:
        raise NotFound(f"there is no referral {number}", zh=f"没有移送 {number}")
    return row


def _expect(held: Mapping[str, Any], states: Sequence[str], becomes: str) -> None:
    if held["state"] not in states:
        raise AlreadyDone(f"referral {held['referral_no']} is {held['state']}: only one that is "
                          f"{' or '.join(states)} can "
                          f"be {becomes}", zh=f"移送 {held['referral_no']} 当前状态不允许该操作")


def _move(connection: Connection, held: Mapping[str, Any], state: str, actor: str, now: dt.datetime, *,
          step: str | None = None, owner: tuple[str, str] | None = None, to: str | None = None,
          reason: str | None = None, outcome: str | None = None) -> None:
    code, body = owner or (held["owner_code"], held["owner_body"])
    connection.execute(q["move"], {"state": state, "to": to or held["to_code"], "owner": code, "body": body,
                                   "outcome": outcome, "referral": held["referral_id"]})
    _step(connection, held["referral_id"], step or state, held["owner_code"], to or held["to_code"], now, reason, actor)
    audit.record(connection, actor, step or state, "referral", held["referral_no"],
                 {"state": held["state"], "owner": held["owner_code"], "to": held["to_code"]},
                 {"state": state, "owner": code, "to": to or held["to_code"], "reason": reason})


def _step(connection: Connection, referral_id: int, step: str, from_code: str, to_code: str, at: dt.datetime,
          reason: str | None, actor: str) -> None:
    connection.execute(q["step"], {"referral": referral_id, "step": step, "from": from_code, "to": to_code, "at": at,
                                   "reason": reason, "actor": actor})


def _next_number(connection: Connection, day: dt.date) -> str:
    prefix = f"Y{day:%Y%m%d}-"
    lock_for_transaction(connection, f"number {prefix}")
    row = connection.execute(q["last_number"], {"prefix": prefix + "%", "skip": len(prefix) + 1}).fetchone()
    return f"{prefix}{(row['last'] if row and row['last'] else 0) + 1:04d}"
