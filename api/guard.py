"""Who is asking, and may they: identification, roles, and the proof that a form came from a page of ours."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated, cast

from fastapi import Depends, Request

from api import sessions
from api.i18n import Language
from api.options import ApiOptions
from api.refusals import NotLoggedIn, NotYours
from api.viewer import LEADS, STAFF, Role, Viewer
from store import Database

SESSION_COOKIE = "huoyan_session"
# Carries the proof for the login form, which has no session yet to derive one from.
VISIT_COOKIE = "huoyan_visit"
LANGUAGE_COOKIE = "huoyan_lang"
THEME_COOKIE = "huoyan_theme"
CSRF_HEADER = "x-csrf-token"
_SAFE = ("GET", "HEAD", "OPTIONS")
# They take the secret itself in a JSON body and look at no cookie, so nothing can be done in another's name.
_WITHOUT_COOKIES = ("/api/v1/login",)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def language_of(request: Request) -> Language:
    """``?lang=``, then the cookie; Chinese otherwise, except for an API client that asks for something else."""
    for wanted in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if wanted in ("zh", "en"):
            return cast(Language, wanted)
    if request.url.path.startswith("/api/"):
        return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"
    return "zh"


def database(request: Request) -> Database:
    return cast(Database, request.app.state.db)


def options(request: Request) -> ApiOptions:
    return cast(ApiOptions, request.app.state.options)


def bearer(request: Request) -> str | None:
    """The token of an ``Authorization: Bearer`` header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def identify(request: Request) -> Viewer | None:
    """The account behind the request, asked for once: a bearer token goes before the cookie."""
    if not hasattr(request.state, "viewer"):
        token = bearer(request) or request.cookies.get(SESSION_COOKIE)
        request.state.viewer = None
        if token and len(token) <= 128:
            request.state.viewer = sessions.find(database(request), token, options(request).clock())
        # Who logs in again may still send the token that has ended.
        if bearer(request) and request.state.viewer is None and request.url.path not in _WITHOUT_COOKIES:
            raise NotLoggedIn("refusal.token")
    return cast("Viewer | None", request.state.viewer)


def proof_for(request: Request) -> str:
    """What a form on this page must carry back."""
    secret = request.cookies.get(SESSION_COOKIE) if getattr(request.state, "viewer", None) else None
    return sessions.form_token(secret or request.cookies.get(VISIT_COOKIE) or request.state.visit)


async def refuse_forgery(request: Request) -> None:
    """A change asked for with cookies must carry the proof, as a header or as the form field ``csrf``.

    It stands before every route, so that no form can be forgotten. It is async because it may read the form.
    """
    if request.method in _SAFE or bearer(request) or request.url.path in _WITHOUT_COOKIES:
        return
    secret = request.cookies.get(SESSION_COOKIE) if request.state.viewer else None
    secret = secret or request.cookies.get(VISIT_COOKIE)
    given = request.headers.get(CSRF_HEADER)
    if given is None and request.headers.get("content-type", "").startswith(_FORMS):
        field = (await request.form()).get("csrf")
        given = field if isinstance(field, str) else None
    from_elsewhere = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    if not secret or not given or from_elsewhere or not hmac.compare_digest(
            sessions.form_token(secret).encode(), given.encode()):
        if request.state.viewer is None and request.url.path.startswith("/api/"):
            raise NotLoggedIn()
        raise NotYours("refusal.form")


def _allow(*roles: Role) -> Callable[[Request], Viewer]:
    def allowed(request: Request) -> Viewer:
        viewer = identify(request)
        if viewer is None:
            raise NotLoggedIn()
        if viewer.role not in roles:
            raise NotYours()
        return viewer
    return allowed


Db = Annotated[Database, Depends(database)]
Options = Annotated[ApiOptions, Depends(options)]
Anyone = Annotated[Viewer | None, Depends(identify)]
Member = Annotated[Viewer, Depends(_allow(*STAFF, "vendor"))]
Staff = Annotated[Viewer, Depends(_allow(*STAFF))]
Lead = Annotated[Viewer, Depends(_allow(*LEADS))]
Administrator = Annotated[Viewer, Depends(_allow("administrator"))]
AdministratorOrVendor = Annotated[Viewer, Depends(_allow("administrator", "vendor"))]
