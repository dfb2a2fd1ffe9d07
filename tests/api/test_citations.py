"""Articles are numbered as the reader's law numbers them."""

import pytest

from api.citations import cited


@pytest.mark.parametrize(("text", "said"), [
    ("消防监督检查规定 (公安部令第120号) Art. 18", "消防监督检查规定（公安部令第120号） 第18条"),
    ("Art. 7 ¶2", "第7条第2款"), ("北京市消防条例 Art. 25(7)", "北京市消防条例 第25条第（7）项"),
    ("二(三); Art. 17 ¶1 of 行政强制法", "二（三）; 行政强制法第17条第1款"), ("items 25-28", "第25-28项"),
    ("Art. 20 (by the difficulty of the work)", "第20条（视整改难易程度确定）"),
    ("Art. 64 (七日; Art. 85)", "第64条（七日; 第85条）"), ("消防法 Art. 58-69", "消防法 第58-69条"),
    ("GB 50116-2013", "GB 50116-2013"),
])
def test_a_citation_for_who_reads_chinese(text: str, said: str) -> None:
    assert cited(text) == said
