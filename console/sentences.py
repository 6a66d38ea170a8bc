"""The sentences of the command line in Chinese and English; numbers stand in their places (`engine.numbers`)."""

from __future__ import annotations

from collections.abc import Mapping

from console import access_words
from engine.numbers import Number
from engine.rulebook.model import Language, Text

SENTENCES: Mapping[str, Text] = {
    **access_words.SENTENCES,
    "interrupted": Text(
        "已中断；做了一半的会撤销，或由下一次运行做完",
        "interrupted; what was begun is undone or finished by the next run",
    ),
    "fault": Text("内部故障 {id}（{kind}）；详情在 {log}", "internal fault {id} ({kind}); the details are in {log}"),
    "fault unlogged": Text("内部故障 {id}", "internal fault {id}"),
    "home made": Text("已新建数据目录 {home}", "made the home {home}"),
    "as known": Text(
        "按 {at} 已有的证据、登记和决定，用今天的规则重新计算；没有记录任何结果。",
        "Reckoned under today's rules from the evidence, registrations and decisions of {at}; nothing was recorded.",
    ),
    "month closed": Text(
        "{month} 已关账；之后到的证据记为当月的更正，不再改动这个月。",
        "{month} is closed; what comes to light later is booked as a correction in the month in which it comes.",
    ),
    "reopening asked": Text(
        "已申请重开 {month}；须由另一个人批准：kaohe period reopen {month} --approve",
        "Asked to reopen {month}; somebody else has to agree: kaohe period reopen {month} --approve",
    ),
    "month reopened": Text(
        "{month} 已重开；下次考核会按现有证据重新考核被更正过的周期。",
        "{month} is open again; the next assessment judges anew what was corrected about it.",
    ),
    "no periods": Text("还没有关过账。", "No month was ever closed."),
    "correction": Text(
        "{month} 已关账，记在 {booked_in} 的更正：{before} → {after}",
        "{month} is closed; booked in {booked_in}: {before} → {after}",
    ),
    "no corrections": Text("{month} 没有更正。", "Nothing was corrected about {month}, or booked in it."),
    "booked": Text(
        "{n} 项结论属于已关账的月份，已记为更正；见 `kaohe period show`",
        "{n:verdict|verdicts} of closed months booked as corrections; see `kaohe period show`",
    ),
    "would be booked": Text(
        "{n} 项结论属于已关账的月份，将记为更正",
        "{n:verdict|verdicts} of closed months would be booked as corrections",
    ),
    "nothing new": Text("没有新的考核结果。", "Nothing new to assess."),
    "missing numbers": Text("缺数据：{shop} {cycle}「{rule}」{why}", "no data: {shop} {cycle} {rule}: {why}"),
    "lacks days": Text("没有导入 {names}", "{names} not imported"),
    "lacks kinds": Text(
        "没有这一周期的数据；{kinds}导入任一种即可（kaohe import --kind {options}）",
        "there is no evidence of this cycle; {kinds} would serve (kaohe import --kind {options})",
    ),
    "lacks counters": Text(
        "{names} 缺失或不完整；{kinds}导入任一种即可（kaohe import --kind {options}）",
        "{names} missing or incomplete; {kinds} would serve (kaohe import --kind {options})",
    ),
    "part above whole": Text(
        "{part} {n} 大于 {whole} {of}，部分不能大于整体；请更正后重新导入",
        "{part} {n} is more than {whole} {of}, of which it is a part; correct it and import it again",
    ),
    "missing more": Text("缺数据：另有 {n} 条，用 --json 查看全部", "no data: {n} more, `--json` names them"),
    "rule disputed": Text("有争议的规则「{rule}」：{why}", "disputed rule, {rule}: {why}"),
    "no open cycles": Text("没有这样的未结束周期。", "No such open cycles."),
    "calendar": Text("{month}考核日历", "Assessments in {month}"),
    "calendar today": Text("今天", "today"),
    "calendar empty": Text("这个月没有考核日。", "No assessment day in this month."),
    "calendar nobody": Text("没有店铺受考核", "no shop was assessed"),
    "calendar nothing": Text("没有证据", "no evidence"),
    "calendar coming": Text("未到，{n} 家店铺", "to come, {n:shop}"),
    "calendar due": Text("已到期，未考核", "due, not assessed yet"),
    "calendar late": Text("迟了，未考核", "late, not assessed yet"),
    "calendar more": Text("等 {n} 家", "and {n} more"),
    "calendar next": Text("下次考核", "Next"),
    "calendar limits": Text("受限的店铺", "Limited shops"),
    "calendar no limits": Text("这个月没有店铺受限。", "No shop is limited in this month."),
    "calendar legend": Text(
        ". 已考核   x 有违规   ! 到期未考核   - 未到   * 有店铺受限   [ ] 今天",
        ". assessed   x violations   ! due   - to come   * shops limited   [ ] today",
    ),
    "calendar name": Text("kaohe 考核日历", "kaohe assessments"),
    "calendar file": Text("已写入 {path}：考核 {n} 次，处罚 {m} 项", "{path}: {n:assessment}, {m:measure}"),
    "below gate": Text("未到考核门槛（{gate}；还差 {lacks}）", "below the gate ({gate}; lacks {lacks})"),
    "behind": Text("未达标：再连续 {n} 个合格可补回", "behind: {n} good ones in a row mend it"),
    "behind, diluted": Text(
        "未达标：已有的抹不掉；再多 {n} 个不算不利的，占比才达标",
        "behind: what tells against it stays; {n} more that do not would bring the share back",
    ),
    "behind for good": Text("未达标：再多也补不回", "behind: no number mends it"),
    "behind, pending": Text(
        "未达标：{pending} 个未结的里还须回复 {n} 个", "behind: {n} of the {pending} still open must be answered"
    ),
    "holding": Text(
        "目前达标：再有 {n} 个不合格即违规", "holding: {n:bad one in a row breaks|bad ones in a row break} it"
    ),
    "holding still": Text("目前达标", "holding"),
    "safe": Text("稳过", "safe"),
    "lost": Text("已无法挽回", "lost"),
    "unknown": Text("数据缺失，或取整后两边都可能", "unknown: a number is missing, or rounding leaves both sides open"),
    "ungraded": Text(
        "请核对：{violation} 的规则不分等级，仍已记录「{severity}」",
        "please check: the rule of {violation} has no grades; {severity} is recorded all the same",
    ),
    "no such rung": Text(
        "请核对：{violation} 的规则没有「{severity}」这一级，仍已记录",
        "please check: the ladder of {violation} has no rung {severity}; it is recorded all the same",
    ),
    "off the ladder": Text(
        "请核对：{amount} 不在 {violation} 的规则所列金额之内，仍已记录",
        "please check: {amount} is not within what the rule of {violation} names; it is recorded all the same",
    ),
    "appeal before assessment": Text(
        "请核对：申诉截止 {until} 早于考核日 {assessed}，仍已记录",
        "please check: the appeal would end on {until}, before the assessment on {assessed}; recorded all the same",
    ),
    "no appeals": Text("现在没有可以申诉的违规。", "Nothing can be appealed against now."),
    "appeal drafted": Text(
        "{violation}：申诉草稿已保存；提交后用 kaohe appeals submit 登记",
        "{violation}: the draft of the appeal is kept; once it is handed in, record it with `kaohe appeals submit`",
    ),
    "appeal submitted": Text("{violation}：申诉中（第 {n} 次）", "{violation}: under appeal (attempt {n})"),
    "packed": Text(
        "{violation}：已打包到 {path}（{size} 字节）；清单指纹 {digest}",
        "{violation}: packed in {path} ({size} bytes); digest of its manifest {digest}",
    ),
    "pack sound": Text(
        "材料包完好：{n} 个文件；清单指纹 {digest}；台账日志端点 {head}",
        "the pack is sound: {n:file}; digest of its manifest {digest}; end of the ledger's journal {head}",
    ),
    "forfeit": Text("确认并放弃申诉？", "Confirm it, and give the appeal up?"),
    "no shops": Text("还没有店铺。", "No shops yet."),
    "nobody assigned": Text("还没有登记人员。", "Nobody is registered yet."),
    "no violations": Text("没有这样的违规记录。", "No such violations."),
    "more": Text("后面还有 {n} 条：--after {last}", "{n} more: --after {last}"),
    "more, at least": Text("后面还有 {n} 条以上：--after {last}", "more than {n} more: --after {last}"),
    "no notices": Text("还没有通知。", "No notices yet."),
    "no such notices": Text("没有这样的通知。", "No such notices."),
    "no entries": Text("日志里没有这样的记录。", "No such entries in the journal."),
    "no assessment day": Text(
        "到目前为止，这些规则在 {days} 没有考核日", "none of these rules has an assessment day in {days} up to now"
    ),
    "not assessed": Text("{rule} 没有考核：{why}", "{rule} was not assessed: {why}"),
    "not looked ahead": Text("{rule} 没有预警：{why}", "{rule} gives no early warnings: {why}"),
    "channel left out": Text(
        "通知渠道 {channel} 设置有误，它的通知先等着：{why}",
        "the channel {channel} is set up wrongly, and its notices wait: {why}",
    ),
    "words left out": Text(
        "{why}；改好之前用自带的，`kaohe notices check` 复查",
        "{why}; until it is mended kaohe's own words are used: `kaohe notices check`",
    ),
    "remark": Text("说明：{what}", "Remark: {what}"),
    "may be missing": Text("，可以没有", ", may be missing"),
    "said yes": Text("是", "yes"),
    "said no": Text("否", "no"),
    "left out": Text("{fault}；这个文件的规则暂不考核", "{fault}; this file's rule is left out"),
    "old violations": Text(
        "{n} 条违规距考核已超过 7 天：只记录，不通知",
        "{n:violation is|violations are} older than 7 days: recorded, without a notice",
    ),
    "imported": Text(
        "{kind}：读取 {read} 行：新增 {taken}，已有 {already_there}，替换 {replaced}，拒收 {refused}",
        "{kind}: {read:row} read: {taken} taken, {already_there} already there, {replaced} replaced, {refused} refused",
    ),
    "removed": Text("；移除原有 {n} 行", "; {n:stored row} removed"),
    "days changed": Text(
        "  {platform}：变动 {n} 天，{first} 至 {last}", "  {platform}: {n:day} changed, {first} to {last}"
    ),
    "day changed": Text("  {platform}：变动 1 天，{first}", "  {platform}: 1 day changed, {first}"),
    "imported numbers": Text(
        "{kind}：得出 {read} 个数：新增 {taken}，已有 {already_there}，替换 {replaced}，拒收 {refused}",
        "{kind}: {read:number} made: {taken} taken, {already_there} already there, {replaced} replaced, "
        "{refused} refused",
    ),
    "periods changed": Text(
        "  {platform}：变动的期间从 {n} 天开始，{first} 至 {last}",
        "  {platform}: periods changed that begin on {n:day}, {first} to {last}",
    ),
    "period changed": Text(
        "  {platform}：变动的期间从 {first} 开始", "  {platform}: periods changed that begin on {first}"
    ),
    "covered": Text("  {days} 的数据已齐：{n} 家店铺新计入", "  complete for {days}: {n:more shop|more shops}"),
    "held back": Text(
        "没有任何变动：--replace 会先删除已有的行，所以文件里有被拒的行时不执行；请改正这些行，或不用 --replace 导入",
        "nothing was changed: --replace removes what is stored, so it takes no file with refused rows; mend them, or "
        "import without --replace",
    ),
    "named": Text("{platform}：「{said}」是已登记的店铺 {shop}", "{platform}: {said} is the registered shop {shop}"),
    "unregistered": Text(
        "注意：{platform} 的店铺 {shop} 没有登记，按新店铺收下；若是写错了，用 `kaohe evidence remove` 撤回",
        "mind: the shop {shop} of {platform} is not registered and was taken as a new one; if that is a slip, "
        "take it back with `kaohe evidence remove`",
    ),
    "unregistered near": Text(
        "注意：{platform} 的店铺 {shop} 没有登记，按新店铺收下；是不是 {near}？"
        "若是写错了，用 `kaohe evidence remove` 撤回",
        "mind: the shop {shop} of {platform} is not registered and was taken as a new one; did you mean {near}? "
        "If that is a slip, take it back with `kaohe evidence remove`",
    ),
    "more unregistered": Text(
        "……另有 {n} 家没有登记；用 --json 查看全部", "… and {n} more that are not registered; --json has them all"
    ),
    "unused options": Text(
        "文件里有这一列，{options} 没有用上", "every file has that column itself: {options} had no effect"
    ),
    "would remove": Text(
        "{shop}：会移除 {n} 行；现在没有移除任何数据", "{shop}: {n:row} would go; nothing was removed"
    ),
    "rows removed": Text(
        "{shop}：已移除 {kind} {n} 行，{days} 天，{first} 至 {last}；请用 `kaohe assess` 重新考核",
        "{shop}: {n:row} of {kind} removed, of {days:day}, {first} to {last}; run `kaohe assess` to judge again",
    ),
    "shop unregistered": Text(
        "{shop}：已取消登记；数据和违规记录仍在，数据用 `kaohe evidence remove` 移除",
        "{shop}: not registered any more; its evidence and violations stay, `kaohe evidence remove` takes evidence out",
    ),
    "new client near": Text(
        "客户「{client}」是新的；是不是 {near}？写错了就再登记一次，写上正确的客户",
        "the client {client} is new; did you mean {near}? If it is a slip, register again with the right one",
    ),
    "unknown reasons": Text("原因 {words}不认识，按「其他」计", "reasons that are not known count as `other`: {words}"),
    "partial period": Text(
        "{rule}：{days} 不是整个周期（{cycle}）；其余日子没有数，就会少算",
        "{rule}: {days} is not its whole cycle ({cycle}); without numbers for the other days it counts too little",
    ),
    "declared empty": Text(
        "  {platform}：{days} 有店铺没有任何记录（{shops} 家，共 {n} 店天），按当天没有发生登记；"
        "若文件并非全部数据，请用 --covers 起..止 写明",
        "  {platform}: {days}: {shops:shop} without any row ({n:day} in all), noted as days on which nothing happened; "
        "if the file is not all there was, say of which days it is: --covers FROM..TO",
    ),
    "left uncovered": Text(
        "  {platform}：{days} 有拒收的行，这些天不算齐全；更正后请再导入",
        "  {platform}: {days}: rows were refused, and these days are not covered; correct them and import again",
    ),
    "above whole": Text(
        "{who} {days}：{part} {n} 大于 {whole} {of}，部分不能大于整体，这一周期将缺数据；更正请加 --replace 再导入一次",
        "{who} {days}: {part} {n} is more than {whole} {of}, of which it is a part, so the cycle has no data; "
        "to correct it, import once more with --replace",
    ),
    "above whole more": Text("……另有 {n} 处部分大于整体", "… and {n} more parts above their wholes"),
    "contradicted": Text(
        "{who} {days}：这次的数（{value}）与已导入的数（{other}）矛盾，这个数按缺失处理",
        "{who} {days}: the number {value} contradicts {other}, which is stored; it now counts as missing",
    ),
    "contradicted mend": Text("更正请加 --replace 再导入一次", "to correct it, import once more with --replace"),
    "contradicted more": Text(
        "……另有 {n} 处矛盾；更正请加 --replace 再导入一次", "… and {n} more; to correct it, import again with --replace"
    ),
    "read as": Text("{file}：按 {encoding} 读取，不是 UTF-8", "{file}: it was read as {encoding}, not as UTF-8"),
    "mapped": Text("{file}：映射 {mapping}，{rows} 行数据", "{file}: mapping {mapping}, {rows:row} of data"),
    "repeated headers": Text("；跳过重复的表头 {n} 个", "; {n:repeated header} skipped"),
    "skipped rows": Text("跳过不属于任何客服的行：{rows}", "skipped rows that are about no agent: {rows}"),
    "skipped row": Text("{word}（第 {lines} 行）", "{word} (line {lines})"),
    "left open": Text(
        "{file}：四舍五入会左右结论：{who}：在 {low} 到 {high} 之间；标准 {against}",
        "{file}: rounding could change the verdict: {who}: from {low} to {high}; the standard is {against}",
    ),
    "more left open": Text("……另有 {n} 处结论未定；用 --json 查看全部", "… and {n:verdict} more; --json has them all"),
    "mappings sound": Text("映射文件全部无误", "all mappings are sound"),
    "unknown columns": Text("不认识的列，未保存：{names}", "unknown columns, not stored: {names}"),
    "more refused": Text("……另有 {n} 处；", "… and {n} more; "),
    "quarantine": Text("全部拒收的单元格：{path}", "all refused cells: {path}"),
    "shops registered": Text(
        "店铺：新增 {new}，变更 {changed}，不变 {same}，拒收 {refused}",
        "shops: {new} new, {changed} changed, {same} as before, {refused} refused",
    ),
    "people registered": Text(
        "人员：新增 {new}，变更 {changed}，不变 {same}，拒收 {refused}",
        "people: {new} new, {changed} changed, {same} as before, {refused} refused",
    ),
    "ticked": Text(
        "考核 {runs} 个周期，{changed} 条结论有变化；通知：排队 {queued}，发出 {sent}，失败 {failed}{put_off}",
        "{runs:run}, {changed:outcome} changed, {queued:notice} queued, {sent} sent, {failed} failed{put_off}",
    ),
    "assessed": Text("考核 {runs} 个周期，{changed} 条结论有变化", "{runs:run}, {changed:outcome} changed"),
    "worker stopping": Text("收到停止信号：做完手头的一件就结束", "told to stop: what is in hand is finished first"),
    "worker stopped": Text("值守进程 {owner} 已停止", "worker {owner} has stopped"),
    "outage": Text("{why}；会逐渐放慢地重试", "{why}; it is tried again, at growing intervals"),
    "outage over": Text("恢复正常，历时 {n} 秒", "it works again, after {n:second}"),
    "clock forward": Text("时钟被拨快 {n} 秒", "the clock was set {n:second} forward"),
    "clock back": Text("时钟被拨慢 {n} 秒", "the clock was set {n:second} back"),
    "slept": Text("本机休眠了 {n} 秒；现在补上到期的", "this machine slept for {n:second}; what fell due is done now"),
    "held up": Text(
        "进程停顿了 {n} 秒；现在补上到期的", "this process was held up for {n:second}; what fell due is done now"
    ),
    "still": Text("{job} 已有 {n} 分钟没有动静", "{job} has not moved for {n:minute}"),
    "faulty rules": Text(
        "规则文件有 {n} 处错误，相关规则暂不考核：`kaohe rules check` 列出",
        "rule files have {n:fault}, and their rules are left out: `kaohe rules check` names them",
    ),
    "something late": Text("有迟误，`kaohe status` 列出是什么", "something is late: `kaohe status` names it"),
    "and more": Text("{what}（另有 {n} 项）", "{what} (and {n} more)"),
    "check failed": Text("自检：{what}", "self-check: {what}"),
    "check mended": Text("自检：一切正常", "self-check: all is well"),
    "ping unheard": Text("{url} 没有收到自检结果：{why}", "{url} did not hear of the self-check: {why}"),
    "metrics at": Text("指标在 http://{host}:{port}/metrics", "metrics at http://{host}:{port}/metrics"),
    "more changed": Text("  ……另有 {n} 条", "  … and {n} more"),
    "worker started": Text("值守进程 {owner} 已启动", "worker {owner} has started"),
    "delivered": Text(
        "排队 {queued}，发出 {sent}，失败 {failed}{put_off}",
        "{queued} queued, {sent} sent, {failed} failed{put_off}",
    ),
    "put off": Text("，稍后再发 {n}{why}", ", {n} put off{why}"),
    "notices failed": Text(
        "有通知发送失败；`kaohe notices list` 里有渠道的回执",
        "some notices failed; `kaohe notices list` shows what the provider answered",
    ),
    "receipts unasked": Text(
        "{channel} 问不到短信的送达情况：{why}", "{channel} cannot be asked which messages arrived: {why}"
    ),
    "receipts asked": Text(
        "问了 {asked} 条短信的送达情况，{changed} 条有新结果",
        "asked after {asked:message}; something new is known of {changed}",
    ),
    "callbacks at": Text(
        "在 http://{listen}/<callback_secret>/<渠道> 接收送达回执；前面须有 TLS 反向代理",
        "reports of delivery are taken at http://{listen}/<callback_secret>/<channel>, for a proxy that speaks TLS",
    ),
    "notices sound": Text("模板、建议和短信绑定都没有问题。", "Templates, advice and bindings are sound."),
    "notices queued": Text("{n} 封通知已排队", "{n:notice} queued"),
    "notices wait": Text(
        "店铺已登记；给新联系人的通知暂缓：{why}",
        "the shops are registered; notices for new contacts wait, since {why}",
    ),
    "key fits": Text(
        "{path}：密钥与这份台账相符（指纹 {mark}…）", "{path}: the key fits this ledger (fingerprint {mark}…)"
    ),
    "lake fits": Text(
        "{path}：数据湖与这份台账相符（标识 {mark}…），{n} 个日文件都在",
        "{path}: the lake fits this ledger (identity {mark}…), and {n:day file} are all there",
    ),
    "lake new": Text(
        "{path}：台账还没有认定数据湖；第一次导入时认定",
        "{path}: the ledger knows no lake yet; the first import decides",
    ),
    "lake moved": Text(
        "{path}：从现在起以这个数据湖为准（标识 {mark}…）", "{path}: this lake counts from now on (identity {mark}…)"
    ),
    "lake lacks": Text(
        "台账要用的 {total} 个日文件里缺 {n} 个，如 {example}；请补齐，或从备份恢复",
        "of the {total:day file} that the ledger counts on, {n} are not there, e.g. {example}; copy them here, or "
        "restore them from a backup",
    ),
    "key renewed": Text(
        "{path}：从现在起以这把密钥为准（指纹 {mark}…）；请另存一份",
        "{path}: this key counts from now on (fingerprint {mark}…); keep a copy of it",
    ),
    "channel not set up": Text(
        "这里没有设置渠道 {channel}（`kaohe notices channels {channel}`）",
        "the channel {channel} is not set up here (`kaohe notices channels {channel}`)",
    ),
    "unreachable": Text(
        "注意：{whose} 的 {address} 现在收不到通知：{why}", "mind: {address} of {whose} gets no notices now: {why}"
    ),
    "by default": Text("默认：{value}", "by default: {value}"),
    "to a folder": Text(
        "没有设 smtp_url：邮件不发送，写成文件放在 {path}",
        "no smtp_url: mail is not sent, but written to files in {path}",
    ),
    "nothing sent": Text(
        "没有设 smtp_url，什么也没有发出去；邮件写在 {path}",
        "smtp_url is not set, and nothing was sent: the mail is {path}",
    ),
    "silent shop": Text(
        "没有人收到关于 {shop} 的通知：它没有联系人；请用 `kaohe shops import` 补上",
        "nobody is told about {shop}: it has no contact; add one with `kaohe shops import`",
    ),
    "silent shops": Text("没有联系人的店铺：{names}", "shops without a contact: {names}"),
    "queued again": Text("已重新排队：{numbers}", "queued again: {numbers}"),
    "nothing queued": Text("没有要重新排队的", "nothing to queue"),
    "sound": Text("日志完好：{head}", "sound: {head}"),
    "unsound": Text("日志有问题：{head}", "the journal does not fit its chain: {head}"),
    "demo month": Text(
        "{month}：新增证据 {taken} 行，已有 {already_there}；考核 {runs} 个周期；写出通知 {sent} 封；"
        "记录平台判罚 {recorded} 条",
        "{month}: {taken:row} of evidence taken, {already_there} already there; {runs:cycle} assessed; "
        "{sent:notice} written; {recorded:decision} of the platform recorded",
    ),
    "demo confirmed": Text("平台处罚通知", "the platform's notice has come"),
    "demo assessed": Text(
        "共 {all} 条结论，其中违规 {violations} 条", "{all:verdict} in all, {violations:violation} among them"
    ),
    "demo notices": Text("通知共 {all} 封，在 {outbox}", "{all:notice} in all, in {outbox}"),
    "demo old": Text(
        "另有 {n} 条违规发现时距考核已超过 7 天（示例每月只导入一次）：只记录，不通知",
        "{n:more violation was|more violations were} found over 7 days late (the demo imports monthly): no notice",
    ),
    "demo route": Text("回复慢时告诉总部", "slow replies, to the house"),
    "demo mail": Text(
        "其中第 {notice} 封的开头，发给总部的合规专员：", "How number {notice} begins, to the officer of the house:"
    ),
    "demo next": Text("接下来可以看：", "Where to look next:"),
    "status runs": Text(
        "考核：到期 {due}，进行中 {running}，失败 {failed}", "runs: {due} due, {running} running, {failed} failed"
    ),
    "status violations": Text("违规：{counts}", "violations: {counts}"),
    "status notices": Text("通知：{counts}", "notices: {counts}"),
    "status evidence": Text("证据：{n} 天", "evidence: {n:day}"),
    "status workers": Text("值守进程：{seen}", "workers seen: {seen}"),
    "late": Text("迟了：{what}", "late: {what}"),
    "late more": Text("迟了：另有 {n} 项，用 --json 查看全部", "late: {n} more, `--json` names them"),
    "late run": Text("{rule} {cycle}，应于 {at} 考核", "{rule} {cycle}, due {at}"),
    "late notices": Text("{n} 封通知应于 {at} 前后发出而未发", "{n:notice} not sent, the oldest due {at}"),
    "late receipts": Text(
        "{channel}：{n} 条短信是否送达，该问而问不到，最早的发于 {at}；原因用 `kaohe notices receipts` 查看",
        "{channel}: it could not be asked whether {n:message} arrived, the oldest sent {at}; "
        "`kaohe notices receipts` tells why",
    ),
    "late worker": Text(
        "{due} 个周期到期，而值守进程最后一次出现在 {at}", "{due:run} due, and the last worker was seen {at}"
    ),
    "unassessable rule": Text("{rule} 不能考核：{why}", "{rule} cannot be assessed: {why}"),
    "failed notice": Text(
        "关于 {violation} 的通知 {number} 发送失败：{answer}", "notice {number} about {violation} failed: {answer}"
    ),
    "failed run": Text("{rule} {cycle} 失败：{why}", "{rule} {cycle} failed: {why}"),
    "status waiting": Text(
        "等待数据的店铺：{n} 家，最迟到 {until}", "waiting for evidence: {n:shop}, until {until} at the latest"
    ),
    "evidence waits": Text(
        "{platform}/{shop}：{missing} 还没有导入，{rule} {cycle} 等到 {until}",
        "{platform}/{shop}: {missing} not imported yet; {rule} {cycle} waits until {until}",
    ),
    "evidence overdue": Text(
        "{platform}/{shop}：{missing} 逾期没有导入，{rule} {cycle} 按缺数据处理；补齐后请导入",
        "{platform}/{shop}: {missing} not imported in time; {rule} {cycle} has no data: import it when it is there",
    ),
    "more shops": Text("……另有 {n} 条；见 `kaohe evidence status`", "… and {n} more; see `kaohe evidence status`"),
    "not here yet": Text("数据未齐：{missing}", "evidence has not come: {missing}"),
    "no evidence": Text("{month} 没有数据，也没有登记应有的数据。", "No evidence in {month}, and none is expected."),
    "evidence of": Text("{month} 的数据", "evidence of {month}"),
    "evidence group": Text("客户 {client} · 负责人 {owner}", "client {client} · owner {owner}"),
    "evidence group unowned": Text("客户 {client}", "client {client}"),
    "evidence missing": Text("缺：{shop} {kind} {days}，期限 {at} 已过", "missing: {shop} {kind} {days}, due {at}"),
    "evidence missing undated": Text("缺：{shop} {kind} {days}", "missing: {shop} {kind} {days}"),
    "evidence waiting": Text(
        "等待：{shop} {kind} {days}，须在 {at} 前导入", "awaited: {shop} {kind} {days}, to come by {at}"
    ),
    "evidence waiting undated": Text("等待：{shop} {kind} {days}", "awaited: {shop} {kind} {days}"),
    "evidence more": Text("……另有 {n} 项；用 --json 查看全部", "… and {n} more; --json has them all"),
    "evidence all missing": Text("共缺 {days} 天（{shops} 家店铺）", "missing in all: {days:day} of {shops:shop}"),
    "evidence all waiting": Text("等待 {days} 天（{shops} 家店铺）", "awaited: {days:day} of {shops:shop}"),
    "evidence first deadline": Text("最早须在 {at} 前导入", "the first to come by {at}"),
    "evidence complete": Text("应有的数据都有了。", "All that is expected is there."),
    "nothing expected": Text(
        "没有登记应有的数据，无法判断是否缺；用 kaohe shops add 平台 店铺 --expects 种类 登记",
        "No evidence is expected of any shop, so nothing can be known to be missing; "
        "say what is: kaohe shops add PLATFORM SHOP --expects KIND",
    ),
    "verdicts lacking": Text(
        "最近一次考核有 {n} 项结论缺数据：",
        "{n:verdict of the cycles last assessed lacks|verdicts of the cycles last assessed lack} data:",
    ),
    "none": Text("无", "none"),
    "rules sound": Text("规则文件全部无误", "all rule files are sound"),
    "cases": Text("{rule}：{total} 个用例，通过 {passed}", "{rule}: {passed} of {total:case pass|cases pass}"),
    "all covered": Text(
        "  用例覆盖完整：各种结论、处罚各级、达标线两侧各一个单位、考核门槛",
        "  the cases cover it all: every verdict, every rung, both sides of the standard by one unit, the gate",
    ),
    "no case": Text("  没有用例覆盖：{what}", "  no case reaches: {what}"),
}


def both(name: str, **values: object) -> Text:
    """The sentence in both languages, each with its own half of the values."""

    def said(language: Language) -> str:
        own = {k: v.in_language(language) if isinstance(v, Text) else v for k, v in values.items()}
        return sentence(name, language, **own)

    return Text(said("zh-CN"), said("en"))


def sentence(name: str, language: str, **values: object) -> str:
    """The sentence called `name` with its values.

    >>> sentence("status evidence", "en", n=1), sentence("status evidence", "en", n=2000)
    ('evidence: 1 day', 'evidence: 2,000 days')
    >>> sentence("old violations", "en", n=1)[:14], sentence("old violations", "zh-CN", n=1)[:5]
    ('1 violation is', '1 条违规')
    """
    template = SENTENCES[name].in_language(language)
    shown = {k: Number(v) if isinstance(v, int) and not isinstance(v, bool) else v for k, v in values.items()}
    return template.format_map(shown)
