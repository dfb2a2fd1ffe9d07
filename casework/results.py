"""What a visit found: the gates it has to pass, then record, hazards, orders and points in one transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from casework import credit, delegation, forms
from casework.deadlines import order_longest
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.forms import HazardFound, NewVisit, ResultForm
from casework.numbers import next_number
from casework.officers import Place, check_team
from casework.orders import Order, close_corrected, make_orders
from casework.planning import kinds_by_hand, open_plan, refuse_closed
from policy import rules
from policy.clocks import SHANGHAI, legal_day
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Recorded:
    """What an entry has left: the record's number, its orders, the hazards and orders it closed, the points posted."""

    inspection_id: int
    inspection_no: str
    orders: tuple[str, ...]
    closed_orders: tuple[str, ...]
    points: float


def record_result(db: Database, visit: str | NewVisit, form: ResultForm, actor: str, *,
                  now: dt.datetime | None = None, town_login: bool = False) -> Recorded:
    """Enter the result of a planned visit (by its number) or of one that was not planned.

    A visit is entered once: a second entry is refused with 409, also when both come at the same moment. Every refusal
    is one sentence and leaves nothing behind.
    """
    moment = now or dt.datetime.now(dt.UTC)
    day = legal_day(form.started_at)
    _check_times(form, day, moment)
    with delegation.referring(db, actor, moment), db.connection() as connection:
        record = open_plan(connection, visit) if isinstance(visit, str) else _begin(connection, visit, form, day)
        place = Place(record["unit_id"], record["unit_no"], record["is_key"])
        _check_day(record, day)
        team = form.officers if form.officers is not None else _planned_team(connection, record)
        acting = delegation.begin(connection, place, team, [one.item_code for one in form.hazards], day,
                                  _powers(form), town_login=town_login)
        check_team(connection, place, team, day)
        hazards = _check_hazards(connection, form, day)
        inspection_id, number = _store(connection, record, form, day, team, actor)
        _store_hazards(connection, inspection_id, place.unit_id, hazards, day)
        orders = make_orders(connection, inspection_id, number, place.unit_id, day,
                             _served(form, day, legal_day(moment)), actor)
        corrected = close_corrected(connection, place, form.corrected, day, inspection_id, number, actor)
        delegation.keep(connection, acting, "inspection", number, place, day, actor, inspection_id)
        points = _post_points(connection, place, number, hazards, day, actor)
        if record["kind"] == "reinspection":
            points += _post_overdue(connection, place, day, actor)
            delegation.refer_uncorrected(connection, day, actor, moment, place.unit_id)
        _trace(connection, record, number, form, day, team, hazards, orders, actor)
    return Recorded(inspection_id, number, tuple(order.order_no for order in orders), corrected, points)


def _powers(form: ResultForm) -> list[str]:
    """What of the law a record makes use of, as agreements of delegation name it."""
    return ["inspect", "order"] if any(one.handling == "ordered" for one in form.hazards) else ["inspect"]


def _check_times(form: ResultForm, day: dt.date, now: dt.datetime) -> None:
    if form.started_at > now:
        raise CaseworkError(f"the visit begins at {_local(form.started_at)}, which is in the future: enter it when it "
                            f"is done", zh=f"检查开始时间 {_local(form.started_at)} 晚于现在：请在检查结束后录入")
    if form.ended_at < form.started_at:
        raise CaseworkError(f"the visit ends at {_local(form.ended_at)}, before it begins at {_local(form.started_at)}",
                            zh=f"检查结束时间 {_local(form.ended_at)} 早于开始时间 {_local(form.started_at)}")
    if form.ended_at > now:
        raise CaseworkError(f"the visit ends at {_local(form.ended_at)}, which is in the future: enter it when it is "
                            f"done", zh=f"检查结束时间 {_local(form.ended_at)} 晚于现在：请在检查结束后录入")
    # Asked first, and by the day of entry: for a day long ago there may be no rule at all.
    oldest = rules().value("inspection.entered_within_days", legal_day(now))
    if legal_day(now) - day > dt.timedelta(days=oldest):
        raise CaseworkError(f"the visit was on {day}, more than {oldest} days ago: bring it in by an import of history",
                            zh=f"检查日期 {day} 距今超过 {oldest} 天：请用历史导入")
    longest = rules().value("inspection.longest_hours", day)
    if form.ended_at - form.started_at > dt.timedelta(hours=longest):
        raise CaseworkError(f"the visit lasts from {_local(form.started_at)} to {_local(form.ended_at)}: more than "
                            f"{longest} hours are not taken as one visit",
                            zh=f"检查从 {_local(form.started_at)} 到 {_local(form.ended_at)}："
                               f"一次检查不能超过 {longest} 小时")


