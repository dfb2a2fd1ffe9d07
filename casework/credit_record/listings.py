"""一般失信, 严重失信 and 守信激励: a unit comes onto a list behind its gates, with measures that law allows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from casework import forms
from casework.credit_record import matters, notices, periods, publicity
from casework.credit_record.refusals import closed
from casework.enforcement.steps import check_moment
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


def list_unit(db: Database, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> int:
    """List a unit on its notice (discredit) or on its merits (red); returns the number of the listing."""
    at = forms.moment(data.get("listed_at"), "listed_at")
    check_moment(at, dt.datetime.min.replace(tzinfo=dt.UTC), now, "the listing")
    if data.get("list") == "red":
        return _red(db, data, at, actor)
    number = forms.word(data.get("notice_no"), "notice_no", 64)
    with db.connection() as connection:
        notice = notices.ready(connection, number, at)
        unit = matters.unit(connection, notice["unit_no"])
        listing, day = notice["target"], legal_day(at)
        _make_room(connection, unit, listing, day, actor)
        told = [one for one in notices.measures_of(listing, day) if one["field"] in notice["details"]["measures"]]
        measures = _measures(data.get("measures"), told, day)
        # What is public says the ground and its law; the facts, which may name people, stay with the notice.
        words = notices.grounds(listing, day)[notice["ref"]]
        untold = {one["field"] for one in measures} - set(notice["details"]["measures"])
        if untold:
            raise closed("credit.notice_rights", day, f"the unit was not told of {', '.join(sorted(untold))}",
                         f"事先告知未包含措施 {'、'.join(sorted(untold))}")
        found = _insert(connection, unit, listing, day, f"{words['zh']}（{words['article']}）",
                        number, measures, actor)
        matters.add(connection, notice, "listed", at, None, {"listing_id": found}, actor, now=now, standing="listed",
                    closes=True)
        matters.drop(connection, notice, at, "listed")
    return found


def end_red(db: Database, listing_id: int, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> None:
    """End a unit's place on the red list. A discredit list is left by repair, an objection, or in the end by itself."""
    day, why = forms.day(data.get("to_day"), "to_day"), forms.reason(data.get("reason"))
    with db.connection() as connection:
        held = connection.execute(q["one"], [listing_id]).fetchone()
        if held is None:
            raise NotFound(f"there is no listing {listing_id}", zh=f"没有名单记录 {listing_id}")
        if held["list"] != "red":
            earliest = periods.first_permitted_day([], held["from_day"])
            raise closed("credit.publicity_years", day,
                         f"a {held['list']} listing ends by repair, which can be asked for from {earliest} on, by an "
                         f"objection that is right, or by itself after {periods.last_public_day(held['from_day'])}",
                         f"失信名单只能经信用修复（{earliest} 起可申请）、异议成立移出，或在 "
                         f"{periods.last_public_day(held['from_day'])} 期满后自动移出")
        if not held["from_day"] <= day <= legal_day(now):
            raise CaseworkError(f"to_day must lie between {held['from_day']} and today",
                                zh="to_day 应在列入日与今天之间")
        end(connection, listing_id, day, why, actor)


def end(connection: Connection, listing_id: int, day: dt.date, why: str, actor: str) -> None:
    """End a listing and its publicity; ``day`` is its last."""
    row = connection.execute(q["end"], {"listing": listing_id, "day": day, "why": why}).fetchone()
    if row is None:  # ended, or brought in with an end that lies before the day
        raise AlreadyDone(f"listing {listing_id} has ended before", zh=f"名单记录 {listing_id} 已经结束")
    publicity.end(connection, row["list"], str(listing_id), day, why)
    audit.record(connection, actor, "end_listing", "credit_listing", str(listing_id), {"list": row["list"]},
                 {"to_day": day, "reason": why})


