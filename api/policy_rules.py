"""The rules in force on a day, each with the document it comes from and how sure it is."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages
from api.guard import Options, Staff
from policy import Rule, rules
from policy.clocks import legal_day

router = APIRouter()


class PolicyFilter(BaseModel):
    """Which rules, on which day."""

    day: dt.date | None = Field(None, description="a day such as 2026-03-01; today if left out")
    prefix: str = Field("", max_length=64, description="start of the rule's name")


class PolicyRule(BaseModel):
    """A rule's value as it holds on the day."""

    name: str = Field(examples=["inspection.officers_min"])
    zh: str
    en: str
    unit: str
    value: Any
    valid_from: dt.date
    source: str
    article: str
    tag: str = Field(description="V read in the primary text, V2 in a secondary copy, C in public code, D derived, "
                                 "M from memory, P proposed by this project")


class PolicyRules(BaseModel):
    """The rules of a day; ``version`` changes whenever any value does."""

    day: dt.date
    version: str
    rules: list[PolicyRule]


def read(wanted: PolicyFilter, today: dt.date) -> dict[str, Any]:
    day = wanted.day or today
    return {"day": day, "version": rules().version(day), "rules": rules().on(day, wanted.prefix.strip())}


def by_group(held: list[Rule]) -> dict[str, list[Rule]]:
    """Rules under the first part of their name."""
    groups: dict[str, list[Rule]] = {}
    for rule in held:
        groups.setdefault(rule.name.split(".")[0], []).append(rule)
    return groups


def is_table(value: Any) -> bool:
    """A list of entries that have the same fields: shown as a table."""
    return (isinstance(value, list) and len(value) > 0 and all(isinstance(entry, dict) for entry in value)
            and len({key for entry in value for key in entry}) <= 8)


@router.get("/api/v1/policy", response_model=PolicyRules, summary="The rules of a day with their sources",
            tags=["policy"])
def api_policy(wanted: Annotated[PolicyFilter, Query()], viewer: Staff, options: Options) -> Any:
    return read(wanted, legal_day(options.clock()))


@router.get("/policy", include_in_schema=False)
def page(request: Request, viewer: Staff, options: Options, day: str = "",
         prefix: Annotated[str, Query(max_length=64)] = "") -> Response:
    wanted = PolicyFilter(day=pages.day_or_none(day), prefix=prefix)
    answer = read(wanted, legal_day(options.clock()))
    return pages.render(request, "policy.html", groups=by_group(answer["rules"]), is_table=is_table, wanted=wanted,
                        **answer)
