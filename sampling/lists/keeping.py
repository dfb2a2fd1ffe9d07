"""Lists as they were asked for: title, theme, saved query, number of visits, days. They are kept and never changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from casework import forms
from policy import calendar
from policy import rules as rule_book
from policy.clocks import legal_day
from registry import audit
from sampling.errors import DrawError
from sampling.lists.reading import NoList
from store import Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

Row = dict[str, Any]
_LETTERS = {"campaign": "ZX", "joint": "LH"}
_ORDERS = ("chance", "weight")
_LONGEST_STRETCH = 366


@dataclass(frozen=True)
class ListForm:
    """What is common to campaigns and joint draws. ``visits`` None: all objects of the list that can be drawn."""

    title: str
    theme: str
    visits: int | None
    first_day: dt.date
    last_day: dt.date
    drawn_by: str = "chance"


def list_form(data: Mapping[str, Any]) -> ListForm:
    """A :class:`ListForm` from plain JSON; the first thing that can't be used is named."""
    visits = data.get("visits")
    if visits in (None, "", "all"):
        number = None
    elif isinstance(visits, bool) or not str(visits).strip().isascii() or not str(visits).strip().isdigit():
        raise DrawError("visits must be a whole number, or nothing for all objects of the list",
                        zh="检查数应为整数；不填为名单中的全部对象")
    else:
        number = int(str(visits))
    return ListForm(forms.word(data.get("title"), "title"), forms.word(data.get("theme") or "theme", "theme", 64),
                    number, forms.day(data.get("first_day"), "first_day"), forms.day(data.get("last_day"), "last_day"),
                    forms.word(data.get("drawn_by") or "chance", "drawn_by", 16))


def store(connection: Connection, kind: str, form: ListForm, selection: Mapping[str, Any], *, actor: str,
          now: dt.datetime, areas: Collection[str] | None, departments: Collection[str] = ()) -> str:
    """Keep a list and return its number."""
    today = legal_day(now)
    _check(form, today)
    lock_for_transaction(connection, "draw_lists")
    letters = f"{_LETTERS[kind]}{today:%Y%m%d}-"
    row = connection.execute(q["place"], {"letters": letters + "%"}).fetchone()
    number = f"{letters}{(row['place'] if row else 0) + 1:02d}"
    connection.execute(q["insert"], {
        "list_no": number, "kind": kind, "title": form.title, "theme": form.theme,
        "area_codes": None if areas is None else sorted(areas), "selection": Jsonb(dict(selection)),
        "visits": form.visits, "first_day": form.first_day, "last_day": form.last_day, "drawn_by": form.drawn_by,
        "departments": list(departments), "made_by": actor, "made_at": now})
    audit.record(connection, actor, "create", kind, number, None, {
        "title": form.title, "selection": dict(selection), "visits": form.visits, "first_day": form.first_day,
        "last_day": form.last_day, "drawn_by": form.drawn_by, "departments": list(departments)})
    return number


def one(connection: Connection, kind: str, list_no: str, areas: Collection[str] | None = None) -> Row:
    """A list by its number; one of other areas is as if it did not exist."""
    row = connection.execute(q["one"], {"kind": kind, "list_no": list_no}).fetchone()
    if row is None or not (areas is None or (row["area_codes"] is not None and set(row["area_codes"]) & set(areas))):
        raise NoList(f"there is no {kind} {list_no}", zh=f"没有名单 {list_no}")
    return row


def every(connection: Connection, kind: str, areas: Collection[str] | None = None, limit: int = 50,
          offset: int = 0) -> list[Row]:
    """Lists of a kind, newest first, each with ``total`` of them."""
    return connection.execute(q["all"], {"kind": kind, "areas": None if areas is None else sorted(areas),
                                         "limit": limit, "offset": offset}).fetchall()


def days_of(held: Mapping[str, Any], today: dt.date) -> list[dt.date]:
    """The working days of a list from today on."""
    days = calendar().between(max(held["first_day"], today), held["last_day"])
    if not days:
        raise DrawError(f"from {max(held['first_day'], today)} to {held['last_day']} there is no working day left for "
                        f"the visits of {held['list_no']}", zh=f"{held['list_no']} 的检查期内已没有工作日")
    return days


def _check(form: ListForm, today: dt.date) -> None:
    book = rule_book()
    most = int(book.value("draw.list.most_visits", today))
    themes = [entry["code"] for entry in book.value("draw.list.themes", today)]
    if form.theme not in themes:
        raise DrawError(f"theme must be one of {', '.join(themes)}")
    if form.drawn_by not in _ORDERS:
        raise DrawError(f"drawn_by must be one of {', '.join(_ORDERS)}")
    if form.visits is not None and not 1 <= form.visits <= most:
        raise DrawError(f"visits must be between 1 and {most}", zh=f"检查数应在 1 至 {most} 之间")
    if not today <= form.first_day <= form.last_day or (form.last_day - form.first_day).days > _LONGEST_STRETCH:
        raise DrawError(f"the days must run from today, {today}, or later, and for at most a year: {form.first_day} to "
                        f"{form.last_day} do not", zh=f"检查期应自今日（{today}）起、不超过一年")
