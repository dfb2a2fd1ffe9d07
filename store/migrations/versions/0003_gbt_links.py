"""GB/T 26875.3 links and what the centre asks over them."""

from store.migrations.sql_file import run_beside

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_beside(__file__)
