"""The register of learned models: what each was taught, how it did, and which one is the champion."""

from store.migrations.sql_file import run_beside

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_beside(__file__)
