"""What devices said of their points without its being an event, so that the order of arrival decides nothing."""

from store.migrations.sql_file import run_beside

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_beside(__file__)
