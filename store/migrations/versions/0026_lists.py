"""Lists of a long record: each by an index in the order in which it is shown."""

from store.migrations.sql_file import run_beside

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    run_beside(__file__)
