"""A seal that stands, and two major hazards: one determined and told, one listed for supervision."""

from __future__ import annotations

import datetime as dt
from typing import Any

from casework.enforcement import (
    major_hazard_forms,
    major_hazards,
    measure_forms,
    measures,
)
from huoyan.embedded.in_hand.scene import DUTY, Scene, welcomes

_SEALED_DAYS, _CORRECT_DAYS = 29, 60


def lay(scene: Scene) -> None:
    """Lay the seal and the two major hazards."""
    _seal(scene)
    _determined(scene)
    _listed(scene)


def _seal(scene: Scene) -> None:
    place = scene.take(lambda place: welcomes(place) and place.is_crowded, welcomes)
    team = scene.team(place, 3)
    measures.impose(scene.db, measure_forms.measure_form({
        "kind": "seal", "unit_no": place.unit_no, "inspected_at": scene.at(3, 9), "began_at": scene.at(3, 16),
        "ground": "exits", "scope": "二层东侧营业区及疏散楼梯间", "officers": team,
        "until_on": scene.day(3) + dt.timedelta(days=_SEALED_DAYS),
        "collective": scene.meeting(place, team, scene.at(3, 14))}), DUTY, now=scene.now)


def _find(scene: Scene, back: int, elements: list[str], *acting: int) -> tuple[str, Any, list[str]]:
    place = scene.take(lambda place: place.is_key and place.is_crowded, lambda place: place.is_key)
    team = scene.team(place, back, *acting)
    number = major_hazards.find(scene.db, major_hazard_forms.major_hazard_form({
        "unit_no": place.unit_no, "found_at": scene.at(back, 11), "way": "combined", "elements": elements,
        "officers": team}), DUTY, now=scene.now)
    return number, place, team


def _step(scene: Scene, number: str, step: str, at: dt.datetime, **details: Any) -> None:
    major_hazards.step(scene.db, number, major_hazard_forms.step_form({"step": step, "at": at, **details}), DUTY,
                       now=scene.now)


def _determined(scene: Scene) -> None:
    number, place, team = _find(scene, 5, ["火灾自动报警系统瘫痪", "防烟排烟系统不能启动", "疏散通道被占用"], 2)
    _step(scene, number, "determined", scene.at(3, 15), collective=scene.meeting(place, team, scene.at(3, 14)))
    _step(scene, number, "notice_served", scene.at(2, 10),
          correct_by=scene.today + dt.timedelta(days=_CORRECT_DAYS))


def _listed(scene: Scene) -> None:
    number, place, team = _find(scene, 30, ["自动喷水灭火系统管网无水", "消防水泵不能启动", "防火分区被破坏"], 27)
    _step(scene, number, "determined", scene.at(28, 15), collective=scene.meeting(place, team, scene.at(28, 14)))
    _step(scene, number, "notice_served", scene.at(27, 10),
          correct_by=scene.day(27) + dt.timedelta(days=2 * _CORRECT_DAYS))
    _step(scene, number, "opinion_reported", scene.at(26, 10), report_no=f"火消报〔{scene.day(26).year}〕11号")
    _step(scene, number, "listed", scene.at(15, 15), level="county", listed_by="火眼区人民政府",
          conditions=["自动喷水灭火系统恢复正常运行并经检测合格", "防火分区恢复"])
    _step(scene, number, "progress", scene.at(4, 10), note="消防水泵已更换，管网冲洗试压正在进行")
