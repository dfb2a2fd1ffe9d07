"""What a town may do on a day: what every record, order and penalty of a town is asked before it stands.

A refusal is one sentence with its article. Where the act is beyond the town's power, the refusal carries the referral
by which the matter goes to the brigade (:class:`BeyondPower`); where only its officer is not fit yet, it does not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from casework import officers as registered
from casework.errors import CaseworkError
from casework.officers import Place
from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)

_REGIMES = {"delegated": "委托", "empowered": "赋权"}


@dataclass(frozen=True)
class Draft:
    """A referral to come: why, from which town to which brigade, about which unit and items."""

    reason: str
    unit_id: int
    from_code: str
    to_code: str
    item_codes: tuple[str, ...]
    act: str
    day: dt.date


class BeyondPower(CaseworkError):
    """A town may not do this itself: the matter is the brigade's, and ``draft`` says how it gets there."""

    status = 409

    def __init__(self, message: str, *, zh: str, draft: Draft) -> None:
        super().__init__(message, zh=zh)
        self.draft = draft


class NotFit(CaseworkError):
    """An officer may not act yet: the town may, once the officer has what is missing."""

    status = 409


@dataclass(frozen=True)
class Power:
    """By which agreement a town acts, and so in whose name."""

    agreement_id: int
    agreement_no: str
    regime: str
    town_code: str
    principal_code: str


def town_of(connection: Connection, unit_id: int) -> str | None:
    """The town in which a unit lies; None where its area is none."""
    row = connection.execute(q["town_of"], {"unit": unit_id}).fetchone()
    return None if row is None else str(row["area_code"])


def may_act(connection: Connection, town: str | None, unit: Place, items: Sequence[str], officers: Sequence[str],
            day: dt.date, act: str, *, regime: str | None = None) -> Power:
    """By what power ``town`` does ``act`` (a code of ``delegation.powers``) at ``unit`` on ``day``; else it is refused.

    ``act`` may also be ``case``: filing one needs a power that can end it, to warn or to fine.

    ``items`` are codes of the catalogue, ``officers`` the numbers of everyone who signs (those of the brigade are not
    asked for a pass), ``regime`` picks between a delegated and an empowered agreement where both would do.
    """
    asked = connection.execute(q["agreements"], {"town": town, "day": day}).fetchall()
    brigade = asked[0]["principal_code"] if asked else _brigade_of(connection, unit)

    def beyond(reason: str, message: str, zh: str, about: Sequence[str] = tuple(items)) -> BeyondPower:
        draft = Draft(reason, unit.unit_id, town or brigade, brigade, tuple(about), act, day)
        return BeyondPower(message, zh=zh, draft=draft)

    if unit.is_key and rules().value("inspection.key_units_need_brigade", day):
        raise beyond("key_unit", f"unit {unit.unit_no} is a key unit (消防安全重点单位): a town may not act there "
                     f"(呼政办规〔2023〕3号 二(三)), pass it on to the brigade",
                     f"单位 {unit.unit_no} 是消防安全重点单位，镇街不得实施执法（呼政办规〔2023〕3号 二(三)），请移交"
                     "消防救援机构")
    standing = [row for row in asked if row["in_force"]]
    if not standing:
        said, told = _why_none(asked, town, day)
        raise beyond("no_agreement", said, told)
    other, standing = standing[0], [row for row in standing if regime in (None, row["regime"])]
    if not standing:
        raise beyond("no_agreement", f"town {town} has no {regime} agreement in force on {day}, only the "
                     f"{other['regime']} one {other['agreement_no']} (行政处罚法 Art. 20, 24): pass it on to the "
                     "brigade",
                     f"镇街 {town} 在 {day} 没有有效的{_REGIMES[str(regime)]}协议，只有{_REGIMES[other['regime']]}协议 "
                     f"{other['agreement_no']}（《行政处罚法》第二十条、第二十四条），请移交消防救援机构")
    wanted = ("warning", "fine") if act == "case" else (act,)
    able = [row for row in standing if set(wanted) & set(row["powers"])]
    if not able:
        power = "to warn or to fine" if act == "case" else act
        raise beyond("no_power", f"the power {power} was not given to town {town} (agreement "
                     f"{standing[0]['agreement_no']}; 行政处罚法 Art. 20 ¶1): pass it on to the brigade",
                     f"协议 {standing[0]['agreement_no']} 未委托该职权（{_power(act, day)}；《行政处罚法》第二十条第"
                     "一款），"
                     f"请移交消防救援机构")
    row = _by_items(connection, town, able, items, day, beyond)[0]
    _check_officers(connection, unit, officers, day)
    return Power(row["agreement_id"], row["agreement_no"], row["regime"], str(town), row["principal_code"])


