"""Three checks that somebody asked for or gave notice of: before opening, before an event, after a promise."""

from __future__ import annotations

import datetime as dt

from casework import visit_requests
from huoyan.embedded.in_hand.scene import DUTY, Scene, welcomes

_EVENT_IN_DAYS = 12


def lay(scene: Scene) -> None:
    """Lay the three requests."""
    begins = scene.today + dt.timedelta(days=_EVENT_IN_DAYS)
    for data in (
            {"kind": "opening", "received_at": scene.at(3, 10), "from_body": "申请单位",
             "document_no": f"火消申〔{scene.day(3).year}〕118号", "note": "二层改造后重新营业"},
            {"kind": "event", "received_at": scene.at(2, 9), "from_body": "公安机关治安管理部门",
             "document_no": f"治活〔{scene.day(2).year}〕27号", "held_from": begins,
             "held_to": begins + dt.timedelta(days=2), "note": "商品展销活动，预计每日三千人次"},
            {"kind": "promise", "received_at": scene.at(9, 15), "from_body": "政务服务大厅",
             "document_no": f"火消承〔{scene.day(9).year}〕63号"}):
        place = scene.take(lambda place: welcomes(place) and place.is_crowded, welcomes)
        visit_requests.register(scene.db, visit_requests.request_form({**data, "unit_no": place.unit_no}), DUTY,
                                now=scene.now)
