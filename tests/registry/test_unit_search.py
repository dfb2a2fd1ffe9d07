"""Units are found by any part of their name or number, through the index and without it alike."""

from __future__ import annotations

import pytest

from registry import bulk, unit_search
from store import Database

NAMES = {"U1": "火眼宾馆", "U2": "Grand HOTEL 火眼店", "U3": "100%_棉\\纺厂", "U4": "Café 咖啡",
         "U5": "眼火商场", "U6": "a"}
CODE = "91110000MA01ABCDXY"


@pytest.fixture
def named(towns: Database) -> Database:
    with towns.connection() as connection:
        bulk.load_units(connection, [{"unit_no": number, "name": name, "kind": "hotel",
                                      "area_code": "990101001" if number < "U4" else "990101002"}
                                     for number, name in NAMES.items()])
        connection.execute("update units set uscc = %s where unit_no = 'U5'", [CODE])
    return towns


def found(db: Database, text: str, *, areas: list[str] | None = None, codes: bool = False) -> set[str] | None:
    with db.connection() as connection:
        asked = unit_search.asked(connection, text, areas, codes=codes)
        if asked["units"] is None:
            return None
        return {row["unit_no"] for row in connection.execute(
            "select unit_no from units where unit_id = any(%s)", [asked["units"]]).fetchall()}


@pytest.mark.parametrize(("text", "wanted"), [
    ("火", {"U1", "U2", "U5"}), ("火眼", {"U1", "U2"}), ("眼宾馆", {"U1"}), ("火眼宾馆", {"U1"}), ("火馆", set()),
    ("火宾", set()), ("hotel", {"U2"}), ("Hotel", {"U2"}), ("D h", {"U2"}), ("CAF", {"U4"}), ("A", {"U2", "U4", "U6"}),
    ("u5", {"U5"}), ("5", {"U5"}), ("%", {"U3"}), ("_", {"U3"}), ("\\", {"U3"}), ("0%_棉", {"U3"}), ("1%", set()),
    ("U_", set()), ("  眼火  ", {"U5"}), ("火眼宾馆火眼宾馆", set()), ("\n", None), ("", None), ("91110", set())])
def test_a_part_of_a_name_or_number_finds_whoever_holds_it(named: Database, text: str, wanted: set[str] | None) -> None:
    assert found(named, text) == wanted


def test_a_code_counts_where_it_is_asked_for_and_areas_narrow(named: Database) -> None:
    assert found(named, "ma01abc", codes=True) == {"U5"}
    assert found(named, "ma01abc") == set()
    assert found(named, "火", areas=["990101001"]) == {"U1", "U2"}
    assert found(named, "火", areas=[]) == set()


def test_the_index_answers_as_a_look_at_every_row_does(named: Database) -> None:
    texts = {name[first:last] for name in (*NAMES.values(), *NAMES) for first in range(len(name))
             for last in range(first + 1, len(name) + 1)}
    for text in sorted(texts):
        if text.strip():
            rows = named.rows("select unit_no from units where strpos(lower(name), lower(%s)) > 0"
                              " or strpos(lower(unit_no), lower(%s)) > 0", [text.strip(), text.strip()])
            assert found(named, text) == {row["unit_no"] for row in rows}, text


def test_units_are_looked_up_in_the_index(named: Database) -> None:
    with named.connection() as connection:
        connection.execute("set local enable_seqscan = off")
        plan = connection.execute("explain " + unit_search.q["named"], {
            "pieces": unit_search.pieces("火眼"), "pattern": "%火眼%", "codes": False, "areas": None,
            "limit": 10}).fetchall()
    assert any("units_pieces" in row["QUERY PLAN"] for row in plan)


def test_too_many_that_fit_are_left_to_the_list(named: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_search, "MOST", 2)
    with named.connection() as connection:
        assert unit_search.asked(connection, "火", None) == {"text": "%火%", "units": None}
        assert len(unit_search.asked(connection, "火眼", None)["units"]) == 2
