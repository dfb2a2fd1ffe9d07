"""What pages and commands show of draws: the draw of a day, the list of draws, the ratios by class.

``areas`` limits every answer to units of those areas (codes already expanded to all that lies beneath); None is
everywhere. Risk classes are internal: what carries them is for the brigade, not for the public.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import numpy as np
import orjson

from policy import calendar, rules
from sampling import frames, profiles
from sampling.bundle import joined
from sampling.errors import DrawError
from sampling.frame import Header, build
from sampling.freeze import read
from sampling.parameters import CLASSES, GROUPS, Parameters
from sampling.population import Flags, Floats
from sampling.tickets import GENESIS
from sampling.words import desk_note, tau_reason, unassigned
from store import Queries
from store.database import Connection

q = Queries(__file__)

Row = dict[str, Any]


def draw_of_day(connection: Connection, day: dt.date, areas: Collection[str] | None = None) -> Row | None:
    """The draw of ``day`` or None: its digests, tau, the visits with names, those not assigned, and what was short.

    ``status`` is ``frozen`` (there is a commitment, no visits yet) or ``drawn``. What the frame says in codes comes in
    words too, ``zh`` and ``en``: ``tau["reason"]``, ``notes``, the ``words`` of a desk (None where nothing is short),
    and each row of ``unassigned``.
    """
    held = connection.execute(q["draw_of_day"], [day]).fetchone()
    if held is None:
        return None
    frame, bundle = held.pop("frame"), held.pop("bundle")
    content = frames.read(frame)
    view = frames.View(content)
    result = orjson.loads(bundle)["result"] if bundle else {"unassigned": []}
    limit = None if areas is None else set(areas)
    shown = view.within(limit)
    eligible = shown & (view.excluded == 0)
    desks = _desks(content, limit)
    return {**held, "tau": {**content["tau"], "reason": tau_reason(content)}, "precision": content["precision"],
            "scores_as_of": content["scores_as_of"], "days": content["days"],
            "sources": [source["source"] for source in content["entropy"]],
            "units": int(shown.sum()), "eligible": int(eligible.sum()),
            "expected": float(view.chance("p_total")[eligible].sum()),
            "visits": connection.execute(q["visits"], {"draw_id": held["draw_id"],
                                                       "areas": None if limit is None else sorted(limit)}).fetchall(),
            "unassigned": [{**row, **unassigned(row["reason"])} for row in result["unassigned"]
                           if (at := view.find(row["unit_no"])) is not None and shown[at]],
            "taken": taken(connection, day, areas), "desks": desks,
            "notes": [{"desk": desk["desk"], **desk["words"]} for desk in desks if desk["words"]]}


def _desks(frame: Row, limit: set[str] | None) -> list[Row]:
    return [{**desk, "words": desk_note(desk)} for desk in frame["desks"]
            if limit is None or limit & set(desk["covers"])]


def draws(connection: Connection, limit: int = 50, offset: int = 0) -> list[Row]:
    """Draws, newest first, with their digests and how many visits each arm has."""
    return connection.execute(q["draws"], {"limit": min(max(limit, 1), 500), "offset": max(offset, 0)}).fetchall()


def bundle_bytes(connection: Connection, day: dt.date) -> bytes:
    """The bundle of a day as it was sealed; :class:`DrawError` where there is none yet."""
    row = connection.execute(q["bundle"], [day]).fetchone()
    if row is None:
        raise DrawError(f"there is no draw of {day}")
    if row["status"] != "drawn":
        raise DrawError(f"{row['draw_no']} is frozen and not yet drawn: there is no bundle of it")
    return joined(bytes(row["frame"]), bytes(row["bundle"]))


def ratios(connection: Connection, day: dt.date, areas: Collection[str] | None = None) -> Row:
    """The ratios of ``day`` by group and class: from its frozen frame, or as a freeze made now would set them.

    Rows: ``group``, ``risk_class``, ``units``, ``visited`` this legal year, ``ratio`` in force, ``quota`` (ratio x
    units), ``remaining`` of it, ``eligible`` today, ``expected`` visits today and the split of these by arm.
    """
    row = connection.execute(q["frame"], [day]).fetchone()
    frame = frames.read(row["frame"]) if row else preview(connection, day)
    limit = None if areas is None else set(areas)
    view = frames.View(frame)
    shown = view.within(limit)
    kind = (view.group * len(CLASSES) + view.risk_class)[shown]

    def total(values: Floats | Flags) -> list[float]:
        counts: list[float] = np.bincount(kind, weights=values[shown], minlength=len(GROUPS) * len(CLASSES)).tolist()
        return counts

    columns = {"units": total(shown), "visited": total(view.visits > 0), "eligible": total(view.excluded == 0),
               "expected": total(view.chance("p_total")),
               **{arm: total(view.chance(f"p_{arm}")) for arm in profiles.ARMS}}
    table: dict[tuple[str, str], Row] = {}
    for n, (group, c) in enumerate((group, c) for group in GROUPS for c in CLASSES):
        held = {name: values[n] for name, values in columns.items()}
        table[group, c] = {"group": group, "risk_class": c, "ratio": 0.0, "quota": 0.0, "remaining": 0.0, **held,
                           **{name: round(held[name]) for name in ("units", "visited", "eligible")}}
    for quota in frame["quotas"]:
        held = table[quota["group"], quota["risk_class"]]
        held["ratio"] = quota["ratio"]
        held["quota"] = quota["ratio"] * held["units"]
        held["remaining"] = max(0.0, held["quota"] - held["visited"])
    return {"draw_date": day.isoformat(), "frozen": row is not None, "working_day": calendar().is_working_day(day),
            "tau": {**frame["tau"], "reason": tau_reason(frame)}, "precision": frame["precision"],
            "days": frame["days"], "scores_as_of": frame["scores_as_of"], "rows": list(table.values()),
            "taken": taken(connection, day, areas), "desks": _desks(frame, limit)}


def taken(connection: Connection, day: dt.date, areas: Collection[str] | None = None) -> list[Row]:
    """The visits of a day that list draws (campaigns, joint draws) have taken before its own draw, by list."""
    return connection.execute(q["taken"], {"day": day, "areas": None if areas is None else sorted(areas)}).fetchall()


def preview(connection: Connection, day: dt.date) -> Row:
    """The frame that a freeze made now would have; nothing is stored, and it is no commitment."""
    parameters = Parameters.on(day)
    situation = read(connection, day, parameters)
    header = Header("preview", 1, GENESIS, "", rules().version(day), [])
    return build(situation, parameters, calendar(), header, tune=False)


def anchors(connection: Connection) -> list[Row]:
    """The published ends of the hash chains by year."""
    return connection.execute(q["anchors"]).fetchall()
