"""Filters that take a code of a closed set: one that is not in it is refused, since its list would always be empty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from casework.supervision.detectors import DETECTORS
from ingest.gbt26875.downstream import KINDS as DEVICE_REQUESTS
from policy import rules
from policy.codes import codes
from sampling.lists.kinds import KINDS as LIST_DRAWS
from scheduler import JOBS


def _of(known: Callable[[], Collection[str]]) -> AfterValidator:
    """A field that is left blank is not asked for."""
    def check(value: str | None) -> str | None:
        if value and value not in known():
            raise PydanticCustomError("unknown_code", "unknown_code", {"given": value, "codes": ", ".join(known())})
        return value
    return AfterValidator(check)


def _policy(rule: str) -> AfterValidator:
    """Codes of a rule as it holds last."""
    return _of(lambda: codes(rule, dt.date.max))


def _finding_rules() -> list[str]:
    return [rule.removeprefix("findings.rule.") for rule in rules() if rule.startswith("findings.rule.")]


UnitKind = Annotated[str, _policy("kinds.units")]
VisitKind = Annotated[str, _policy("kinds.inspections")]
EventKind = Annotated[str, _policy("events.kinds")]
Channel = Annotated[str, _policy("complaint.channels")]
Grade = Annotated[str, _policy("credit.bands")]
FindingRule = Annotated[str, _of(_finding_rules)]
Detector = Annotated[str | None, _of(lambda: DETECTORS)]
KnownRequest = Annotated[str, _of(lambda: DEVICE_REQUESTS)]
KnownListDraw = Annotated[str | None, _of(lambda: LIST_DRAWS)]
JobName = Annotated[str, _of(lambda: [job.name for job in JOBS])]
RegisterKind = Annotated[str, _of(lambda: {
    **codes("kinds.units", dt.date.max), **codes("kinds.devices", dt.date.max)})]
