"""What the process that starts the pages decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

_KIB = 1024
_MIB = 1024 * _KIB


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True)
class ApiOptions:
    """``secure_cookies`` is False only for plain HTTP on one machine; ``clock`` gives the moment of a request, in UTC.

    ``body_limit`` and ``upload_limit`` (bytes) bound a request and an uploaded register; a larger one is refused with
    413 before it is read whole. ``hashing_at_once`` bounds the memory that logins can take (about 19 MiB each).
    ``max_payload`` (bytes) is the limit of ingest, for trials; ``broker_address`` is where vendors are told to connect.
    """

    secure_cookies: bool = True
    body_limit: int = 256 * _KIB
    upload_limit: int = 32 * _MIB
    hashing_at_once: int = 2
    max_payload: int = 262_144
    broker_address: str = "BROKER:8883"
    clock: Callable[[], dt.datetime] = _now
