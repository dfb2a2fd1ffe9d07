"""Which visits the risk of a unit is learnt from."""

from store.migrations.sql_file import run_beside

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    run_beside(__file__)
