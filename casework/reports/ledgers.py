"""What only reports count so far: licences, education, courses, town posts and reviews of case files.

``enter`` is a person's way, with a line in the audit log; ``load`` is that of a past or a generated district.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.errors import ForeignKeyViolation, UniqueViolation

from casework import forms
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.supervision import review_tasks
from registry import audit
from store import Database, Queries, copy_rows, lock_for_transaction
from store.database import Connection

q = Queries(__file__)
_CLASSES = ("documents", "evidence", "procedure")


@dataclass(frozen=True)
class Ledger:
    """One ledger: its table, its key, and how each field of a form is read; a reader that gives None is optional."""

    table: str
    key: str
    fields: Mapping[str, tuple[str, Callable[[Any, str], Any]]]


def _word(most: int) -> Callable[[Any, str], str]:
    return lambda value, name: forms.word(value, name, most)


def _code(most: int, form: str = "[a-z_]+") -> Callable[[Any, str], str]:
    def read(value: Any, name: str) -> str:
        found = forms.word(value, name, most)
        if not re.fullmatch(form, found):
            raise CaseworkError(f"{name} is a code of {form.strip('[]+')}, not {found!r}",
                                zh=f"{name} 应为由 {form.strip('[]+')} 组成的代码，不能是“{found}”")
        return found
    return read


def _maybe(read: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    return lambda value, name: None if value is None or value == "" else read(value, name)


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise CaseworkError(f"{name} must be true or false", zh=f"{name} 应为 true 或 false")
    return value


def _count(most: int) -> Callable[[Any, str], int]:
    def read(value: Any, name: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise CaseworkError(f"{name} must be a whole number from 1 to {most}", zh=f"{name} 应为 1 到 {most} 的整数")
        return value
    return read


def _one_of(*allowed: str) -> Callable[[Any, str], str]:
    return lambda value, name: forms.chosen(forms.word(value, name, 64), name, list(allowed))


LEDGERS: dict[str, Ledger] = {
    "licences": Ledger("licences", "licence_no", {
        "licence_no": ("text", _word(64)), "unit_no": ("text", _word(64)), "kind": ("text", _code(32)),
        "route": ("text", _one_of("promise", "ordinary")), "decided_on": ("date", forms.day),
        "granted": ("bool", _flag), "e_licence_no": ("text", _maybe(_word(64))),
        "revoked_on": ("date", _maybe(forms.day)), "note": ("text", _maybe(_word(4000)))}),
    "education": Ledger("education_events", "event_no", {
        "event_no": ("text", _word(64)), "area_code": ("text", _word(12)), "held_on": ("date", forms.day),
        "kind": ("text", _code(32)), "topic": ("text", _word(400)), "audience": ("int4", _count(10_000_000)),
        "evidence": ("text", _maybe(_word(1000)))}),
    "courses": Ledger("drafting_courses", "course_no", {
        "course_no": ("text", _word(64)), "area_code": ("text", _word(12)), "held_on": ("date", forms.day),
        "topic": ("text", _word(400)), "attendees": ("int4", _count(100_000))}),
    "posts": Ledger("town_posts", "post_no", {
        "post_no": ("text", _word(64)), "town_code": ("text", _word(12)), "holder": ("text", _word(100)),
        "officer_no": ("text", _maybe(_word(32))), "from_day": ("date", forms.day),
        "to_day": ("date", _maybe(forms.day))}),
    "reviews": Ledger("case_reviews", "review_no", {
        "review_no": ("text", _word(64)), "noun": ("text", _one_of("case", "inspection", "penalty")),
        "ref": ("text", _word(100)), "area_code": ("text", _word(12)), "reviewed_on": ("date", forms.day),
        "reviewer": ("text", _word(100)), "qualified": ("bool", _flag), "transferred_to": ("text", _maybe(_word(200))),
        "sample": ("text", _maybe(_word(100))), "note": ("text", _maybe(_word(4000)))}),
}


def named(noun: str) -> Ledger:
    """The ledger of a name."""
    if noun not in LEDGERS:
        raise NotFound(f"there is no ledger {noun[:40]!r}: one of {', '.join(LEDGERS)}",
                       zh=f"没有台账“{noun[:40]}”")
    return LEDGERS[noun]


def area_of(connection: Connection, noun: str, data: Mapping[str, Any]) -> str:
    """The area that a form is about, which decides who may enter it."""
    code = data.get("area_code") or data.get("town_code")
    if noun == "licences":
        row = connection.execute(q["unit_area"], {"unit": forms.word(data.get("unit_no"), "unit_no")}).fetchone()
        if row is None:
            raise NotFound(f"there is no unit {data.get('unit_no')}", zh=f"没有单位 {data.get('unit_no')}")
        return str(row["area_code"])
    return forms.word(code, "town_code" if noun == "posts" else "area_code", 12)


def enter(db: Database, noun: str, data: Mapping[str, Any], actor: str, *, today: dt.date) -> str:
    """Enter one row of a ledger and return its number; a number is used once (409), and nothing lies ahead."""
    ledger = named(noun)
    stray = sorted(set(data) - set(ledger.fields) - ({"defects"} if noun == "reviews" else set()))
    if stray:
        raise CaseworkError(f"{stray[0]} is no field of {noun}", zh=f"{noun} 没有字段 {stray[0]}")
    row = {name: read(data.get(name), name) for name, (_type, read) in ledger.fields.items()}
    _check_days(row, today)
    if noun == "licences" and not row["granted"] and (row["e_licence_no"] or row["revoked_on"]):
        raise CaseworkError("a licence that was not granted has no e_licence_no and is not revoked",
                            zh="未准予的许可没有电子证照编号，也不能撤销")
    defects = _defects(data.get("defects")) if noun == "reviews" else []
    if noun == "reviews" and row["qualified"] and row["transferred_to"]:
        raise CaseworkError("a file that passed is not handed on", zh="合格案卷不应移送处理")
    if noun == "reviews" and not row["qualified"] and not row["transferred_to"]:
        raise CaseworkError("a file that did not pass is handed on: say in transferred_to to whom",
                            zh="不合格案卷须移送处理：请填写 transferred_to（移送对象）")
    number = str(row[ledger.key])
    with db.connection() as connection:
        lock_for_transaction(connection, f"ledger {noun} {number}")
        if connection.execute(q[f"stands_{noun}"], {"number": number}).fetchone():
            raise AlreadyDone(f"{number} was entered before", zh=f"{number} 已经录入过")
        if noun == "reviews" and connection.execute(q["handled"], row).fetchone():
            raise CaseworkError(f"officer {row['reviewer']} handled {row['ref']} and can't review it: name another",
                                zh=f"{row['reviewer']} 是 {row['ref']} 的承办人员，不能评查该案卷")
        _write(connection, noun, [row], actor)
        if noun == "reviews" and row["noun"] == "case":
            review_tasks.done(connection, str(row["ref"]), row["reviewed_on"])
        if defects:
            _write_defects(connection, [(number, kind, code) for kind, code in defects])
        audit.record(connection, actor, "create", noun.removesuffix("s"), number, None,
                     {**row, **({"defects": [f"{kind}:{code}" for kind, code in defects]} if defects else {})})
    return number


def _check_days(row: Mapping[str, Any], today: dt.date) -> None:
    for name in ("decided_on", "held_on", "reviewed_on", "revoked_on"):
        if row.get(name) is not None and row[name] > today:
            raise CaseworkError(f"{name}: {row[name]} is in the future", zh=f"{name}：{row[name]} 晚于今天")
    for first, last in (("decided_on", "revoked_on"), ("from_day", "to_day")):
        if row.get(last) is not None and row[last] < row[first]:
            raise CaseworkError(f"{last}, {row[last]}, lies before {first}, {row[first]}",
                                zh=f"{last}（{row[last]}）早于 {first}（{row[first]}）")


def load(connection: Connection, noun: str, rows: Iterable[Mapping[str, Any]], actor: str = "import") -> int:
    """Load many rows of a ledger by COPY; one whose number stands is left. Returns how many were given."""
    given = list(rows)
    _write(connection, noun, given, actor)
    if noun == "reviews":
        _write_defects(connection, [(row["review_no"], kind, code) for row in given
                                    for kind, code in row.get("defects", ())])
    return len(given)


def _write(connection: Connection, noun: str, rows: list[Mapping[str, Any]], actor: str) -> None:
    ledger = LEDGERS[noun]
    stage = f"stage_ledger_{noun}"
    connection.execute(q[f"stage_{noun}"])
    copy_rows(connection, stage, list(ledger.fields), [kind for kind, _read in ledger.fields.values()],
              ([row.get(name) for name in ledger.fields] for row in rows))
    try:
        connection.execute(q[f"merge_{noun}"], {"actor": actor})
    except ForeignKeyViolation as error:
        raise NotFound(f"{noun}: a row names what is not in the register ({error.diag.constraint_name})",
                       zh="有一行所指的单位、区域或人员不在登记册中") from None
    except UniqueViolation as error:
        taken = {"reviewed_once_a_day": ("this file was reviewed on that day before", "该案卷当日已评查过"),
                 "licences_e_licence_no_key": ("e_licence_no is that of another licence", "电子证照编号已用于另一许可")}
        words, zh = taken.get(str(error.diag.constraint_name), (f"{noun}: a row stands already", "该行已录入"))
        raise AlreadyDone(words, zh=zh) from None


def _write_defects(connection: Connection, rows: list[tuple[str, str, str]]) -> None:
    connection.execute(q["stage_defects"])
    copy_rows(connection, "stage_ledger_defects", ["review_no", "class", "code"], ["text"] * 3, rows)
    connection.execute(q["merge_defects"])


def _defects(told: Any) -> list[tuple[str, str]]:
    if told in (None, []):
        return []
    if not isinstance(told, list) or len(told) > 100 or not all(isinstance(one, dict) for one in told):
        raise CaseworkError("defects must be a list of class and code", zh="defects 应为由 class 和 code 组成的列表")
    return sorted({(forms.chosen(forms.word(one.get("class"), "class", 20), "class", list(_CLASSES)),
                    _code(64, "[a-z0-9_.]+")(one.get("code"), "code")) for one in told})
