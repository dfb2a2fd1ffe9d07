"""The forms of a measure, read from plain JSON: how it is imposed, and what each of its steps has of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from casework import forms
from casework.enforcement import evidence
from casework.enforcement.collective import Meeting, meeting
from casework.enforcement.evidence import Evidence
from casework.enforcement.steps import StepForm, officer_list
from casework.enforcement.words import said
from casework.errors import CaseworkError
from policy import rules
from policy.clocks import legal_day


@dataclass(frozen=True)
class MeasureForm:
    """A measure as it is imposed: ``seal`` 临时查封, ``suspension`` 责令三停, ``forced_execution`` 强制执行."""

    kind: str
    began_at: dt.datetime
    scope: str
    officers: tuple[str, ...]
    unit_no: str | None = None
    case_no: str | None = None
    inspection_no: str | None = None
    inspected_at: dt.datetime | None = None
    ground: str = ""
    path: str = "ordinary"
    until_on: dt.date | None = None
    consent_by: str | None = None
    again_of: str | None = None
    urgent: bool = False
    note: str | None = None
    collective: Meeting | None = None
    evidence: tuple[Evidence, ...] = ()


def measure_form(data: Mapping[str, Any]) -> MeasureForm:
    """A :class:`MeasureForm` from JSON."""
    kind = forms.chosen(data.get("kind"), "kind", ["seal", "suspension", "forced_execution"])
    began = forms.moment(data.get("began_at"), "began_at")
    grounds = [one["code"] for one in rules().value("enforcement.seal_grounds", legal_day(began))]
    until = forms.optional_day(data.get("until_on"), "until_on")
    if kind == "seal" and until is None:
        raise CaseworkError("a seal needs the day on which it ends (until_on)", zh="临时查封必须填写截止日期")
    words = {name: _optional(data.get(name), name) for name in ("case_no", "inspection_no", "consent_by", "again_of")}
    if kind == "suspension" and not words["case_no"]:
        raise CaseworkError("a suspension needs the case that decided it (case_no)", zh="责令三停必须填写案件编号")
    asked = data.get("inspected_at")
    return MeasureForm(
        kind, began, forms.word(data.get("scope"), "scope", 1000), officer_list(data.get("officers")),
        None if kind == "suspension" else forms.word(data.get("unit_no"), "unit_no", 64), **words,
        inspected_at=forms.moment(asked, "inspected_at") if asked else None,
        ground=forms.chosen(data.get("ground"), "ground", grounds) if kind == "seal" else "",
        path=forms.chosen(data.get("path", "ordinary"), "path", ["ordinary", "emergency"]),
        until_on=until if kind == "seal" else None, urgent=data.get("urgent") is True,
        note=forms.note(data.get("note")),
        collective=meeting(data["collective"]) if data.get("collective") is not None else None,
        evidence=evidence.evidence_list(data.get("evidence")))


def own_step(data: Mapping[str, Any], own: Mapping[str, Mapping[str, Callable[[Any, str], Any]]],
             noted: tuple[str, ...]) -> StepForm:
    """A step from JSON whose own fields are read by ``own``; those of ``noted`` need a note."""
    step = forms.chosen(data.get("step"), "step", list(own))
    known = {"step", "at", "officers", "note", "evidence", *own[step]}
    for name, value in data.items():
        if name not in known and value is not None:
            raise CaseworkError(f"a step {step} has no field {name}", zh=f"“{said(step)}”没有字段 {name}")
    details = {name: read(data.get(name), name) for name, read in own[step].items()}
    note = forms.note(data.get("note"))
    if step in noted and note is None:
        raise CaseworkError(f"a step {step} needs a note that says why or what", zh=f"“{said(step)}”必须填写说明")
    officers = None if data.get("officers") is None else officer_list(data["officers"])
    return StepForm(step, forms.moment(data.get("at"), "at"), officers, note,
                    evidence.evidence_list(data.get("evidence")),
                    {name: value for name, value in details.items() if value is not None})


def step_form(data: Mapping[str, Any]) -> StepForm:
    """A step of a measure from JSON."""
    return own_step(data, OWN, ("extended", "lifted", "done"))


def flag(value: Any, name: str) -> bool:
    """True or false, said outright."""
    if not isinstance(value, bool):
        raise CaseworkError(f"{name} must be true or false", zh=f"{name} 应为是或否")
    return value


def _optional(value: Any, name: str) -> str | None:
    return forms.word(value, name, 64) if value else None


#: The steps of a measure, each with the fields that only it has.
OWN: dict[str, dict[str, Callable[[Any, str], Any]]] = {
    "confirmed": {"collective": lambda value, name: meeting(value)},
    "extended": {"until_on": forms.day, "head": forms.word},
    "lift_asked": {}, "lift_inspected": {"gone": flag}, "lift_decided": {"lifted": flag},
    "lifted": {}, "done": {},
}
