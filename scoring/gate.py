"""May a model rule? Against the scorecard and the champion, on the same held-back windows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.leaks import Suspect
from scoring.measures import NAMES, Draws, Measured

_AUC = NAMES.index("auc")


@dataclass(frozen=True)
class Verdict:
    """Whether the gate opens, and every reason why not (or the one why), a sentence each."""

    passed: bool
    gains: Mapping[str, Measured]
    reasons: tuple[str, ...]


def decide(challenger: Draws, rivals: Mapping[str, Draws], error: float, suspects: Sequence[Suspect],
           limits: Mapping[str, float], combined: Draws | None = None) -> Verdict:
    """The gate of ``model.gate``. Draws of all must be of the same samples of the same windows.

    ``combined`` is the ranking that the model would make: it may not fall behind that of the scorecard.
    """
    gains = {name: gain(challenger, rival) for name, rival in rivals.items()}
    against = [f"its AUC is {told.value:+.3f} ({told.low:+.3f} to {told.high:+.3f}) from that of the {name}: it takes "
               f"{limits['margin']:+.3f} and an interval above zero"
               for name, told in gains.items() if told.value < limits["margin"] or told.low <= 0]
    if error > limits["error"]:
        against.append(f"its calibration error is {error:.3f}, above {limits['error']:.3f}")
    if combined and "scorecard" in rivals and (told := gain(combined, rivals["scorecard"])).value < 0:
        against.append(f"the AUC of the ranking it would make is {told.value:+.3f} from that of the scorecard")
    against += [f"{suspect.feature} seems to know the result" for suspect in suspects]
    praise = "; ".join(f"its AUC is {told.value:+.3f} ({told.low:+.3f} to {told.high:+.3f}) from that of the {name}"
                       for name, told in gains.items())
    return Verdict(not against, gains, tuple(against) or (praise,))


def gain(challenger: Draws, rival: Draws) -> Measured:
    """The difference of the areas, sample by sample."""
    apart = challenger.samples[:, _AUC] - rival.samples[:, _AUC]
    low, high = np.nanpercentile(apart, [2.5, 97.5])
    return Measured(float(challenger.value[_AUC] - rival.value[_AUC]), float(low), float(high))
