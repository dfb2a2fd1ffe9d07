"""Every error in one shape: ``{"error": "sentence"}`` for a client, a page with the same sentence for a reader."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from psycopg import DataError, OperationalError
from psycopg.errors import ForeignKeyViolation
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import Scope

from api import guard, pages
from api.i18n import Language, say
from api.refusals import NotLoggedIn
from store.errors import HuoyanError

_log = structlog.get_logger(__name__)
_SERVER_ERROR = 500
# What the database says of a reference to nothing, in any language: (town_code)=(990199)
_NAMED = re.compile(r"\((\w+)\)=\((.*?)\)")


class Problem(BaseModel):
    """The shape of every error."""

    error: str = Field(description="one sentence: what is wrong and what to do", examples=["there is no unit 7"])
    request_id: str | None = Field(None, description="only with 5xx: quote it when you ask for help")


def _is_for_a_client(request: Request) -> bool:
    path = request.url.path
    return path.startswith(("/api/", "/healthz", "/readyz", "/metrics", "/static/"))


def answer(request: Request, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """The error in the shape the asker reads."""
    body: dict[str, Any] = {"error": sentence}
    if status >= _SERVER_ERROR:
        body["request_id"] = request.state.request_id
    if _is_for_a_client(request):
        return JSONResponse(body, status, headers)
    if pages.wants_part(request):
        # HTMX swaps in only what succeeded; the script of the page shows this sentence as a notice.
        return Response(sentence, status, headers, media_type="text/plain; charset=utf-8")
    _try_to_identify(request)
    page = pages.render(request, "error.html", status, code=status, sentence=sentence)
    page.headers.update(headers or {})
    return page


def _try_to_identify(request: Request) -> None:
    """An address without a route was never asked who looks: the error page wants its menu all the same."""
    try:
        guard.identify(request)
    except Exception:  # the database may be the very thing that is down
        request.state.viewer = None


def last_resort(scope: Scope) -> Response:
    """The answer to a request in which something unforeseen was raised: a sentence and a number, nothing else."""
    request = Request(scope)
    language = guard.language_of(request)
    sentence = say(language, "refusal.unexpected", number=request.state.request_id)
    if not hasattr(request.state, "viewer"):
        request.state.viewer = None
    try:
        return answer(request, _SERVER_ERROR, sentence)
    except Exception:  # the page itself may be what is broken
        _log.exception("error page failed", request_id=request.state.request_id)
        return Response(sentence, _SERVER_ERROR, media_type="text/plain; charset=utf-8")


_PLAIN = {
    "missing": "field.missing", "int_parsing": "field.whole", "int_type": "field.whole",
    "int_from_float": "field.whole", "float_parsing": "field.number", "float_type": "field.number",
    "finite_number": "field.number",
    "bool_parsing": "field.flag", "date_from_datetime_parsing": "field.day", "date_parsing": "field.day",
    "date_type": "field.day", "datetime_parsing": "field.moment", "datetime_from_date_parsing": "field.moment",
    "timezone_aware": "field.moment_zone", "extra_forbidden": "field.extra", "json_invalid": "field.json",
    "greater_than_equal": "field.least", "less_than_equal": "field.most", "greater_than": "field.more",
    "string_too_long": "field.long", "string_too_short": "field.short", "literal_error": "field.one_of",
    "string_pattern_mismatch": "field.form", "too_long": "field.many", "too_short": "field.few",
    "string_type": "field.text", "string_unicode": "field.text", "list_type": "field.list", "bool_type": "field.flag",
    "dict_type": "field.table", "model_attributes_type": "field.table", "model_type": "field.table",
    "union_tag_not_found": "field.untagged", "union_tag_invalid": "field.tag",
    "date_from_datetime_inexact": "field.day", "decimal_parsing": "field.number", "decimal_type": "field.number",
    "too_deep": "field.deep", "unknown_code": "field.unknown",
}


def field_sentence(language: Language, errors: Sequence[Mapping[str, Any]]) -> str:
    """One sentence for the first thing that a request's fields have wrong."""
    error = errors[0]
    where = ".".join(str(part) for part in error["loc"] if part not in ("query", "path", "body", "header", "cookie"))
    context = {key: str(value) for key, value in (error.get("ctx") or {}).items()}
    key = _PLAIN.get(error["type"])
    try:
        reason = say(language, key, **context) if key else str(error["msg"])
    except KeyError:
        reason = str(error["msg"])
    return say(language, "field.sentence", field=where or say(language, "field.body"), reason=reason)


def install(app: FastAPI) -> None:
    """Hand every kind of error to its sentence. The handlers are plain functions, since a page may ask the database."""

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HuoyanError)  # noqa: S101  registered for this class
        sentence = pages.sentence(request, error)
        if error.status >= _SERVER_ERROR:
            _log.error("request refused", request_id=request.state.request_id, path=request.url.path, error=sentence)
        if isinstance(error, NotLoggedIn):
            if _is_for_a_client(request):
                return answer(request, 401, sentence, {"WWW-Authenticate": "Bearer"})
            came_for = pages.query_with(request) if request.method == "GET" else "/"
            return pages.go_to(f"/login?next={quote(came_for, safe='')}", request)
        return answer(request, error.status, sentence)

    def unusable(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this class
        return answer(request, 422, field_sentence(guard.language_of(request), error.errors()))

    def plain(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  registered for this class
        language = guard.language_of(request)
        keys = {404: "refusal.page", 405: "refusal.method", 413: "refusal.too_large", 400: "refusal.bad_request"}
        key = keys.get(error.status_code)
        sentence = say(language, key, detail=error.detail) if key else str(error.detail)
        return answer(request, error.status_code, sentence, error.headers)

    def unstorable(request: Request, error: Exception) -> Response:
        _log.warning("request holds a value the database refuses", request_id=request.state.request_id,
                     path=request.url.path, error=str(error).splitlines()[0])
        return answer(request, 422, say(guard.language_of(request), "refusal.unstorable"))

    def absent(request: Request, error: Exception) -> Response:
        assert isinstance(error, ForeignKeyViolation)  # noqa: S101  registered for this class
        named = _NAMED.search(error.diag.message_detail or "")
        _log.warning("request names what is not on record", request_id=request.state.request_id,
                     path=request.url.path, error=str(error).splitlines()[0])
        field, value = named.groups() if named else ("", "")
        return answer(request, 422, say(guard.language_of(request), "refusal.not_on_record", field=field, value=value))

    def beyond(request: Request, error: Exception) -> Response:
        _log.warning("request holds a day that can't be reckoned with", request_id=request.state.request_id,
                     path=request.url.path, error=str(error))
        return answer(request, 422, say(guard.language_of(request), "refusal.far_day"))

    def away(request: Request, error: Exception) -> Response:
        _log.error("database away", request_id=request.state.request_id, error=str(error).splitlines()[0])
        request.state.viewer = None
        return answer(request, 503, say(guard.language_of(request), "refusal.database"))

    app.add_exception_handler(HuoyanError, refused)
    app.add_exception_handler(RequestValidationError, unusable)
    app.add_exception_handler(HTTPException, plain)
    app.add_exception_handler(DataError, unstorable)
    # A lone surrogate in a text never reaches the database: its driver can't write it.
    app.add_exception_handler(UnicodeEncodeError, unstorable)
    app.add_exception_handler(ForeignKeyViolation, absent)
    app.add_exception_handler(OverflowError, beyond)
    app.add_exception_handler(OperationalError, away)
