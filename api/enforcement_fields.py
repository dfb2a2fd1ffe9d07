"""What each form of cases, measures and major hazards asks for, and how what was typed becomes what REST would send."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

#: Fields of a form that are not plain text: how each is asked for.
CHECKS = ("public_told", "accepted", "agreed", "gone", "lifted", "conditions_met", "urgent", "life_safety")
DAYS = ("until_on", "correct_by", "offence_on")
MOMENTS = ("at", "hearing_at", "filed_at", "began_at", "found_at", "inspected_at")
CHOICES = {
    "circumstance": ("light", "ordinary", "heavy"), "how": ("direct", "left", "mail", "electronic", "public"),
    "ground": ("exits", "facilities", "dangerous_goods", "lining", "other_grave"),
    "no_penalty_ground": ("lenient", "not_proved", "out_of_time", "minor_or_unfit"),
    "level": ("county", "city", "province"), "party": ("organisation", "citizen"),
    "regime": ("own", "delegated", "empowered"), "procedure": ("ordinary", "simple"),
    "path": ("ordinary", "emergency"), "way": ("direct", "combined"),
    "kind": ("seal", "suspension", "forced_execution")}
PEOPLE = ("reviewer", "chair")
OPTIONAL = ("circumstance", "reason", "uri", "offence_on", "inspection_no", "consent_by", "again_of", "case_no",
            "inspected_at", "items", "until_on", "ground", "note")
#: Fields of each step that only it has; every step has its moment, a note and a file of evidence.
STEPS: dict[str, tuple[str, ...]] = {
    "notice": ("penalties", "circumstance", "public_told"), "statement": ("accepted",),
    "hearing_notice": ("hearing_at",), "hearing_held": ("chair",), "legal_review": ("reviewer", "agreed"),
    "collective": ("collective",), "decision": ("penalties", "circumstance", "reason", "public_told"),
    "no_penalty": ("no_penalty_ground",), "served": ("how",), "paid": ("amount_yuan",),
    "payment_deferred": ("until_on",), "published": ("uri",),
    "transferred": ("to",), "transfer_accepted": ("receipt",), "archived": ("archive_ref",),
    "confirmed": ("collective",), "extended": ("until_on", "head"), "lift_inspected": ("gone",),
    "lift_decided": ("lifted",), "demonstrated": ("experts", "consenting"), "determined": ("collective",),
    "notice_served": ("correct_by",), "opinion_reported": ("report_no",),
    "listed": ("level", "conditions", "listed_by"), "accepted": ("conditions_met", "collective")}
NEW: dict[str, tuple[str, ...]] = {
    "case": ("filed_at", "procedure", "party", "regime", "article", "facts", "items", "offence_on", "life_safety",
             "inspection_no"),
    "measure": ("kind", "began_at", "scope", "path", "ground", "until_on", "inspection_no", "inspected_at",
                "consent_by", "again_of", "case_no", "urgent", "collective"),
    "major_hazard": ("found_at", "way", "elements", "inspection_no")}
#: What a new measure of each kind takes.
_MEASURE = {"seal": ("unit_no", "path", "ground", "until_on", "inspection_no", "inspected_at", "consent_by", "again_of",
                     "collective"), "suspension": ("case_no",),
            "forced_execution": ("unit_no", "case_no", "inspection_no", "urgent", "collective")}
_LISTS = ("items", "elements", "conditions")


@dataclass(frozen=True)
class EntryForm:
    """The fields of every form, as they were typed; each form uses its own."""

    step: str = ""
    unit_no: str = ""
    first: str = ""
    second: str = ""
    note: str = ""
    text: dict[str, str] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)


def typed(fields: Any) -> EntryForm:
    """An :class:`EntryForm` from the pairs of a posted form."""
    pairs = [(name, value) for name, value in fields.multi_items() if isinstance(value, str)]
    text = {name: value.strip()[:4000] for name, value in pairs if name not in ("csrf", "members")}
    return EntryForm(step=text.get("step", "")[:40], unit_no=text.get("unit_no", "")[:64],
                     first=text.get("first", "")[:32], second=text.get("second", "")[:32], note=text.get("note", ""),
                     text=text,
                     members=[value for name, value in pairs if name == "members"][:20])


def step_of(form: EntryForm) -> dict[str, Any]:
    """What REST would send for a step."""
    return {"step": form.step, "at": form.text.get("at"), "note": form.note or None, "evidence": evidence_of(form),
            **{name.removeprefix("no_penalty_"): _value(form, name) for name in STEPS.get(form.step, ())}}


def new_of(noun: str, form: EntryForm) -> dict[str, Any]:
    """What REST would send for a new case, measure or major hazard."""
    found = {name: _value(form, name) for name in NEW[noun]}
    if noun == "measure":
        kept = (*_MEASURE.get(form.text.get("kind", ""), ()), "kind", "began_at", "scope")
        found = {name: value for name, value in found.items() if name in kept and value is not None}
        if form.text.get("kind") == "seal" and form.text.get("path") == "emergency":
            found.pop("collective", None)
    found |= {"unit_no": form.unit_no, "officers": [one for one in (form.first, form.second) if one]}
    if noun != "case":
        found |= {"note": form.note or None, "evidence": evidence_of(form)}
    return found


def step_id_of(form: EntryForm) -> int:
    """The step that evidence is supplied for; none has the number 0."""
    text = form.text.get("step_id", "")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0


def evidence_of(form: EntryForm) -> list[dict[str, Any]]:
    if not (form.text.get("ev_uri") or form.text.get("ev_sha256")):
        return []
    return [{"kind": form.text.get("ev_kind") or "video", "uri": form.text.get("ev_uri"),
             "sha256": form.text.get("ev_sha256"), "seconds": whole(form.text.get("ev_seconds"))}]


def whole(text: str | None) -> Any:
    """A whole number where it is one; otherwise the text, which is then refused by its name."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else (text or None)


def _value(form: EntryForm, name: str) -> Any:
    text = form.text.get(name, "")
    if name in CHECKS:
        return text == "true"
    if name in _LISTS:
        return [one for one in re.split(r"[\n,，;；]+", text) if one.strip()]
    if name == "collective":
        return _meeting(form)
    if name == "penalties":
        found: list[dict[str, Any]] = [{"kind": kind} for kind in ("warning", "suspension", "licence_revoked")
                                       if form.text.get(f"p_{kind}")]
        fine = form.text.get("p_fine")
        return [*found, {"kind": "fine", "amount_yuan": fine}] if fine else found
    return whole(text) if name in ("experts", "consenting") else (text or None)


def _meeting(form: EntryForm) -> dict[str, Any] | None:
    if not form.text.get("m_minutes_uri") and not form.members:
        return None
    return {"held_at": form.text.get("m_held_at"), "members": form.members, "agreed": bool(form.text.get("m_agreed")),
            "minutes_uri": form.text.get("m_minutes_uri"), "minutes_sha256": form.text.get("m_minutes_sha256"),
            "filing_receipt": form.text.get("m_filing_receipt") or None}
