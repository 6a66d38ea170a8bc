"""A file of evidence: one shop's sessions in week 10 of 2026, so many answered, of so many."""

HEADER = "platform,shop,session,buyer,agent,opened_by,opened_at,first_human_reply_at,closed_at"


def week(first, answered, total):
    lines = [
        f"xiaohongshu,s1,{first}-{n},b{n},a1,buyer,2026-03-0{2 + n % 7}T09:00:00,"
        f"{f'2026-03-0{2 + n % 7}T09:05:00' if n < answered else ''},2026-03-0{2 + n % 7}T10:00:00"
        for n in range(total)
    ]
    return "\n".join([HEADER, *lines]) + "\n"
