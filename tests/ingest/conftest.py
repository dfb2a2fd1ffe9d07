"""A small register of vendors and devices, and messages as devices publish them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from ingest.messages import Message
from ingest.stored import Stored
from ingest.storing import BatchStore
from ingest.vocabulary import Vocabulary, vocabulary
from ingest.writer import Writer
from policy import rules
from store import Database

NOW = dt.datetime(2026, 3, 10, 4, 0, tzinfo=dt.UTC)  # noon in Shanghai

REGISTER = """
    insert into areas (area_code, level, name_zh) values ('990000', 'city', '示范市');
    insert into areas (area_code, parent_code, level, name_zh) values ('990101', '990000', 'district', '火眼区');
    insert into units (unit_no, name, area_code, kind) values ('U1', '一号宾馆', '990101', 'hotel'),
        ('U2', '二号商场', '990101', 'mall');
    insert into vendors (vendor_code, name, status) values ('acme', '甲', 'active'), ('other', '乙', 'active'),
        ('gone', '丙', 'suspended');
    insert into devices (vendor_code, device_no, unit_id, kind, settings, status)
    select v, n, unit_id, k, s::jsonb, st from (values
        ('acme', 'P1', 'U1', 'water_pressure', '{}', 'active'), ('acme', 'S1', 'U1', 'smoke', '{}', 'active'),
        ('acme', 'T1', 'U2', 'uitd', '{}', 'active'), ('acme', 'OLD', 'U1', 'smoke', '{}', 'retired'),
        ('other', 'X1', 'U2', 'electrical', '{}', 'active'), ('gone', 'G1', 'U2', 'smoke', '{}', 'active'))
        as d (v, n, u, k, s, st) join units on unit_no = u;
"""


@pytest.fixture
def words() -> Vocabulary:
    return vocabulary(rules(), NOW.date())


def register(db: Database) -> None:
    with db.connection() as connection:
        connection.execute(REGISTER)


@pytest.fixture
def city(db: Database) -> Database:
    """A database with units U1 and U2, vendors acme, other and gone (suspended), and a device of each sort."""
    register(db)
    return db


@pytest.fixture
def store(city: Database) -> Callable[..., Stored]:
    """``store(("acme/P1/telemetry", payload), ..., at=NOW)`` stores messages as one batch of new deliveries."""
    return storing(city)


def storing(db: Database) -> Callable[..., Stored]:
    batches, numbers = BatchStore(Writer(db, rules())), iter(range(1, 65536))

    def store(*messages: tuple[str, bytes], at: dt.datetime = NOW, **more: Any) -> Stored:
        return batches.store([Message(f"huoyan/v1/{topic}", payload, at, **{"packet_id": next(numbers), **more})
                              for topic, payload in messages])

    return store
