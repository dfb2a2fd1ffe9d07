"""Legal clocks: what is due when, for whatever a clock runs for."""

from store.migrations.sql_file import run_beside

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    run_beside(__file__)
