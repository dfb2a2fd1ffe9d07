"""What a person can mend about a simulation, in one sentence."""

from __future__ import annotations


class SimulatorError(Exception):
    """A file, a broker or an option that a simulator can't use; the text says what to do."""
