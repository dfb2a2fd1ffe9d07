"""A village with two grids, what their workers look at, and ten leads: found, told, put right, passed on, and late."""

from __future__ import annotations

import datetime as dt
from typing import Any

from casework.delegation import grids, leads
from casework.delegation.leads import LeadForm
from huoyan.embedded.in_hand.scene import TOWN, TOWN_CODE, Scene, digest

_VILLAGE = f"{TOWN_CODE}001"
_GRIDS = ((f"{_VILLAGE}01", "东街一网格", "网格员甲"), (f"{_VILLAGE}02", "东街二网格", "网格员乙"))
_TASKS = {"exit": "安全出口、疏散通道畅通", "ebike": "电动自行车停放充电", "wiring": "电气线路敷设",
          "living": "住宿与生产经营合用"}
_LAID = 6
#: Kind of place, place, what fails, days back, and the steps after it: (step, days back, fields).
_LEADS: tuple[tuple[str, str, str, int, tuple[tuple[str, int, dict[str, Any]], ...]], ...] = (
    ("small_shop", "东街 12 号便利店", "exit", 1, ()),
    ("rental_housing", "东街 47 号出租屋", "ebike", 2, (("told", 1, {}),)),
    ("small_workshop", "后巷 3 号裁缝铺", "living", 11, ()),
    ("small_shop", "东街 20 号五金店", "wiring", 10, (("told", 8, {}),)),
    ("small_shop", "东街 31 号小吃店", "exit", 9, (("told", 9, {}), ("closed", 7, {"note": "堆放物已清走"}))),
    ("rental_housing", "新村 5 栋出租屋", "ebike", 14, (("told", 13, {}), ("closed", 12, {"note": "已移至室外车棚"}))),
    ("small_shop", "东街 8 号理发店", "wiring", 4, (("passed_on", 3, {"to": "town", "note": "整改需街道督促"}),)),
    ("small_workshop", "后巷 17 号豆腐坊", "living", 16, (
        ("passed_on", 12, {"to": "brigade", "note": "住宿与加工合用，拒不搬离"}),)),
    ("small_entertainment", "新街棋牌室", "exit", 8, (
        ("passed_on", 7, {"to": "brigade", "note": "后门上锁，多次劝告无效"}), ("accepted", 6, {}))),
    ("rental_housing", "新村 9 栋出租屋", "living", 20, (
        ("passed_on", 18, {"to": "town", "note": "一层住人，需拆除隔断"}), ("accepted", 17, {}),
        ("finished", 10, {"note": "隔断已拆除，人员已搬离"}))),
)


def lay(scene: Scene) -> None:
    """Lay out the grids of the town that has a login, and its leads."""
    db, day = scene.db, scene.day(60)
    grids.put(db, _VILLAGE, TOWN_CODE, None, "东街社区", None, TOWN)
    for code, name, worker in _GRIDS:
        grids.put(db, code, TOWN_CODE, _VILLAGE, name, worker, TOWN)
    for code, name in _TASKS.items():
        grids.put_task(db, TOWN_CODE, code, name, day, None, TOWN)
    inside = [place for place in scene.units if place.area_code == TOWN_CODE and not place.is_key][:_LAID]
    for place in inside:
        grids.lay(db, place.unit_id, _GRIDS[place.unit_id % 2][0], day, TOWN)
    for number, told in enumerate(sorted(_LEADS, key=lambda lead: -lead[3])):
        _lead(scene, number, *told)


def _lead(scene: Scene, number: int, kind: str, place: str, task: str, back: int,
          steps: tuple[tuple[str, int, dict[str, Any]], ...]) -> None:
    code, _, worker = _GRIDS[number % 2]
    lead = leads.find(scene.db, LeadForm(code, kind, place, (task,), scene.at(back, 9, 5 * number), worker, True,
                                         *_picture(place, "found")), TOWN, scene.now)
    for place_in_line, (step, days, fields) in enumerate(steps):
        at = scene.at(days, 14) + dt.timedelta(hours=place_in_line)
        leads.step(scene.db, lead, step, at, TOWN, scene.now, note=fields.get("note"), to=fields.get("to"),
                   photo=_picture(place, step) if step == "closed" else None)


def _picture(place: str, step: str) -> tuple[str, str]:
    name = f"grid/{place}/{step}.jpg"
    return f"simulator://{name}", digest(name)
