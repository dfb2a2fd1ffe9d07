"""A page that lists the REST routes from OpenAPI itself: readable without a script from another host."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import pages

router = APIRouter(include_in_schema=False)


def operations(schema: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The operations of an OpenAPI document by tag."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            tag = operation.get("tags", ["other"])[0]
            parameters = [parameter["name"] for parameter in operation.get("parameters", [])]
            found.setdefault(tag, []).append({"method": method.upper(), "path": path, "parameters": parameters,
                                              "summary": operation.get("summary", "")})
    return found


@router.get("/api")
def page(request: Request) -> Response:
    schema = request.app.openapi()
    return pages.render(request, "openapi.html", operations=operations(schema), version=schema["info"]["version"])
