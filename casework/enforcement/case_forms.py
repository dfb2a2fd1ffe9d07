"""The forms of a case, read from plain JSON: how it is filed, and what each of its steps has of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from casework import forms, grounds
from casework.enforcement import evidence
from casework.enforcement.collective import meeting
from casework.enforcement.steps import StepForm, officer_list
from casework.enforcement.words import said
from casework.errors import CaseworkError
from policy import rules
from policy.clocks import legal_day

_LARGEST = Decimal(100_000_000)
_MOST_KINDS = 4


@dataclass(frozen=True)
class CaseForm:
    """A case as it is filed (立案). ``items`` are codes of the catalogue of inspections that it is about.

    ``offence_on`` None is the day on which the violation was discovered: that of the inspection, or of filing.
    """

    unit_no: str
    filed_at: dt.datetime
    party: str
    regime: str
    procedure: str
    article: str
    facts: str
    officers: tuple[str, ...]
    offence_on: dt.date | None
    life_safety: bool = False
    items: tuple[str, ...] = ()
    inspection_no: str | None = None


def case_form(data: Mapping[str, Any]) -> CaseForm:
    """A :class:`CaseForm` from JSON."""
    filed_at = forms.moment(data.get("filed_at"), "filed_at")
    regimes = [one["code"] for one in rules().value("enforcement.regimes", legal_day(filed_at))]
    regime = data.get("regime", "own")
    if regime not in regimes:
        raise CaseworkError(f"the regime {regime!r} was not in force on {legal_day(filed_at)}: it has "
                            f"{', '.join(regimes)}", zh=f"{legal_day(filed_at)} 尚无执法体制 {regime}，"
                                                        f"可选 {'、'.join(regimes)}")
    facts = forms.note(data.get("facts"), "facts")
    if facts is None:
        raise CaseworkError("facts is missing: say what was found", zh="缺少违法事实")
    items = data.get("items") or ()
    if not isinstance(items, list | tuple) or len(items) > 200:
        raise CaseworkError("items must be a list of at most 200 item codes", zh="检查项目应为列表，最多 200 项")
    return CaseForm(
        forms.word(data.get("unit_no"), "unit_no", 64), filed_at,
        forms.chosen(data.get("party", "organisation"), "party", ["organisation", "citizen"]), str(regime),
        forms.chosen(data.get("procedure"), "procedure", ["simple", "ordinary"]),
        _article(data.get("article"), legal_day(filed_at)), facts, officer_list(data.get("officers")),
        forms.optional_day(data.get("offence_on"), "offence_on"),
        _flag(data.get("life_safety", False), "life_safety"),
        tuple(forms.word(item, "items", 64) for item in items),
        forms.word(data["inspection_no"], "inspection_no", 64) if data.get("inspection_no") else None)


def step_form(data: Mapping[str, Any]) -> StepForm:
    """A step of a case from JSON: ``step``, ``at``, ``officers``, ``note``, ``evidence``, and its own fields."""
    step = forms.chosen(data.get("step"), "step", list(OWN))
    at = forms.moment(data.get("at"), "at")
    officers = None if data.get("officers") is None else officer_list(data["officers"])
    known = {"step", "at", "officers", "note", "evidence", *OWN[step]}
    for name, value in data.items():
        if name not in known and value is not None:
            raise CaseworkError(f"a step {step} has no field {name}", zh=f"“{said(step)}”没有字段 {name}")
    details = {name: read(data.get(name), name) for name, read in OWN[step].items()}
    note = forms.note(data.get("note"))
    if step in NOTED and note is None:
        raise CaseworkError(f"a step {step} needs a note that says why or what", zh=f"“{said(step)}”必须填写说明")
    return StepForm(step, at, officers, note, evidence.evidence_list(data.get("evidence")),
                    {name: value for name, value in details.items() if value is not None})


def _article(value: Any, day: dt.date) -> str:
    """What the case is under: limits and bands hang on it."""
    found = forms.word(value, "article")
    grounds.check(found, day)
    return found


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise CaseworkError(f"{name} must be true or false", zh=f"{name} 应为是或否")
    return value


def _optional_flag(value: Any, name: str) -> bool:
    return _flag(False if value is None else value, name)


def _word(value: Any, name: str) -> str:
    return forms.word(value, name)


def _optional_word(value: Any, name: str) -> str | None:
    return forms.word(value, name, 1000) if value else None


def _moment(value: Any, name: str) -> dt.datetime:
    return forms.moment(value, name)


def _circumstance(value: Any, name: str) -> str | None:
    return None if value in (None, "") else forms.chosen(value, name, ["light", "ordinary", "heavy"])


def _how(value: Any, name: str) -> str:
    return forms.chosen(value, name, ["direct", "left", "mail", "electronic", "public"])


def _ground(value: Any, name: str) -> str:
    return forms.chosen(value, name, ["lenient", "not_proved", "out_of_time", "minor_or_unfit"])


def amount(value: Any, name: str) -> Decimal:
    """A sum in yuan above zero, with at most two decimals."""
    try:
        found = Decimal(str(value)) if value is not None and not isinstance(value, bool) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or not 0 < found <= _LARGEST or found != round(found, 2):
        raise CaseworkError(f"{name} must be more than 0 and at most {_LARGEST} yuan, with at most two decimals",
                            zh=f"金额应大于 0、不超过 {_LARGEST} 元，最多两位小数")
    # JSON has 40000.0 where a person wrote 40000, and sentences say the sum.
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


def _penalties(value: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(value, list | tuple) or not 0 < len(value) <= _MOST_KINDS:
        raise CaseworkError(f"penalties must be a list of 1 to {_MOST_KINDS}, such as "
                            f"{{kind: fine, amount_yuan: 8000}}", zh=f"处罚种类应为 1 至 {_MOST_KINDS} 项的列表")
    found: list[dict[str, Any]] = []
    for one in value:
        if not isinstance(one, Mapping):
            raise CaseworkError("a penalty is written as {kind, amount_yuan}", zh="处罚应填写种类和金额")
        kind = forms.chosen(one.get("kind"), "kind", ["warning", "fine", "suspension", "licence_revoked"])
        if any(other["kind"] == kind for other in found):
            raise CaseworkError(f"{kind} is named twice", zh=f"处罚种类 {kind} 填了两次")
        given = one.get("amount_yuan")
        if kind != "fine" and given not in (None, ""):
            raise CaseworkError(f"an amount belongs to a fine, not to {kind}", zh="只有罚款填写金额")
        found.append({"kind": kind, "amount_yuan": amount(given, "amount_yuan") if kind == "fine" else None})
    return found


#: The steps of a case, each with the fields that only it has.
OWN: dict[str, dict[str, Callable[[Any, str], Any]]] = {
    "inquiry": {},
    "notice": {"penalties": _penalties, "circumstance": _circumstance, "public_told": _optional_flag},
    "statement": {"accepted": _optional_flag},
    "hearing_asked": {}, "hearing_waived": {},
    "hearing_notice": {"hearing_at": _moment},
    "hearing_held": {"chair": _word},
    "legal_review": {"reviewer": _word, "agreed": _flag},
    "collective": {"collective": lambda value, name: meeting(value)},
    "decision": {"penalties": _penalties, "circumstance": _circumstance, "reason": _optional_word,
                 "public_told": _optional_flag},
    "no_penalty": {"ground": _ground},
    "served": {"how": _how},
    "paid": {"amount_yuan": amount},
    "payment_deferred": {"until_on": forms.day},
    "execution_ended": {},
    "published": {"uri": _optional_word},
    "decision_withdrawn": {}, "publication_withdrawn": {},
    "transferred": {"to": _word}, "transfer_accepted": {"receipt": _word}, "transfer_refused": {},
    "dropped": {}, "closed": {}, "archived": {"archive_ref": _word},
}
#: Steps that say in words why or what.
NOTED = ("statement", "no_penalty", "payment_deferred", "execution_ended", "decision_withdrawn", "transferred",
         "transfer_refused", "dropped")
