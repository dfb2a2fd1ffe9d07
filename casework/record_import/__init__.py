"""The own record of past years, one kind a file, by documented columns: ``huoyan import record``.

A record in somebody else's form comes in by a column map instead: ``casework.history``.
"""

from casework.record_import.importing import RecordReport, import_record
from casework.record_import.kinds import KINDS, template

__all__ = ["KINDS", "RecordReport", "import_record", "template"]
