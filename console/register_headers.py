"""What the columns of registers are called in Chinese: lists of shops and people are kept by hand, in spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.rulebook.model import Text

# The first is the one that messages name. Shops are called as in files of evidence.
CALLED: Mapping[str, tuple[str, ...]] = {
    "platform": ("平台",),
    "shop": ("店铺", "店铺ID", "店铺编号"),
    "name": ("名称", "店铺名称", "店铺全称"),
    "alias": ("别名", "店铺别名", "简称", "店铺简称"),
    "client": ("客户", "客户名称", "甲方"),
    "category": ("品类", "类目", "主营类目"),
    "opened_on": ("开店日期", "开店日", "开业日期"),
    "owner": ("负责人", "店铺负责人"),
    "contact": ("联系人", "联系方式", "通知邮箱", "邮箱"),
    "expects": ("应有数据", "应有的数据"),
    "expects_from": ("应有数据起", "应有数据开始日期"),
    "expects_until": ("应有数据止", "应有数据结束日期"),
    "person": ("人员", "姓名", "员工"),
    "agent": ("客服", "客服账号", "子账号"),
    "team": ("团队", "班组", "小组"),
    "from": ("起", "开始日期", "起始日期"),
    "to": ("止", "结束日期", "截止日期"),
}
_MEANT = {said: column for column, names in CALLED.items() for said in names}


def column_of(header: str) -> str:
    """The column that a header is; itself where it is none that is known.

    >>> column_of(" 店铺 "), column_of("alias"), column_of("备注")
    ('shop', 'alias', '备注')
    """
    said = header.strip()
    return _MEANT.get(said, said)


def both(columns: Iterable[str]) -> Text:
    """These columns, in Chinese with their words."""
    named = list(columns)
    return Text("、".join(f"{c}（{CALLED[c][0]}）" for c in named), ", ".join(named))


def spellings(columns: Sequence[str]) -> list[str]:
    """All that a header may say."""
    return [*columns, *(said for column in columns for said in CALLED[column])]
