"""What a list's frame and a seed give: objects drawn in order, the day of each, and two officers of each department."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sampling.lists.frame import LIST_PROTOCOL, Fits, ListOfficer
from sampling.population import Officer
from sampling.roster import Roster
from sampling.staffing import Pair, pair_up
from sampling.tickets import digest, order_of, seed_of, ticket

Row = dict[str, Any]


def seal(frame: bytes, entropy: list[Row]) -> Row:
    """Draw from a frozen list with the entropy that its freeze named, and seal all of it into a bundle."""
    held: Row = json.loads(frame)
    commitment = hashlib.sha256(frame).hexdigest()
    seed = seed_of(commitment, entropy)
    result = outcome(held, seed)
    return {"protocol": LIST_PROTOCOL, "frame": held, "commitment": commitment, "entropy": entropy, "seed": seed,
            "result": result, "result_digest": digest(result),
            "record_hash": digest({
                "protocol": LIST_PROTOCOL, "draw_no": held["draw_no"], "draw_date": held["draw_date"],
                "sequence": held["sequence"], "previous": held["previous"], "commitment": commitment,
                "entropy": entropy, "seed": seed, "result": digest(result)})}


def outcome(frame: Mapping[str, Any], seed: str) -> Row:
    """Visits in order with their teams, and those that nobody could be found for."""
    drawn = select(frame, seed)
    crew = _Crew(frame, seed)
    days = [crew.place(row, start) for row, start in zip(drawn, _starts(len(drawn), len(frame["days"])), strict=True)]
    teams = crew.teams()
    visits: list[Row] = []
    unassigned: list[Row] = []
    for row, day in zip(drawn, days, strict=True):
        told = {"object_no": row["object_no"], "ticket": row["ticket"], "key": row["key"], "probability": row["p"],
                "stands_for": _stands_for(frame, row["object_no"])}
        if day is None:
            unassigned.append({**told, **crew.why(row)})
        else:
            visits.append({"position": len(visits) + 1, **told, "day": frame["days"][day],
                           "teams": [{"department": code, "lead": pair.lead, "second": pair.second}
                                     for code, pair in teams[row["object_no"]]]})
    return {"visits": visits, "unassigned": unassigned}


def select(frame: Mapping[str, Any], seed: str) -> list[Row]:
    """The objects that are drawn, in the order of their visits."""
    odds = {step["weight"]: step["odds"] for step in frame["steps"]}
    certain: list[Row] = []
    others: list[Row] = []
    for one in frame["objects"]:
        if one["excluded"] is not None:
            continue
        number = ticket(seed, "unit", "list", one["object_no"])
        if one["p"] == 1:
            certain.append({**one, "ticket": number, "key": None})
        elif one["p"] > 0:
            u = number / 9007199254740992
            others.append({**one, "ticket": number, "key": (u / (1 - u)) / odds[one["weight"]]})
    others.sort(key=lambda row: (row["key"], order_of(row["object_no"])))
    drawn = certain + others[: frame["size"] - len(certain)]
    heavy = frame["order"] == "weight"
    return sorted(drawn, key=lambda row: (-row["weight"] if heavy else 0, row["ticket"], order_of(row["object_no"])))


def _starts(visits: int, days: int) -> list[int]:
    """The day that each visit is tried on first: the visits are spread evenly, in their order."""
    return [v * days // visits for v in range(visits)]


def _stands_for(frame: Mapping[str, Any], object_no: str) -> str | None:
    if frame["reason"] is None:
        return None
    unit: str | None = frame["reason"]["unit"]
    return unit if frame["reason"]["officer"] is None else object_no


class _Crew:
    """Places visits on days as long as every department can staff what stands there, then deals out the officers."""

    def __init__(self, frame: Mapping[str, Any], seed: str) -> None:
        self._frame, self._seed = frame, seed
        self._fits = Fits({row["area"]: row["parent"] for row in frame["areas"]},
                          frame["policy"]["parameters"]["bodies"],
                          frozenset((officer, number) for officer, number in frame["recusals"]))
        self._officers: dict[str, Sequence[ListOfficer]] = {
            row["department"]: [ListOfficer(o["officer_no"], o["body"], tuple(o["areas"]), o["can_lead"],
                                            o["certificate_valid"], tuple(o["loads"])) for o in row["officers"]]
            for row in frame["departments"]}
        # By day: the visits kept there with the team of each department, in order.
        self._kept: list[list[tuple[str, list[tuple[int, ...]]]]] = [[] for _ in frame["days"]]

    def place(self, row: Row, start: int) -> int | None:
        """Keep a visit on the first day from ``start`` on, round to the days before it, on which it can be staffed."""
        for turn in range(len(self._kept)):
            day = (start + turn) % len(self._kept)
            teams = self._teams_of(row, day)
            if all(self._staffable(code, day, [held[1][n] for held in self._kept[day]] + [teams[n]])
                   for n, code in enumerate(self._officers)):
                self._kept[day].append((row["object_no"], teams))
                return day
        return None

    def teams(self) -> dict[str, list[tuple[str, Pair]]]:
        """By object: the pair of each department, in the order of the departments."""
        out: dict[str, list[tuple[str, Pair]]] = {}
        for day, kept in enumerate(self._kept):
            for n, code in enumerate(self._officers):
                pairs = pair_up(self._on(code, day), [teams[n] for _, teams in kept], [name for name, _ in kept],
                                self._seed)
                for (name, _), pair in zip(kept, pairs, strict=True):
                    assert pair is not None  # noqa: S101  all of them are staffable together
                    out.setdefault(name, []).append((code, pair))
        return out

    def why(self, row: Row) -> Row:
        """The first department that could not send a pair on any day, and what it lacks."""
        for code, officers in self._officers.items():
            team = self._fits.team(code, officers, row["object_no"], row["area"], row["key"], None)
            if len(team) < 2:
                return {"department": code, "reason": "one_officer" if team else "no_officers"}
            if not any(officers[o].can_lead for o in team):
                return {"department": code, "reason": "no_lead"}
        return {"department": None, "reason": "taken"}

    def _teams_of(self, row: Row, day: int) -> list[tuple[int, ...]]:
        return [self._fits.team(code, officers, row["object_no"], row["area"], row["key"], day)
                for code, officers in self._officers.items()]

    def _on(self, code: str, day: int) -> list[Officer]:
        return [Officer(o.officer_no, o.body or "", o.areas, o.can_lead, o.certificate_valid, o.loads[day])
                for o in self._officers[code]]

    def _staffable(self, code: str, day: int, teams: list[tuple[int, ...]]) -> bool:
        many: dict[tuple[int, ...], int] = {}
        for team in teams:
            many[team] = many.get(team, 0) + 1
        held = self._on(code, day)
        roster = Roster([o.load for o in held], [o.can_lead for o in held], list(many))
        return all(roster.add(kind, count) for kind, count in enumerate(many.values()))
