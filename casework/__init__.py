"""Casework: what happened at a unit, and what must follow from it.

Visits are planned (:func:`plan_visit`), their results entered once by two certified officers (:func:`record_result`),
hazards ordered to be corrected and checked again, penalties, complaints and fires recorded, and points of credit posted
to a ledger. ``casework.bulk`` loads many records for histories and generated cities, ``casework.record`` is what pages
read, ``casework.history`` brings in a foreign record by a column map. Legal clocks are in ``casework.deadlines``.
"""

from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.forms import HazardFound, NewVisit, ResultForm, new_visit, result_form
from casework.history import HistoryReport, MapError, import_history
from casework.planning import cancel, not_possible, plan_by_hand, plan_visit, replace_officers, replan
from casework.results import Recorded, record_result

__all__ = ["AlreadyDone", "CaseworkError", "HazardFound", "HistoryReport", "MapError", "NewVisit", "NotFound",
           "Recorded", "ResultForm", "cancel", "import_history", "new_visit", "not_possible", "plan_by_hand",
           "plan_visit", "record_result", "replace_officers", "replan", "result_form"]
