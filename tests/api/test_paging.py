"""Lists that go on behind a cursor give every row once, however many rows are sorted alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from registry import unit_search
from store import Database
from tests.api.conftest import House, house_on

_SAME = "timestamptz '2026-11-02 08:00+08'"
#: Rows that nothing but their number tells apart: visits, orders, complaints, requests, results, in both districts.
_ALIKE = (
    """insert into inspections (inspection_no, unit_id, kind, status, inspected_on, planned_on, started_at, ended_at,
           result)
       select 'SAME-' || n || '-' || status, 1 + n % 42, 'draw', status,
              case status when 'done' then date '2026-11-02' end,
              case when n % 3 > 0 or status = 'done' then date '2026-11-02' end,
              case status when 'done' then {same} end, case status when 'done' then {same} + interval '1 hour' end,
              case status when 'done' then 'pass' end
       from generate_series(1, 23) n, unnest(array['done', 'planned', 'cancelled', 'not_possible']) status""",
    """insert into orders (order_no, inspection_id, unit_id, kind, served_on, correct_by, recheck_by, closed_on)
       select 'SAME-' || n, inspection_id, unit_id, 'time_limited', '2026-11-02', '2026-11-12', '2026-11-15',
              case when n % 3 = 0 then date '2026-11-20' end
       from generate_series(1, 23) n join inspections on inspection_no = 'SAME-' || n || '-done'""",
    """insert into complaints (complaint_no, unit_id, received_at, channel, kind, check_by, checked_at, verified)
       select 'SAME-' || n, 1 + n % 42, {same}, '96119', 'blocked_exit', {same} + interval '1 day',
              case when n % 2 = 0 then {same} end, case when n % 2 = 0 then false end from generate_series(1, 23) n""",
    """insert into visit_requests (request_no, kind, unit_id, received_at, from_body, entered_by)
       select 'SAME-' || n, 'opening', 1 + n % 42, {same}, '某局', 'test' from generate_series(1, 23) n""",
    """insert into result_publications (inspection_id, queued_at, decided_at, decided_by, withheld_why, published_at,
           published_by, place)
       select inspection_id, {same}, {same}, 'x', case n % 3 when 0 then '涉密' end, case n % 3 when 1 then {same} end,
              case n % 3 when 1 then 'x' end, case n % 3 when 1 then 'platform' end
       from generate_series(1, 23) n join inspections on inspection_no = 'SAME-' || n || '-done'""",
    """insert into clocks (rule, noun, ref, unit_id, area_code, body, started_at, soon_at, due_at)
       select 'deadlines.result_published', 'inspection', inspection_no, unit_id, area_code, 'brigade', {same}, {same},
              {same}
       from result_publications join inspections using (inspection_id) join units using (unit_id)
       where published_at is null and withheld_why is null""")
#: Each list with the name of its rows and what names a row.
_LISTS = [(f"inspections?state={state}{more}", "inspections", "inspection_no")
          for state in ("planned", "done", "other", "all") for more in ("", "&q=SAME", "&q=U0", "&q=宾馆")]
_LISTS += [(f"orders?state={state}", "rows", "order_no") for state in ("open", "late", "all")]
_LISTS += [(f"complaints?state={state}", "rows", "complaint_no") for state in ("open", "late", "untold", "all")]
_LISTS += [(f"visit-requests?state={state}", "rows", "request_no") for state in ("open", "all")]
_LISTS += [(f"publications?state={state}", "rows", "inspection_no")
           for state in ("waiting", "late", "untold", "published", "withheld")]
_LISTS += [(f"registers/{noun}?", "rows", key) for noun, key in (
    ("units", "unit_no"), ("devices", "device_no"), ("officers", "officer_no"), ("vendors", "vendor_code"),
    ("items", "item_code"), ("areas", "area_code"))]


@pytest.fixture(scope="module")
def alike(copied: Any) -> Iterator[House]:
    with copied() as url, Database(url, max_size=4) as db:
        with db.connection() as connection:
            for statement in _ALIKE:
                connection.execute(statement.format(same=_SAME))
        with house_on(db) as house:
            yield house


def paged(client: httpx.Client, address: str, rows: str, key: str, limit: int) -> list[str]:
    found, after = [], ""
    for _ in range(200):
        answer = client.get(f"/api/v1/{address}&limit={limit}&after={after}")
        assert answer.status_code == 200, answer.text
        told = answer.json()
        found += [row[key] for row in told[rows]]
        if told["next"] is None:
            return found
        assert len(told[rows]) == limit
        after = told["next"]
    raise AssertionError("the pages never end")


@pytest.mark.parametrize(("address", "rows", "key"), _LISTS)
def test_pages_give_each_row_once_in_the_order_of_the_whole(alike: House, address: str, rows: str, key: str) -> None:
    for account in ("administrator", "brigade"):
        client = alike.client(account)
        whole = [row[key] for row in client.get(f"/api/v1/{address}&limit=500").json()[rows]]
        assert len(whole) == len(set(whole))
        assert len(whole) >= 2 or "vendors" in address or "untold" in address or "late" in address
        assert paged(client, address, rows, key, 7) == whole
        assert paged(client, address, rows, key, 1 if len(whole) < 30 else 11) == whole


@pytest.mark.parametrize("state", ["planned", "done", "all"])
def test_a_text_that_fits_too_many_units_finds_the_same_visits(
        alike: House, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = alike.client("administrator")
    for text in ("宾", "SAME-1", "U00"):
        address = f"inspections?state={state}&q={text}"
        few = paged(client, address, "inspections", "inspection_no", 500)
        with monkeypatch.context() as patch:
            patch.setattr(unit_search, "MOST", 3)
            many = paged(client, address, "inspections", "inspection_no", 7)
            total = client.get(f"/api/v1/{address}&limit=2").json()["total"]
        assert Counter(many) == Counter(few)
        assert total == len(few) > 3


def test_a_page_leads_to_the_next_and_back_to_the_first(alike: House) -> None:
    client, _ = alike.browser_like("administrator")
    for path in ("/inspections?state=done", "/complaints?state=all", "/publications?state=published",
                 "/visit-requests?state=all", "/ranking?q=U", "/registers/units"):
        joint = "&" if "?" in path else "?"
        first = client.get(f"{path}{joint}limit=3")
        assert first.status_code == 200
        assert "回到首页" not in first.text
        following = re.search(r'rel="next" href="([^"]+)"', first.text)
        assert following, path
        second = client.get(following[1].replace("&amp;", "&"))
        assert second.status_code == 200
        assert "回到首页" in second.text


def test_a_deep_page_by_offset_is_refused_with_what_to_do(alike: House) -> None:
    client = alike.client("administrator")
    for address in ("inspections", "orders", "complaints", "visit-requests", "publications", "units",
                    "registers/units"):
        answer = client.get(f"/api/v1/{address}?offset=20000")
        assert (answer.status_code, answer.json()["error"]) == (
            422, "this list has no offset: send the next of the page before as after")
        answer = client.get(f"/api/v1/{address}?after=20000")
        assert answer.status_code == 422
        assert "next" in answer.json()["error"]
    answer = client.get("/api/v1/findings?offset=20000", headers={"accept-language": "zh"})
    assert (answer.status_code, "缩小范围" in answer.json()["error"]) == (422, True)


def test_orders_are_narrowed_to_a_unit(alike: House) -> None:
    client = alike.client("administrator")
    for state in ("open", "all"):
        whole = client.get(f"/api/v1/orders?state={state}&limit=500").json()["rows"]
        unit = next(row["unit_no"] for row in whole if row["order_no"].startswith("SAME"))
        wanted = [row for row in whole if row["unit_no"] == unit]
        assert client.get(f"/api/v1/orders?state={state}&unit={unit}").json()["rows"] == wanted != whole
    assert client.get("/api/v1/orders?state=all&unit=nobody").json() == {"rows": [], "next": None}
    assert alike.client("far").get(f"/api/v1/orders?state=all&unit={unit}").json()["rows"] == []
