"""The process that takes in what devices publish. It stops cleanly on SIGTERM and SIGINT."""

from __future__ import annotations

import click
import structlog

from huoyan.commands.session import DEAD_AFTER, STORING_PATIENCE, database
from huoyan.commands.session import settings as load_settings
from huoyan.running import run_service
from ingest.service import IngestOptions, IngestService

_log = structlog.get_logger(__name__)
_SHORTEST_SHARE = 16


@click.command()
def ingest() -> None:
    """Take in what devices publish: decode, store, then acknowledge."""
    loaded = load_settings()
    if 0 < len(loaded.mqtt_share) < _SHORTEST_SHARE:
        # Mosquitto's access list says who may read, not who may subscribe: what it deals to a stranger is lost.
        _log.warning("the name in HUOYAN_MQTT_SHARE may be guessed: with Mosquitto, who subscribes under it takes "
                     "messages away; choose one of 16 random letters or more")
    options = IngestOptions(
        host=loaded.mqtt_host, port=loaded.mqtt_port, user=loaded.mqtt_user, password=loaded.mqtt_password,
        tls_ca=loaded.mqtt_tls_ca, protocol=loaded.mqtt_protocol, client_id=loaded.mqtt_client_id,
        share=loaded.mqtt_share, tls_cert=loaded.mqtt_tls_cert, tls_key=loaded.mqtt_tls_key,
        batch=loaded.ingest_batch, linger_ms=loaded.ingest_linger_ms,
        receive_maximum=loaded.ingest_receive_maximum, max_payload=loaded.ingest_max_payload,
        alarms_apart=loaded.ingest_alarms_apart)
    with database(loaded, "ingest", STORING_PATIENCE, DEAD_AFTER) as db:
        run_service("ingest", IngestService(db, options), loaded.metrics_host, loaded.ingest_metrics_port, db=db)


COMMANDS = (ingest,)
