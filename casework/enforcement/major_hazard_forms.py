"""The forms of a major hazard, read from plain JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from casework import forms
from casework.enforcement import evidence
from casework.enforcement.collective import meeting
from casework.enforcement.evidence import Evidence
from casework.enforcement.measure_forms import flag, own_step
from casework.enforcement.steps import StepForm, officer_list
from casework.errors import CaseworkError


@dataclass(frozen=True)
class MajorHazardForm:
    """What an inspection found that may be a major hazard: by which way (直接判定, 综合判定) and which elements."""

    unit_no: str
    found_at: dt.datetime
    way: str
    elements: tuple[str, ...]
    officers: tuple[str, ...]
    inspection_no: str | None = None
    note: str | None = None
    evidence: tuple[Evidence, ...] = ()


def major_hazard_form(data: Mapping[str, Any]) -> MajorHazardForm:
    """A :class:`MajorHazardForm` from JSON."""
    elements = data.get("elements")
    if not isinstance(elements, list | tuple) or not 0 < len(elements) <= 100:
        raise CaseworkError("elements must be a list of 1 to 100 elements of the standard",
                            zh="判定要素应为 1 至 100 项的列表")
    found = tuple(forms.word(one, "elements") for one in elements)
    if len(set(found)) < len(found):
        raise CaseworkError("elements: one is named twice", zh="判定要素有重复")
    return MajorHazardForm(
        forms.word(data.get("unit_no"), "unit_no", 64), forms.moment(data.get("found_at"), "found_at"),
        forms.chosen(data.get("way"), "way", ["direct", "combined"]), found, officer_list(data.get("officers")),
        forms.word(data["inspection_no"], "inspection_no", 64) if data.get("inspection_no") else None,
        forms.note(data.get("note")), evidence.evidence_list(data.get("evidence")))


def step_form(data: Mapping[str, Any]) -> StepForm:
    """A step of a major hazard from JSON."""
    return own_step(data, OWN, ("not_major", "progress", "accepted"))


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1000:
        raise CaseworkError(f"{name} must be a whole number up to 1000", zh=f"{name} 应为不超过 1000 的整数")
    return value


def _conditions(value: Any, name: str) -> list[str]:
    if not isinstance(value, list | tuple) or not 0 < len(value) <= 50:
        raise CaseworkError(f"{name} must be a list of 1 to 50 sentences", zh="销案条件应为 1 至 50 条的列表")
    return [forms.word(one, name, 1000) for one in value]


def _level(value: Any, name: str) -> str:
    return forms.chosen(value, name, ["province", "city", "county"])


#: The steps of a major hazard, each with the fields that only it has.
OWN: dict[str, dict[str, Callable[[Any, str], Any]]] = {
    "demonstrated": {"experts": _count, "consenting": _count},
    "determined": {"collective": lambda value, name: None if value is None else meeting(value)},
    "not_major": {},
    "notice_served": {"correct_by": forms.day},
    "opinion_reported": {"report_no": forms.word},
    "listed": {"level": _level, "conditions": _conditions, "listed_by": forms.word},
    "progress": {},
    "accepted": {"collective": lambda value, name: None if value is None else meeting(value), "conditions_met": flag},
}
