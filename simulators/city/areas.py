"""One city, one district, eight towns."""

from __future__ import annotations

from simulators.city.model import Row
from simulators.city.names import CITY, DISTRICT, TOWNS

DISTRICT_CODE = DISTRICT[0]
TOWN_CODES = tuple(f"{DISTRICT_CODE}{number:03d}" for number in range(1, len(TOWNS) + 1))


def area_rows() -> list[Row]:
    """Rows of ``areas``, parents first."""
    rows: list[Row] = [
        {"area_code": CITY[0], "parent_code": None, "level": "city", "name_zh": CITY[1], "name_en": CITY[2]},
        {"area_code": DISTRICT_CODE, "parent_code": CITY[0], "level": "district", "name_zh": DISTRICT[1],
         "name_en": DISTRICT[2]}]
    rows += [{"area_code": code, "parent_code": DISTRICT_CODE, "level": "town", "name_zh": zh, "name_en": en}
             for code, (zh, en, *_) in zip(TOWN_CODES, TOWNS, strict=True)]
    return rows
