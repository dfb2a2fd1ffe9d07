"""Turns an answer into a page: templates, words, the reader's language and theme, and the proof that forms carry."""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api import guard, names, wording
from api.clauses import fault_lines, in_chinese
from api.i18n import Language, say, translator
from api.navigation import entries
from api.refusals import BadField, Refusal
from policy.clocks import SHANGHAI, legal_day
from registry.changing import RecordRefused
from store import HuoyanError

HERE = Path(__file__).parent
STATIC = HERE / "static"
_KINDS = {403: "refusal.kind_forbidden", 404: "refusal.kind_absent", 409: "refusal.kind_conflict",
          500: "refusal.kind_failed", 503: "refusal.kind_away"}
_YEAR = 365 * 24 * 3600  # seconds a choice of language or theme is kept


@lru_cache(maxsize=64)
def asset(path: str) -> str:
    """The address of a static file with the digest of its bytes, so that it can be kept for good."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True,
                              lstrip_blocks=True, undefined=StrictUndefined)
    environment.globals.update(asset=asset)
    environment.filters.update(number=wording.number, points=wording.points, share=wording.share, json=_json,
                               local=wording.local, due_local=wording.due_local,
                               clock=wording.clock, spoken_day=wording.spoken_day,
                               monthday=wording.monthday, short_hash=wording.short_hash, size=wording.size)
    return environment


def query_with(request: Request, **changes: Any) -> str:
    """This page's address with some of its query changed; None takes a field away."""
    fields = [(key, value) for key, value in request.query_params.multi_items() if key not in changes and value != ""]
    fields += [(key, str(value)) for key, value in changes.items() if value is not None]
    return f"{request.url.path}?{urlencode(fields)}" if fields else request.url.path


def wants_part(request: Request) -> bool:
    """Whether HTMX asks for a part of the page, and not for a page to go back to."""
    headers = request.headers
    return headers.get("hx-request") == "true" and headers.get("hx-history-restore-request") != "true"


def render(request: Request, template: str, status: int = 200, /, **answer: Any) -> HTMLResponse:
    """The page ``template`` with ``answer``; a choice of language in the address is kept in a cookie."""
    language = guard.language_of(request)
    options = guard.options(request)
    now = options.clock()
    viewer = getattr(request.state, "viewer", None)
    theme = request.cookies.get(guard.THEME_COOKIE, "auto")
    html = _environment().get_template(template).render(
        request=request, path=request.url.path, viewer=viewer, lang=language, t=translator(language),
        name=names.namer(language, legal_day(now)), theme=theme if theme in ("light", "dark") else "auto",
        csrf=guard.proof_for(request), nav=entries(viewer), now=now, now_local=now.astimezone(SHANGHAI),
        today=legal_day(now), clause=in_chinese if language == "zh" else str,
        query_with=lambda **changes: query_with(request, **changes), **answer)
    response = HTMLResponse(html, status_code=status)
    response.headers["vary"] = "HX-Request, Cookie"
    _keep_choices(request, response, language)
    return response


def _keep_choices(request: Request, response: Response, language: Language) -> None:
    secure = guard.options(request).secure_cookies
    if request.query_params.get("lang") in ("zh", "en"):
        response.set_cookie(guard.LANGUAGE_COOKIE, language, max_age=_YEAR, samesite="lax", secure=secure,
                            httponly=True)
    if getattr(request.state, "viewer", None) is None and guard.VISIT_COOKIE not in request.cookies:
        response.set_cookie(guard.VISIT_COOKIE, request.state.visit, samesite="strict", secure=secure, httponly=True)


def go_to(address: str, request: Request | None = None) -> Response:
    """Send the browser on after a form; HTMX is told in its own way."""
    if request is not None and wants_part(request):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


def address(path: str, fields: list[tuple[str, str]]) -> str:
    """An address on this site with its query."""
    return f"{path}?{urlencode(fields)}"


def safe_next(address: str | None) -> str:
    """An address on this site to go on to after a login; anything else is the first page."""
    if address and address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable():
        return address
    return "/"


def day_or_none(text: str | None) -> dt.date | None:
    """A day of a filter field, None where it is left empty."""
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise BadField("refusal.day", text=(text or "")[:40]) from None


def sentence(request: Request, error: HuoyanError) -> str:
    """What an error says in the reader's language; where it has no Chinese, its kind in Chinese and then its words."""
    language = guard.language_of(request)
    if isinstance(error, Refusal):
        return error.text(language)
    if language == "en":
        return str(error)
    if isinstance(error, RecordRefused):
        return "；".join(f"{title}{reason}" for title, reason in fault_lines(error))
    return error.zh or say(language, _kind_of(request, error), text=str(error))


def _kind_of(request: Request, error: HuoyanError) -> str:
    if error.status in _KINDS:
        return _KINDS[error.status]
    return "refusal.kind_unread" if request.method in ("GET", "HEAD") else "refusal.kind_unsaved"
