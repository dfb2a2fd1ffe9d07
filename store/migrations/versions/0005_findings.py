"""Off-site findings and the decisions on them."""

from store.migrations.sql_file import run_beside

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_beside(__file__)
