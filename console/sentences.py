"""The sentences of the command line in Chinese and English; numbers stand in their places (`engine.numbers`)."""

from __future__ import annotations

from collections.abc import Mapping

from engine.numbers import Number
from engine.rulebook.model import Text

SENTENCES: Mapping[str, Text] = {
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
    "nothing new": Text("没有新的考核结果。", "Nothing new to assess."),
    "no open cycles": Text("没有这样的未结束周期。", "No such open cycles."),
    "below gate": Text("未到考核门槛（{gate}；还差 {lacks}）", "below the gate ({gate}; lacks {lacks})"),
    "behind": Text("未达标：再连续 {n} 个合格可补回", "behind: {n} good ones in a row mend it"),
    "behind for good": Text("未达标：好的再多也补不回", "behind: no number of good ones mends it"),
    "behind, pending": Text(
        "未达标：{pending} 个未结的里还须回复 {n} 个", "behind: {n} of the {pending} still open must be answered"
    ),
    "holding": Text("目前达标：再有 {n} 个不合格即违规", "holding: {n} bad ones in a row break it"),
    "holding still": Text("目前达标", "holding"),
    "safe": Text("稳过", "safe"),
    "lost": Text("已无法挽回", "lost"),
    "unknown": Text("数据缺失或经取整，无法判断", "unknown: a number is missing or rounded"),
    "no shops": Text("还没有店铺。", "No shops yet."),
    "nobody assigned": Text("还没有登记人员。", "Nobody is registered yet."),
    "no violations": Text("没有这样的违规记录。", "No such violations."),
    "no notices": Text("还没有通知。", "No notices yet."),
    "no entries": Text("日志里没有这样的记录。", "No such entries in the journal."),
    "no assessment day": Text(
        "到目前为止，这些规则在 {days} 没有考核日", "none of these rules has an assessment day in {days} up to now"
    ),
    "not assessed": Text("{rule} 没有考核：{why}", "{rule} was not assessed: {why}"),
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
        "考核 {runs} 个周期，{changed} 条结论有变化；通知：排队 {queued}，发出 {sent}，失败 {failed}",
        "{runs:run}, {changed:outcome} changed, {queued:notice} queued, {sent} sent, {failed} failed",
    ),
    "worker started": Text("值守进程 {owner} 已启动", "worker {owner} has started"),
    "delivered": Text(
        "排队 {queued}，发出 {sent}，稍后再发 {delayed}，失败 {failed}",
        "{queued} queued, {sent} sent, {delayed} delayed, {failed} failed",
    ),
    "notices failed": Text(
        "有通知发送失败；`kaohe notices list` 里有渠道的回执",
        "some notices failed; `kaohe notices list` shows what the provider answered",
    ),
    "notices queued": Text("{n} 封通知已排队", "{n:notice} queued"),
    "notices wait": Text(
        "店铺已登记；给新联系人的通知暂缓：{why}",
        "the shops are registered; notices for new contacts wait, since {why}",
    ),
    "key fits": Text(
        "{path}：密钥与这份台账相符（指纹 {mark}…）", "{path}: the key fits this ledger (fingerprint {mark}…)"
    ),
    "key renewed": Text(
        "{path}：从现在起以这把密钥为准（指纹 {mark}…）；请另存一份",
        "{path}: this key counts from now on (fingerprint {mark}…); keep a copy of it",
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
    "unassessable rule": Text("{rule} 不能考核：{why}", "{rule} cannot be assessed: {why}"),
    "failed notice": Text(
        "关于 {violation} 的通知 {number} 发送失败：{answer}", "notice {number} about {violation} failed: {answer}"
    ),
    "failed run": Text("{rule} {cycle} 失败：{why}", "{rule} {cycle} failed: {why}"),
    "none": Text("无", "none"),
    "rules sound": Text("规则文件全部无误", "all rule files are sound"),
    "cases": Text("{rule}：{total} 个用例，通过 {passed}", "{rule}: {passed} of {total:case pass|cases pass}"),
    "no case": Text("  没有用例覆盖：{what}", "  no case reaches: {what}"),
}


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
