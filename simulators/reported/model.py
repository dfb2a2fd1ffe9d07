"""The tables of a reported district, as rows that the bulk doors take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass
class ReportedDistrict:
    """Registers and record; units are named by ``unit_no``, visits by ``inspection_no``."""

    areas: list[Row] = field(default_factory=list)
    units: list[Row] = field(default_factory=list)
    officers: list[Row] = field(default_factory=list)
    items: list[Row] = field(default_factory=list)
    inspections: list[Row] = field(default_factory=list)
    hazards: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    penalties: list[Row] = field(default_factory=list)
    complaints: list[Row] = field(default_factory=list)
    fires: list[Row] = field(default_factory=list)
    cases: list[Row] = field(default_factory=list)
    measures: list[Row] = field(default_factory=list)
    major_hazards: list[Row] = field(default_factory=list)
    steps: list[Row] = field(default_factory=list)
    evidence: list[Row] = field(default_factory=list)
    agreements: list[Row] = field(default_factory=list)
    licences: list[Row] = field(default_factory=list)
    education: list[Row] = field(default_factory=list)
    courses: list[Row] = field(default_factory=list)
    posts: list[Row] = field(default_factory=list)
    reviews: list[Row] = field(default_factory=list)
