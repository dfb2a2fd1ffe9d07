"""The ranking: every unit by its risk, with what sets it apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api import pages
from api.areas import choices
from api.codes import UnitKind
from api.cursors import After
from api.guard import Db, Options, Staff
from api.viewer import Viewer
from policy.clocks import legal_day
from registry import unit_search
from scoring import told
from scoring.card import PARTS
from scoring.explain import reasons
from store import Database, Queries, cursors

_SQL = Queries(__file__)
router = APIRouter()
_REASONS = 3
_PAGE = 50


class RankingFilter(BaseModel):
    """What narrows the ranking; an empty field narrows nothing."""

    q: str = Field("", max_length=100, description="part of the name, the unit number or the 统一社会信用代码")
    area: str = Field("", max_length=12, description="an area code; all areas beneath it count")
    kind: UnitKind = Field("", max_length=64, description="kind of unit, such as hotel")
    risk_class: Literal["", "A", "B", "C", "D"] = Field("", alias="class", description="A low … D high")
    key: bool | None = Field(None, description="消防安全重点单位")
    crowded: bool | None = Field(None, description="人员密集场所")
    direct: bool | None = Field(None, description="only units lifted by a direct condition")
    after: After = ""
    limit: int = Field(_PAGE, ge=1, le=500)

    model_config = ConfigDict(populate_by_name=True)


class Contribution(BaseModel):
    """One reason: so many points of the score come from it."""

    feature: str
    zh: str
    en: str
    value: Any = None
    unit: str | None = None
    part: str = Field("", description="which of the three scores it belongs to")
    points: float


class Reason(BaseModel):
    """Why a unit stands where it does, as a sentence: what lies furthest above what an average unit gets."""

    feature: str
    zh: str = Field(examples=["近90天火警8次（8次误报）"])
    en: str = Field(examples=["8 fire alarms in 90 days (8 false)"])
    points: float = Field(description="its whole contribution to the score")
    excess: float = Field(description="of these, the points above those of an average unit")


class ScoreOverride(BaseModel):
    """The override that moved the class of a score, as it stands now."""

    override_id: int
    direction: Literal["up", "down"]
    classes: int
    class_before: str
    reason_code: str
    reason: str
    made_by: str
    until_day: dt.date


class RankedUnit(BaseModel):
    """A unit and its place. Higher scores are riskier; the class is internal and not for the public."""

    unit_id: int
    unit_no: str
    name: str
    kind: str
    area_code: str
    area_zh: str
    area_en: str | None
    is_key: bool
    is_crowded: bool
    rank: int | None = Field(description="1 is the riskiest; null: not scored yet")
    score: float | None = Field(examples=[70.5])
    risk_class: str | None = Field(examples=["D"])
    direct: list[str]
    override: ScoreOverride | None = Field(description="what moved the class, if anything did")
    noncompliance: float | None = Field(description="points: how likely a visit finds a substantive hazard")
    ignition: float | None = Field(description="points: alarms, electrical signals, fires")
    consequence: float | None = Field(description="points: what is at stake")
    probability: float | None = Field(description="that a visit finds a serious hazard, by the learned model; "
                                                  "null where the scorecard rules")
    led_by: str | None = Field(description="which of the three lies furthest above the mean of the day's units",
                               examples=["noncompliance"])
    reasons: list[Reason] = Field(description="what stands out most above an average unit")


class Ranking(BaseModel):
    """A page of the ranking."""

    as_of: dt.date | None
    model: str | None
    total: int
    by_class: dict[str, int]
    units: list[RankedUnit]
    next: str | None = Field(description="what to send as after for the next page")


def led_by(unit: Mapping[str, Any], means: Mapping[str, float] | None) -> str | None:
    """Which of the three scores lies furthest above the mean of the day's units; None: none lies above it."""
    above = {code: unit[code] - means[code] for code in PARTS if means and unit[code] is not None}
    code = max(above, key=above.__getitem__, default=None)
    return code if code and above[code] > 0 else None


def read(db: Database, viewer: Viewer, wanted: RankingFilter, day: dt.date) -> dict[str, Any]:
    """One page of the ranking as this account sees it on ``day``."""
    rank, unit_id = cursors.read(wanted.after, int, int)
    with db.connection() as connection:
        connection.execute(_SQL["one_moment"])
        run = connection.execute(_SQL["latest_run"], {"day": day}).fetchone() or {
            "as_of": None, "model": None, "means": None, "headings": None}
        parameters = {
            **viewer.scope, "as_of": run["as_of"],
            **unit_search.asked(connection, wanted.q, viewer.areas, codes=True),
            "area": wanted.area or None, "kind": wanted.kind or None, "risk_class": wanted.risk_class or None,
            "key": wanted.key, "crowded": wanted.crowded, "direct": wanted.direct,
            "rank": rank, "unit": unit_id, "limit": wanted.limit + 1}
        # Not prepared: the plan must fit the filter of this request, not that of the average one.
        counts = connection.execute(_SQL["counts"], parameters, prepare=False).fetchone() or {}
        units = [] if unit_id is not None else connection.execute(_SQL["scored"], parameters, prepare=False).fetchall()
        wants_all = not wanted.risk_class and wanted.direct is not True
        if wants_all and len(units) <= wanted.limit and counts["unscored"]:
            rest = {**parameters, "limit": wanted.limit + 1 - len(units)}
            units += connection.execute(_SQL["unscored"], rest, prepare=False).fetchall()
    more = len(units) > wanted.limit
    del units[wanted.limit:]
    # Those without a score stand behind all ranks, by number of the row.
    last = (units[-1]["rank"], None if units[-1]["rank"] else units[-1]["unit_id"]) if more else None
    for unit in units:
        contributions = told.of_row(unit, run["headings"])
        for name in ("contributions", "points", "values"):
            unit.pop(name)
        unit["led_by"] = led_by(unit, run["means"])
        unit["reasons"] = [asdict(one) for one in reasons(contributions, run["as_of"], _REASONS)
                           ] if contributions else []
    total = (counts["total"] if not wanted.risk_class else counts[wanted.risk_class.lower()])
    return {"as_of": run["as_of"], "model": run["model"], "total": total, "units": units,
            "by_class": {letter: counts[letter.lower()] for letter in "DCBA"},
            "next": cursors.written(*last) if last else None}


@router.get("/api/v1/units", response_model=Ranking, summary="The ranking: units by risk, filtered", tags=["units"])
def api_ranking(wanted: Annotated[RankingFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, wanted, legal_day(options.clock()))


@router.get("/ranking", include_in_schema=False)
def page(request: Request, wanted: Annotated[RankingFilter, Query()], viewer: Staff, db: Db,
         options: Options) -> Response:
    answer = read(db, viewer, wanted, legal_day(options.clock()))
    template = "ranking_rows.html" if pages.wants_part(request) else "ranking.html"
    areas = [] if pages.wants_part(request) else choices(db, viewer)
    return pages.render(request, template, wanted=wanted, areas=areas, **answer)
