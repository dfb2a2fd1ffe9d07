"""Records of the protocol before: read as they were, carried over by the migration, not drawn any more."""

from __future__ import annotations

import copy
import json

import psycopg
import pytest
from alembic import command

from sampling import draw, frames, freeze
from sampling.errors import DrawError
from sampling.tickets import canonical
from store import Database
from store.migrating import _config, _connected, migrate
from tests.sampling.city import LATE, LATE_EVENING, LATE_MORNING, city, frame_of, odd_city, rows_of, store
from tests.servers.databases import Server


def _as_before(frame):
    """A frame as ``huoyan-draw/1`` wrote it: an object for each unit."""
    old = copy.deepcopy(frame)
    old["protocol"] = "huoyan-draw/1"
    del old["profiles"]
    old["units"] = [{**{name: value for name, value in row.items() if name != "group"},
                     "key": row["group"] != "general", "crowded": row["group"] == "duty"} for row in rows_of(frame)]
    return old


@pytest.mark.parametrize("seed", range(8))
def test_a_frame_of_the_protocol_before_is_read_as_the_same_frame(seed):
    frame = json.loads(canonical(frame_of(odd_city(seed), tune=False)))
    again = frames.read(canonical(_as_before(frame)))
    assert {**again, "protocol": frame["protocol"]} == frame
    assert rows_of(again) == rows_of(frame)


@pytest.mark.parametrize("change", [
    lambda old: old["units"][0].pop("stratum"), lambda old: old["desks"][0].update(note="import officers first"),
    lambda old: old["units"][0].update(excluded={"code": "because"}), lambda old: old.update(protocol="huoyan-draw/0")])
def test_a_frame_of_a_form_that_nobody_knows_is_one_sentence(change):
    old = _as_before(frame_of(city(1, units=5), tune=False))
    change(old)
    with pytest.raises(DrawError, match="the frame of D20260302"):
        frames.read(canonical(old))


def test_a_frame_frozen_by_an_earlier_version_is_not_drawn_and_the_sentence_says_what_follows(db: Database):
    store(db, city(21, units=60, officers=6, day=LATE))
    freeze.run(db, LATE, LATE_EVENING)
    row = db.row("select frame from draws")
    assert row
    with db.connection() as connection:
        connection.execute("alter table draws disable trigger draw_final")
        connection.execute("update draws set frame = %s", [canonical(_as_before(json.loads(row["frame"])))])
    with pytest.raises(DrawError, match="was frozen by an earlier version"):
        draw.run(db, LATE, LATE_MORNING)
    assert db.row("select status from draws") == {"status": "frozen"}


_PAST = """
    insert into areas (area_code, level, name_zh) values ('990000', 'city', '市'), ('980000', 'city', '市');
    insert into units (unit_no, name, area_code, kind)
        values ('U1', 'a', '990000', 'other'), ('U2', 'b', '990000', 'other'), ('U3', 'c', '980000', 'other');
    insert into officers (officer_no, name, body, area_codes)
        values ('O1', 'x', 'brigade', '{990000}'), ('O2', 'y', 'brigade', '{990000}');
    insert into draws (draw_no, draw_date, sequence, status, policy_version, frame, commitment, previous, frozen_at)
        values ('D20260105', '2026-01-05', 1, 'frozen', 'v', '{}', 'c', 'p', now());
    insert into draw_units (draw_id, unit_id, stratum, p_random, p_total, excluded)
        select draw_id, unit_id, 's', 0.25, 0.5, case unit_no when 'U2' then 'cap 1' end from draws, units;
    insert into draw_visits (draw_id, position, unit_id, stratum, arm, probability, lead_officer, second_officer)
        select draw_id, 1, unit_id, 's', 'random', 0.5, 'O1', 'O2' from draws, units where unit_no = 'U1'"""


def test_what_stands_of_past_draws_is_carried_over(any_server: Server):
    with any_server.empty() as url:
        with _connected(url) as connection:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "0013")
            connection.commit()
        with psycopg.connect(url) as connection:
            connection.execute(_PAST)
        migrate(url)
        with psycopg.connect(url) as connection:
            groups = connection.execute("select area_code, reason, units, expected from draw_groups order by 1, 2")
            assert groups.fetchall() == [("980000", "", 1, 0.5), ("990000", "", 1, 0.5), ("990000", "cap", 1, 0.5)]
            assert connection.execute("select p_random, probability from draw_visits").fetchall() == [(0.25, 0.5)]
            with pytest.raises(psycopg.errors.RestrictViolation):
                connection.execute("update draw_visits set p_random = 1")
