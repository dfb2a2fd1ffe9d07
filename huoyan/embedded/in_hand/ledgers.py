"""Rows of the ledgers: who answers where, what is at risk, talks, control rooms, soft measures, self-checks."""

from __future__ import annotations

from casework.enforcement import self_checks, soft_measures
from casework.governance import areas, control_rooms, coordination, interviews, responsibility
from huoyan.embedded.in_hand.scene import DISTRICT, DUTY, TOWN_CODE, Place, Scene, digest

#: One office is vacant, as the page says.
_OFFICES = (("government", "王某", "副主任"), ("brigade", "李某", "大队长"), ("emergency", "张某", "副局长"),
            ("justice", "刘某", "副局长"), ("police", "陈某", "副大队长"), ("towns", "杨某", "镇街代表"))
_BASIS = "区消防安全责任制实施细则"
_AT_RISK = 4


def lay(scene: Scene) -> None:
    """Lay the rows of each ledger."""
    _governance(scene)
    _units(scene)


def _governance(scene: Scene) -> None:
    db, now = scene.db, scene.now
    for office, name, post in _OFFICES:
        coordination.put(db, {"area_code": DISTRICT, "office": office, "name": name, "post": post},
                         DUTY, now=now)
    for row in ({"area_code": DISTRICT, "is_key": True, "body": "brigade"},
                {"area_code": DISTRICT, "is_key": False, "body": "town"},
                {"area_code": DISTRICT, "unit_kind": "school", "body": "department", "department": "区教育局"},
                {"area_code": DISTRICT, "unit_kind": "small_place", "body": "police_station"}):
        responsibility.put(db, {**row, "basis": _BASIS}, DUTY, now=now)
    inside = [place for place in scene.units if place.area_code == TOWN_CODE] or scene.units[:1]
    at_risk = [place.unit_no for place in inside if place.area_code == inside[0].area_code][:_AT_RISK]
    areas.put(db, areas.area_form({"kind": "area_hazard", "area_code": inside[0].area_code, "name": "老城批发市场片区",
                                   "basis": "防火间距不足、消防车通道被占用", "unit_nos": at_risk}, scene.today), DUTY,
              now=now)


def _units(scene: Scene) -> None:
    _talk(scene, scene.take(lambda place: place.is_key))
    for place, certified in ((scene.take(lambda place: place.is_key), True),
                             (scene.take(lambda place: place.is_key and place.is_crowded), False)):
        _control_room(scene, place, certified)
    place = scene.take(lambda place: not place.is_key)
    soft_measures.take(scene.db, soft_measures.soft_measure({
        "unit_no": place.unit_no, "kind": "guidance", "taken_on": scene.day(4), "officers": scene.team(place, 4),
        "note": "指导单位规范电动自行车停放充电"}), DUTY, now=scene.now)
    self_checks.report(scene.db, self_checks.self_check({
        "unit_no": scene.take().unit_no, "item_code": "E12", "found_on": scene.day(6), "reported_at": scene.at(5, 9),
        "corrected_on": scene.day(3), "note": "灭火器到期，已更换"}), DUTY, now=scene.now)


def _talk(scene: Scene, place: Place) -> None:
    name = f"minutes/interview-{place.unit_no}.pdf"
    interviews.hold(scene.db, interviews.interview({
        "unit_no": place.unit_no, "held_at": scene.at(4, 15), "person": "单位负责人", "role": "responsible",
        "officers": scene.team(place, 4), "topic": "消防控制室值守和火灾隐患整改", "promised": "一个月内完成整改",
        "minutes_uri": f"simulator://{name}", "minutes_sha256": digest(name)}), DUTY, now=scene.now)


def _control_room(scene: Scene, place: Place, certified: bool) -> None:
    on_duty = [(name, certified or number < 2) for number, name in enumerate(("值班员甲", "值班员乙", "值班员丙"))]
    for number, (name, holds) in enumerate(on_duty, 1):
        held = {"certificate_no": f"ZGZ{place.unit_no}{number}", "certified_on": scene.day(300)} if holds else {}
        control_rooms.put(scene.db, {"unit_no": place.unit_no, "name": name, **held}, DUTY, now=scene.now)
    control_rooms.check(scene.db, {"unit_no": place.unit_no, "certificate_no": f"ZGZ{place.unit_no}1",
                                   "checked_on": scene.day(5), "outcome": "valid"}, DUTY, now=scene.now)

