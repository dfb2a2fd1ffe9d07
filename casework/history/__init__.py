"""A foreign record of inspections, fires, complaints, penalties or credit, brought in by a column map.

``docs/history-import.md`` documents every key of a map. The map is data: nothing in it is ever run.
"""

from casework.history.importing import HistoryReport, import_history
from casework.history.keys import MapError
from casework.history.mapping import HistoryMap, read_map

__all__ = ["HistoryMap", "HistoryReport", "MapError", "import_history", "read_map"]