def _check_day(record: dict[str, Any], day: dt.date) -> None:
    if record["registered_on"] is not None and day < record["registered_on"]:
        raise CaseworkError(f"unit {record['unit_no']} was registered on {record['registered_on']}: it can't have been "
                            f"inspected on {day}",
                            zh=f"单位 {record['unit_no']} 于 {record['registered_on']} 登记，不能在 {day} 检查过")
    if record["draw_no"] is not None and record["planned_on"] is not None and day < record["planned_on"]:
        raise CaseworkError(f"inspection {record['inspection_no']} was drawn for {record['planned_on']}: it can't have "
                            f"been made on {day}",
                            zh=f"检查 {record['inspection_no']} 抽取的日期是 {record['planned_on']}，"
                               f"不能早在 {day} 进行")


def _served(form: ResultForm, day: dt.date, today: dt.date) -> dt.date:
    served = form.served_on or day
    if not day <= served <= today:
        raise CaseworkError(f"the order was served on {served}: that must be between the visit on {day} and today, "
                            f"{today}")
    return served


def _begin(connection: Connection, visit: NewVisit, form: ResultForm, day: dt.date) -> dict[str, Any]:
    """An unplanned visit, before it has a number; the same unit at the same moment is the same visit."""
    forms.chosen(visit.kind, "the kind of an unplanned visit", kinds_by_hand(day))
    row = connection.execute(q["unit"], [forms.word(visit.unit_no, "unit_no", 64)]).fetchone()
    if row is None:
        raise NotFound(f"unit {visit.unit_no} is not in the register", zh=f"名录库中没有单位 {visit.unit_no}")
    refuse_closed(row)
    lock_for_transaction(connection, f"unplanned visit of unit {row['unit_id']}")
    stands = connection.execute(q["same_visit"], {"unit": row["unit_id"], "start": form.started_at}).fetchone()
    if stands:
        raise AlreadyDone(f"the visit of unit {visit.unit_no} that began at {_local(form.started_at)} was entered "
                          f"before as {stands['inspection_no']}",
                          zh=f"单位 {visit.unit_no} 始于 {_local(form.started_at)} 的检查已录入为 "
                             f"{stands['inspection_no']}，不能重复录入")
    return {**row, "inspection_id": None, "inspection_no": None, "kind": visit.kind, "status": None, "draw_no": None,
            "planned_on": None}


