"""SQL kept in ``.sql`` files beside its use: one query, one name, one line of purpose.

A file reads::

    -- name: open_alarms
    -- Alarms that are not restored, newest first.
    select ...
"""

from __future__ import annotations

import re
from pathlib import Path

from store.errors import StoreError

_HEADER = re.compile(r"^-- name: ([a-z][a-z0-9_]*)\s*$", re.MULTILINE)


class Queries:
    """The named queries of one file: ``Queries(__file__)`` reads the ``.sql`` of the same name beside a module."""

    def __init__(self, module_or_file: str) -> None:
        path = Path(module_or_file).with_suffix(".sql")
        parts = _HEADER.split(path.read_text(encoding="utf-8"))
        self._path = path
        self._queries = {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}
        if len(self._queries) * 2 + 1 != len(parts):
            raise StoreError(f"{path.name}: a query name stands twice")

    def __getitem__(self, name: str) -> str:
        try:
            return self._queries[name]
        except KeyError:
            raise StoreError(f"{self._path.name}: there is no query named {name}") from None

    def __iter__(self) -> object:
        return iter(self._queries)
