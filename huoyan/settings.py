"""One table of settings: name, unit, default and reason. The command, the docs page and the start-up check read it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.errors import HuoyanError


class SettingError(HuoyanError):
    """A setting in the environment can't be used."""


@dataclass(frozen=True)
class Setting:
    """One ``HUOYAN_…`` variable. ``secret`` values are never printed."""

    name: str
    parse: Callable[[str], Any]
    default: str
    unit: str
    reason: str
    secret: bool = False

    @property
    def variable(self) -> str:
        return "HUOYAN_" + self.name.upper()


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise ValueError("a port is between 1 and 65535")
    return number


def _port_or_none(text: str) -> int:
    return 0 if text == "0" else _port(text)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("it must be 1 or more")
    return number


def _flag(text: str) -> bool:
    if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
        raise ValueError("say 1 or 0")
    return text.lower() in ("1", "true", "yes")


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"say one of {', '.join(words)}")
        return text
    return parse


SETTINGS: tuple[Setting, ...] = (
    Setting("database_url", str, "postgresql://huoyan@localhost:5432/huoyan", "libpq URL",
            "where PostgreSQL or TimescaleDB is", secret=True),
    Setting("database_pool", _positive, "8", "connections", "most connections of one process"),
    Setting("mqtt_host", str, "localhost", "host", "where the MQTT broker is"),
    Setting("mqtt_port", _port, "1883", "port", "8883 with TLS"),
    Setting("mqtt_user", str, "", "name", "login of the ingest process at the broker"),
    Setting("mqtt_password", str, "", "text", "its password", secret=True),
    Setting("mqtt_tls_ca", str, "", "path", "CA file; set, the connection is TLS"),
    Setting("mqtt_protocol", _one_of("5", "3.1.1"), "5", "version",
            "3.1.1 only for a broker that has no MQTT 5, such as the embedded one"),
    Setting("mqtt_client_id", str, "huoyan-ingest", "name", "names the persistent session: keep it across restarts"),
    Setting("mqtt_tls_cert", str, "", "path", "certificate of ingest for mutual TLS; needs the CA file and the key"),
    Setting("mqtt_tls_key", str, "", "path", "key of that certificate"),
    Setting("mqtt_share", str, "", "name",
            "several ingest processes with this name share one subscription, under client ids of their own; "
            "a secret, as the client id is"),
    Setting("broker_address", str, "BROKER:8883", "host:port", "where devices connect, as the vendors' pages tell it"),
    Setting("broker_directory", str, "", "path", "where broker-access writes the files that Mosquitto reads"),
    Setting("broker_authority", str, "", "path",
            "folder of the certificate authority for vendors' certificates; empty: passwords alone"),
    Setting("broker_pid_file", str, "", "path",
            "pid_file of a Mosquitto on this machine; empty: it watches the files, as in docker-compose.yml"),
    Setting("broker_seconds", _positive, "10", "s", "how often broker-access looks for what has changed"),
    Setting("broker_metrics_port", _port, "9104", "port", "Prometheus metrics of broker-access"),
    Setting("ingest_batch", _positive, "5000", "messages", "most messages stored in one transaction"),
    Setting("ingest_linger_ms", _positive, "50", "ms", "longest wait for a batch to fill"),
    Setting("ingest_receive_maximum", _positive, "20000", "messages", "most unacknowledged messages in flight"),
    Setting("ingest_max_payload", _positive, "262144", "bytes",
            "a larger payload goes to quarantine, cut to its start"),
    Setting("ingest_alarms_apart", _flag, "1", "0 or 1",
            "alarms come by a session of their own, whatever else waits; "
            "0 only for a broker that keeps one session, such as the embedded one"),
    Setting("listen_host", str, "0.0.0.0", "address",  # noqa: S104  devices come from outside
            "where the GB/T 26875.3 listener waits for devices"),
    Setting("listen_tcp_port", _port_or_none, "26875", "port", "0: no TCP"),
    Setting("listen_udp_port", _port_or_none, "26875", "port", "0: no UDP"),
    Setting("listen_links", _positive, "50000", "links", "most TCP links at a time"),
    Setting("listen_peer_links", _positive, "25000", "links",
            "most of them from one address; many devices may stand behind one router of a mobile network"),
    Setting("listen_idle_seconds", _positive, "900", "s", "a link silent for longer is closed"),
    Setting("listen_batch", _positive, "1000", "frames", "most frames stored in one transaction"),
    Setting("listen_deny", _flag, "1", "0 or 1",
            "answer a frame with a wrong sum by a deny; 0 where devices send a denied frame without end"),
    Setting("listen_metrics_port", _port, "9103", "port", "Prometheus metrics of the listener"),
    Setting("api_host", str, "127.0.0.1", "address", "0.0.0.0 behind a reverse proxy only"),
    Setting("api_port", _port, "8080", "port", "pages and REST"),
    Setting("api_secure_cookies", _flag, "1", "0 or 1", "0 only for plain HTTP on this machine"),
    Setting("metrics_host", str, "127.0.0.1", "address",
            "where /healthz, /readyz and /metrics of all processes but the API listen"),
    Setting("ingest_metrics_port", _port, "9101", "port", "Prometheus metrics of ingest"),
    Setting("scheduler_metrics_port", _port, "9102", "port", "Prometheus metrics of the scheduler"),
    Setting("policy_dir", str, "", "path", "a folder of rules laid over the shipped ones"),
    Setting("log_format", _one_of("json", "console"), "json", "form", "console for people, json for machines"),
    Setting("log_level", _one_of("debug", "info", "warning", "error"), "info", "level", "least level that is written"),
)


@dataclass(frozen=True)
class Settings:
    """The settings of this process, checked at the start."""

    values: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read every setting; an unusable or unknown one is named in one sentence."""
    source = os.environ if environment is None else environment
    known = {setting.variable for setting in SETTINGS}
    for variable in sorted(source):
        ours = variable.startswith("HUOYAN_") and not variable.startswith(("HUOYAN_TEST_", "HUOYAN_DEMO_"))
        if ours and variable not in known:
            raise SettingError(f"{variable} is not a setting: huoyan settings lists those there are")
    values = {}
    for setting in SETTINGS:
        text = source.get(setting.variable, setting.default)
        try:
            values[setting.name] = setting.parse(text)
        except ValueError as error:
            shown = "(hidden)" if setting.secret else repr(text)
            raise SettingError(f"{setting.variable}={shown} can't be used: {error}") from None
    if values["policy_dir"] and not Path(values["policy_dir"]).is_dir():
        raise SettingError(f"HUOYAN_POLICY_DIR={values['policy_dir']!r} can't be used: it is not a folder")
    return Settings(values)
