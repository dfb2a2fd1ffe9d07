"""``make coverage``: which duties of supervision the tests show, written to ``docs/coverage.md`` from their marks."""

from __future__ import annotations

from tests.duties.page import PAGE, page


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")


main()
