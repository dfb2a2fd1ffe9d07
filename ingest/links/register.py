"""The directory of devices, read from the register."""

from __future__ import annotations

import orjson

from ingest.gbt26875 import GbtPolicy
from ingest.links.identity import Directory, claim_of
from store import Database, Queries

_q = Queries(__file__)


def directory(db: Database, policy: GbtPolicy) -> Directory:
    """What every registered device goes by now."""
    found = (claim_of(row["device_id"], row["vendor_code"], row["device_no"], row["status"] == "active",
                      orjson.loads(row["settings"]), policy) for row in db.rows(_q["claims"]))
    return Directory([claim for claim in found if claim is not None])
