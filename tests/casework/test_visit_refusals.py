"""Each gate of a visit's record says its article, in English and in Chinese, and no refusal is without Chinese."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import casework
from casework.errors import CaseworkError
from casework.forms import HazardFound, NewVisit, ResultForm
from casework.results import record_result
from casework.sheets import Sheet
from store import Database
from tests.casework.city import DAY, PHOTO, SHEET, build_city, moment
from tests.servers.databases import Server

NOW = moment(DAY + dt.timedelta(days=30), 12)
LEAD, MEMBER = ("B1", "lead"), ("B2", "member")
_PARTS = ("results", "hazard_checks", "sheets", "sheet_storing", "orders", "officers", "planning", "reading", "forms")


@pytest.fixture(scope="module")
def city(servers: Callable[[str], Server]) -> Iterator[Database]:
    with servers("embedded").migrated() as url, Database(url, max_size=2) as opened:
        build_city(opened)
        yield opened


def hazard(handling: str = "ordered", days: int | None = 7, **changes: Any) -> HazardFound:
    due = None if days is None else DAY + dt.timedelta(days=days)
    return replace(HazardFound("exits.blocked", handling, due), **changes)


@pytest.mark.parametrize(("unit", "changes", "article", "chinese"), [
    ("U2", {"officers": (LEAD,)}, "行政处罚法 Art. 42", "第四十二条"),
    ("U2", {"officers": (("B1", "lead"), ("B2", "lead"))}, "消防监督检查规定 Art. 14", "第十四条"),
    ("U2", {"officers": None}, "消防监督检查规定 Art. 14", "第十四条"),
    ("U2", {"officers": (LEAD, ("B3", "member"))}, "行政处罚法 Art. 42", "第四十二条"),
    ("U2", {"officers": (LEAD, ("T3", "member"))}, "行政处罚法 Art. 42", "第四十二条"),
    ("U2", {"officers": (LEAD, ("B4", "member"))}, "行政处罚法 Art. 43", "第四十三条"),
    ("U2", {"sheet": Sheet()}, "消防监督检查规定 Art. 14", "第十四条"),
    ("U2", {"ended_at": moment(DAY, 8)}, "消防监督检查规定 Art. 14", "第十四条"),
    ("U2", {"result": "hazards_ordered"}, "消防监督检查规定 Art. 14", "第十四条"),
    ("U2", {"result": "hazards_ordered", "hazards": (hazard(days=None),)}, "消防监督检查规定 Art. 19", "第十九条"),
    ("U2", {"result": "hazards_ordered", "hazards": (hazard(days=-1),)}, "消防监督检查规定 Art. 20", "第二十条"),
    ("U2", {"result": "hazards_ordered", "hazards": (hazard(days=4000),)}, "消防监督检查规定 Art. 20", "第二十条"),
    ("U2", {"result": "hazards_ordered", "hazards": (hazard(),), "served_on": DAY - dt.timedelta(days=1)},
     "消防监督检查规定 Art. 19", "第十九条"),
    ("U2", {"result": "hazards_ordered", "hazards": (hazard(),), "served_on": DAY + dt.timedelta(days=9)},
     "消防监督检查规定 Art. 19", "第十九条"),
    ("U2", {"result": "hazards_ordered", "hazards": (hazard(days=1),), "served_on": DAY + dt.timedelta(days=4)},
     "消防监督检查规定 Art. 20", "第二十条"),
    ("U2", {"result": "pass", "hazards": (hazard("recorded", None, is_major=True),)}, "消防监督检查规定 Art. 21",
     "第二十一条"),
    ("U2", {"result": "hazards_corrected", "hazards": (hazard("corrected_on_spot", None),), "evidence": ()},
     "行政处罚法 Art. 47", "第四十七条"),
    ("U2", {"result": "hazards_corrected", "hazards": (hazard("corrected_on_spot", None, oral=True),)},
     "消防监督检查规定 Art. 19", "第十九条"),
])
def test_each_gate_of_a_record_names_its_article_in_both_languages(city: Database, unit: str, changes: dict[str, Any],
                                                                   article: str, chinese: str) -> None:
    form = replace(ResultForm(moment(DAY, 9), moment(DAY, 10), "pass", officers=(LEAD, MEMBER), sheet=SHEET,
                              evidence=(PHOTO,)), **changes)
    with pytest.raises(CaseworkError) as no:
        record_result(city, NewVisit(unit, "campaign"), form, "wang", now=NOW)
    assert article in str(no.value)
    assert no.value.zh
    assert chinese in no.value.zh
    assert city.rows("select from inspections") == []


def test_no_refusal_of_a_visit_is_without_chinese() -> None:
    missing = []
    for part in _PARTS:
        tree = ast.parse((Path(casework.__file__).parent / f"{part}.py").read_text(encoding="utf-8"))
        missing += [f"{part}:{node.lineno}" for node in ast.walk(tree) if isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name) and node.func.id in ("CaseworkError", "NotFound", "AlreadyDone")
                    and not any(word.arg == "zh" for word in node.keywords)]
    assert not missing
