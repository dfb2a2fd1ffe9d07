"""The export for the credit platform: four kinds of information, as JSON and CSV, with counts that add up."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from api.guard import Db, Lead
from casework.credit_record import export
from store import Database

router = APIRouter(prefix="/api/v1/credit/exports", tags=["credit"])
ExportKind = Literal["permit", "penalty", "inspection", "coercion"]


class ExportCounts(BaseModel):
    """Records of a period: ``in`` is the sum of ``exported`` and of all that is ``held``, by reason."""

    kind: ExportKind
    records: int = Field(alias="in")
    exported: int
    held: dict[str, int]


class ExportField(BaseModel):
    """A field of the export."""

    code: str
    zh: str
    en: str


class ExportOverview(BaseModel):
    """The four kinds for a period."""

    from_day: dt.date
    to_day: dt.date
    kinds: list[ExportCounts]
    fields: dict[str, list[ExportField]]


class Period(BaseModel):
    """The days that a file is about, by day of the decision or inspection."""

    from_day: dt.date
    to_day: dt.date = Field(description="at most 366 days after from_day")


@router.get("", response_model=ExportOverview, summary="How many records of each kind go out and are held back")
def api_overview(wanted: Annotated[Period, Query()], viewer: Lead, db: Db) -> Any:
    with db.connection() as connection:
        found = [{"kind": kind, **export.counts(connection, kind, wanted.from_day, wanted.to_day, viewer.areas)}
                 for kind in export.KINDS]
    return {"from_day": wanted.from_day, "to_day": wanted.to_day, "kinds": found, "fields": _fields()}


@router.get("/{kind}", summary="The records of a kind, as JSON or CSV",
            responses={200: {"content": {"application/json": {}, "text/csv": {}}}})
def api_export(kind: ExportKind, wanted: Annotated[Period, Query()], viewer: Lead, db: Db,
               form: Literal["json", "csv"] = "json") -> StreamingResponse:
    # The period is refused here: once the answer streams it is too late for a sentence.
    export.check(wanted.from_day, wanted.to_day)
    make, media = (_csv, "text/csv; charset=utf-8") if form == "csv" else (_json, "application/json")
    name = f"credit-{kind}-{wanted.from_day}-{wanted.to_day}.{form}"
    return StreamingResponse(make(db, kind, wanted, viewer.areas), media_type=media,
                             headers={"content-disposition": f'attachment; filename="{name}"'})


def _json(db: Database, kind: ExportKind, wanted: Period, areas: list[str] | None) -> Iterator[str]:
    with db.connection() as connection:
        told = {"kind": kind, "from_day": str(wanted.from_day), "to_day": str(wanted.to_day),
                **export.counts(connection, kind, wanted.from_day, wanted.to_day, areas), "fields": _fields()[kind]}
        yield json.dumps(told, ensure_ascii=False)[:-1] + ', "rows": ['
        for number, row in enumerate(export.rows(connection, kind, wanted.from_day, wanted.to_day, areas)):
            yield (",\n" if number else "\n") + json.dumps(row, ensure_ascii=False)
        yield "]}\n"


def _csv(db: Database, kind: ExportKind, wanted: Period, areas: list[str] | None) -> Iterator[str]:
    page = io.StringIO()
    writer = csv.writer(page)
    # A spreadsheet takes the file for UTF-8 by this mark alone.
    page.write("\ufeff")
    writer.writerow([field.code for field in export.FIELDS[kind]])
    with db.connection() as connection:
        for row in export.rows(connection, kind, wanted.from_day, wanted.to_day, areas):
            writer.writerow(["" if value is None else _safe(str(value)) for value in row.values()])
            if page.tell() > 2**16:
                yield page.getvalue()
                page.seek(0)
                page.truncate()
        yield page.getvalue()


def _safe(text: str) -> str:
    """A cell that a spreadsheet would run as a formula is kept as text."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _fields() -> dict[str, list[dict[str, str]]]:
    return {kind: [{"code": one.code, "zh": one.zh, "en": one.en} for one in fields]
            for kind, fields in export.FIELDS.items()}
