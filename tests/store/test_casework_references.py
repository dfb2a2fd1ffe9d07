"""What cases, measures, referrals and the like name is there and stays, though it is looked up once for a statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.servers.databases import Server
from tests.store.test_references import CITY

# Of each record that names what there is by 0036: a row, of whose columns those that name are told beside it.
_CASEWORK = {
    "cases": ("case_no, party, regime, procedure, article, facts, officers, offence_on, life_safety, filed_at,"
              " filed_on, entered_by", "'N', 'citizen', 'own', 'simple', '60', 'x', '{B1}', '2026-01-02', false,"
              " '2026-01-02', '2026-01-02', 'w'", ("unit_id", "area_code")),
    "measures": ("measure_no, kind, path, ground, scope, officers, began_at, began_on, entered_by",
                 "'N', 'suspension', 'ordinary', 'x', 'x', '{B1}', '2026-01-02', '2026-01-02', 'w'",
                 ("unit_id", "area_code")),
    "major_hazards": ("major_hazard_no, way, elements, officers, found_at, found_on, entered_by",
                      "'N', 'direct', '{x}', '{B1}', '2026-01-02', '2026-01-02', 'w'", ("unit_id", "area_code")),
    "credit_entries": ("occurred_on, points, event_kind, event_ref, article", "'2026-01-02', 1, 'repair', 'N', 'x'",
                       ("unit_id",)),
    "credit_listings": ("list, from_day, basis", "'red', '2026-01-02', 'x'", ("unit_id",)),
    "agreements": ("agreement_no, regime, powers, from_day, signed_on, made_by",
                   "'N', 'empowered', '{x}', '2026-01-02', '2026-01-02', 'w'", ("town_code", "principal_code")),
    "training_days": ("kind, held_on, hours, days, topic, made_by", "'special', '2026-01-02', 1, 1, 'x', 'w'",
                      ("officer_no",)),
    "guidance_visits": ("visited_on, officers, note, made_by", "'2026-01-02', '{B1}', 'x', 'w'", ("town_code",)),
    "referrals": ("referral_no, reason, from_body, owner_body, found_on, made_by",
                  "'N', 'other', 'town', 'brigade', '2026-01-02', 'w'",
                  ("unit_id", "from_code", "to_code", "owner_code")),
    "referral_steps": ("step, at, made_by", "'sent', '2026-01-02', 'w'", ("referral_id", "from_code", "to_code"))}
_NAMED = [(table, column) for table, (_, _, named) in _CASEWORK.items() for column in named]
# By the column that names it: its table, its key, one of a row that nothing else names, and what stands in no row.
_TARGETS = {"unit_id": ("units", "unit_id", "(select unit_id from units where unit_no = 'U2')", "999"),
            "officer_no": ("officers", "officer_no", "'B3'", "'B9'"),
            "referral_id": ("referrals", "referral_id", "(select referral_id from referrals where referral_no = 'V1')",
                            "999")}
_AREA = ("areas", "area_code", "'990002'", "'990009'")


@pytest.fixture(scope="module")
def lasting(servers: Callable[[str], Server]) -> Iterator[psycopg.Connection]:
    """A connection whose every change is undone, to one city for all who ask."""
    with servers("embedded").migrated() as dsn, psycopg.connect(dsn) as connection:
        connection.execute(CITY)  # type: ignore[arg-type]
        connection.commit()
        yield connection


@pytest.fixture
def undone(lasting: psycopg.Connection) -> Iterator[psycopg.Connection]:
    yield lasting
    lasting.rollback()


def _named_by(connection: psycopg.Connection, table: str, column: str, value: str) -> str:
    """A row of the table that names the value in the column, and elsewhere what stands."""
    connection.execute("insert into areas (area_code, level, name_zh, parent_code) values"
                       " ('990001', 'district', '甲区', '990000'), ('990002', 'district', '乙区', '990000')"
                       " on conflict do nothing")
    connection.execute("insert into referrals (referral_no, reason, unit_id, from_code, from_body, to_code, owner_code,"
                       " owner_body, found_on, made_by) select no, 'other', unit_id, '990001', 'town', '990000',"
                       " '990000', 'brigade', '2026-01-02', 'w' from units, unnest(array['V1', 'V2']) no"
                       " where unit_no = 'U1' on conflict do nothing")
    stands = {"unit_id": "(select unit_id from units where unit_no = 'U1')", "officer_no": "'B1'",
              "referral_id": "(select referral_id from referrals where referral_no = 'V2')"}
    names, values, named = _CASEWORK[table]
    told = [value if one == column else stands.get(one, "'990001'") for one in named]
    return f"insert into {table} ({', '.join((names, *named))}) values ({', '.join((values, *told))})"


@pytest.mark.parametrize(("table", "column"), _NAMED)
def test_a_record_of_casework_names_what_there_is(undone: psycopg.Connection, table: str, column: str) -> None:
    target, _key, there, stray = _TARGETS.get(column, _AREA)
    sentence = f"{table} name {column} {stray.strip(chr(39))}, which {target} do not have"
    insert = _named_by(undone, table, column, stray)
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match=sentence), undone.transaction():
        undone.execute(insert)  # type: ignore[arg-type]
    undone.execute(_named_by(undone, table, column, there))  # type: ignore[arg-type]
    if table in ("credit_entries", "referral_steps", "training_days"):
        return  # append-only
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match=sentence), undone.transaction():
        undone.execute(f"update {table} set {column} = {stray}")  # type: ignore[arg-type]
    undone.execute(f"update {table} set {column} = {column}")  # type: ignore[arg-type]


@pytest.mark.parametrize(("table", "column"), _NAMED)
def test_what_a_record_of_casework_names_stays(undone: psycopg.Connection, table: str, column: str) -> None:
    target, key, there, stray = _TARGETS.get(column, _AREA)
    named = _named_by(undone, table, column, there)
    with undone.transaction(force_rollback=True):  # nothing else names it
        assert undone.execute(f"delete from {target} where {key} = {there}").rowcount == 1  # type: ignore[arg-type]
    undone.execute(named)  # type: ignore[arg-type]
    changed = "default" if key.endswith("_id") else stray
    for statement in (f"delete from {target} where {key} = {there}",
                      f"update {target} set {key} = {changed} where {key} = {there}"):
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match=f"of {target} is named by {table}"), \
                undone.transaction():
            undone.execute(statement)  # type: ignore[arg-type]
