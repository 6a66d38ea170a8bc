"""A second reckoning of every relation, in plain Python over lists: slow, and to be read beside the promises."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8))
SECOND = timedelta(seconds=1)


def day_of(at):
    return at.astimezone(SHANGHAI).date()


def second_of(at):
    local = at.astimezone(SHANGHAI)
    return local.hour * 3600 + local.minute * 60 + local.second


def conversation(message):
    return (message["shop"], message["session"]) if message["session"] else (message["shop"], None, message["buyer"])


def first(messages):
    """The earliest of some agents' messages; of several at one instant the smallest agent, nameless ones last."""
    return min(messages, key=lambda m: (m["sent_at"], m["agent"] is None, m["agent"] or ""), default=None)


def talks(messages):
    """Conversation → its messages."""
    found = defaultdict(list)
    for message in messages:
        found[conversation(message)].append(message)
    return found


def session_of(talk):
    """The session that a conversation amounts to; None if neither a buyer nor an agent ever wrote."""
    spoken = [m for m in talk if m["sender"] in {"buyer", "agent"}]
    if not spoken:
        return None
    opened_at = min(m["sent_at"] for m in spoken)
    by_buyer = any(m["sender"] == "buyer" and m["sent_at"] == opened_at for m in spoken)
    reply = first([m for m in spoken if m["sender"] == "agent"])
    named = min((m["agent"] for m in spoken if m["agent"]), default=None)
    return {
        "shop": talk[0]["shop"],
        "opened_by": "buyer" if by_buyer else "agent",
        "opened_at": opened_at,
        "first_human_reply_at": reply and reply["sent_at"],
        "agent": (reply and reply["agent"]) or named,
    }


def waits(messages):
    """Every buyer's message with who answered it and when: until the end of the next day, and no later."""
    found = []
    for talk in talks(messages).values():
        session = session_of(talk)
        for message in talk:
            if message["sender"] != "buyer":
                continue
            answer = first([m for m in talk if m["sender"] == "agent" and m["sent_at"] >= message["sent_at"]])
            day = day_of(message["sent_at"])
            if answer and day_of(answer["sent_at"]) > day + timedelta(days=1):
                answer = None
            recent = day_of(session["opened_at"]) >= day - timedelta(days=31)
            found.append(
                message
                | {
                    "day": day,
                    "second": second_of(message["sent_at"]),
                    "wait": answer and answer["sent_at"] - message["sent_at"],
                    "agent": answer["agent"] if answer else session["agent"] if recent else None,
                }
            )
    return found


def person_days(messages, hours, limit, first_day, last_day, agents=False):
    """Subject → (people in time, people), of shops, or of (shop, agent)."""
    people = defaultdict(list)
    for message in waits(messages):
        if not hours[0] * 3600 <= message["second"] < hours[1] * 3600 or not first_day <= message["day"] <= last_day:
            continue
        if agents and message["agent"] is None:
            continue
        who = (message["shop"], message["agent"]) if agents else message["shop"]
        people[who, message["buyer"], message["day"]].append(message["wait"])
    found = defaultdict(lambda: (0, 0))
    for (who, _, _), all_waits in people.items():
        good = all(wait is not None and wait <= limit * SECOND for wait in all_waits)
        found[who] = (found[who][0] + good, found[who][1] + 1)
    return dict(found)


def rounds(messages, first_day, last_day):
    """Shop → (rounds answered within 180 seconds, rounds). A day without a word ends a round that nobody answered."""
    found = defaultdict(lambda: (0, 0))
    for talk in talks(messages).values():
        started, last_word = None, None
        begun = []
        spoken = sorted(
            (m for m in talk if m["sender"] in {"buyer", "agent"}), key=lambda m: (m["sent_at"], m["sender"] == "agent")
        )
        for message in spoken:
            day = day_of(message["sent_at"])
            if message["sender"] == "agent":
                started = None
            elif started is None or last_word < day - timedelta(days=1):
                started = message
                begun.append(message)
            last_word = day
        for message in begun:
            if first_day <= day_of(message["sent_at"]) <= last_day:
                answer = first([m for m in talk if m["sender"] == "agent" and m["sent_at"] >= message["sent_at"]])
                quick = answer is not None and answer["sent_at"] - message["sent_at"] <= 180 * SECOND
                answered, count = found[message["shop"]]
                found[message["shop"]] = (answered + quick, count + 1)
    return dict(found)


def sessions(messages, first_day, last_day, cut_off):
    """Shop → (sessions answered by a human, sessions that buyers opened), until `cut_off`."""
    found = defaultdict(lambda: (0, 0))
    for talk in talks(messages).values():
        session = session_of(talk)
        if session is None or session["opened_by"] != "buyer":
            continue
        if first_day <= day_of(session["opened_at"]) <= last_day:
            reply = session["first_human_reply_at"]
            replied, count = found[session["shop"]]
            found[session["shop"]] = (replied + (reply is not None and reply <= cut_off), count + 1)
    return dict(found)


def answered(messages, limit, first_day, last_day):
    """Shop → (buyers' messages, those that were answered, those within `limit` seconds)."""
    found = defaultdict(lambda: (0, 0, 0))
    for message in waits(messages):
        if first_day <= message["day"] <= last_day:
            count, got, quick = found[message["shop"]]
            wait = message["wait"]
            in_time = wait is not None and wait <= limit * SECOND
            found[message["shop"]] = (count + 1, got + (wait is not None), quick + in_time)
    return dict(found)


SCORES = {"满意": "satisfied", "一般": "neutral", "失望": "disappointed"}


def good_ratings(ratings, first_day, last_day):
    """Shop → (satisfied ratings, ratings with a score)."""
    return _ratings(ratings, first_day, last_day, lambda score, _: (score == "satisfied", score is not None))


def bad_attitude(ratings, first_day, last_day):
    """Shop → (poor ratings for bad attitude, poor ratings)."""
    return _ratings(ratings, first_day, last_day, lambda score, bad: (_poor(score) and bad, _poor(score)))


def _poor(score):
    return score in {"neutral", "disappointed"}


def _ratings(ratings, first_day, last_day, counts):
    found = defaultdict(lambda: (0, 0))
    for rating in ratings:
        if first_day <= day_of(rating["rated_at"]) <= last_day:
            reasons = (rating["reasons"] or "").split(";")
            part, whole = counts(
                SCORES.get(rating["score"], rating["score"]), "bad_attitude" in reasons or "服务态度差" in reasons
            )
            before = found[rating["shop"]]
            found[rating["shop"]] = (before[0] + part, before[1] + whole)
    return dict(found)


def at(day, second, microsecond=0):
    """An instant by the clock of Shanghai."""
    start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return (start + timedelta(seconds=second, microseconds=microsecond)).astimezone(UTC)
