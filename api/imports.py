"""Registers in and out as files: upload with every bad row listed, download of the same form."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi import Path as PathParameter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages
from api.guard import Administrator, Db, Lead, Options
from api.refusals import BadField, NotYours
from api.viewer import Viewer
from casework.record_import import import_record
from policy import rules
from policy.clocks import legal_day
from registry import ImportReport, import_table
from registry.exporting import export_table
from store import Database, HuoyanError

router = APIRouter()
Noun = Literal["areas", "units", "vendors", "devices", "officers", "items", "leave", "recusals"]
NOUNS: tuple[Noun, ...] = ("areas", "units", "vendors", "devices", "officers", "items", "leave", "recusals")
_MEDIA = {".csv": "text/csv; charset=utf-8",
          ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class Problem(BaseModel):
    """Why a row was rejected."""

    line: int
    column: str
    value: str
    reason: str


class Report(BaseModel):
    """What became of a file: total is inserted + updated + unchanged + rejected rows."""

    noun: str
    total: int
    inserted: int
    updated: int
    unchanged: int
    rejected_rows: int
    rejected: list[Problem] = Field(description="every problem; a row with two wrong cells stands in it twice")
    dry_run: bool


class RecordReport(BaseModel):
    """What became of a file of the record: total is accepted + rejected rows."""

    kind: str
    file: str
    sha256: str = Field(description="of the file, as the audit log has it")
    total: int
    accepted: int
    inserted: int
    updated: int
    unchanged: int
    rejected_rows: int
    problems: int
    rejected: list[Problem] = Field(description="the first problems, as many as the rule imports.most_problems says")
    dry_run: bool


@contextmanager
def _received(viewer: Viewer, upload: UploadFile) -> Iterator[Path]:
    """An uploaded table as a file. It has rows of every area, so only an account that sees every area may send it."""
    if viewer.areas is not None:
        raise NotYours("refusal.import_areas")
    name = Path(upload.filename or "").name
    suffix = Path(name).suffix.lower()
    if suffix not in _MEDIA:
        raise BadField("refusal.import_form", name=name[:80] or "–")
    with tempfile.TemporaryDirectory(prefix="huoyan-import-") as folder:
        # The reader's own file name stands in the sentences about it; it is no path of this machine.
        path = Path(folder) / (f"upload{suffix}" if not name.isprintable() or len(name) > 100 else name)
        with path.open("wb") as file:
            shutil.copyfileobj(upload.file, file)
        yield path


def take(db: Database, viewer: Viewer, noun: str, upload: UploadFile, dry_run: bool, day: Any) -> ImportReport:
    """Import an uploaded register."""
    with _received(viewer, upload) as path:
        return import_table(db, noun, path, actor=viewer.username, day=day, dry_run=dry_run)


@router.post("/api/v1/imports/record/{kind}", response_model=RecordReport, tags=["casework"],
             summary="Bring in the record of past years, one kind a file, from CSV or XLSX")
def api_record(kind: Annotated[str, PathParameter(max_length=40)], viewer: Administrator, db: Db, options: Options,
               file: Annotated[UploadFile, File()], dry_run: bool = False) -> Any:
    day = legal_day(options.clock())
    with _received(viewer, file) as path:
        report = import_record(db, kind, path, actor=viewer.username, day=day, dry_run=dry_run)
    most = int(rules().value("imports.most_problems", day))
    return asdict(report) | {"accepted": report.accepted, "rejected_rows": report.rejected_rows,
                             "problems": len(report.rejected),
                                 "rejected": [asdict(one) for one in report.rejected[:most]]}


@router.post("/api/v1/imports/{noun}", response_model=Report, summary="Import a register from CSV or XLSX",
             tags=["registers"])
def api_import(noun: Noun, viewer: Administrator, db: Db, options: Options, file: Annotated[UploadFile, File()],
               dry_run: bool = False) -> Any:
    report = take(db, viewer, noun, file, dry_run, legal_day(options.clock()))
    return asdict(report) | {"rejected_rows": report.rejected_rows}


def _export(db: Database, viewer: Viewer, noun: str, form: str, language: str, day: Any) -> Response:
    with tempfile.TemporaryDirectory(prefix="huoyan-export-") as folder:
        path = Path(folder) / f"{noun}.{form}"
        export_table(db, noun, path, areas=viewer.areas, language=language, day=day)
        content = path.read_bytes()
    return Response(content, media_type=_MEDIA[path.suffix],
                    headers={"content-disposition": f'attachment; filename="{path.name}"'})


@router.get("/api/v1/exports/{noun}", summary="Export a register as CSV or XLSX, within the account's areas",
            tags=["registers"], responses={200: {"content": {media: {} for media in _MEDIA.values()}}})
def api_export(noun: Noun, viewer: Lead, db: Db, options: Options, form: Literal["csv", "xlsx"] = "csv",
               titles: Annotated[Literal["code", "zh"], Query(description="titles and words in codes or in Chinese")] =
               "code") -> Response:
    return _export(db, viewer, noun, form, titles, legal_day(options.clock()))


@router.get("/registers/import", include_in_schema=False)
def page(request: Request, viewer: Administrator) -> Response:
    return pages.render(request, "import.html", nouns=NOUNS, noun="units", report=None, problem=None)


@router.post("/registers/import", include_in_schema=False)
def upload(request: Request, viewer: Administrator, db: Db, options: Options, noun: Annotated[Noun, Form()],
           file: Annotated[UploadFile, File()], dry_run: Annotated[bool, Form()] = False) -> Response:
    try:
        report = take(db, viewer, noun, file, dry_run, legal_day(options.clock()))
    except HuoyanError as refused:
        return pages.render(request, "import.html", refused.status, nouns=NOUNS, noun=noun, report=None,
                            problem=pages.sentence(request, refused))
    return pages.render(request, "import.html", nouns=NOUNS, noun=noun, report=report, problem=None)
