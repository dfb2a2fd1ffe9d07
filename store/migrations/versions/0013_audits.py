"""Audits of what ranks, and a standing for a champion that has drifted."""

from store.migrations.sql_file import run_beside

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run_beside(__file__)
