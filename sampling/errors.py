"""What can go wrong in a draw, said in one sentence."""

from store.errors import HuoyanError


class DrawError(HuoyanError):
    """A draw, a frame, an entropy or a bundle can't be used as it is."""

    status = 409


class RatioError(HuoyanError):
    """The rules of the draw contradict each other or themselves."""

    status = 500


class WhatIfError(HuoyanError):
    """A what-if that the record can't answer, or that asks for no rules."""

    status = 422


class PlanError(HuoyanError):
    """A plan that can't be made, adopted or published as asked."""

    status = 409


class EstimateError(HuoyanError):
    """A period or a grouping that no estimate can be made for."""


class YearError(HuoyanError):
    """A year that can't be simulated as it is asked for."""

    status = 422


class StaleList(DrawError):
    """A frozen list can no longer be drawn: officers that it counts on have been given other work since."""
