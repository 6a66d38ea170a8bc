"""The help of `kaohe report` in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    "Reports: of a day, of a month; a file for each client and one for the house.": (
        "报表：日报、月报；每家客户一个文件，另有一个内部文件。"
    ),
    "What to do today: deadlines, violations, what is lost or near, missing data, active sanctions.": (
        "今天要做什么：截止事项、违规、已无法挽回和临近违规的、缺数据、生效中的处罚。"
    ),
    "What a month came to: verdicts, violations and what was decided, exposure and charges, corrections, closing.": (
        "一个月的结果：结论、违规与处理、敞口与扣款、更正、关账。"
    ),
    "About this day; today by default.": "哪一天；默认今天",
    "Only this client's file.": "只出这家客户的文件",
    "Write workbooks into this directory.": "把 XLSX 写到这个目录",
    "Write pages into this directory, ready to be printed.": "把可直接打印的 HTML 写到这个目录",
    "Write CSV files into this directory, one a section.": "把 CSV 写到这个目录，每部分一个文件",
}
