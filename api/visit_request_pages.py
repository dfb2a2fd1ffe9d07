"""The register of requests for checks, as a page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api import pages, visit_requests
from api.guard import Db, Options, Staff
from api.visit_requests import RequestFilter, RequestNo

router = APIRouter(include_in_schema=False)


@router.get("/visit-requests")
def page(request: Request, wanted: Annotated[RequestFilter, Query()], viewer: Staff, db: Db,
         options: Options) -> Response:
    return pages.render(request, "visit_requests.html", wanted=wanted, **visit_requests.read(db, viewer, wanted))


@router.get("/visit-requests/{request_no}")
def one_page(request: Request, request_no: RequestNo, viewer: Staff, db: Db) -> Response:
    wanted = RequestFilter.model_validate({"state": "all"})
    return pages.render(request, "visit_requests.html", wanted=wanted, next=None,
                        rows=[visit_requests.find(db, viewer, request_no)])
