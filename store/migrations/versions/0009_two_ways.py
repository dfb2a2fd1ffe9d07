"""Alarms come by a session of their own, and the sessions of a shared group are told apart from those nobody reads."""

from store.migrations.sql_file import run_beside

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_beside(__file__)
