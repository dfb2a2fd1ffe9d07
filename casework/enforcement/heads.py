"""负责人: who may consent to a seal on the spot or to its extension; a name nobody can find consents to nothing."""

from __future__ import annotations

import datetime as dt

from casework.enforcement.articles import Article
from casework.enforcement.errors import closed
from casework.errors import CaseworkError, NotFound
from casework.officers import Place
from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)


def refusal(connection: Connection, number: str | None, place: Place, day: dt.date,
            article: Article) -> CaseworkError | None:
    """Why ``number`` can't consent in the brigade's name at a unit; None where it can, or nobody was named."""
    if number is None:
        return None
    row = connection.execute(q["officer"], {"officer": number, "unit": place.unit_id}).fetchone()
    if row is None:
        return NotFound(f"{number} is not in the register of officers: name the head who consented by number",
                        zh=f"人员名录库中没有 {number}：请填写同意的负责人的人员编号")
    standing = rules().value("enforcement.head", day)
    if row["status"] != "active":
        return closed(article, f"officer {number} is no longer active", f"{number} 已离岗")
    if row["body"] not in standing["bodies"] or not set(standing["skills"]) & set(row["skills"]):
        return closed(article, f"officer {number} is no head (负责人) of the brigade in the register of officers: only "
                      f"the head consents", f"{number} 在人员名录库中不是消防救援机构负责人，无权同意")
    if not row["in_area"]:
        return closed(article, f"officer {number} is head in {', '.join(row['area_codes'])}: unit {place.unit_no} lies "
                      f"elsewhere", f"{number} 负责 {'、'.join(row['area_codes'])}，单位 {place.unit_no} 不在其区域内")
    return None
