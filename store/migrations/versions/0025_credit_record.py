"""The credit record: notices before listings, measures, publicity with its ends, objections, repairs, promises."""

from store.migrations.sql_file import run_beside

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    run_beside(__file__)
