"""A simulated year whose draws are sealed into bundles, as real ones are: tuned odds, commitments, a chain."""

from __future__ import annotations

from typing import Any

from sampling import verify
from sampling.bundle import seal, to_bytes
from sampling.frame import Header, Maker
from sampling.selection import Drawn
from sampling.staffing import Pair
from sampling.tickets import GENESIS, canonical
from sampling.year import Course


class SealedCourse(Course):
    """A course that draws from the bytes of real frames, and keeps the bundles and the commitments."""

    tuned = True

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.bundles: list[bytes] = []
        self.commitments: list[str] = []
        self._previous = GENESIS

    def draw(self, maker: Maker) -> tuple[list[Drawn], list[Pair | None], tuple[float, float]]:
        header = Header(f"D{maker.day:%Y%m%d}", len(self.bundles) + 1, self._previous,
                        f"{maker.day.year - 1}-12-31T10:00:00Z", "a simulated year", [{"source": "witness"}])
        frame = maker.frame(header)
        bundle = seal(canonical(frame), [{"source": "witness", "value": f"{self.seed} {maker.day}"}])
        self.bundles.append(to_bytes(bundle))
        self.commitments.append(bundle["commitment"])
        self._previous = bundle["record_hash"]
        place = {number: at for at, number in enumerate(maker.units.unit_no)}
        rows = [*bundle["result"]["visits"], *bundle["result"]["unassigned"]]
        drawn = [Drawn(place[row["unit_no"]], row["unit_no"], row["arm"], row["stratum"], row["ticket"], row["key"],
                       row["probability"]) for row in rows]
        pairs = [Pair(row["lead"], row["second"]) if "lead" in row else None for row in rows]
        return drawn, pairs, (sum(desk["wanted"] for desk in frame["desks"]),
                              sum(desk["capacity"] for desk in frame["desks"]))

    def disagreements(self) -> list[str]:
        """What the verifier says against any bundle, or against the chain of all."""
        out = []
        for data, commitment in zip(self.bundles, self.commitments, strict=True):
            status, text = verify.check(data, commitment)
            if status:
                out.append(text)
                break
        try:
            verify.check_chain([verify.load(data) for data in self.bundles])
        except verify.Mismatch as error:
            out.append(str(error))
        return out
