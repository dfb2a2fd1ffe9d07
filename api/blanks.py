"""A field of a filter that was left blank was not asked for: browsers send it all the same."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class Blanks:
    """Takes blank parameters out of the address of a page. The API hears what was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and not scope["path"].startswith("/api/"):
            # In place: the layers above read from it which route answered.
            scope["query_string"] = b"&".join(pair for pair in scope["query_string"].split(b"&")
                                              if not (pair.endswith(b"=") and pair.count(b"=") == 1))
        await self._app(scope, receive, send)
