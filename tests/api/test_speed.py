"""Twenty thousand units feel instant: the ranking is measured over HTTP, page and JSON, on every kind of filter."""

import itertools
import time
from collections.abc import Callable

from api import accounts
from store import Database
from tests.api import district
from tests.api.conftest import house_on
from tests.servers.databases import Server

# A quiet machine answers each in about 20 ms. Server, client, database and other work share the cores here, so the
# bound is wider, and each address may try again until a quiet moment came.
INSTANT = 100  # ms from request to answer
PATIENCE = 30  # s

_LOAD = (
    "insert into areas values ('990000', null, 'city', '市', null), ('990101', '990000', 'district', '区', null)",
    """insert into areas select '990101' || to_char(n, 'FM000'), '990101', 'town', '镇' || n, null
       from generate_series(1, 8) n""",
    """insert into units (unit_no, name, area_code, kind, is_key, is_crowded, uscc)
       select 'U' || to_char(n, 'FM000000'), '第' || n || '号' || (array['宾馆', '酒楼', '商场', '服装厂'])[1 + n % 4],
              '990101' || to_char(1 + n % 8, 'FM000'), (array['hotel', 'restaurant', 'mall', 'factory'])[1 + n % 4],
              n % 9 = 0, n % 5 = 0, '91990101' || to_char(n, 'FM0000000000')
       from generate_series(1, 20000) n""",
    """insert into scores (unit_id, as_of, score, rank, risk_class, base_class, contributions, direct)
       select unit_id, d.day, 100 - r * 0.004, r, (array['D', 'C', 'B', 'A'])[1 + r / 5001],
              (array['D', 'C', 'B', 'A'])[1 + r / 5001],
              (select jsonb_agg(jsonb_build_object('feature', 'f' || k, 'zh', '近90天离线率', 'en', 'share offline',
                                                   'value', k, 'unit', '%', 'points', 3.0 - k * 0.1))
               from generate_series(1, 25) k), case when r % 50 = 0 then array['hazard_overdue'] else '{}' end
       from (select unit_id, row_number() over (order by unit_no desc)::int as r from units) ranked,
            (values (date '2026-12-07')) d(day)""",
    """insert into score_runs (as_of, model, policy_version, units, started_at) values
       ('2026-12-07', 'scorecard', 'x', 20000, now())""",
    "analyze",
)
ADDRESSES = ("/ranking", "/ranking?q=17人", "/ranking?q=第1234", "/ranking?q=宾馆&class=C", "/ranking?area=990101003",
             "/ranking?kind=mall&key=true", "/ranking?offset=19000", "/ranking?direct=true",
             "/ranking?crowded=true&class=A",
             "/api/v1/units?limit=50", "/api/v1/units?q=U0123", "/api/v1/units?area=990101&class=B&offset=500")


def test_the_ranking_of_twenty_thousand_units_is_instant(servers: Callable[[str], Server]) -> None:
    best: dict[tuple[str, str], float] = {}
    with servers("embedded").migrated() as url, Database(url, max_size=4) as db:
        with db.connection() as connection:
            for statement in _LOAD:
                connection.execute(statement)
        for role, reach in (("administrator", ()), ("town", ("990101003",))):
            one = accounts.NewAccount(role, role, role, district.PASSWORD, reach)
            accounts.add(db, one, actor="test", now=district.NOW)
        with house_on(db) as house:
            clients = {role: house.client(role) for role in ("administrator", "town")}
            slow, until = set(itertools.product(clients, ADDRESSES)), time.monotonic() + PATIENCE
            while slow and time.monotonic() < until:
                for role, address in sorted(slow):
                    began = time.perf_counter()
                    answer = clients[role].get(address, headers={"hx-request": "true"})
                    taken = (time.perf_counter() - began) * 1000
                    assert answer.status_code == 200
                    best[role, address] = min(taken, best.get((role, address), taken))
                    if taken < INSTANT:
                        slow.discard((role, address))
    assert not slow, {key: round(best[key], 1) for key in slow}
