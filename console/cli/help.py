"""The help of every command in Chinese: the commands say it in English where they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from console.cli import (
    help_access,
    help_appeals,
    help_contracts,
    help_penalties,
    help_reports,
    help_routing,
    help_waivers,
)
from engine.rulebook.model import Language

CHINESE: Mapping[str, str] = {
    **help_contracts.CHINESE,
    **help_access.CHINESE,
    **help_penalties.CHINESE,
    **help_reports.CHINESE,
    "考核: assesses customer service by each platform's rules, keeps the proof, and warns in time.": (
        "考核：按各平台的规则考核客服，保存证据，及时预警。"
    ),
    "--home DIR stands before or after any command.": "--home DIR 写在任何命令之前或之后都可以。",
    "The installation's directory; before or after any command.": "数据目录；写在命令之前或之后都可以",
    "Print the version, and end.": "显示版本",
    "Assess what is due. With --from/--to print every current assessment of these days, else only what is new.": (
        "考核所有到期的周期。给出 --from/--to 时列出这些考核日的全部结论，否则只列新的。"
    ),
    "Where each shop stands in the cycles not assessed yet: safe, lost, or how many mend or break it.": (
        "各店在尚未考核的周期里处境如何：稳过、已无法挽回，或还差多少、还能错多少。"
    ),
    "Leave out who is safe or holding.": "不列稳过和目前达标的",
    "A month of assessments: which shops are assessed when, what came of it, what is next, who is limited.": (
        "一个月的考核日历：哪天考核什么、涉及哪些店铺、结果如何、下次是哪天、哪些店铺受限。"
    ),
    "This month; the present one by default.": "哪个月；默认是本月",
    "Only the shops of this client.": "只看这个客户的店铺",
    "Only this platform.": "只看这个平台",
    "Only this shop.": "只看这家店铺",
    "As a calendar file (RFC 5545), for calendar programs.": "输出日历文件（RFC 5545），供日历软件使用",
    "Where --ics puts the calendar.": "--ics 写到哪个文件",
    "Take this as the present time.": "以此为当前时间；只写日期时是当天 00:00",
    "First assessment day to print.": "从哪个考核日开始列出",
    "Last assessment day to assess and print.": "考核并列出到哪个考核日",
    "Only this rule; may be repeated.": "只看这条规则；可重复",
    "Print only this shop; may be repeated.": "只列出这家店铺；可重复",
    "Reckon and print; record nothing.": "只计算并列出，不记录",
    "Also assess again what was decided by other words of its rule.": "规则改动后，把按旧规则定过的也重新考核",
    "Reckon from what was known then, and print; record nothing.": "按当时已有的证据计算并列出，不记录",
    "One JSON object a line, all rows, nothing else on standard output.": "每行一个 JSON 对象，列出全部",
    "Import → tally → assess → record → notices → a summary, in a home of its own; run again, it changes nothing.": (
        "导入 → 计数 → 考核 → 记录 → 通知 → 小结，在自己的目录里；再运行一次什么都不变。"
    ),
    "Where the demo's own home is made; --home, or else ./demo-data, by default.": (
        "示例的数据目录；默认是 --home，否则 ./demo-data"
    ),
    "Import evidence. Bad rows are set aside and told; the rest of their file is taken.": (
        "导入证据。有问题的行单独列出，其余照常导入。"
    ),
    "What the files hold: sessions, messages, ratings, counts, penalties, shifts.": (
        "文件里是什么：sessions 会话、messages 消息、ratings 评价、counts 别处统计的数、penalties 平台处罚、shifts 班表"
    ),
    "CSV, NDJSON or Parquet; with --mapping CSV or XLSX.": "CSV、NDJSON 或 Parquet；用 --mapping 时 CSV 或 XLSX",
    "Read the files as a back office gives them; see `kaohe mappings`.": "按后台导出的样子读；见 `kaohe mappings`",
    "Files as the back offices give them: list, show, check.": "后台导出文件的映射：列出、查看、检查。",
    "The shipped mappings.": "随附的映射。",
    "One mapping: the headers it knows, what it makes of them, what that rests on.": (
        "一个映射：认得哪些表头，怎样换算，依据是什么。"
    ),
    "The platform, where the files do not say.": "文件里没有平台列时用它",
    "The shop, where the files do not say.": "文件里没有店铺列时用它",
    "Take the shop from the file's name: 'data_{shop}_*.csv'.": "从文件名取店铺：'data_{shop}_*.csv'",
    "First remove what is stored of each shop and day in the files.": "先删去文件所涉店铺和日期的原有数据",
    "The evidence: what is there, what is missing.": "数据：哪些已有，哪些还缺。",
    "Take a shop's rows out of the evidence. Each kind goes as a whole or not at all; assess again afterwards.": (
        "把一家店铺的数据移除（导错店时用）。每种数据要么全部移除，要么不动；之后请重新考核。"
    ),
    "The shop's platform.": "店铺所在的平台",
    "The shop: its id, alias or name.": "店铺：编号、简称或名称",
    "Only this kind of evidence; may be repeated. All kinds by default.": "只移除这种数据；可重复；默认全部种类",
    "First day to remove.": "从哪天起移除",
    "Last day to remove.": "移除到哪天",
    "Say which days and how many rows would go; remove nothing.": "只列出会移除哪些天、多少行，不移除",
    "Take back that a shop is registered, and what was said of it. Its evidence and violations stay.": (
        "取消一家店铺的登记，连同登记的内容；数据和违规记录仍在。"
    ),
    "The days that the files are all of, whatever they hold.": "文件包含了哪些日子的全部数据（FROM..TO），没有行也算",
    "With --covers: of all registered shops of the platform.": "与 --covers 同用：该平台所有已登记的店铺都算",
    "A calendar of the evidence: for each shop and kind which days are there, missing or awaited, and until when.": (
        "数据日历：每家店铺、每种数据，哪些天已有、缺失或等待中，等到何时。"
    ),
    "2026-11; the present one by default.": "2026-11 这样；默认是本月",
    "Only this client's shops.": "只看这个客户的店铺",
    "Only this platform's shops.": "只看这个平台的店铺",
    "Only this owner's shops.": "只看这位负责人的店铺",
    "Evidence to wait for: sessions, messages, ratings, counts; may be repeated.": (
        "应有的数据，考核会等它：sessions、messages、ratings、counts；可重复"
    ),
    "First day of --expects; today by default.": "--expects 从哪天起；默认今天",
    "Last day of --expects: nothing is waited for after it.": "--expects 到哪天止：之后不再等待",
    "Show refused values in full, digits included.": "完整显示拒收的值，数字不打码",
    "What is due, running or failed, which notices wait, who works; exits 1 when anything is late.": (
        "到期、进行中、失败的考核，待发的通知，值守进程；有迟误时退出码为 1。"
    ),
    "Months: close what is paid, see what was corrected since, open one again.": "月份：关账，查看之后的更正，重开。",
    "A remark for the journal.": "写进日志的备注",
    "Close a month: later evidence about it becomes a correction in the month in which it comes.": (
        "关账：之后到的证据记为到达当月的更正，不再改动这个月。"
    ),
    "Why it must be opened again: asks a second person.": "为什么要重开；提出申请，由另一个人批准",
    "Agree to what somebody else has asked for.": "批准别人的重开申请",
    "Open a closed month again: one person asks and says why, another one approves.": (
        "重开已关账的月份：一人申请并写明理由，另一人批准。"
    ),
    "All months that were ever closed, and what was booked about them since.": "关过账的月份，以及之后的更正数。",
    "The corrections about a month, and those that were booked in it.": "关于这个月的更正，以及记入这个月的更正。",
    "Look at everything that kaohe rests on, and say how to mend what is not in order; exits 1 with findings.": (
        "检查 kaohe 所依赖的一切，并说明怎样修好；有问题时退出码为 1。"
    ),
    "Connect to the mail server without logging in; ask no other channel's provider.": (
        "只连接邮件服务器，不登录；不向其他渠道的服务商发任何请求"
    ),
    "Every setting, its value and its origin; secrets masked.": "每项设置的值和来源；机密打码。",
    "Why a violation stands there: figure, standard, ladder, counts, the rule's text and its basis, evidence.": (
        "一条违规的来龙去脉：指标、标准、处罚、计数、规则原意和依据、证据。"
    ),
    "Also every day's count, every day file, and all that tells against it.": "再列出逐日的数、日文件和全部不利的条目",
    "zh-CN or en; the setting `language` by default.": "zh-CN 或 en；默认按设置 language",
    "Assess what falls due and send its notices, until told to stop. Several may run on one ledger.": (
        "到期即考核并发送通知，直到被叫停。可以同时运行多个。"
    ),
    "The clock is right, although the journal ends later: go on from now.": (
        "时钟是对的，虽然日志的末尾更晚：从现在接着记"
    ),
    "Do what is due now, and end.": "做完现在到期的就结束",
    "The journal: list entries, verify the chain.": "日志：列出条目，核验链条。",
    "All entries, in the order in which they were written.": "全部条目，按写入顺序。",
    "Only entries about this object.": "只看关于它的条目",
    "Check every entry against the chain, and print its head.": "逐条核验日志链，并显示链头。",
    "A head that was noted earlier: nothing before it may be gone.": "先前记下的链头：它之前的不能缺",
    "Notices: list, show, preview, retry, send what is due; what arrived.": (
        "通知：列出、查看、预览、重发、发送到期的；查送达。"
    ),
    "Notices, the newest first; with --json all of them, the oldest first. Addresses are masked.": (
        "通知，新的在前；加 --json 则列出全部，旧的在前。地址打码。"
    ),
    "queued, sent, failed, delivered, …, or as the list calls it.": "queued、failed……也可以写中文：待发、失败",
    "Only those that this message tells together.": "只看这封合并通知所说的各条",
    "One notice as it was written, and what became of it; one that is not written yet, as it would be now.": (
        "一封通知的原文和经过；还没写成的，按现在的内容显示。"
    ),
    "Its number in `kaohe notices list`.": "通知的编号，见 `kaohe notices list`",
    "Its name in `kaohe notices channels`.": "渠道名，见 `kaohe notices channels`",
    "Its number in `kaohe violations list`.": "违规编号，见 `kaohe violations list`",
    "Ask the providers now which messages of the last three days arrived, as the worker does from time to time.": (
        "现在就向服务商查询最近三天的短信是否送达；值守进程会定时查询。"
    ),
    "Take what providers report of delivery by themselves, until told to stop; for a proxy that speaks TLS.": (
        "接收服务商主动推送的送达回执，直到被叫停；前面须有 TLS 反向代理。"
    ),
    "The address of this host that a proxy sends calls on to.": "本机地址，反向代理把请求转到这里",
    "Its settings, and whether each is set.": "渠道名：列出它的设置项，以及是否已设",
    "The channels that there are, and which of them are set up; of one, its settings.": (
        "有哪些渠道，哪些已设置；指定一个时列出它的设置项。"
    ),
    "The notice that a violation has, whatever its age; nothing is sent.": "一条违规的通知预览；不发送。",
    "As this channel would carry it; `kaohe notices channels` lists them.": (
        "按这个渠道的样子显示；`kaohe notices channels` 列出全部"
    ),
    "Every fault of templates, advice sheets and bindings of text messages, your own and the shipped ones.": (
        "检查模板、建议和短信绑定（自己的和自带的）：逐条列出文件和问题。"
    ),
    "What the templates of an event may name: each variable, what it means, and what it says for example.": (
        "某种事件的模板可以用哪些变量：每个变量的意思和例子。"
    ),
    "An event of docs/notices.md, or `news`.": "事件，见 docs/notices.md；或 `news`",
    "Send one message that says that it is a trial, now; nothing is recorded of it.": (
        "立刻试发一条消息，说明是试发；不留记录。"
    ),
    "Where it goes: an address of that channel.": "发到哪里：该渠道的地址",
    "Queue a failed notice again.": "把失败的通知重新排队。",
    "Write and send what is due now, as the worker does.": "写出并发送现在到期的通知，与值守进程相同。",
    "The rules: list, show, check, test.": "规则：列出、查看、检查、测试。",
    "All rules, with the version that is newest.": "全部规则及其最新版本。",
    "One rule in words: what it says, where that was read, what is assumed or disputed.": (
        "一条规则的内容、出处，以及哪些是假定、哪些有争议。"
    ),
    "Every fault of every file as `file:line:column: path: message`; nothing where all is sound.": (
        "列出规则文件的全部错误：`文件:行:列: 路径: 说明`；无误则不列。"
    ),
    "Files or directories.": "文件或目录",
    "Run the cases that live in the rule files, each through both engines.": (
        "运行规则文件里的用例，两个引擎各跑一遍。"
    ),
    "Only these rules.": "只测这些规则",
    "Also name what no case reaches.": "同时列出没有用例覆盖的部分",
    "The key that seals buyers' ids: check it, begin a new one on purpose.": "封存买家编号的密钥：检查，或有意换一把。",
    "Say whether the key is there and is the one that the ledger knows; the key itself is never printed.": (
        "密钥在不在，是不是台账认得的那一把；密钥本身从不显示。"
    ),
    "The lake of day files: check that it is this ledger's, say that it has moved.": (
        "存放日文件的数据湖：检查它是不是这份台账的，声明它搬了地方。"
    ),
    "Say whether the lake is this ledger's and has all its day files; exits 1 when some are not there.": (
        "检查数据湖是否属于这份台账、日文件是否齐全；有缺时以 1 结束。"
    ),
    "From now on the lake that the settings name counts; exits 1 when it lacks day files.": (
        "从现在起以设置里的数据湖为准；缺少日文件时以 1 结束。"
    ),
    "Begin a new key, for good: buyers imported before and after cannot be compared any more.": (
        "换一把密钥，不能反悔：换之前和之后导入的买家从此无法对照。"
    ),
    "Shops: import a register, add one, list them.": "店铺：导入登记表、登记一家、列出。",
    "Register the shops of a CSV: platform, shop, name?, alias?, client?, category?, opened_on?, owner?, contact?.": (
        "按 CSV 登记店铺：platform、shop、name?、alias?、client?、category?、opened_on?、owner?、contact?（? 可不填）。"
    ),
    "Register one shop, or change what is given.": "登记一家店铺，或更改给出的内容。",
    "Addresses for notices, separated by ;": "通知地址，用 ; 分隔",
    "All shops, registered or merely seen in the evidence.": "全部店铺：已登记的，和证据里出现过的。",
    "People and their sub-accounts: import a register, list them.": "人员及其子账号：导入登记表、列出。",
    "Register who works where, from a CSV: person, platform, shop, agent, team?, from?, to?.": (
        "按 CSV 登记人员：person、platform、shop、agent、team?、from?、to?。"
    ),
    "Who works under which sub-account.": "谁用哪个子账号。",
    "Violations on record: list, show, record what was decided.": "违规：列出、查看、记录处理结果。",
    "Violations, the newest assessment day first; with --json all of them, the oldest first.": (
        "违规，考核日新的在前；--json 列出全部，旧的在前。"
    ),
    "At most so many rows; 50 by default on a terminal.": "最多列几条；在终端里默认 50 条",
    "What comes after this one: the next page.": "列在这一条之后的：下一页",
    "2026-W10, 2026-03, 2026-03-02 …": "2026-W10、2026-03、2026-03-02 等",
    "First assessment day.": "从哪个考核日开始",
    "Last assessment day.": "到哪个考核日为止",
    "One violation, everything that was journalled about it, and the verdicts that were superseded.": (
        "一条违规和它的全部日志，以及已被取代的结论。"
    ),
    "Record what was decided about a violation, or correct what was recorded: the same state, and what is right.": (
        "记录一条违规的处理结果；要更正已记录的，就写原来的状态和正确的内容。"
    ),
    "acknowledged, confirmed, appealed, overturned, waived, withdrawn, closed": (
        "acknowledged 已知悉、confirmed 平台已判罚、appealed 申诉中、overturned 已撤销、"
        "waived 豁免、withdrawn 撤回、closed 结案；写中文也行"
    ),
    "The reason; it stands in the journal.": "理由，记入日志",
    "What the platform decided: minor, serious, grave.": "平台判定的等级：minor 轻微、serious 严重、grave 特别严重",
    "What the platform charged.": "平台扣的金额",
    "The number of the platform's notice.": "平台通知的编号",
    **help_waivers.CHINESE,
    **help_routing.CHINESE,
    **help_appeals.CHINESE,
}
# The option parser's own words, where they stand in a page of help.
PARSER = (
    (re.compile(r"^Usage: ", re.MULTILINE), "用法："),
    (re.compile(r"^Options:$", re.MULTILINE), "选项："),
    (re.compile(r"^Arguments:$", re.MULTILINE), "参数："),
    (re.compile(r"^Commands:$", re.MULTILINE), "命令："),
    (re.compile(r"Show this message and exit\."), "显示本帮助"),
    (re.compile(r"\[required\]"), "[必填]"),
    (re.compile(r"\[default: "), "[默认："),
)


def in_language(command: Any, language: Language) -> Any:
    """`command` (of the option parser) and all below it, with their help in `language`."""
    for one in every(command):
        if language == "zh-CN":
            one.help, one.epilog = _chinese(one.help), _chinese(one.epilog)
            one.get_help = _Translated(one.get_help)
            for parameter in one.params:
                if getattr(parameter, "help", None):
                    parameter.help = _chinese(parameter.help)
        first, end, _ = (one.help or "").partition(". ")
        one.short_help = first + end.strip()  # a list of commands would cut it off in the middle
    return command


def every(command: Any) -> Iterator[Any]:
    """`command` and all commands below it."""
    yield command
    for inner in getattr(command, "commands", {}).values():
        yield from every(inner)


def _chinese(text: str | None) -> str | None:
    return CHINESE.get(text.strip(), text) if text else text


class _Translated:
    """`get_help` of a command, with the parser's own words in Chinese."""

    def __init__(self, get_help: Any) -> None:
        self._get_help = get_help

    def __call__(self, context: Any) -> str:
        page = str(self._get_help(context))
        for found, words in PARSER:
            page = found.sub(words, page)
        return page
