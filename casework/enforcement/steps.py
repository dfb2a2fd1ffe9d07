"""What a case, a measure or a major hazard went through: rows that only grow."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from casework import forms
from casework.enforcement import evidence
from casework.enforcement.evidence import Evidence
from casework.errors import CaseworkError
from policy import rules
from policy.clocks import SHANGHAI, legal_day
from store import Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class StepForm:
    """One step as it is entered. ``officers`` None takes the handlers; ``details`` holds what only this step has."""

    step: str
    at: dt.datetime
    officers: tuple[str, ...] | None = None
    note: str | None = None
    evidence: tuple[Evidence, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def day(self) -> dt.date:
        return legal_day(self.at)


def officer_list(value: Any, name: str = "officers") -> tuple[str, ...]:
    """Numbers of officers, each once."""
    if not isinstance(value, list | tuple) or len(value) > 20:
        raise CaseworkError(f"{name} must be a list of at most 20 officer numbers",
                            zh=f"{name} 应为人员编号列表，最多 20 人")
    found = tuple(forms.word(one, name, 32) for one in value)
    if len(set(found)) < len(found):
        raise CaseworkError(f"{name}: an officer is named twice", zh=f"{name}：同一人员填了两次")
    return found


def check_moment(at: dt.datetime, began: dt.datetime, now: dt.datetime, what: str) -> None:
    """A step is made after the beginning and before it is entered; one of long ago comes in by an import of history."""
    if at > now:
        raise CaseworkError(f"{what} is dated {shown(at)}, which is in the future", zh=f"时间 {shown(at)} 晚于现在")
    if at < began:
        raise CaseworkError(f"{what} is dated {shown(at)}, before it began at {shown(began)}",
                            zh=f"时间 {shown(at)} 早于开始时间 {shown(began)}")
    oldest = rules().value("inspection.entered_within_days", legal_day(now))
    if legal_day(now) - legal_day(at) > dt.timedelta(days=oldest):
        raise CaseworkError(f"{what} is dated {shown(at)}, more than {oldest} days ago: bring it in by an import of "
                            f"history", zh=f"时间 {shown(at)} 距今超过 {oldest} 天：请用历史导入")


def insert(connection: Connection, noun: str, ref: str, form: StepForm, officers: Sequence[str], actor: str,
           details: Mapping[str, Any] | None = None) -> int:
    """Keep a step with its evidence."""
    row = connection.execute(q["insert"], {
        "noun": noun, "ref": ref, "step": form.step, "at": form.at, "officers": list(officers), "note": form.note,
        "details": plain(form.details if details is None else details), "actor": actor}).fetchone()
    assert row is not None  # noqa: S101  returning
    evidence.store(connection, row["step_id"], form.evidence, actor)
    return int(row["step_id"])


def plain(details: Mapping[str, Any]) -> Jsonb:
    """Details as they are kept: days, moments and amounts as people write them."""
    return Jsonb({key: value for key, value in details.items() if value is not None},
                 dumps=lambda value: json.dumps(value, default=str, ensure_ascii=False))


def read(connection: Connection, noun: str, ref: str) -> list[dict[str, Any]]:
    """The steps of something with their evidence, the first first."""
    return connection.execute(q["read"], {"noun": noun, "ref": ref}).fetchall()


def last(steps: Sequence[Mapping[str, Any]], *names: str) -> Mapping[str, Any] | None:
    """The newest of the steps of these names."""
    return next((step for step in reversed(steps) if step["step"] in names), None)


def shown(at: dt.datetime) -> str:
    """A moment as a sentence says it."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
