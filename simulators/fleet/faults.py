"""How often what goes wrong: chances for each message at the levels ``none``, ``low`` and ``high``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FaultChances:
    """Chances for each message, so a faster fleet has more of everything."""

    duplicate: float = 0.0
    late: float = 0.0
    garbage: float = 0.0
    clock: float = 0.0
    storm: float = 0.0
    disconnect: float = 0.0


FAULT_LEVELS: dict[str, FaultChances] = {
    "none": FaultChances(),
    "low": FaultChances(duplicate=.004, late=.006, garbage=.002, clock=.003, storm=.00002, disconnect=.00005),
    "high": FaultChances(duplicate=.03, late=.05, garbage=.03, clock=.04, storm=.0006, disconnect=.0005),
}
CLOCKS = ("zero", "ahead", "years_off", "bcd")
GARBAGE = ("bytes", "cut", "text", "list", "unknown_metric", "unknown_device", "wrong_type", "out_of_range", "empty")
