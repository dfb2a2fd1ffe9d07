"""What records name is looked up once for a statement, as what officers of visits name is: an import waited for it."""

from store.migrations.sql_file import run_beside

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    run_beside(__file__)
