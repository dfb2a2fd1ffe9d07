"""Who and what exists: areas, units, devices, vendors, officers, inspection items; import, export, bulk loads, audit.

Each register has one file of columns (:mod:`registry.columns`) that import, export, forms and bulk loads share, and one
file of reads and single changes (``areas``, ``units``, ``vendors``, ``devices``, ``officers``, ``items``). This room
scores nothing.
"""

from registry.bulk import Counts
from registry.columns import TABLES
from registry.errors import FileRefused, RecordExists, RecordMissing, RegistryError
from registry.exporting import export_table
from registry.importing import ImportReport, import_table
from registry.reading import RowProblem
from registry.table_file import Limits

__all__ = ["TABLES", "Counts", "FileRefused", "ImportReport", "Limits", "RecordExists", "RecordMissing", 
           "RegistryError", "RowProblem", "export_table", "import_table"]
