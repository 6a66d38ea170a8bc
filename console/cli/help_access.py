"""The help of `kaohe users`, `kaohe tokens` and `kaohe whoami` in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    "Users: who may do what where.": "用户：谁在哪里可以做什么。",
    "Tokens, by which programs work as a user.": "令牌：程序凭它以某个用户的身份工作。",
    "The role holds for this client.": "角色只管这个客户",
    "The role holds for this shop: its id, alias or name.": "角色只管这家店铺：编号、简称或名称",
    "The shop's platform, where its name alone is not enough.": "店铺所在平台；单凭店铺名称不够时写",
    "viewer, operator, manager, officer, administrator.": (
        "viewer 查看者、operator 操作员、manager 主管、officer 合规专员、administrator 管理员"
    ),
    "The user of the operating system that they are.": "对应的操作系统用户",
    "What people call them.": "称呼",
    "A client's own: sees no agents and no people.": "客户方人员：看不到客服子账号和人员",
    "Whom they are in the register of people.": "在人员登记表里是谁",
    "Add a user with a first role. The first of all is you, as an administrator.": (
        "添加用户并授予第一个角色。第一个用户必须是你自己，且为管理员。"
    ),
    "Give a user a role over everything, a client or a shop, in the stead of the one that they have there.": (
        "授予用户在全部、某个客户或某家店铺上的角色，取代其在那里原有的角色。"
    ),
    "Take away the role that a user has over everything, a client or a shop.": (
        "收回用户在全部、某个客户或某家店铺上的角色。"
    ),
    "Let a user in no more, nor their tokens; what they did stays in the journal.": (
        "停用用户及其令牌；其做过的事仍在日志里。"
    ),
    "All users and their roles.": "全部用户及其角色。",
    "The last day on which it opens anything.": "最后有效的一天",
    "At most this role; the user's own by default.": "最高到这个角色；默认同用户本人",
    "Only for this client.": "只用于这个客户",
    "Only for this shop.": "只用于这家店铺",
    "Make a token for a program; its secret is printed once, alone on standard output, and known to nobody after.": (
        "给程序发一枚令牌；密文只在标准输出显示一次，之后无人知道。"
    ),
    "Let a token open nothing any more.": "吊销一枚令牌。",
    "All tokens, without their secrets.": "全部令牌，不含密文。",
    "Who you are here, and what you may do where.": "你在这里是谁，在哪里可以做什么。",
}
