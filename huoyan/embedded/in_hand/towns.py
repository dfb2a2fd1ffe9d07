"""What towns did lately and what the brigade keeps about them: visits of two towns, budgets, guidance, meetings."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from casework.delegation import acts, guidance, supervision
from casework.forms import HazardFound, NewVisit, ResultForm, Sheet
from casework.results import record_result
from huoyan.embedded.in_hand.scene import (
    DISTRICT,
    DUTY,
    TOWN,
    TOWN_CODE,
    Scene,
    digest,
    q,
)

_SHEET = Sheet(responsible_person="王某", accompanied_by="李某", signed_by="王某")
#: Days back and the item that is ordered to be corrected; None finds nothing, and is closed with its recording.
_VISITS = ((9, None), (4, "M06"), (2, None))
_ORDERED_DAYS = 10


def lay(scene: Scene) -> None:
    """Lay the visits and the rows."""
    towns = scene.db.rows(q["towns"])
    _visits(scene, towns)
    # One has no line in the budget and two had no guidance, as the page of towns says.
    for place, town in enumerate(towns[:-1]):
        supervision.set_budget(scene.db, town["area_code"], scene.today.year, Decimal(60_000 + 5_000 * place),
                               f"{town['name_zh']} {scene.today.year} 年度部门预算", DUTY)
    for place, town in enumerate(towns[:-2]):
        guidance.visit(scene.db, town["area_code"], scene.day(3 + place % 4),
                       [row["officer_no"] for row in scene.officers[:2]], "讲解检查记录填写和证据固定", DUTY, scene.now)
    held = scene.day(10)
    for body, area, task, days in (("town", TOWN_CODE, "完成沿街商铺电气线路排查", 30),
                                   ("brigade", DISTRICT, "编制镇街执法文书模板", 12)):
        supervision.agree(scene.db, "委托执法联席会议", held, area, body, task, held + dt.timedelta(days=days), DUTY,
                          scene.now)


def _visits(scene: Scene, towns: list[dict[str, Any]]) -> None:
    """Visits of the first towns whose officers may act; a town whose officers are away makes none."""
    left = [*_VISITS]
    for town in towns:
        inside = [place for place in scene.units if place.area_code == town["area_code"] and not place.is_key]
        while left and inside:
            place, (back, item) = inside.pop(), left[-1]
            team = scene.fit(scene.town_officers(town["area_code"]), place, back)
            if len(team) < 2:
                break
            left.pop()
            _visit(scene, place.unit_no, team, back, item)


def _visit(scene: Scene, unit_no: str, team: list[str], back: int, item: str | None) -> None:
    due = scene.day(back) + dt.timedelta(days=_ORDERED_DAYS)
    found = (HazardFound(item, "ordered", due),) if item else ()
    made = record_result(scene.db, NewVisit(unit_no, "town"), ResultForm(
        scene.at(back, 9, 30), scene.at(back, 10, 20), "hazards_ordered" if item else "pass", found,
        ((team[0], "lead"), (team[1], "member")), sheet=_SHEET), TOWN, now=scene.now, town_login=True)
    if item is None:
        name = f"records/{made.inspection_no}.mp4"
        acts.set_video(scene.db, "inspection", made.inspection_no, f"simulator://{name}", digest(name), 1800, TOWN)
        acts.close(scene.db, "inspection", made.inspection_no, scene.day(back - 1), TOWN, scene.now)
