"""The machine that the figures are of."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from huoyan.embedded.postgres import shipped_binaries
from tests.servers import mosquitto

_PACKAGES = ("paho-mqtt", "psycopg", "numpy", "fastapi", "uvicorn", "amqtt")


def describe() -> dict[str, Any]:
    """Cores, memory, versions, and how busy the machine is just now."""
    return {
        "processor": _processor(), "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}", "python": platform.python_version(),
        "postgresql": _first_line([str(shipped_binaries() / "bin" / "postgres"), "--version"]),
        "mosquitto": _first_line([mosquitto.binary(), "-h"]) if mosquitto.binary() else "none",
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
        "load_before": [round(load, 2) for load in os.getloadavg()]}


def text(machine: dict[str, Any]) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return (f"machine: {machine['cores']} cores ({machine['processor']}), {machine['memory_gb']} GB, "
            f"{machine['system']}\n"
            f"versions: Python {machine['python']}, {machine['postgresql']}, {machine['mosquitto']}, {packages}\n"
            f"load average at the start: {', '.join(map(str, machine['load_before']))}")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _first_line(words: list[str | None]) -> str:
    done = subprocess.run([word for word in words if word], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().splitlines()[0]