def _by_items(connection: Connection, town: str | None, able: list[dict[str, Any]], items: Sequence[str], day: dt.date,
              beyond: Any) -> list[dict[str, Any]]:
    """The agreements that cover the items; every item has to be covered, all of them by one regime."""
    known = [row["item_code"] for row in connection.execute(q["catalogued"], {"items": list(items), "day": day})]
    duties = {row["item_code"]: row for row in connection.execute(
        q["duties"], {"town": town, "items": known, "day": day})}
    covering: list[dict[str, Any]] = []
    for item in known:
        duty = duties.get(item)
        if duty and duty["list"] != "basic":
            word, chinese = {"taken_back": ("was taken back by the higher level", "已上级收回"),
                             "assist": ("is one in which a town only assists", "属配合履职事项")}[duty["list"]]
            raise beyond("item_taken_back", f"item {item} {word} on {duty['from_day']} (duty lists, 行政处罚法 Art. "
                                            "24): "
                         f"pass it on to the brigade",
                         f"事项 {item} 自 {duty['from_day']} 起{chinese}（履职事项清单，《行政处罚法》第二十四条），"
                         f"请移交消防救援机构", (item,))
        found = [row for row in able if item in row["item_codes"]]
        if not found:
            raise beyond("item_not_listed", f"item {item} is not in the list of town {town} on {day} (agreement "
                         f"{able[0]['agreement_no']}; 行政处罚法 Art. 20 ¶2): pass it on to the brigade",
                         f"事项 {item} 不在 {day} 有效的镇街事项清单内（协议 {able[0]['agreement_no']}；"
                         f"《行政处罚法》第二十条第二款），请移交消防救援机构", (item,))
        covering += found
    regimes = {row["regime"] for row in covering}
    if len(regimes) > 1:
        raise CaseworkError("some of the items are delegated and others empowered: enter a record for each, since they "
                            "run in different names (行政处罚法 Art. 20 ¶3, 24)",
                            zh="所列事项一部分为委托、一部分为赋权，名义不同（《行政处罚法》第二十条第三款、第二十四"
                               "条）：请分别录入")
    # Where nothing decides between the two, the town acts in the brigade's name.
    return sorted(covering or able, key=lambda row: str(row["regime"]))


def _check_officers(connection: Connection, unit: Place, officers: Sequence[str], day: dt.date) -> None:
    needs = rules().value("delegation.officer_needs", day)
    rows = {row["officer_no"]: row for row in connection.execute(
        registered.q["officers_at_unit"], {"officers": list(officers), "unit": unit.unit_id, "day": day})}
    for shown in connection.execute(q["shown"], {"officers": list(officers), "day": day}).fetchall():
        number = shown["officer_no"]
        problem = registered.refusal(rows[number], day)
        if problem is None and "pre_post" in needs and not shown["trained"]:
            problem = ("has no training before the post (岗前培训) by that day, 呼政办规〔2023〕3号 二(二)",
                       "尚未参加岗前培训（呼政办规〔2023〕3号 二(二)）")
        if problem is None and "pass" in needs and not shown["passed"]:
            problem = ("has not passed the assessment by that day, 呼政办规〔2023〕3号 二(二)",
                       "尚未通过考核（呼政办规〔2023〕3号 二(二)）")
        if problem:
            raise NotFit(f"officer {number} can't act at unit {unit.unit_no} on {day}: {problem[0]}",
                         zh=f"执法人员 {number} 不能于 {day} 在单位 {unit.unit_no} 执法：{problem[1]}")


def _why_none(asked: list[dict[str, Any]], town: str | None, day: dt.date) -> tuple[str, str]:
    law, chinese = "行政处罚法 Art. 20", "《行政处罚法》第二十条"
    if not asked:
        return (f"town {town} has no agreement of delegation or empowerment ({law}): pass it on to the brigade",
                f"镇街 {town} 没有委托或赋权协议（{chinese}），请移交消防救援机构")
    last = asked[0]
    if last["ended_on"] is not None and last["ended_on"] <= day:
        told = f"was terminated on {last['ended_on']}", f"已于 {last['ended_on']} 解除"
    elif last["from_day"] > day:
        told = f"begins on {last['from_day']}", f"自 {last['from_day']} 起生效"
    else:
        told = f"ended on {last['to_day']}", f"已于 {last['to_day']} 到期"
    return (f"agreement {last['agreement_no']} of town {town} {told[0]}, so nothing may be done under it on {day} "
            f"({law}): pass it on to the brigade",
            f"镇街 {town} 的协议 {last['agreement_no']} {told[1]}，{day} 不得据此执法（{chinese}），请移交消防救援机构")


def _brigade_of(connection: Connection, unit: Place) -> str:
    row = connection.execute(q["brigade_above"], {"unit": unit.unit_id}).fetchone()
    if row is None:
        raise CaseworkError(f"unit {unit.unit_no} lies in the area of no brigade", zh=f"单位 {unit.unit_no} 不属任何"
                                                                                      "大队辖区")
    return str(row["area_code"])


def _power(act: str, day: dt.date) -> str:
    if act == "case":
        return "警告或罚款"
    return next((row["zh"] for row in rules().value("delegation.powers", day) if row["code"] == act), act)
