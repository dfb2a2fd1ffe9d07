"""The hazards of a form: known items, a handling that fits, a day to correct by where there is an order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from casework import forms
from casework.deadlines import order_longest
from casework.errors import CaseworkError
from casework.forms import HazardFound, ResultForm
from casework.sheets import Recheck, check_correction
from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)


def check_items(connection: Connection, items: Sequence[str], day: dt.date) -> None:
    """Refuse items that the catalogue does not have on a day."""
    known = {row["item_code"] for row in connection.execute(q["items_on"], {"items": list(items), "day": day})}
    for item in items:
        if item not in known:
            raise CaseworkError(f"item {item} is not in the catalogue of inspection items on {day}",
                                zh=f"{day} 有效的检查事项清单中没有 {item}")


def check_hazards(connection: Connection, form: ResultForm, day: dt.date) -> list[HazardFound]:
    """The hazards of a form, each with its severity; refused in one sentence where one can't stand."""
    most = rules().value("inspection.hazards_most", day)
    forms.chosen(form.result, "result", [entry["code"] for entry in rules().value("inspection.results", day)])
    if len(form.hazards) > most:
        raise CaseworkError(f"{len(form.hazards)} hazards are named, at most {most} are taken in one record",
                            zh=f"填了 {len(form.hazards)} 条隐患，一份记录最多 {most} 条")
    handlings = [entry["code"] for entry in rules().value("inspection.handlings", day)]
    catalogue = {row["item_code"]: row["severity"] for row in connection.execute(
        q["items_on"], {"items": [hazard.item_code for hazard in form.hazards], "day": day}).fetchall()}
    found: dict[str, HazardFound] = {}
    for hazard in form.hazards:
        item = hazard.item_code
        if item in found:
            raise CaseworkError(f"item {item} is named twice: one hazard for each item of a visit",
                                zh=f"检查项目 {item} 填了两次：一次检查中每个项目只填一条隐患")
        if item not in catalogue:
            raise CaseworkError(f"item {item} is not in the catalogue of inspection items on {day}",
                                zh=f"{day} 有效的检查事项清单中没有 {item}")
        forms.chosen(hazard.handling, f"item {item}: handling", handlings)
        severity = hazard.severity or catalogue[item]
        forms.chosen(severity, f"item {item}: severity", ["critical", "serious", "minor"])
        _check_handling(hazard, day)
        _check_on_spot(hazard, severity, form, day)
        found[item] = replace(hazard, severity=severity)
    return list(found.values())


def _check_handling(hazard: HazardFound, day: dt.date) -> None:
    item = hazard.item_code
    if hazard.handling != "ordered":
        if hazard.due_on is not None:
            raise CaseworkError(f"item {item}: a day to correct by belongs to handling ordered, not {hazard.handling}",
                                zh=f"检查项目 {item}：只有责令改正才填写改正期限")
        if hazard.is_major:
            raise CaseworkError(f"item {item}: a major hazard (重大火灾隐患) is ordered to be corrected, not "
                                f"{hazard.handling.replace('_', ' ')} (消防监督检查规定 Art. 21)",
                                zh=f"检查项目 {item}：重大火灾隐患必须责令改正（《消防监督检查规定》第二十一条）")
        return
    if hazard.due_on is None:
        raise CaseworkError(f"item {item}: an order needs the day to correct by (消防监督检查规定 Art. 19)",
                            zh=f"检查项目 {item}：责令改正必须填写改正期限（《消防监督检查规定》第十九条）")
    if hazard.due_on < day:
        raise CaseworkError(f"item {item}: the day to correct by, {hazard.due_on}, is before the visit on {day} "
                            f"(消防监督检查规定 Art. 20)",
                            zh=f"检查项目 {item}：改正期限 {hazard.due_on} 早于检查日期 {day}"
                               f"（《消防监督检查规定》第二十条）")
    latest = order_longest(day)
    if hazard.due_on > latest:
        raise CaseworkError(f"item {item}: the day to correct by, {hazard.due_on}, is later than {latest}, the longest "
                            f"period that is taken (消防监督检查规定 Art. 20)",
                            zh=f"检查项目 {item}：改正期限 {hazard.due_on} 过长，最迟为 {latest}"
                               f"（《消防监督检查规定》第二十条）")


def _check_on_spot(hazard: HazardFound, severity: str, form: ResultForm, day: dt.date) -> None:
    item = hazard.item_code
    if hazard.handling == "corrected_on_spot":
        check_correction(f"item {item}", f"检查项目 {item} ", hazard.evidence, form.evidence, day)
    if hazard.oral and (hazard.handling != "corrected_on_spot"
                        or severity not in rules().value("inspection.oral_severities", day)):
        raise CaseworkError(f"item {item}: an oral order is for what is trivial and corrected on the spot, all "
                            f"else needs a notice (消防监督检查规定 Art. 19)",
                            zh=f"检查项目 {item}：口头责令只适用于轻微且当场改正的（《消防监督检查规定》第十九条）")


def check_result(form: ResultForm, hazards: Sequence[HazardFound], rechecks: Sequence[Recheck], day: dt.date) -> None:
    """The result says what was found: of new hazards, and of earlier ones that were looked at again."""
    handlings = [hazard.handling for hazard in hazards]
    if form.result == "closed":
        if handlings:
            raise CaseworkError("the premises were found closed, yet hazards are named: choose another result",
                                zh="单位已停业却填写了隐患：请取消“已停业”或删去隐患")
        return
    fitting = ("hazards_ordered" if "ordered" in handlings
               else "hazards_corrected" if "corrected_on_spot" in handlings else "pass")
    left = any(not one.corrected for one in rechecks)
    if form.result != fitting and not (left and form.result == "hazards_ordered"):
        named = {entry["code"]: entry["zh"] for entry in rules().value("inspection.results", day)}
        raise CaseworkError(f"the result is {form.result}, but the hazards named make it {fitting} "
                            f"(消防监督检查规定 Art. 14: a true record)",
                            zh=f"检查结果填的是“{named[form.result]}”，但所填隐患对应“{named[fitting]}”"
                               f"（《消防监督检查规定》第十四条，如实记录）")
