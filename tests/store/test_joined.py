"""A long list of texts goes to the database as one parameter and comes back as it was."""

import pytest

from store import Database, StoreError, joined


@pytest.mark.parametrize("texts", [[], ["a"], ["a", "", "b"], ["a,b", "{c}", "d\ne", "穗消〔2026〕1号", "'"]])
def test_texts_come_to_the_array_that_they_are(db: Database, texts: list[str]) -> None:
    told = db.row("select string_to_array(%s, chr(31)) as texts", [joined(texts)])
    assert told == {"texts": texts}


def test_what_would_be_two_texts_is_refused() -> None:
    with pytest.raises(StoreError, match=r"U\+001F"):
        joined(["a", "b\x1fc"])
