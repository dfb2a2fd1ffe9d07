"""Settings of an ingest process, and the sessions with the broker that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

from ingest import echoes
from ingest.errors import IngestError
from ingest.session import SessionOptions
from ingest.topics import FILTERS, URGENT_FILTERS


@dataclass(frozen=True)
class IngestOptions:
    """Settings of one ingest process.

    ``protocol`` is "5" or "3.1.1"; ``client_id`` names the persistent session; ``share`` the group of processes that
    share one subscription, empty for one process alone; ``batch`` messages are stored in one transaction, after
    ``linger_ms`` at the latest; at most ``receive_maximum`` messages are unacknowledged at a time; of a payload above
    ``max_payload`` bytes only the start is kept, in quarantine; ``in_blocks`` reads packets beneath paho;
    ``alarms_apart`` takes alarms by a session of their own.
    """

    host: str = "localhost"
    port: int = 1883
    user: str = ""
    password: str = ""
    tls_ca: str = ""
    protocol: str = "5"
    client_id: str = "huoyan-ingest"
    share: str = ""
    batch: int = 5000
    linger_ms: int = 50
    receive_maximum: int = 20_000
    max_payload: int = 262_144
    in_blocks: bool = True
    tls_cert: str = ""
    tls_key: str = ""
    alarms_apart: bool = True

    def __post_init__(self) -> None:
        if self.protocol not in ("5", "3.1.1"):
            raise IngestError(f"the MQTT protocol is 5 or 3.1.1, not {self.protocol!r}")
        if not self.client_id or len(self.client_id.encode()) > 128:
            raise IngestError("the MQTT client id needs 1 to 128 bytes: it names the session the broker keeps")
        if any(one in self.share for one in "/+#"):
            raise IngestError(f"the name of a share group has no /, + or #: {self.share!r}")
        for name in ("batch", "linger_ms", "receive_maximum", "max_payload"):
            if getattr(self, name) < 1:
                raise IngestError(f"the ingest option {name} must be 1 or more, not {getattr(self, name)}")

    def everything(self, client_id: str, *, leaves: bool = False) -> SessionOptions:
        """The session that brings everything, or this process's share of it."""
        return self._session(client_id, FILTERS, echoes.EVERYTHING if self.alarms_apart else 0, self.share, leaves)

    def alarms(self, client_id: str) -> SessionOptions:
        """The session that brings alarms."""
        return self._session(client_id, URGENT_FILTERS, echoes.ALARMS, "", leaves=False)

    def _session(self, client_id: str, topics: tuple[str, ...], way: int, share: str, leaves: bool) -> SessionOptions:
        return SessionOptions(self.host, self.port, self.user, self.password, self.tls_ca, self.protocol, client_id,
                              self.receive_maximum, self.max_payload, share, self.in_blocks, self.tls_cert,
                              self.tls_key, topics, way, leaves)
