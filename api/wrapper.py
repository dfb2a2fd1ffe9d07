"""What surrounds every request: its number, its size limit, the security headers, the metrics and the last resort."""

from __future__ import annotations

import secrets
import time
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.options import ApiOptions

_log = structlog.get_logger(__name__)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
_UPLOADS = ("/registers/import", "/api/v1/imports")


class Traffic:
    """Counts and times requests by route template, so that no unit number becomes a label."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter("huoyan_api_requests", "requests answered", ["method", "route", "status"],
                                registry=registry)
        self.seconds = Histogram("huoyan_api_request_seconds", "time to the end of the answer", ["route"],
                                 buckets=(.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10), registry=registry)

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or ("/static" if "static" in scope["path"][:8] else "none")
        self.requests.labels(scope["method"], route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)


class Wrapper:
    """The outermost layer of the application; ``last_resort`` answers what nothing else did."""

    def __init__(self, app: ASGIApp, options: ApiOptions, traffic: Traffic, last_resort: Any) -> None:
        self._app, self._options, self._traffic, self._last_resort = app, options, traffic, last_resort

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = secrets.token_hex(8)
        state = scope.setdefault("state", {})
        state["request_id"] = number
        state["visit"] = secrets.token_urlsafe(24)
        began, status = time.perf_counter(), 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name.lower() for name, _ in message["headers"]}
                extra = [pair for pair in _HEADERS if pair[0] not in present]
                if self._options.secure_cookies:
                    extra.append(_TRANSPORT)
                if b"cache-control" not in present:
                    extra.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *extra, (b"x-request-id", number.encode())]
            await send(message)

        try:
            await self._app(scope, self._bounded(scope, receive), dressed)
        # Whatever was raised, the reader gets a sentence and a number, and the log the traceback.
        except Exception:
            _log.exception("request failed", request_id=number, path=scope["path"], method=scope["method"])
            if status:
                raise
            await self._last_resort(scope)(scope, receive, dressed)
        finally:
            self._traffic.note(scope, status or 499, time.perf_counter() - began)

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        limit = self._options.upload_limit if scope["path"].startswith(_UPLOADS) else self._options.body_limit
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            if declared.isdigit() and int(declared) > limit:
                raise HTTPException(413, str(limit))
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413, str(limit))
            return message
        return bounded
