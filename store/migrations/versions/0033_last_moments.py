"""Periods of days end with the last moment of their last day: 00:00 of the next is late."""

from store.migrations.sql_file import run_beside

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    run_beside(__file__)
