"""Delegated and empowered enforcement: agreements, their acts, referrals, training, grids, leads, police stations."""

from store.migrations.sql_file import run_beside

revision = "0022"
down_revision = "0020"


def upgrade() -> None:
    run_beside(__file__)
