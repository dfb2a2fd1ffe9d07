"""GB 32100-2015: codes that really exist, and every single slip of the pen found."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from registry import uscc

PUBLISHED = {
    "91350100M000100Y43": "the example of the standard",
    "91330100799655058B": "阿里巴巴(中国)有限公司",
    "9144030071526726XG": "深圳市腾讯计算机系统有限公司",
    "914403001922038216": "华为技术有限公司",
    "91110000802100433B": "百度在线网络技术(北京)有限公司",
    "91110108551385082Q": "小米科技有限责任公司",
    "12100000400000624D": "北京大学",
}

letters = st.sampled_from(uscc.ALPHABET)
bodies = st.tuples(letters, letters, st.integers(0, 999999).map("{:06d}".format),
                   st.text(letters, min_size=9, max_size=9)).map("".join)
codes = bodies.map(lambda body: body + uscc.check_character(body))


@pytest.mark.parametrize("code", PUBLISHED, ids=PUBLISHED.get)
def test_a_published_code_is_verified(code: str) -> None:
    assert uscc.fault(code) is None
    assert uscc.verify(code) == code


@pytest.mark.parametrize(("code", "reason"), [
    ("", "18 characters, this one has 0"),
    ("91330100799655058", "this one has 17"),
    ("91330100799655058BB", "this one has 19"),
    ("91330100799655058A", "check character is A where the others call for B"),
    ("91330100799655O58B", "character 15 is O, which the code never uses: is it 0?"),
    ("9133010079965505IB", "character 17 is I"),
    ("913301007996550S8B", "is it 5?"),
    ("91330100799655Z58B", "is it 2?"),
    ("91330100V99655058B", "is it U?"),
    ("91330100799655058b", "character 18 is 'b'"),
    ("9133010079965505-B", "character 17 is '-'"),
    ("91330100799655058８", "only digits"),
    ("9133A100799655058B", "characters 3 to 8 are an area code"),
])
def test_a_code_that_is_wrong_is_refused_with_the_reason(code: str, reason: str) -> None:
    assert reason in (uscc.fault(code) or "")
    with pytest.raises(uscc.InvalidCode, match="unified social credit code"):
        uscc.verify(code)


@given(codes)
@settings(deadline=None)
def test_a_code_with_its_check_character_is_verified(code: str) -> None:
    assert uscc.fault(code) is None


@given(codes, st.integers(0, 17), letters)
@settings(deadline=None)
def test_one_wrong_character_is_always_found(code: str, place: int, letter: str) -> None:
    assume(code[place] != letter)
    assert uscc.fault(code[:place] + letter + code[place + 1:]) is not None


@given(codes, st.integers(0, 15))
@settings(deadline=None)
def test_two_swapped_neighbours_are_always_found(code: str, place: int) -> None:
    assume(code[place] != code[place + 1])
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2:]
    assert uscc.fault(swapped) is not None


@given(st.text(max_size=30))
@settings(deadline=None)
def test_any_text_gets_an_answer_of_one_line(text: str) -> None:
    reason = uscc.fault(text)
    assert reason is None or (reason and "\n" not in reason)
