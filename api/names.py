"""Names of codes as policy has them on a day: kinds, metrics, events, direct conditions, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from api.citations import cited
from api.clauses import in_chinese
from api.i18n import Language
from policy import PolicyError, rules


@lru_cache(maxsize=64)
def _catalogue(rule: str, day: dt.date) -> Mapping[str, Mapping[str, Any]]:
    try:
        value = rules().value(rule, day)
    except PolicyError:
        # A folder of rules laid over ours may know fewer kinds: the page then shows codes.
        return {}
    if isinstance(value, Mapping):
        return {code: entry for code, entry in value.items() if isinstance(entry, Mapping)}
    return {entry["code"]: entry for entry in value}


class Namer:
    """Looks codes up; a code that policy does not know is shown as it is."""

    def __init__(self, language: Language, day: dt.date) -> None:
        self._language, self._day = language, day

    def _look(self, rule: str, code: str | None) -> str:
        if not code:
            return "–"
        entry = _catalogue(rule, self._day).get(code, {})
        return str(entry.get(self._language) or entry.get("zh") or code)

    def _pairs(self, rule: str) -> list[tuple[str, str]]:
        return [(code, self._look(rule, code)) for code in _catalogue(rule, self._day)]

    def kind(self, code: str | None) -> str:
        """Kind of unit."""
        return self._look("kinds.units", code)

    def kinds(self) -> list[tuple[str, str]]:
        return self._pairs("kinds.units")

    def device(self, code: str | None) -> str:
        """Kind of device."""
        return self._look("kinds.devices", code)

    def devices(self) -> list[tuple[str, str]]:
        return self._pairs("kinds.devices")

    def theme(self, code: str | None) -> str:
        """What a campaign is about."""
        return self._look("draw.list.themes", code)

    def replacement(self, code: str | None) -> str:
        """Why a drawn visit was replaced."""
        return self._look("draw.replacement.reasons", code)

    def fault(self, clause: str) -> str:
        """Why a cell of a file can't stand."""
        return in_chinese(clause) if self._language == "zh" else clause

    def inspection(self, code: str | None) -> str:
        """Kind of inspection (检查形式)."""
        return self._look("kinds.inspections", code)

    def inspections(self) -> list[tuple[str, str]]:
        return self._pairs("kinds.inspections")

    def trigger(self, code: str | None) -> str:
        """What set a visit off."""
        return self._look("inspection.triggers", code)

    def triggers(self) -> list[tuple[str, str]]:
        return self._pairs("inspection.triggers")

    def time_class(self, code: str | None) -> str:
        """Class of the time at which a visit began."""
        return self._look("inspection.time_classes", code)

    def sheet(self, code: str) -> str:
        """Field of the record of a visit."""
        return self._look("inspection.fields", code)

    def evidence(self, code: str | None) -> str:
        """Kind of evidence."""
        return self._look("inspection.evidence_kinds", code)

    def evidences(self) -> list[tuple[str, str]]:
        return self._pairs("inspection.evidence_kinds")

    def told(self, code: str | None) -> str:
        """How somebody was told."""
        return self._look("complaint.tell_ways", code)

    def ways(self) -> list[tuple[str, str]]:
        return self._pairs("complaint.tell_ways")

    def published(self, code: str | None) -> str:
        """Where a result was made public."""
        return self._look("publication.places", code)

    def places(self) -> list[tuple[str, str]]:
        return self._pairs("publication.places")

    def event(self, code: str | None) -> str:
        """Kind of event or alarm."""
        return self._look("events.kinds", code)

    def event_class(self, code: str) -> str:
        """alarm, fault or state."""
        return str(_catalogue("events.kinds", self._day).get(code, {}).get("class", "state"))

    def events(self) -> list[tuple[str, str]]:
        return self._pairs("events.kinds")

    def metric(self, code: str | None) -> str:
        return self._look("metrics.catalogue", code)

    def unit_of(self, metric: str) -> str:
        """Unit of measure of a metric, with its leading space where there is one."""
        unit = _catalogue("metrics.catalogue", self._day).get(metric, {}).get("unit", "")
        return f"\u202f{unit}" if unit else ""

    def complaint(self, code: str | None) -> str:
        return self._look("deadlines.complaint_check", code)

    def complaints(self) -> list[tuple[str, str]]:
        return self._pairs("deadlines.complaint_check")

    def direct(self, code: str) -> str:
        """A direct condition (直接判定条件) that lifted a unit."""
        if code in _catalogue("raises.rules", self._day):
            return self._look("raises.rules", code)
        return self._look("scorecard.direct", code)

    def finding(self, code: str) -> str:
        """A rule of off-site findings (非现场监管线索), as a title."""
        title = self._titled(f"findings.rule.{code}", code)
        return title[:1].upper() + title[1:]

    def findings(self) -> list[tuple[str, str]]:
        names = [rule.name.removeprefix("findings.rule.") for rule in rules().on(self._day, "findings.rule.")]
        return [(code, self.finding(code)) for code in names]

    def verdict_rule(self, code: str) -> str:
        """The rule that judged an alarm."""
        return self._titled(f"verdicts.rule.{code}", code)

    def _titled(self, rule: str, code: str) -> str:
        try:
            found = rules().rule(rule, self._day)
        except PolicyError:
            return code
        return found.zh if self._language == "zh" else found.en

    def side(self, code: str | None) -> str:
        """A side of the score; the bounds of the whole belong to none."""
        return self._look("scorecard.sides", code)

    def part(self, code: str | None) -> str:
        """One of the three scores that are kept apart."""
        return self._look("scorecard.parts", code)

    def part_says(self, code: str) -> str:
        """What one of the three scores goes by."""
        entry = _catalogue("scorecard.parts", self._day).get(code, {})
        return str(entry.get("say" if self._language == "zh" else "say_en", ""))

    def override(self, code: str | None) -> str:
        """Kind of reason for moving a unit."""
        return self._look("overrides.reasons", code)

    def penalty(self, code: str | None) -> str:
        return self._look("penalty.kinds", code)

    def penalties(self) -> list[tuple[str, str]]:
        return self._pairs("penalty.kinds")

    def fires(self) -> list[tuple[str, str]]:
        """Procedures under which fires are investigated."""
        return self._pairs("fire.procedures")

    def channels(self) -> list[tuple[str, str]]:
        return self._pairs("complaint.channels")

    def channel(self, code: str | None) -> str:
        return self._look("complaint.channels", code)

    def refer(self, code: str | None) -> str:
        """Why something was passed on to the brigade (移送原因)."""
        return self._look("delegation.referral_reasons", code)

    def power(self, code: str | None) -> str:
        """A power of an agreement."""
        return self._look("delegation.powers", code)

    def powers(self) -> list[tuple[str, str]]:
        return [(row["code"], self._look("delegation.powers", row["code"]))
                for row in _catalogue("delegation.powers", self._day).values() if row["given"]]

    def training(self, code: str | None) -> str:
        return self._look("delegation.training_kinds", code)

    def trainings(self) -> list[tuple[str, str]]:
        return self._pairs("delegation.training_kinds")

    def place(self, code: str | None) -> str:
        """Kind of small place (三小场所)."""
        return self._look("delegation.place_kinds", code)

    def rule(self, code: str) -> str:
        """What a rule of policy is called, such as the one behind a clock."""
        try:
            rule = rules().rule(code, self._day)
        except PolicyError:
            return code
        return rule.zh if self._language == "zh" else rule.en

    def credit(self, code: str | None) -> str:
        rule = "credit.points" if code in _catalogue("credit.points", self._day) else "credit.events"
        return self._look(rule, code)

    def value(self, reason: Mapping[str, Any]) -> str:
        """The value a contribution comes from, with its unit of measure."""
        value = reason.get("value")
        if value is None or value == "✓" or (isinstance(value, str) and not reason.get("unit")):
            return ""
        unit = (reason.get("unit_en") if self._language == "en" else None) or reason.get("unit") or ""
        shown = f"{value:,.10g}" if isinstance(value, int | float) else str(value)
        return f"{shown}\u202f{unit}".rstrip()

    def reading(self, entry: Any) -> str:
        """The value of a last state, which is kept as [value, time]."""
        value = entry[0] if isinstance(entry, list) and entry else entry
        return f"{value:,.4g}" if isinstance(value, int | float) else str(value)

    def area(self, row: Mapping[str, Any]) -> str:
        """Name of an area from a row with ``area_zh`` and ``area_en``."""
        return str((row["area_en"] if self._language == "en" else None) or row["area_zh"])

    def either(self, row: Mapping[str, Any], zh: str = "zh", en: str = "en") -> str:
        """The one of two names that the reader reads."""
        return str((row.get(en) if self._language == "en" else None) or row.get(zh) or row.get(en) or "–")

    def cited(self, text: str) -> str:
        """Where a rule stands, its articles and items numbered as Chinese law numbers them for who reads Chinese."""
        return text if self._language == "en" else cited(text)


def namer(language: Language, day: dt.date) -> Namer:
    return Namer(language, day)


def metric_of(code: str, day: dt.date) -> Mapping[str, Any] | None:
    """A metric as policy has it: names, unit, valid range."""
    return _catalogue("metrics.catalogue", day).get(code)


def event_kinds(day: dt.date) -> dict[str, list[str]]:
    """Codes of events by class: alarm, fault, state."""
    found: dict[str, list[str]] = {"alarm": [], "fault": [], "state": []}
    for code, entry in _catalogue("events.kinds", day).items():
        found.setdefault(str(entry.get("class")), []).append(code)
    return found


def metrics(day: dt.date) -> list[str]:
    """Codes of metrics in the order of the catalogue, which puts what protects first and what a battery says last."""
    return list(_catalogue("metrics.catalogue", day))
