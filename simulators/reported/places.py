"""Areas, units, officers and the catalogue of a reported district."""

from __future__ import annotations

import datetime as dt

from simulators.reported.model import ReportedDistrict, Row
from simulators.reported.targets import BRIGADE, ITEMS, OWN_UNITS, Targets

CITY, DISTRICT = "980000", "980101"
_IN_TOWN = 2
_SURNAMES, _GIVEN = "王李张刘陈杨黄赵吴周徐孙", "伟强磊洋勇军杰涛超明刚平"
_TOWNS = "清溪龙潭白云新城石桥柳林青山大湾双河永安东关西岭南坪北渡古井高台平桥长滩玉泉金沙临江和平"
_KINDS = ("restaurant", "small_place", "office", "mall", "hotel", "school", "factory", "warehouse")
_SEVERITIES = ("minor", "minor", "serious", "critical")


def town_codes(targets: Targets) -> list[str]:
    """The codes of the towns."""
    return [f"{DISTRICT}{number:03d}" for number in range(1, targets.towns + 1)]


def item_codes() -> list[str]:
    """The codes of the catalogue."""
    return [f"R{number:02d}" for number in range(1, ITEMS + 1)]


def severity(item: int) -> str:
    """How grave an item is."""
    return _SEVERITIES[item % len(_SEVERITIES)]


def brigade() -> list[str]:
    """The numbers of the brigade's officers."""
    return [f"RB{number:03d}" for number in range(1, BRIGADE + 1)]


def of_town(place: int) -> list[str]:
    """The numbers of the officers of the town at a place of the list."""
    return [f"RT{place * _IN_TOWN + number:04d}" for number in range(1, _IN_TOWN + 1)]


def fill(district: ReportedDistrict, targets: Targets, year: int) -> None:
    """The registers."""
    district.areas += [
        {"area_code": CITY, "parent_code": None, "level": "city", "name_zh": "示例市", "name_en": "Shili City"},
        {"area_code": DISTRICT, "parent_code": CITY, "level": "district", "name_zh": "报告区",
         "name_en": "Baogao District"}]
    for place, code in enumerate(town_codes(targets)):
        name = _TOWNS[place * 2 % len(_TOWNS):][:2] + (str(place) if place * 2 >= len(_TOWNS) else "")
        district.areas.append({"area_code": code, "parent_code": DISTRICT, "level": "town", "name_zh": f"{name}镇",
                               "name_en": f"Town {place + 1}"})
    district.items += [{
        "item_code": code, "valid_from": dt.date(2009, 5, 1), "valid_to": None, "name_zh": f"检查项目{n}",
        "name_en": f"item {n}", "category": "general", "severity": severity(n - 1), "basis": "消防法第十六条"}
        for n, code in enumerate(item_codes(), 1)]
    district.officers += [_officer(number, "brigade", DISTRICT, place, year) for place, number in enumerate(brigade())]
    for place, code in enumerate(town_codes(targets)):
        district.officers += [_officer(number, "town", code, place + n, year)
                              for n, number in enumerate(of_town(place))]
    towns = town_codes(targets)
    district.units += [_unit(f"RK{number:06d}", towns[number % len(towns)], number, year, key=number % 3 == 0)
                       for number in range(OWN_UNITS)]
    district.units += [_unit(f"RU{number:06d}", towns[number % len(towns)], number, year, key=False)
                       for number in range(targets.town_units)]


def _officer(number: str, body: str, area: str, place: int, year: int) -> Row:
    return {"officer_no": number, "name": _SURNAMES[place % 12] + _GIVEN[place // 12 % 12], "body": body,
            "area_codes": [area], "certificate_no": f"Z{number}", "certificate_from": dt.date(year - 3, 1, 1),
            "certificate_to": dt.date(year + 3, 12, 31), "can_lead": True, "skills": [], "daily_visits": 4,
            "status": "active"}


def _unit(number: str, area: str, place: int, year: int, *, key: bool) -> Row:
    return {"unit_no": number, "name": f"示例单位{number}", "area_code": area, "kind": _KINDS[place % len(_KINDS)],
            "is_key": key, "is_crowded": key, "registered_on": dt.date(year - 6, 1, 1), "source": "simulator"}
