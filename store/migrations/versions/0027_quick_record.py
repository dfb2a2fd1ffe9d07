"""What makes the record of a large city quick: who made a visit stands on it, and reports read indexes alone."""

from store.migrations.sql_file import run_beside

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    run_beside(__file__)
