"""A step that law doesn't allow yet: the sentence names the article that says so."""

from __future__ import annotations

from casework.errors import CaseworkError


class GateClosed(CaseworkError):
    """The thing is not far enough for this step, or too far."""

    status = 409


def closed(article: tuple[str, str], en: str, zh: str) -> GateClosed:
    """A refusal with its article, in English and in Chinese."""
    return GateClosed(f"{en} ({article[0]})", zh=f"{zh}（{article[1]}）")
