"""Running clocks of one body, found without passing over those of others."""

from store.migrations.sql_file import run_beside

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    run_beside(__file__)
