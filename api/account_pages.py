"""The administrator's page of accounts, and its REST twin."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import accounts, guard, pages
from api.areas import choices
from api.guard import Administrator, Db, Options
from api.refusals import Refusal
from api.sessions import PASSWORD_MAX_LENGTH
from api.viewer import ROLES, Role

router = APIRouter()
Username = Annotated[str, Path(min_length=1, max_length=64)]


class Account(BaseModel):
    """An account; its password is never shown."""

    username: str
    display_name: str
    role: str
    area_codes: list[str]
    vendor_code: str | None
    officer_no: str | None
    active: bool
    failed_logins: int
    locked_until: dt.datetime | None
    created_at: dt.datetime
    open_sessions: int


class AccountForm(BaseModel, extra="forbid"):
    """A new account."""

    username: str = Field(max_length=64, examples=["wang.duty"])
    display_name: str = Field(max_length=64, examples=["王值班"])
    role: Role
    password: str = Field(max_length=PASSWORD_MAX_LENGTH)
    areas: list[str] = Field(default=[], max_length=200)
    vendor_code: str | None = Field(None, max_length=64)
    officer_no: str | None = Field(None, max_length=32)


class AccountChange(BaseModel, extra="forbid"):
    """What changes of an account."""

    active: bool | None = None
    password: str | None = Field(None, max_length=PASSWORD_MAX_LENGTH)


@router.get("/api/v1/accounts", response_model=list[Account], summary="Every account", tags=["accounts"])
def api_accounts(viewer: Administrator, db: Db, options: Options) -> Any:
    return accounts.listed(db, options.clock())


@router.post("/api/v1/accounts", status_code=201, summary="Add an account", tags=["accounts"])
def api_add(body: AccountForm, viewer: Administrator, db: Db, options: Options) -> dict[str, str]:
    accounts.add(db, accounts.NewAccount(body.username, body.display_name, body.role, body.password, tuple(body.areas),
                                         body.vendor_code, body.officer_no), actor=viewer.username, now=options.clock())
    return {"username": body.username}


@router.patch("/api/v1/accounts/{username}", status_code=204, summary="New password, close, open again",
              tags=["accounts"])
def api_change(username: Username, body: AccountChange, viewer: Administrator, db: Db, options: Options) -> Response:
    if body.password is not None:
        accounts.set_password(db, username, body.password, actor=viewer.username, now=options.clock())
    if body.active is not None:
        accounts.set_active(db, username, body.active, actor=viewer.username)
    return Response(status_code=204)


def _page(request: Request, db: guard.Db, options: guard.Options, viewer: Administrator, status: int = 200,
          problem: str | None = None, done: str | None = None) -> Response:
    return pages.render(request, "accounts.html", status, accounts=accounts.listed(db, options.clock()),
                        roles=ROLES, areas=choices(db, viewer), problem=problem, done=done)


@router.get("/accounts", include_in_schema=False)
def page(request: Request, viewer: Administrator, db: Db, options: Options) -> Response:
    return _page(request, db, options, viewer, done=request.query_params.get("done"))


@router.post("/accounts", include_in_schema=False)
def add(request: Request, viewer: Administrator, db: Db, options: Options,
        username: Annotated[str, Form(max_length=64)] = "", display_name: Annotated[str, Form(max_length=64)] = "",
        role: Annotated[str, Form(max_length=32)] = "", password: Annotated[str, Form(max_length=1024)] = "",
        areas: Annotated[list[str], Form(max_length=200)] = [],  # noqa: B006  FastAPI copies a form's default
        vendor_code: Annotated[str, Form(max_length=64)] = "",
        officer_no: Annotated[str, Form(max_length=32)] = "") -> Response:
    try:
        accounts.add(db, accounts.NewAccount(username.strip(), display_name, role, password,
                                             tuple(area for area in areas if area), vendor_code.strip() or None,
                                             officer_no.strip() or None), actor=viewer.username, now=options.clock())
    except Refusal as refused:
        return _page(request, db, options, viewer, refused.status, refused.text(guard.language_of(request)))
    return pages.go_to("/accounts?done=added")


@router.post("/accounts/{username}/{change}", include_in_schema=False)
def change(request: Request, username: Username, change: Literal["close", "open", "password"], viewer: Administrator,
           db: Db, options: Options, password: Annotated[str, Form(max_length=1024)] = "") -> Response:
    try:
        if change == "password":
            accounts.set_password(db, username, password, actor=viewer.username, now=options.clock())
        else:
            accounts.set_active(db, username, change == "open", actor=viewer.username)
    except Refusal as refused:
        return _page(request, db, options, viewer, refused.status, refused.text(guard.language_of(request)))
    return pages.go_to(f"/accounts?done={change}")
