"""Who may sign: the gates of an inspection record or a penalty on the day it is made.

A town may be set up with one certified officer, as some delegation plans allow, but 行政处罚法 Art. 42 and
消防监督检查规定 Art. 14 ask for two on every record: the second may be of the brigade.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from casework.errors import CaseworkError
from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)

Team = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Place:
    """The unit as the gates see it."""

    unit_id: int
    unit_no: str
    is_key: bool


def check_team(connection: Connection, place: Place, team: Team, day: dt.date, *, needs_lead: bool = True) -> None:
    """Refuse, in one sentence, officers who may not act together at this unit on ``day``."""
    least = rules().value("inspection.officers_min", day)
    found = check_named(connection, place, team, day, needs_lead=needs_lead)
    numbers = [number for number, _ in team]
    for number in numbers:
        problem = refusal(found[number], day)
        if problem:
            raise CaseworkError(f"officer {number} can't act at unit {place.unit_no} on {day}: {problem[0]}",
                                zh=f"检查人员 {number} 不能于 {day} 检查单位 {place.unit_no}：{problem[1]}")
    if len(numbers) < least:
        raise CaseworkError(f"{len(numbers)} certified officer{'' if len(numbers) == 1 else 's'} named, the law asks "
                            f"for {least} (行政处罚法 Art. 42, 消防监督检查规定 Art. 14): a town with one takes an "
                            f"officer of the brigade as the second",
                            zh=f"只有 {len(numbers)} 名持证人员，法律要求至少 {least} 名（《行政处罚法》第四十二条、"
                               f"《消防监督检查规定》第十四条）：镇街人员不足时请消防救援机构派员")
    brigade = any(row["body"] == "brigade" for row in found.values())
    if place.is_key and not brigade and rules().value("inspection.key_units_need_brigade", day):
        raise CaseworkError(f"unit {place.unit_no} is a key unit (消防安全重点单位): only a team with an officer of "
                            f"the brigade may act there (呼政办规〔2023〕3号 二(三)), pass it on to the brigade",
                            zh=f"单位 {place.unit_no} 是消防安全重点单位：须有消防救援机构人员参加"
                               f"（呼政办规〔2023〕3号 二(三)），请移交消防救援机构")


def check_named(connection: Connection, place: Place, team: Team, day: dt.date, *,
                needs_lead: bool = True) -> dict[str, dict[str, Any]]:
    """Refuse a team that is no team, whoever may act: named twice, too many, not in the register. Rows by number."""
    most = rules().value("inspection.officers_most", day)
    numbers = [number for number, _ in team]
    if len(set(numbers)) < len(numbers):
        twice = next(number for number in numbers if numbers.count(number) > 1)
        raise CaseworkError(f"officer {twice} is named twice", zh=f"检查人员 {twice} 填了两次")
    if len(numbers) > most:
        raise CaseworkError(f"{len(numbers)} officers are named, at most {most} are taken",
                            zh=f"填了 {len(numbers)} 名检查人员，最多 {most} 名")
    if needs_lead:
        check_roles(team)
    found = {row["officer_no"]: row for row in connection.execute(
        q["officers_at_unit"], {"officers": numbers, "unit": place.unit_id, "day": day}).fetchall()}
    for number in numbers:
        if number not in found:
            raise CaseworkError(f"officer {number} is not in the register of officers",
                                zh=f"检查人员名录库中没有 {number}")
    return found


def check_roles(team: Team) -> None:
    """Exactly one lead, everyone else a member."""
    for number, role in team:
        if role not in ("lead", "member"):
            raise CaseworkError(f"officer {number} has the role {role!r}: say lead or member",
                                zh=f"检查人员 {number} 的身份应为主检或协检")
    leads = [number for number, role in team if role == "lead"]
    if team and len(leads) != 1:
        raise CaseworkError(f"{len(leads)} officers lead the visit: exactly one does (消防监督检查规定 Art. 14)",
                            zh=f"填了 {len(leads)} 名主检人员：应当只有一名（《消防监督检查规定》第十四条）")


def refusal(officer: dict[str, Any], day: dt.date) -> tuple[str, str] | None:
    """Why an officer (a row of ``officers_at_unit``) may not act at a unit on ``day``: in English and in Chinese."""
    if officer["status"] != "active":
        return "no longer active", "已离岗"
    if officer["recused"]:
        return (f"recused (回避): {officer['recused']} (行政处罚法 Art. 43)",
                f"应当回避（{officer['recused']}，《行政处罚法》第四十三条）")
    if officer["on_leave"]:
        return "on leave that day", "当日请假"
    if officer["body"] != "brigade" and not officer["in_area"]:
        return ("the unit is outside the area that was delegated (行政处罚法 Art. 20)",
                "单位不在委托的区域内（《行政处罚法》第二十条）")
    return _certificate_refusal(officer, day)


def _certificate_refusal(officer: dict[str, Any], day: dt.date) -> tuple[str, str] | None:
    if not officer["certificate_no"]:
        return ("no enforcement certificate on file (行政处罚法 Art. 42)",
                "没有登记执法证（《行政处罚法》第四十二条）")
    if officer["certificate_from"] is not None and day < officer["certificate_from"]:
        return (f"the certificate is valid from {officer['certificate_from']} (行政处罚法 Art. 42)",
                f"执法证自 {officer['certificate_from']} 起有效（《行政处罚法》第四十二条）")
    if officer["certificate_to"] is not None and day > officer["certificate_to"]:
        return (f"the certificate ended on {officer['certificate_to']} (行政处罚法 Art. 42)",
                f"执法证已于 {officer['certificate_to']} 到期（《行政处罚法》第四十二条）")
    return None
