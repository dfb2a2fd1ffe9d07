"""What cases, measures and the like name is looked up once for a statement too: their import waited for it."""

from store.migrations.sql_file import run_beside

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    run_beside(__file__)
