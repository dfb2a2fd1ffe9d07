"""docker-compose.yml, Dockerfile and .env.example name only what exists, and nothing insecure."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from huoyan import cli
from huoyan.settings import SETTINGS, load

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
PROCESSES = {name: service for name, service in SERVICES.items() if "build" in service}
DEFAULTS = {setting.name: setting.parse(setting.default) for setting in SETTINGS}

_TOP = {"name", "services", "networks", "volumes", "secrets"}
_SERVICE = {"image", "build", "restart", "read_only", "tmpfs", "cap_drop", "security_opt", "stop_grace_period",
            "logging", "environment", "volumes", "networks", "shm_size", "healthcheck", "secrets", "ports", "command",
            "depends_on", "user", "entrypoint", "ulimits"}
_HEALTH = {"test", "interval", "timeout", "retries", "start_period"}
_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]*$")
_DURATION = re.compile(r"^[0-9]+(s|m|h)$")
_PINNED = re.compile(r"^[a-z0-9./-]+:[0-9]+\.[0-9]+(\.[0-9]+)?(-[a-z0-9.-]+)?$")
_REQUIRED = re.compile(r"\$\{([A-Z_]+):\?([^}]+)\}")


def test_the_file_has_the_form_of_the_compose_specification() -> None:
    assert {key for key in COMPOSE if not key.startswith("x-")} == _TOP
    for name, service in SERVICES.items():
        assert _NAME.match(name)
        assert set(service) <= _SERVICE, name
        assert isinstance(service.get("environment", {}), dict)
        assert all(isinstance(value, str) for value in service.get("environment", {}).values()), name
        assert service["restart"] in ("unless-stopped", "on-failure")
        assert _DURATION.match(service["stop_grace_period"])
        for other, condition in service.get("depends_on", {}).items():
            assert condition["condition"] in ("service_healthy", "service_completed_successfully")
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], f"{name} waits for the health of {other}, which tells none"
        health = service.get("healthcheck")
        if health:
            assert set(health) <= _HEALTH
            assert health["test"][0] == "CMD"
            assert all(isinstance(word, str) for word in health["test"])
            assert all(_DURATION.match(health[key]) for key in ("interval", "timeout"))


def test_every_network_volume_and_secret_is_declared_and_every_declared_one_is_used() -> None:
    named = {kind: {(item["source"] if isinstance(item, dict) else item).partition(":")[0]
                    for service in SERVICES.values() for item in service.get(kind, ())}
             for kind in ("networks", "volumes", "secrets")}
    for kind, names in named.items():
        assert {name for name in names if _NAME.match(name)} == set(COMPOSE[kind])


def test_what_is_mounted_from_the_repository_is_in_it() -> None:
    mounted = [item.split(":") for service in SERVICES.values() for item in service.get("volumes", ())
               if item.startswith("./")]
    assert mounted
    for source, target, mode in mounted:
        assert (ROOT / source).is_file()
        assert target.startswith("/")
        assert mode == "ro"
    assert os.access(ROOT / "deploy/database/010_logins.sh", os.X_OK)
    assert os.access(ROOT / "deploy/mosquitto/run.sh", os.X_OK)


def test_images_are_pinned_and_the_databases_is_the_version_the_tests_run_on() -> None:
    for service in SERVICES.values():
        assert _PINNED.match(service["image"]), service["image"]
    for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines():
        if line.startswith("FROM "):
            assert _PINNED.match(line.split()[1])
            assert line.split()[1].startswith("python:3.11.")
    assert SERVICES["database"]["image"] == "timescale/timescaledb:2.19.3-pg17"
    assert SERVICES["mosquitto"]["image"].startswith("eclipse-mosquitto:2.")


def test_every_command_exists() -> None:
    assert set(PROCESSES) == {"migrate", "broker-access", "ingest", "listener", "scheduler", "api"}
    for name, service in PROCESSES.items():
        command = "listen" if name == "listener" else name
        assert service["command"] == [command]
        assert cli.huoyan.get_command(click.Context(cli.huoyan), command) is not None
    assert 'ENTRYPOINT ["huoyan"]' in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_every_setting_exists_and_can_be_read() -> None:
    for service in PROCESSES.values():
        ours = {name: value for name, value in service["environment"].items() if name.startswith("HUOYAN_")}
        loaded = load({name: _REQUIRED.sub("secret", value) for name, value in ours.items()})
        assert loaded.database_url.endswith("@database:5432/huoyan")
    assert load({"HUOYAN_MQTT_PORT": SERVICES["ingest"]["environment"]["HUOYAN_MQTT_PORT"]}).mqtt_port == 1883
    assert SERVICES["ingest"]["environment"]["HUOYAN_MQTT_HOST"] in SERVICES


def test_every_port_and_health_address_is_the_one_the_process_listens_on() -> None:
    for name, port, path in (("broker-access", DEFAULTS["broker_metrics_port"], "readyz"),
                             ("ingest", DEFAULTS["ingest_metrics_port"], "healthz"),
                             ("listener", DEFAULTS["listen_metrics_port"], "healthz"),
                             ("scheduler", DEFAULTS["scheduler_metrics_port"], "healthz"),
                             ("api", DEFAULTS["api_port"], "readyz")):
        assert f"http://127.0.0.1:{port}/{path}'" in SERVICES[name]["healthcheck"]["test"][-1]
    assert SERVICES["api"]["ports"] == [f"127.0.0.1:{DEFAULTS['api_port']}:{DEFAULTS['api_port']}"]
    exposed = re.search(r"^EXPOSE (.*)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert exposed is not None
    assert exposed[1].split() == [str(DEFAULTS[name]) for name in (
        "api_port", "ingest_metrics_port", "scheduler_metrics_port", "listen_metrics_port", "broker_metrics_port")] + [
            f"{DEFAULTS['listen_tcp_port']}/tcp", f"{DEFAULTS['listen_udp_port']}/udp"]
    assert SERVICES["listener"]["ports"] == [f"{port}:{port}/{transport}" for transport, port in (
        ("tcp", DEFAULTS["listen_tcp_port"]), ("udp", DEFAULTS["listen_udp_port"]))]
    assert SERVICES["listener"]["ulimits"]["nofile"] > DEFAULTS["listen_links"], "a file for each link"
    listeners = re.findall(r"^listener (\d+)", (ROOT / "deploy/mosquitto/mosquitto.conf").read_text(), re.MULTILINE)
    assert listeners == ["1883", "8883", "8884"]
    assert SERVICES["mosquitto"]["ports"] == ["8883:8883", "8884:8884"], "1883 is without TLS and stays inside"


def test_mosquitto_reads_what_broker_access_writes() -> None:
    broker, access = SERVICES["mosquitto"], SERVICES["broker-access"]
    assert f"access:{access['environment']['HUOYAN_BROKER_DIRECTORY']}" in access["volumes"]
    assert "access:/mosquitto/access:ro" in broker["volumes"]
    assert access["user"] == broker["user"] == "1883:1883"
    assert "--owner=1883" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert broker["depends_on"] == {"broker-access": {"condition": "service_healthy"}}
    configuration = (ROOT / "deploy/mosquitto/mosquitto.conf").read_text(encoding="utf-8")
    read = set(re.findall(r"^\w+ (/mosquitto/access/\S+)$", configuration, re.MULTILINE))
    assert set(broker["command"][1:]) == read, "the script waits for exactly the files that Mosquitto reads"
    assert {name.rpartition("/")[2] for name in read} == {"passwords", "acl", "ca.crt", "revoked.crl"}
    inside = {mount.split(":")[1] for mount in broker["volumes"]}
    assert {broker["command"][0], *broker["entrypoint"]} <= inside
    secrets = {f"/run/secrets/{name}" for name in broker["secrets"]}
    assert secrets == set(re.findall(r"/run/secrets/\w+", configuration))
    assert {item["target"] for item in access["secrets"]} == {"ca.crt", "ca.key"}


def test_the_key_of_the_authority_is_with_the_one_that_signs_and_the_session_of_ingest_has_a_secret_name() -> None:
    holders = [name for name, service in SERVICES.items() for item in service.get("secrets", ())
               if (item["source"] if isinstance(item, dict) else item) == "mqtt_ca_key"]
    assert holders == ["broker-access"]
    assert SERVICES["broker-access"]["networks"] == ["storage"]
    assert "ports" not in SERVICES["broker-access"]
    assert _REQUIRED.fullmatch(SERVICES["ingest"]["environment"]["HUOYAN_MQTT_CLIENT_ID"])


def test_no_process_has_more_rights_than_it_needs() -> None:
    for name, service in PROCESSES.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True
        assert "privileged" not in service
    for service in SERVICES.values():
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert COMPOSE["networks"]["storage"] == {"internal": True}
    assert "storage" not in SERVICES["mosquitto"]["networks"]
    assert "ports" not in SERVICES["database"]
    users = re.findall(r"^USER (\d+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert users
    assert all(int(user) > 0 for user in users)


def test_nothing_has_a_default_password_and_each_missing_one_is_a_sentence() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    required = dict(_REQUIRED.findall(text))
    assert set(re.findall(r"\$\{([A-Za-z_]+)", text)) == set(required), "a variable with a default, or none"
    for variable, sentence in required.items():
        assert sentence.startswith(f"set {variable} in .env, ")
    example = dict(line.split("=", 1) for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
                   if line and not line.startswith("#"))
    assert set(example) == set(required)
    assert all(value == "" or name.endswith("_FILE") for name, value in example.items())
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name:
                assert _REQUIRED.fullmatch(value), name


def test_secrets_stay_out_of_the_repository_and_out_of_the_image() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {".env", "secrets/"} <= set(ignored)
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert allowed[0] == "*"
    assert not any("env" in line or "secrets" in line for line in allowed)


def test_the_image_gets_every_room_and_only_files_that_are_there() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = [word for line in text.splitlines() if line.startswith("COPY ") and "--from" not in line
              for word in line.split()[1:-1]]
    for name in copied:
        assert (ROOT / name).exists(), name
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split() if line.startswith("!")}
    assert kept == set(copied)
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert rooms <= set(copied)


def test_docker_itself_takes_the_file() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no docker compose on this machine: the file is checked by the tests above")
    variables = {name: "./x" if name.endswith("_FILE") else "x" for name in
                 dict(_REQUIRED.findall((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))}
    done = subprocess.run([docker, "compose", "config", "--format", "json"], cwd=ROOT, capture_output=True, text=True,
                          check=False, env={**os.environ, **variables})
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["services"]) == set(SERVICES)
