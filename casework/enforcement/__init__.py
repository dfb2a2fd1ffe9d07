"""Orders and measures: cases of penalty, seals, suspensions, forced executions, major hazards, and what speaks for
leniency. ``penalties`` stays the table of decisions; this is the way to one, step by step, each behind its gates."""

from casework.enforcement.nightly import run

__all__ = ["run"]
