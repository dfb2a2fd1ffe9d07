"""The pages' own files: styles, scripts, icons, and the two vendored libraries. Nothing comes from another host."""

from __future__ import annotations

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.pages import STATIC


class Static(StaticFiles):
    """Serves ``api/static``; an address that carries the file's digest can be kept for good."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kept = b"v=" in scope.get("query_string", b"")
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return response
