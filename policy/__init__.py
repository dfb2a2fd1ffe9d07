"""The rules as dated data: every number that a law or a document sets, with the document and how sure it is.

Code asks for the value on a day: ``rules().value("inspection.officers_min", day)``. This room runs no code of its own
beyond reading its files, the calendar of working days, and the three kinds of time that law counts in.
"""

from policy.calendar import WorkCalendar, calendar
from policy.clocks import CalendarDays, Hours, WorkingDays, due
from policy.rules import NotYet, PolicyError, Rule, RuleBook, rules

__all__ = ["CalendarDays", "Hours", "NotYet", "PolicyError", "Rule", "RuleBook", "WorkCalendar", "WorkingDays",
           "calendar", "due", "rules"]
