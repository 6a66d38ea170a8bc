"""Which notices a pack shows of a violation: those that people got, alone or gathered into another."""

from engine.ledger.database import reading
from engine.tracker import pack
from notifier.deliver import Delivered, deliver_due
from notifier.drafts import Drafter
from notifier.plan import plan_notices
from notifier.render import Templates

NAMES = [f"V-{number}" for number in range(6)]


def test_a_pack_has_the_message_into_which_the_notice_of_its_violation_was_gathered(office, build, now, rulebook):
    shop, alone = office.shop(contact="zhang@example.com"), office.shop("s2", contact="li@example.com")
    for name in NAMES:
        office.violation(name, shop, cycle=name)
    office.violation("V-ALONE", alone)
    plan_notices(office.ledger, rulebook, now, "zh-CN", Templates())

    def of(name):
        with reading(office.ledger) as session:
            return [(notice.event, notice.recipient) for notice in pack._notices(session, name)]

    assert [of(name) for name in (*NAMES, "V-ALONE")] == [[]] * 7, "nothing was sent yet"
    drafter = Drafter(rulebook, "zh-CN", Templates())
    done = deliver_due(office.ledger, {"email": build.post()}, now, "w1", drafter=drafter, most_single=5)
    assert done == Delivered(sent=2)
    assert [of(name) for name in NAMES] == [[("notices.gathered", "zhang@example.com")]] * 6
    assert of("V-ALONE") == [("violation.opened", "li@example.com")]
