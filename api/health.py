"""Whether this process is alive and fit to answer, and its metrics for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.guard import Db
from store import HuoyanError, Queries
from store.revisions import head

_SQL = Queries(__file__)
router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz")
def readyz(db: Db) -> Response:
    """Ready means: the database answers and stands at the schema this program needs."""
    try:
        row = db.row(_SQL["revision"])
    except HuoyanError as error:
        return JSONResponse({"status": "not ready", "error": str(error)}, 503)
    found, needed = row["version_num"] if row else None, head()
    if found != needed:
        sentence = f"the database is at schema {found}, this program needs {needed}: run huoyan migrate"
        return JSONResponse({"status": "not ready", "error": sentence}, 503)
    return JSONResponse({"status": "ready", "schema": found})


@router.get("/metrics")
def metrics(request: Request) -> Response:
    return PlainTextResponse(generate_latest(request.app.state.metrics), media_type=CONTENT_TYPE_LATEST)