def _red(db: Database, data: Mapping[str, Any], at: dt.datetime, actor: str) -> int:
    day, basis = legal_day(at), forms.reason(data.get("basis"))
    with db.connection() as connection:
        unit = matters.unit(connection, forms.word(data.get("unit_no"), "unit_no", 64))
        since = periods.years_after(day, -int(rules().value("credit.red_clean_years", day)))
        stain = connection.execute(q["stain"], {"unit": unit["unit_id"], "since": since, "day": day}).fetchone()
        if stain:
            raise closed("credit.red_clean_years", day,
                         f"unit {unit['unit_no']} has a record of {stain['day']} ({stain['what']}): the red list is "
                         f"for units without one since {since}",
                         f"单位 {unit['unit_no']} 在 {stain['day']} 有失信记录，{since} 以来无记录方可列入守信激励名单")
        _make_room(connection, unit, "red", day, actor)
        return _insert(connection, unit, "red", day, basis, None,
                       _measures(data.get("measures"), notices.measures_of("red", day), day), actor)


def _make_room(connection: Connection, unit: Mapping[str, Any], listing: str, day: dt.date, actor: str) -> None:
    """A unit is on one list at a time: the serious list takes the place of the general one, discredit that of red."""
    for held in connection.execute(q["held"], {"unit": unit["unit_id"], "day": day}).fetchall():
        gives_way = (held["list"], listing) in (("general", "serious"), ("red", "general"), ("red", "serious"))
        if not gives_way or held["from_day"] >= day:
            names = {one["code"]: one["zh"] for one in rules().value("credit.lists", day)}
            first = held["from_day"] + dt.timedelta(days=1)
            en, zh = ((f"list it from {first} on", f"请自 {first} 起列入") if gives_way else
                      ("it leaves that one first, by repair or by an objection that is right",
                       "应先经信用修复或异议成立移出该名单") if held["list"] != "red" else
                      ("end that listing first", "请先终止该名单"))
            raise AlreadyDone(f"unit {unit['unit_no']} is on the {held['list']} list from {held['from_day']}, and a "
                              f"unit is on one list at a time: {en}",
                              zh=f"单位 {unit['unit_no']} 自 {held['from_day']} 起在“{names[held['list']]}”名单上，"
                                 f"一个单位同时只列入一个名单：{zh}")
        end(connection, held["listing_id"], day - dt.timedelta(days=1), "replaced", actor)


def _measures(value: Any, default: Sequence[Mapping[str, Any]], day: dt.date) -> list[dict[str, str]]:
    """The measures of a listing, each with its legal basis."""
    if value is None:
        return [{"field": one["field"], "measure": one["zh"], "basis": one["basis"]} for one in default]
    if not isinstance(value, list) or not 1 <= len(value) <= 20:
        raise CaseworkError("measures must be a list of 1 to 20", zh="措施应为 1 至 20 项的列表")
    found = []
    for one in value:
        if not isinstance(one, Mapping):
            raise CaseworkError("a measure is {field, measure, basis}", zh="每项措施应有 field、measure、basis")
        if not one.get("basis"):
            raise closed("credit.measures", day, f"the measure {one.get('measure')} has no legal basis: name the law "
                         f"and article that allow it", f"措施“{one.get('measure')}”没有法律依据，请写明法律和条款")
        known = {each["field"] for each in default}
        found.append({"field": forms.chosen(one.get("field"), "field", sorted(known)),
                      "measure": forms.word(one.get("measure"), "measure", 1000), "basis": forms.word(one["basis"],
                                                                                                     "basis")})
    return found


def _insert(connection: Connection, unit: Mapping[str, Any], listing: str, day: dt.date, basis: str,
            notice_no: str | None, measures: Sequence[Mapping[str, str]], actor: str) -> int:
    row = connection.execute(q["insert"], {"unit": unit["unit_id"], "list": listing, "day": day, "basis": basis[:1000],
                                           "notice": notice_no, "actor": actor}).fetchone()
    if row is None:
        raise AlreadyDone(f"unit {unit['unit_no']} came onto the {listing} list on {day} before",
                          zh=f"单位 {unit['unit_no']} 当日已列入该名单")
    kind = "benefit" if listing == "red" else "punishment"
    with connection.cursor() as cursor:
        cursor.executemany(q["add_measure"], [{"listing": row["listing_id"], "kind": kind, **one} for one in measures])
    publicity.open_listing(connection, row["listing_id"])
    audit.record(connection, actor, "list", "unit", unit["unit_no"], None,
                 {"list": listing, "from_day": day, "basis": basis, "notice_no": notice_no,
                  "measures": [dict(one) for one in measures]})
    return int(row["listing_id"])
