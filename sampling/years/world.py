"""The world of a simulated year: units whose true risk is known here alone, officers, and who is there when."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from policy import rules
from sampling.errors import YearError
from sampling.parameters import GROUPS
from sampling.population import Flags, Floats, Lift, Officer, Population, rounded

_TOWNS, _UNITS_A_DISTRICT, _UNITS_AN_OFFICER, _LEAST_OFFICERS = 8, 5000, 500, 4
_KEY, _CROWDED_KEY, _CROWDED = 0.1, 0.6, 0.3
_SHARES = (0.70, 0.92, 0.98)
_RECUSED = 0.01


@dataclass(frozen=True)
class Member:
    """An officer over a year: ``officer`` on a day when nothing keeps them, from when to when the certificate is valid,
    and the days of leave (first, last)."""

    officer: Officer
    valid_from: dt.date = dt.date.min
    valid_to: dt.date = dt.date.max
    leave: tuple[tuple[dt.date, dt.date], ...] = ()

    def on(self, day: dt.date, *, there: bool = True) -> Officer:
        """The officer as the draw sees them on a day."""
        away = not there or any(first <= day <= last for first, last in self.leave)
        return replace(self.officer, load=0 if away else self.officer.load,
                       certificate_valid=self.officer.certificate_valid and self.valid_from <= day <= self.valid_to)


@dataclass(frozen=True)
class World:
    """Where a year begins. ``standing``: hazards that stand in each unit on average, so those that a first visit would
    find; ``spread``: how much single units differ from that by a factor that nobody knows (0: not at all);
    ``stay_days``: how long a hazard stays by itself on average; ``told``: (zh, en) where all that comes from."""

    population: Population
    parents: Mapping[str, str | None]
    staff: Sequence[Member]
    recusals: frozenset[tuple[str, str]]
    standing: Floats
    spread: float
    stay_days: float
    told: tuple[str, str]
    lift: Lift | None = None


def made(units: int, seed: int, first: dt.date) -> World:
    """A city from a seed: districts of five thousand units, an officer for each five hundred, a score that knows its
    unit's true risk in part. All values of it are assumptions (``draw.year``)."""
    rng, assumed = np.random.default_rng([seed, units]), rules().value("draw.year", first)
    districts = max(1, round(units / _UNITS_A_DISTRICT))
    codes = [f"99{district:02d}01" for district in range(1, districts + 1)]
    parents: dict[str, str | None] = {"990000": None}
    for code in codes:
        parents |= {code: "990000"} | {f"{code}{town:03d}": code for town in range(1, _TOWNS + 1)}
    areas = sorted(parents)
    towns = np.array([n for n, area in enumerate(areas) if len(area) == 9], dtype=np.int32)
    key = rng.random(units) < _KEY
    crowded = rng.random(units) < np.where(key, _CROWDED_KEY, _CROWDED)
    latent = rng.standard_normal(units)
    signal = float(assumed["signal"])
    seen = signal * latent + math.sqrt(1 - signal * signal) * rng.standard_normal(units)
    visited = rng.random(units) < 0.3
    population = Population(
        [f"U{number:07d}" for number in range(units)], areas, rng.choice(towns, units).astype(np.int32),
        np.where(key, np.where(crowded, 0, 1), GROUPS.index("general")).astype(np.int32),
        np.searchsorted(np.quantile(seen, _SHARES), seen).astype(np.int32), rounded(np.clip(25 + 18 * seen, 0, 100)),
        np.zeros(units, dtype=np.int32), np.where(visited, rng.integers(1, 366, units), -1).astype(np.int32),
        np.zeros(units, dtype=np.bool_))
    spread = float(assumed["spread"])
    standing = float(assumed["mean"]) * np.exp(spread * latent - spread * spread / 2)
    each = max(_LEAST_OFFICERS, round(units / districts / _UNITS_AN_OFFICER))
    staff = [Member(Officer(f"O{d:03d}{n:03d}", "brigade", (code,), n % 3 != 2, True, 2))
             for d, code in enumerate(codes) for n in range(each)]
    recusals = frozenset(
        (member.officer.officer_no, f"U{at:07d}")
        for member in staff
        for at in rng.integers(0, units, max(1, round(units / districts * _RECUSED / each))).tolist())
    mean = assumed["mean"]
    told = (f"模拟城市（种子{seed}）：单位的真实风险已知，评分与其相关系数{signal:g}；平均每家存在{mean:g}处隐患",
            f"a made city (seed {seed}): true risk is known, its logarithm and what the score rests on correlate by "
            f"{signal:g}; {mean:g} hazards stand in a unit on average")
    return World(population, parents, staff, recusals, standing, 0.0, float(assumed["stay_days"]), told)


@dataclass(frozen=True)
class Losses:
    """What takes officers away: ``lost_days`` without anybody, at random; ``sick``: share ill on a day, in spells of
    ``spell`` working days on average; ``away``: (first day, last day, share of officers)."""

    lost_days: int = 0
    sick: float = 0.0
    spell: float = 3.0
    away: tuple[tuple[dt.date, dt.date, float], ...] = ()

    def draw(self, rng: np.random.Generator, days: Sequence[dt.date], officers: int) -> Flags:
        """Who is there: one row a day, one column an officer."""
        if self.lost_days > len(days):
            raise YearError(f"{self.lost_days} lost days are more than the {len(days)} working days there are")
        there = np.ones((len(days), officers), dtype=np.bool_)
        ill = rng.random(officers) < self.sick
        begins = self.sick / (self.spell * (1 - self.sick))
        for row in range(len(days)):
            there[row] = ~ill
            luck = rng.random(officers)
            ill = np.where(ill, luck >= 1 / self.spell, luck < begins)
        there[rng.choice(len(days), self.lost_days, replace=False)] = False
        for first, last, share in self.away:
            gone = rng.permutation(officers)[:math.ceil(share * officers)]
            inside = [n for n, day in enumerate(days) if first <= day <= last]
            there[np.array(inside, dtype=np.int64)[:, None], gone] = False
        return there

    def words(self) -> tuple[str, str]:
        """What is lost, in Chinese and in English."""
        zh, en = [], []
        if self.lost_days:
            zh.append(f"随机{self.lost_days}个工作日无人可派")
            en.append(f"{self.lost_days} working days at random without anybody")
        if self.sick:
            zh.append(f"每日{self.sick:.0%}的人员病缺")
            en.append(f"{self.sick:.0%} of officers ill on a day")
        for first, last, share in self.away:
            zh.append(f"{first}至{last}抽走{share:.0%}的人员")
            en.append(f"{share:.0%} of officers away from {first} to {last}")
        return "；".join(zh) or "无", "; ".join(en) or "none"
