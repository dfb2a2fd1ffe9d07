"""The targeted share as a decision of each month, and classes raised on the day of an event."""

from store.migrations.sql_file import run_beside

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    run_beside(__file__)
