"""What officers of visits name is looked up once for a statement: for each row, it took an import half of its time."""

from store.migrations.sql_file import run_beside

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    run_beside(__file__)
