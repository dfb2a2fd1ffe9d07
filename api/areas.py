"""Areas that an account sees, for filters and lists."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from api.guard import Db, Staff
from api.viewer import Viewer
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()
_LIMIT = 5000


class Area(BaseModel):
    """An administrative area."""

    area_code: str
    parent_code: str | None
    level: str
    name_zh: str
    name_en: str | None


def choices(db: Database, viewer: Viewer) -> list[dict[str, Any]]:
    """The areas of an account, each under its parent, with ``depth`` for the indent."""
    return db.rows(_SQL["choices"], {**viewer.scope, "limit": _LIMIT})


@router.get("/api/v1/areas", response_model=list[Area], summary="Areas this account sees", tags=["registers"])
def api_areas(viewer: Staff, db: Db) -> Any:
    return choices(db, viewer)
