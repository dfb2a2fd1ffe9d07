"""The audit log: who changed what, when, before and after. It can only grow; the database refuses anything else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from store.database import Connection


def record(connection: Connection, actor: str, action: str, entity: str, entity_id: str,
           before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Write one line in the caller's transaction, so that a change and its trace are stored together or not at all.

    ``actor`` is a login or, for a program, its name (``cli:wang``, ``job:draw``); ``action`` a verb such as ``update``;
    ``entity`` and ``entity_id`` name the record by its natural key. Secrets don't belong in ``before`` and ``after``.
    """
    connection.execute(
        "insert into audit_log (actor, action, entity, entity_id, before, after) values (%s, %s, %s, %s, %s, %s)",
        [actor, action, entity, entity_id, _json(before), _json(after)])


def record_all(connection: Connection, actor: str, action: str, entity: str,
               made: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """:func:`record` for many new things at once, in their order: each with its key and what it is."""
    connection.execute(
        "insert into audit_log (actor, action, entity, entity_id, after)"
        " select %s, %s, %s, n.id, n.after from unnest(%s::text[], %s::jsonb[]) with ordinality as n (id, after, place)"
        " order by n.place", [actor, action, entity, [key for key, _ in made], [_json(after) for _, after in made]])


def history(connection: Connection, entity: str, entity_id: str, *, limit: int = 100) -> list[dict[str, Any]]:
    """The lines about one record, newest first."""
    return connection.execute(
        "select at, actor, action, before, after from audit_log where entity = %s and entity_id = %s"
        " order by at desc, audit_id desc limit %s", [entity, entity_id, limit]).fetchall()


def _json(record: Mapping[str, Any] | None) -> Jsonb | None:
    # Days, moments and decimal amounts are written as people write them.
    return None if record is None else Jsonb(dict(record), dumps=lambda value: json.dumps(value, default=str))
