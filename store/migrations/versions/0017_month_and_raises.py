"""The targeted share as a decision of each month, and classes raised on the day of an event."""

from store.migrations.sql_file import run_beside

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    run_beside(__file__)
