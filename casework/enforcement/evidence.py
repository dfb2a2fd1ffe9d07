"""执法全过程记录: where a recording or a document of a step lies, with its digest and how long it runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework import forms
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

KINDS = ["video", "audio", "photo", "document"]
_LONGEST = 10 * 24 * 3600
_MOST = 50


@dataclass(frozen=True)
class Evidence:
    """One file. ``seconds`` belongs to what runs: a video or a sound."""

    kind: str
    uri: str
    sha256: str
    seconds: int | None = None


def evidence_list(data: Any) -> tuple[Evidence, ...]:
    """Evidence from JSON."""
    if data in (None, ""):
        return ()
    if not isinstance(data, list | tuple) or len(data) > _MOST:
        raise CaseworkError(f"evidence must be a list of at most {_MOST} files",
                            zh=f"证据应为列表，最多 {_MOST} 个文件")
    return tuple(evidence(one) for one in data)


def evidence(data: Any) -> Evidence:
    """One file from JSON."""
    if not isinstance(data, Mapping):
        raise CaseworkError("evidence is written as {kind, uri, sha256, seconds}",
                            zh="证据应填写类型、地址、摘要、时长")
    kind, seconds = forms.chosen(data.get("kind", "video"), "evidence kind", KINDS), data.get("seconds")
    if seconds == "":
        seconds = None
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int)
                                or not 0 < seconds <= _LONGEST):
        raise CaseworkError(f"seconds must be a whole number from 1 to {_LONGEST}",
                            zh=f"时长应为 1 至 {_LONGEST} 的整数（秒）")
    if kind in ("video", "audio") and seconds is None:
        raise CaseworkError(f"a {kind} needs its duration in seconds", zh="影音证据必须填写时长（秒）")
    return Evidence(kind, forms.word(data.get("uri"), "uri", 1000), digest(data.get("sha256"), "sha256"), seconds)


def digest(value: Any, name: str) -> str:
    """A SHA-256 in hex."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise CaseworkError(f"{name} must be a SHA-256 of 64 hexadecimal digits",
                            zh=f"{name} 应为 64 位十六进制的 SHA-256 摘要")
    return value.lower()


def store(connection: Connection, step_id: int, files: Iterable[Evidence], actor: str) -> None:
    """Keep the files of a step; the same file twice at one step is refused."""
    for one in files:
        row = connection.execute(q["insert"], {"step": step_id, "kind": one.kind, "uri": one.uri, "sha": one.sha256,
                                               "seconds": one.seconds, "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"a file with digest {one.sha256[:12]}… is with this step already",
                              zh=f"该步骤已有摘要为 {one.sha256[:12]}… 的文件")


def add(db: Database, noun: str, ref: str, step_id: int, files: tuple[Evidence, ...], actor: str) -> None:
    """Supply the evidence of a step that was entered before."""
    if not files:
        raise CaseworkError("name at least one file", zh="请至少填写一个文件")
    with db.connection() as connection:
        step = connection.execute(q["step"], {"noun": noun, "ref": ref, "step": step_id}).fetchone()
        if step is None:
            raise NotFound(f"{ref} has no step {step_id}", zh=f"{ref} 没有步骤 {step_id}")
        store(connection, step_id, files, actor)
        audit.record(connection, actor, "evidence", noun, ref, None,
                     {"step": step["step"], "step_id": step_id, "files": [vars(one) for one in files]})


def missing_media(steps: Sequence[Mapping[str, Any]], day: Any) -> list[str]:
    """Steps of those that need a video (询问, 告知, 送达) that were made and have none, in the order of policy."""
    wanted: list[str] = list(rules().value("enforcement.media_steps", day))
    return [name for name in wanted
            if any(step["step"] == name and not _filmed(step) for step in steps)]


def _filmed(step: Mapping[str, Any]) -> bool:
    return any(one["kind"] == "video" for one in step["evidence"])