def _planned_team(connection: Connection, record: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    if record["inspection_id"] is None:
        raise CaseworkError("name the officers who made the visit: one lead and at least one member",
                            zh="请填写检查人员：一名主检，至少一名协检")
    rows = connection.execute(q["team"], [record["inspection_id"]]).fetchall()
    return tuple((row["officer_no"], row["role"]) for row in rows)


def _check_hazards(connection: Connection, form: ResultForm, day: dt.date) -> list[HazardFound]:
    most = rules().value("inspection.hazards_most", day)
    forms.chosen(form.result, "result", [entry["code"] for entry in rules().value("inspection.results", day)])
    if len(form.hazards) > most:
        raise CaseworkError(f"{len(form.hazards)} hazards are named, at most {most} are taken in one record")
    handlings = [entry["code"] for entry in rules().value("inspection.handlings", day)]
    catalogue = {row["item_code"]: row["severity"] for row in connection.execute(
        q["items_on"], {"items": [hazard.item_code for hazard in form.hazards], "day": day}).fetchall()}
    found: dict[str, HazardFound] = {}
    for hazard in form.hazards:
        item = hazard.item_code
        if item in found:
            raise CaseworkError(f"item {item} is named twice: one hazard for each item of a visit",
                                zh=f"检查项目 {item} 填了两次：一次检查中每个项目只填一条隐患")
        if item not in catalogue:
            raise CaseworkError(f"item {item} is not in the catalogue of inspection items on {day}",
                                zh=f"{day} 有效的检查事项清单中没有 {item}")
        forms.chosen(hazard.handling, f"item {item}: handling", handlings)
        severity = hazard.severity or catalogue[item]
        forms.chosen(severity, f"item {item}: severity", ["critical", "serious", "minor"])
        _check_handling(hazard, day)
        found[item] = HazardFound(item, hazard.handling, hazard.due_on, severity, hazard.is_major, hazard.note)
    _check_result(form, [hazard.handling for hazard in found.values()])
    return list(found.values())


def _check_handling(hazard: HazardFound, day: dt.date) -> None:
    item = hazard.item_code
    if hazard.handling != "ordered":
        if hazard.due_on is not None:
            raise CaseworkError(f"item {item}: a day to correct by belongs to handling ordered, not {hazard.handling}",
                                zh=f"检查项目 {item}：只有责令改正才填写改正期限")
        if hazard.is_major:
            raise CaseworkError(f"item {item}: a major hazard (重大火灾隐患) is ordered to be corrected, not "
                                f"{hazard.handling.replace('_', ' ')}",
                                zh=f"检查项目 {item}：重大火灾隐患必须责令改正")
        return
    if hazard.due_on is None:
        raise CaseworkError(f"item {item}: an order needs the day to correct by",
                            zh=f"检查项目 {item}：责令改正必须填写改正期限")
    if hazard.due_on < day:
        raise CaseworkError(f"item {item}: the day to correct by, {hazard.due_on}, is before the visit on {day}",
                            zh=f"检查项目 {item}：改正期限 {hazard.due_on} 早于检查日期 {day}")
    latest = order_longest(day)
    if hazard.due_on > latest:
        raise CaseworkError(f"item {item}: the day to correct by, {hazard.due_on}, is later than {latest}, the longest "
                            f"period that is taken",
                            zh=f"检查项目 {item}：改正期限 {hazard.due_on} 过长，最迟为 {latest}")


def _check_result(form: ResultForm, handlings: list[str]) -> None:
    if form.result == "closed":
        if handlings:
            raise CaseworkError("the premises were found closed, yet hazards are named: choose another result",
                                zh="单位已停业却填写了隐患：请取消“已停业”或删去隐患")
        return
    fitting = ("hazards_ordered" if "ordered" in handlings
               else "hazards_corrected" if "corrected_on_spot" in handlings else "pass")
    if form.result != fitting:
        raise CaseworkError(f"the result is {form.result}, but the hazards named make it {fitting}")


def _store(connection: Connection, record: dict[str, Any], form: ResultForm, day: dt.date,
           team: tuple[tuple[str, str], ...], actor: str) -> tuple[int, str]:
    number = record["inspection_no"] or next_number(connection, "inspection", day)
    row = connection.execute(q["done"] if record["inspection_id"] else q["insert_done"], {
        "id": record["inspection_id"], "number": number, "unit": record["unit_id"], "kind": record["kind"],
        "start": form.started_at, "end": form.ended_at, "day": day, "result": form.result, "note": form.note,
        "actor": actor}).fetchone()
    assert row is not None  # noqa: S101  returning
    inspection_id = int(row["inspection_id"])
    connection.execute(q["clear_team"], {"inspection": inspection_id, "officers": [number for number, _ in team]})
    with connection.cursor() as cursor:
        cursor.executemany(q["add_officer"], [(inspection_id, officer, role) for officer, role in team])
    return inspection_id, str(number)


def _store_hazards(connection: Connection, inspection_id: int, unit_id: int, hazards: list[HazardFound],
                   day: dt.date) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(q["insert_hazard"], [{
            "inspection": inspection_id, "unit": unit_id, "item": hazard.item_code, "severity": hazard.severity,
            "major": hazard.is_major, "day": day, "handling": hazard.handling, "due": hazard.due_on,
            "corrected": day if hazard.handling == "corrected_on_spot" else None, "note": hazard.note}
            for hazard in hazards])


def _post_points(connection: Connection, place: Place, number: str, hazards: list[HazardFound], day: dt.date,
                 actor: str) -> float:
    posted = [credit.post(connection, unit_id=place.unit_id, occurred_on=day, event_kind="major_hazard",
                          event_ref=f"{number}/{hazard.item_code}", actor=actor)
              for hazard in hazards if hazard.is_major]
    return sum(points or 0.0 for points in posted)


def _post_overdue(connection: Connection, place: Place, day: dt.date, actor: str) -> float:
    """A re-inspection that finds an order past its day and still open posts 逾期未改正, once for the order."""
    rows = connection.execute(q["overdue_orders"], {"unit": place.unit_id, "day": day}).fetchall()
    posted = [credit.post(connection, unit_id=place.unit_id, occurred_on=day, event_kind="order_overdue",
                          event_ref=row["order_no"], actor=actor) for row in rows]
    return sum(points or 0.0 for points in posted)


def _trace(connection: Connection, record: dict[str, Any], number: str, form: ResultForm, day: dt.date,
           team: tuple[tuple[str, str], ...], hazards: list[HazardFound], orders: list[Order], actor: str) -> None:
    before = {"status": record["status"], "planned_on": record["planned_on"]} if record["inspection_id"] else None
    audit.record(connection, actor, "result", "inspection", number, before, {
        "status": "done", "unit_no": record["unit_no"], "kind": record["kind"], "inspected_on": day,
        "started_at": form.started_at, "ended_at": form.ended_at, "result": form.result, "officers": list(team),
        "hazards": [[hazard.item_code, hazard.severity, hazard.handling, hazard.due_on, hazard.is_major]
                    for hazard in hazards],
        "orders": [order.order_no for order in orders], "corrected": list(form.corrected)})


def _local(moment: dt.datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
