"""PostgreSQL and TimescaleDB: connections, migrations, COPY, named SQL, and what the server can do.

This room knows no business word. Everything above it takes a :class:`Database` and writes its own SQL beside its use.
"""

from store.blocks import copy_block
from store.copying import copy_rows
from store.database import Database
from store.errors import HuoyanError, StoreError
from store.joined import joined
from store.locally import locally
from store.locks import lock_for_transaction, try_lock_for_session, try_lock_for_transaction, unlock_session
from store.named_sql import Queries
from store.pulse import Pulse
from store.server import Capabilities, capabilities

__all__ = [
    "Capabilities",
    "Database",
    "HuoyanError",
    "Pulse",
    "Queries",
    "StoreError",
    "capabilities",
    "copy_block",
    "copy_rows",
    "joined",
    "locally",
    "lock_for_transaction",
    "try_lock_for_session",
    "try_lock_for_transaction",
    "unlock_session",
]
