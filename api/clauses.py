"""Why a cell or a field of a record can't stand, in Chinese: the registers say it as one English clause.

Files and forms meet few kinds of fault, so a table of them is enough; a clause that is not in it is shown as it is.
"""

from __future__ import annotations

import re

from registry.changing import RecordRefused
from registry.columns import TABLES

_CLAUSES: tuple[tuple[str, str], ...] = (
    (r"it is empty", "不能为空"),
    (r"it has (\d+) characters, at most (\d+) fit", "有 {0} 个字，最多 {1} 个"),
    (r"it has (\d+) entries, at most (\d+) fit", "有 {0} 项，最多 {1} 项"),
    (r"the entry (.+) has (\d+) characters, at most (\d+) fit", "其中 {0} 有 {1} 个字，最多 {2} 个"),
    (r"the entry (.+) must be 6 to 12 digits such as (\d+)", "其中 {0} 应为 6 至 12 位数字，如 {1}"),
    (r"it must be 6 to 12 digits such as (\d+)", "应为 6 至 12 位数字，如 {0}"),
    (r"it must be (\d+) to (\d+) characters without blanks(?:, /, \+ or #)?", "应为 {0} 至 {1} 个字符，不含空格"),
    (r"it must be between (\S+) and (\S+)", "应在 {0} 至 {1} 之间"),
    (r"its year must be between (\d+) and (\d+)", "年份应在 {0} 至 {1} 之间"),
    (r"it must be one of (.+)", "应为以下之一：{0}"),
    (r"there is no kind (.*): the kinds are (.+)", "没有类别 {0}；可用的类别：{1}"),
    (r"it is not a whole number", "应为整数"),
    (r"it is not a number", "应为数字"),
    (r"it is not a finite number", "应为有限的数字"),
    (r"it is neither text nor a number", "既不是文字也不是数字"),
    (r"say 是 or 否 .+", "应填 是 或 否"),
    (r"it is not a day such as .+", "应为日期，如 2024-01-31"),
    (r"it must be a day without a time", "应为日期，不带时间"),
    (r"there is no such day in the calendar", "日历上没有这一天"),
    (r"it (?:must be|is not) a JSON object such as (.+)", "应为 JSON 对象，如 {0}"),
    (r"a spreadsheet has rounded it: .+", "数字被电子表格四舍五入：请把该列设为文本后重新填写"),
    (r"it is a number of more than 15 digits, .+", "数字超过 15 位，会被电子表格四舍五入：请把单元格设为文本"),
    (r"it holds the spreadsheet error (.+)", "单元格是电子表格错误 {0}"),
    (r"it holds the character (.+), which is not text", "含有无法保存的字符 {0}"),
    (r"it lies before (?:\w+) \((.+)\) (\S+)", "早于{0} {1}"),
    (r"there is no area (\S+).*", "没有区域 {0}"),
    (r"there is no unit (\S+) in the register of units", "名录库中没有单位 {0}"),
    (r"there is no vendor (\S+) in the register of vendors", "没有厂家 {0}"),
    (r"there is no officer (\S+) in the register of officers", "没有检查人员 {0}"),
    (r"an officer needs the code of at least one area", "至少填写一个区域代码"),
    (r"the word gateway stands in MQTT topics .+", "gateway 是保留字，不能作设备编号"),
    (r"the \S+ (.+) stands in line (\d+) already", "{0} 与第 {1} 行重复"),
    (r"a unified social credit code has 18 characters, this one has (\d+)", "应为 18 位，现有 {0} 位"),
    (r"character (\d+) is (.), which the code never uses: is it (.)\?",
     "第 {0} 位是 {1}，该代码不用此字符：是否为 {2}？"),
    (r"character (\d+) is (.+): only digits .+", "第 {0} 位是 {1}：只能用数字和除 I、O、S、V、Z 外的大写字母"),
    (r"characters 3 to 8 are an area code and must be digits", "第 3 至 8 位是区划代码，应为数字"),
    (r"its check character is (.) where the others call for (.): .+", "校验位是 {0}，按其余各位应为 {1}：有一位填错"),
    (r"the row has (\d+) cells, the header (\d+)", "这一行有 {0} 格，表头有 {1} 格"),
    (r"it must be 2 to 32 small letters, digits, _ or - such as (.+)", "应为 2 至 32 个小写字母、数字、_ 或 -，如 {0}"),
)
_TABLE = tuple((re.compile(pattern), zh) for pattern, zh in _CLAUSES)


def in_chinese(clause: str) -> str:
    """The clause in Chinese, or as it is where the table does not have it."""
    for pattern, zh in _TABLE:
        found = pattern.fullmatch(clause)
        if found:
            return zh.format(*found.groups())
    return clause


def fault_lines(refused: RecordRefused) -> list[tuple[str, str]]:
    """Each fault of a record: the Chinese title of its field and why it can't stand."""
    titles = {column.code: column.zh for column in TABLES[refused.noun].columns}
    return [(titles.get(code, ""), in_chinese(reason)) for code, reason in refused.faults.items()]
