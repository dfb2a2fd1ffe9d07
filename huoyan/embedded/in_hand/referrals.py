"""Three matters that were passed on to the brigade: one waits for an answer, one was accepted, one is closed."""

from __future__ import annotations

from casework.delegation import referrals
from casework.delegation.referrals import ReferralForm
from huoyan.embedded.in_hand.scene import DISTRICT, DUTY, TOWN, Scene


def lay(scene: Scene) -> None:
    """Lay the three referrals."""
    _create(scene, "no_power", "town", 1, "拒不停止使用违规部位，请依法采取临时查封措施")
    accepted = _create(scene, "key_unit", "town", 6, "日常巡查发现重点单位防火门损坏")
    referrals.accept(scene.db, accepted, "已安排监督二组检查", DUTY, scene.at(5, 10))
    closed = _create(scene, "unlicensed", "police_station", 16, "派出所日常检查发现未取得许可即营业")
    referrals.accept(scene.db, closed, None, DUTY, scene.at(15, 9))
    referrals.close(scene.db, closed, "已核查：系原单位变更名称，许可有效，已告知派出所", DUTY, scene.at(8, 15))


def _create(scene: Scene, reason: str, body: str, back: int, note: str) -> str:
    place = scene.take(*((lambda place: place.is_key,) if reason == "key_unit" else ()),
                       lambda place: not place.is_key)
    with scene.db.connection() as connection:
        return referrals.create(connection, ReferralForm(
            reason, place.unit_id, None, place.area_code, body, DISTRICT, scene.day(back), (), note), TOWN,
            scene.at(back, 15))
