"""Supervision of the process: what detectors found in acts, and the cases drawn each month for review."""

from store.migrations.sql_file import run_beside

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    run_beside(__file__)
