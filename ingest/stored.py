"""What storing a batch came to: for metrics, for counting, and for what follows from it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from ingest import sparkplug, spoken
from ingest.vendor_hours import Tally, hour_of


@dataclass(slots=True)
class Stored:
    """What one batch came to: messages by form, rows stored, rows that were there before, refusals by reason."""

    messages: Counter[str] = field(default_factory=Counter)
    readings: int = 0
    states: int = 0
    events: int = 0
    duplicates: int = 0
    #: Messages that an earlier delivery or the other session had brought, see :mod:`ingest.echoes`.
    echoes: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    #: To be published now that the batch is committed.
    publishes: list[sparkplug.Publish] = field(default_factory=list)
    #: What devices said in GB/T 26875.3, where the writer is asked to tell.
    spoken: list[spoken.Spoken] = field(default_factory=list)
    #: By vendor, hour and form.
    tallies: dict[tuple[str, dt.datetime, str], Tally] = field(default_factory=dict)

    def tally(self, vendor: str, form: str, moment: dt.datetime) -> Tally:
        """What is counted of a vendor's form in the hour of a moment."""
        return self.tallies.setdefault((vendor, hour_of(moment), form), Tally())

    def plus(self, other: Stored) -> Stored:
        """The sum of two."""
        both = Stored(self.messages + other.messages, self.readings + other.readings, self.states + other.states,
                      self.events + other.events, self.duplicates + other.duplicates, self.echoes + other.echoes,
                      self.refused + other.refused, self.publishes + other.publishes, self.spoken + other.spoken,
                      dict(self.tallies))
        for key, one in other.tallies.items():
            both.tallies.setdefault(key, Tally()).add(one.messages, one.bytes, readings=one.readings,
                                                      events=one.events, refused=one.refused)
        return both
