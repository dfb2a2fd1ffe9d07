"""Four cases: filed, told of a fine, decided and not yet paid, and one that stops a business."""

from __future__ import annotations

import datetime as dt
from typing import Any

from casework.enforcement import case_forms, cases, measure_forms, measures
from huoyan.embedded.in_hand.scene import DUTY, Place, Scene, video, welcomes

_ARTICLE, _OPENED = "消防法第六十条", "消防法第五十八条"
_FACTS = "消防设施、器材未保持完好有效"


def lay(scene: Scene) -> None:
    """Lay the four cases."""
    _filed(scene)
    _told(scene)
    _decided(scene)
    _stopped(scene)


def _seen(by: dt.date) -> Any:
    return lambda place: place.visit(by) is not None


def _file(scene: Scene, place: Place, team: list[str], back: int) -> str:
    """A case of what the newest visit by then found; without one, of what the unit was met with."""
    visit = place.visit(scene.day(back))
    found = {"inspection_no": visit[0], "items": list(visit[2]), "facts": "；".join(visit[3])} if visit else {
        "facts": _FACTS}
    return cases.file(scene.db, case_forms.case_form({
        "unit_no": place.unit_no, "filed_at": scene.at(back, 9, 20), "procedure": "ordinary", "article": _ARTICLE,
        "officers": team, **found}), DUTY, now=scene.now)


def _step(scene: Scene, number: str, step: str, at: dt.datetime, **details: Any) -> None:
    if step in ("inquiry", "notice", "served"):
        details["evidence"] = [video(f"{number}/{step}")]
    cases.step(scene.db, number, case_forms.step_form({"step": step, "at": at, **details}), DUTY, now=scene.now)


def _filed(scene: Scene) -> None:
    place = scene.take(_seen(scene.day(1)))
    _file(scene, place, scene.team(place, 1), 1)


def _told(scene: Scene) -> None:
    place = scene.take(_seen(scene.day(8)))
    number = _file(scene, place, scene.team(place, 8, 7, 2), 8)
    _step(scene, number, "inquiry", scene.at(7, 10))
    _step(scene, number, "notice", scene.at(2, 15), penalties=[{"kind": "fine", "amount_yuan": 12000}],
          circumstance="light", public_told=True)


def _decided(scene: Scene) -> None:
    place = scene.take(_seen(scene.day(16)))
    team = scene.team(place, 16, 15, 9, 5, 4)
    number = _file(scene, place, team, 16)
    fine = [{"kind": "fine", "amount_yuan": 8000}]
    _step(scene, number, "inquiry", scene.at(15, 10))
    _step(scene, number, "notice", scene.at(9, 10), penalties=fine, circumstance="light", public_told=True)
    _step(scene, number, "statement", scene.at(8, 15), note="当事人表示已着手整改，请求从轻处罚", accepted=False)
    _step(scene, number, "legal_review", scene.at(6, 10), reviewer=scene.other(place, team), agreed=True)
    _step(scene, number, "decision", scene.at(5, 10), penalties=fine, circumstance="light")
    _step(scene, number, "served", scene.at(4, 15), how="direct")


def _stopped(scene: Scene) -> None:
    place = scene.take(lambda place: welcomes(place) and place.is_crowded, welcomes)
    team = scene.team(place, 24, 23, 18, 7, 6)
    number = cases.file(scene.db, case_forms.case_form({
        "unit_no": place.unit_no, "filed_at": scene.at(24, 10), "procedure": "ordinary", "article": _OPENED,
        "officers": team, "facts": "公众聚集场所未经消防安全检查，擅自投入使用、营业"}), DUTY, now=scene.now)
    stop = [{"kind": "suspension"}]
    _step(scene, number, "inquiry", scene.at(23, 9))
    _step(scene, number, "notice", scene.at(18, 10), penalties=stop, public_told=True)
    _step(scene, number, "hearing_waived", scene.at(17, 10))
    _step(scene, number, "legal_review", scene.at(9, 10), reviewer=scene.other(place, team), agreed=True)
    _step(scene, number, "collective", scene.at(8, 16), collective=scene.meeting(place, team, scene.at(8, 15)))
    _step(scene, number, "decision", scene.at(7, 10), penalties=stop)
    _step(scene, number, "served", scene.at(6, 10), how="direct")
    _step(scene, number, "published", scene.at(3, 16))
    measures.impose(scene.db, measure_forms.measure_form({
        "kind": "suspension", "case_no": number, "began_at": scene.at(6, 14), "scope": "责令停止营业",
        "officers": team}), DUTY, now=scene.now)
