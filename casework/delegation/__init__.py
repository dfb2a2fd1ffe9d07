"""Delegated (委托) and empowered (赋权) enforcement: what towns and police stations may do, did, and passed on.

:func:`may_act` is the gate of every act of a town, :func:`begin` and :func:`keep` lay it in the way of a record,
:func:`referring` lets a refused act leave its referral. Agreements, training, guidance, grids, leads and the yearly
visits of police stations have a file each.
"""

from casework.delegation.acts import Acting, begin, check_team, keep, stand
from casework.delegation.gates import BeyondPower, NotFit, Power, may_act, town_of
from casework.delegation.referrals import refer_uncorrected, referring

__all__ = ["Acting", "BeyondPower", "NotFit", "Power", "begin", "check_team", "keep", "may_act", "refer_uncorrected",
           "referring", "stand", "town_of"]
