"""Settings of one listener process, checked where they are made."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.errors import IngestError


@dataclass(frozen=True)
class ListenOptions:
    """Where devices connect, and the bounds of what they may take.

    A port of 0 leaves that transport out (-1: any free port, for tests). ``links`` are held at most, of them
    ``peer_links`` from one address; ``udp_peers`` senders are remembered. A link that is silent for ``idle_seconds``,
    or leaves a frame half for ``half_frame_seconds``, is closed. One link may have ``window`` frames unstored; all
    together ``waiting`` frames of ``waiting_bytes``: beyond that nothing more is read. ``batch`` frames are stored in
    one transaction, after ``linger_ms`` at the latest. ``deny`` answers a wrong sum with a deny. ``refused_minute``
    frames a minute of unknown or damaged origin are kept in quarantine for one peer, ten times as many for all.
    """

    host: str = "0.0.0.0"  # noqa: S104  devices come from outside
    tcp_port: int = 26875
    udp_port: int = 26875
    links: int = 50_000
    peer_links: int = 25_000
    udp_peers: int = 20_000
    idle_seconds: int = 900
    half_frame_seconds: int = 10
    window: int = 64
    waiting: int = 20_000
    waiting_bytes: int = 32_000_000
    batch: int = 1000
    linger_ms: int = 20
    deny: bool = True
    refused_minute: int = 60

    def __post_init__(self) -> None:
        for name in ("tcp_port", "udp_port"):
            if not -1 <= getattr(self, name) <= 65535:
                raise IngestError(f"the listener's {name} must be a port, or 0 to leave it out")
        if self.tcp_port == self.udp_port == 0:
            raise IngestError("the listener has neither a TCP nor a UDP port: it would hear nobody")
        for name in ("links", "peer_links", "udp_peers", "idle_seconds", "half_frame_seconds", "window", "waiting",
                     "waiting_bytes", "batch", "linger_ms", "refused_minute"):
            if getattr(self, name) < 1:
                raise IngestError(f"the listener's {name} must be 1 or more, not {getattr(self, name)}")
