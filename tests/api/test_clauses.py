"""Why a cell can't stand is said in Chinese on Chinese pages, for every kind of cell that the registers have."""

import re

import pytest

from api.clauses import in_chinese
from registry.cells import CellError
from registry.columns import TABLES
from tests.api import district
from tests.api.conftest import House

_WRONG: tuple[object, ...] = ("x" * 9000, "a b", "", "maybe", "1.5.2", "2024-02-30", "-1e9", "{", "9.11E+17", "[]",
                              "#N/A")


@pytest.mark.parametrize("noun", TABLES)
def test_every_reader_of_cells_is_understood(noun: str) -> None:
    left = set()
    for column in TABLES[noun].columns:
        for cell in _WRONG:
            try:
                column.read(cell, district.DAY)
            except CellError as error:
                said = in_chinese(str(error))
                if said == str(error) or not re.search(r"[\u4e00-\u9fff]", said):
                    left.add(str(error))
    assert not left


def test_a_clause_that_is_not_known_is_shown_as_it_is() -> None:
    assert in_chinese("something new") == "something new"


def test_a_report_of_an_import_is_in_the_readers_language(house: House) -> None:
    client, proof = house.browser_like("administrator")
    text = "unit_no,name,area_code,kind\nN2,坏单位,999999,hotel\n".encode()
    chinese = client.post("/registers/import", data={"csrf": proof, "noun": "units", "dry_run": "true"},
                          files={"file": ("units.csv", text)}).text
    assert "没有区域 999999" in chinese
    refused = client.post("/registers/import", data={"csrf": proof, "noun": "units"},
                          files={"file": ("units.csv", b"colour\nred\n")})
    assert "无法保存：units.csv" in refused.text
