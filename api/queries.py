"""A query parameter that a route doesn't know is refused: a filter that is passed over answers another question."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.refusals import BadField

#: Taken by every route: it picks the language of the answer's sentences.
_EVERYWHERE = frozenset({"lang"})
# By endpoint: a route can't be a key.
_DECLARED: dict[Callable[..., Any], frozenset[str]] = {}


def refuse_unknown(request: Request) -> None:
    """Stands before every route of the API; pages keep parameters of their own (``done``, ``view``) to themselves."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not route.path.startswith("/api/"):
        return
    known = declared(route)
    for name in request.query_params:
        if name not in known:
            if not known - _EVERYWHERE:
                raise BadField("refusal.no_queries", name=name[:64])
            if name == "offset" and "after" in known:
                raise BadField("refusal.no_offset")
            raise BadField("refusal.unknown_query", name=name[:64], known=", ".join(sorted(known - _EVERYWHERE)))


def declared(route: APIRoute) -> frozenset[str]:
    """The names of the query parameters that a route or anything it depends on declares."""
    if route.endpoint not in _DECLARED:
        _DECLARED[route.endpoint] = _EVERYWHERE | _names(route.dependant)
    return _DECLARED[route.endpoint]


def _names(dependant: Dependant) -> frozenset[str]:
    found: set[str] = set()
    for field in dependant.query_params:
        model = field.field_info.annotation
        if inspect.isclass(model) and issubclass(model, BaseModel):
            found.update(part.alias or name for name, part in model.model_fields.items())
        else:
            found.add(field.alias)
    return frozenset(found).union(*map(_names, dependant.dependencies))
