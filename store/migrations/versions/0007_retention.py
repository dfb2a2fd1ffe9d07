"""Retention, compression, and what quarantine summarises."""

from store.migrations.sql_file import run_beside

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_beside(__file__)
