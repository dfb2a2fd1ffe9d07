"""Log in and out, in the browser and as an API client; language and theme of the pages."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import guard, pages, sessions
from api.guard import Anyone, Db, Member, Options
from api.navigation import home
from api.refusals import LockedOut, LoginFailed

router = APIRouter()
_Name = Annotated[str, Field(min_length=1, max_length=64, examples=["duty"])]
_Password = Annotated[str, Field(min_length=1, max_length=sessions.PASSWORD_MAX_LENGTH)]
_YEAR = 365 * 24 * 3600


class Credentials(BaseModel, extra="forbid"):
    """A login."""

    username: _Name
    password: _Password


class Token(BaseModel):
    """A token to send as ``Authorization: Bearer …``."""

    token: str
    username: str
    role: str = Field(examples=["brigade"])
    expires_at: dt.datetime


class Me(BaseModel):
    """The account behind the request."""

    username: str
    display_name: str
    role: str
    areas: list[str] | None = Field(description="area codes it sees, with all beneath; null: every area")
    vendor_code: str | None
    officer_no: str | None


@router.post("/api/v1/login", response_model=Token, summary="Log in: a token for an API client", tags=["login"])
def api_login(body: Credentials, request: Request, db: Db, options: Options) -> Any:
    return sessions.log_in(db, request.app.state.gate, body.username, body.password, options.clock())


@router.post("/api/v1/logout", status_code=204, summary="End this login", tags=["login"])
def api_logout(viewer: Member, db: Db) -> Response:
    sessions.log_out(db, viewer.token)
    return Response(status_code=204)


@router.get("/api/v1/me", response_model=Me, summary="Who this token belongs to", tags=["login"])
def me(viewer: Member) -> Any:
    return viewer


@router.get("/login", include_in_schema=False)
def login_page(request: Request, viewer: Anyone, next: str = "") -> Response:
    if viewer is not None:
        return pages.go_to(home(viewer))
    return pages.render(request, "login.html", next=pages.safe_next(next), problem=None, username="")


@router.post("/login", include_in_schema=False)
def login(request: Request, db: Db, options: Options, username: Annotated[str, Form(max_length=64)] = "",
          password: Annotated[str, Form(max_length=1024)] = "",
          next: Annotated[str, Form(max_length=2048)] = "") -> Response:
    try:
        fresh = sessions.log_in(db, request.app.state.gate, username, password, options.clock())
    except (LoginFailed, LockedOut) as refused:
        return pages.render(request, "login.html", refused.status, next=pages.safe_next(next), username=username,
                            problem=refused.text(guard.language_of(request)))
    if request.state.viewer is not None:
        sessions.log_out(db, request.state.viewer.token)
    viewer = sessions.find(db, fresh.token, options.clock())
    goal = pages.safe_next(next)
    response = pages.go_to(home(viewer) if goal == "/" and viewer else goal)
    response.set_cookie(guard.SESSION_COOKIE, fresh.token, secure=options.secure_cookies, httponly=True, samesite="lax",
                        max_age=int((fresh.expires_at - options.clock()).total_seconds()))
    response.delete_cookie(guard.VISIT_COOKIE)
    return response


@router.post("/logout", include_in_schema=False)
def logout(viewer: Anyone, db: Db) -> Response:
    if viewer is not None:
        sessions.log_out(db, viewer.token)
    response = pages.go_to("/login")
    response.delete_cookie(guard.SESSION_COOKIE)
    return response


@router.post("/theme", include_in_schema=False)
def choose_theme(options: Options, theme: Annotated[Literal["auto", "light", "dark"], Form()],
                 back: Annotated[str, Form(max_length=2048)] = "/") -> Response:
    response = pages.go_to(pages.safe_next(back))
    response.set_cookie(guard.THEME_COOKIE, theme, max_age=_YEAR, samesite="lax", secure=options.secure_cookies,
                        httponly=True)
    return response
