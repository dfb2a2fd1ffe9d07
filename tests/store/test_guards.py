"""What the database itself refuses: changes of the record, and access beyond a process's own work."""

from __future__ import annotations

import psycopg
import pytest

from store import Database

_DRAW = """
    insert into draws (draw_no, draw_date, sequence, status, policy_version, frame, commitment, previous, frozen_at)
    values ('990000-2026-03-02', '2026-03-02', 1, 'frozen', 'v', 'frame', 'commitment', 'previous', now())
"""
_ENTRY = """
    insert into credit_entries (unit_id, occurred_on, points, event_kind, event_ref, article)
    values (1, '2026-03-01', -5, 'test', '1', 'test')
"""
_UNIT = """
    insert into areas (area_code, level, name_zh) values ('990000', 'city', '示范市');
    insert into units (unit_no, name, area_code, kind) values ('U1', '甲', '990000', 'hotel')
"""
_LOG = "insert into audit_log (actor, action, entity, entity_id) values ('a', 'b', 'c', 'd')"


_CHANGES = [
    "update audit_log set actor = 'someone else'",
    "delete from audit_log",
    "truncate audit_log",
    "update credit_entries set points = 0",
    "delete from credit_entries",
    "update draws set frame = 'another'",
    "update draws set commitment = 'another'",
    "update draws set draw_date = '2026-03-03'",
    "delete from draws",
]


def test_the_record_is_only_added_to(any_db: Database) -> None:
    with any_db.connection() as connection:
        for statement in (_LOG, _UNIT, _ENTRY, _DRAW):
            connection.execute(statement)  # type: ignore[arg-type]
    for change in _CHANGES:
        refusal = pytest.raises(psycopg.errors.RestrictViolation, match="append-only|is final")
        with refusal, any_db.connection() as connection:
            connection.execute(change)  # type: ignore[arg-type]


def test_a_drawn_draw_is_final_altogether(any_db: Database) -> None:
    with any_db.connection() as connection:
        connection.execute(_DRAW)
        connection.execute("update draws set status = 'drawn', seed = 's', bundle = 'b', record_hash = 'h', "
                           "drawn_at = now()")
    for change in ("update draws set seed = 'another'", "update draws set drawn_at = now()", "delete from draws"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="is final"), any_db.connection() as connection:
            connection.execute(change)


def test_a_draw_is_drawn_whole_or_not_at_all(any_db: Database) -> None:
    with any_db.connection() as connection:
        connection.execute(_DRAW)
    with pytest.raises(psycopg.errors.CheckViolation), any_db.connection() as connection:
        connection.execute("update draws set status = 'drawn', seed = 's'")


def test_a_day_has_one_draw(any_db: Database) -> None:
    with any_db.connection() as connection:
        connection.execute(_DRAW)
    with pytest.raises(psycopg.errors.UniqueViolation), any_db.connection() as connection:
        connection.execute(_DRAW.replace("990000-2026", "991111-2026").replace(" 1, 'frozen'", " 2, 'frozen'"))


_REACH = [
    ("huoyan_ingest", "select * from devices", True),
    ("huoyan_ingest", "insert into readings values (1, 1, now(), 1, now())", True),
    ("huoyan_ingest", "select * from accounts", False),
    ("huoyan_ingest", "select * from sessions", False),
    ("huoyan_ingest", "select * from scores", False),
    ("huoyan_ingest", "update units set name = 'x'", False),
    ("huoyan_ingest", "delete from readings", False),
    ("huoyan_ingest", "select * from entropy_chains", False),
    ("huoyan_ingest", "select * from plans", False),
    ("huoyan_api", "delete from plans", True),
    ("huoyan_scheduler", "delete from plans", True),
    ("huoyan_api", "truncate plans", False),
    ("huoyan_scheduler", "select * from scores", True),
    ("huoyan_scheduler", "select root from entropy_chains", True),
    ("huoyan_scheduler", "select * from accounts", False),
    ("huoyan_scheduler", "update units set name = 'x'", False),
    ("huoyan_scheduler", "delete from audit_log", False),
    ("huoyan_api", "select * from accounts", True),
    ("huoyan_api", "select anchor from entropy_chains", True),
    ("huoyan_api", "select root from entropy_chains", False),
    ("huoyan_api", "update draws set seed = 'x'", False),
    ("huoyan_api", "insert into draws (draw_no) values ('x')", False),
    ("huoyan_api", "select list_link(1), finish_list(1, '[]', 's', 'b', 'h', now())", True),
    ("huoyan_api", "select freeze_list('D1', '2026-03-02', 'daily', 't', 1, 'v', 'f', 'c', 'p', now(), null, null)",
     True),
    ("huoyan_api", "insert into joint_departments values ('police', '公安')", True),
    ("huoyan_ingest", "select list_link(1)", False),
    ("huoyan_api", "insert into scores (unit_id, as_of, score, rank, risk_class, base_class, contributions) "
                   "values (1, '2026-03-01', 1, 1, 'A', 'A', '[]')", False),
    ("huoyan_api", "update audit_log set actor = 'x'", False),
    ("huoyan_api", "delete from credit_entries", False),
]


def test_each_process_reaches_only_what_its_work_needs(any_db: Database) -> None:
    wrong = []
    for role, statement, allowed in _REACH:
        try:
            with any_db.connection() as connection:
                connection.execute(f"set local role {role}")  # type: ignore[arg-type]
                connection.execute(statement)  # type: ignore[arg-type]
                done = True
        except psycopg.errors.InsufficientPrivilege:
            done = False
        if done is not allowed:
            wrong.append(f"{role} {'may' if done else 'may not'}: {statement}")
    assert wrong == []
