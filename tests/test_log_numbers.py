"""The watch over the logs of `tests/notifier` and `tests/console` catches what it is there for."""

import logging

import pytest

from notifier.sms.calls import hush
from tests.log_numbers import WATCHED, watched


@pytest.mark.parametrize(
    "text",
    ["13800001234", "to +8613800001234!", "+86 138-0000-1234", "Phone=13800001234&x", "a=%2B8613800001234"],
)
@pytest.mark.parametrize("name", [*WATCHED[:4], "requests.sessions", "whoever.else"])
def test_a_whole_number_in_any_log_is_caught(name, text):
    with watched() as found:
        logging.getLogger(name).log(logging.WARNING if name == "whoever.else" else logging.DEBUG, "sent %s", text)
    assert found == [f"{name}: sent {text}"]


def test_a_number_in_the_words_of_an_error_is_caught():
    with watched() as found:
        try:
            int("+86 13800001234")
        except ValueError:
            logging.getLogger("kaohe.worker").exception("it failed")
    assert len(found) == 1


@pytest.mark.parametrize(
    "text", ["138****1234", "900619746936498440^0", "1773108000", "a13800001234b", "138000012345", "12800001234"]
)
def test_what_is_no_whole_number_is_let_pass(text):
    with watched() as found:
        logging.getLogger("kaohe.worker").error(text)
    assert found == []


def test_libraries_that_write_requests_down_are_silenced_by_their_own_channel_and_not_by_the_watch():
    with watched() as found:
        hush()
        logging.getLogger("tencentcloud_sdk_common").debug("13800001234")
        logging.getLogger("urllib3.connectionpool").warning("retrying 13800001234")
    assert found == []


@pytest.mark.parametrize("room", ["notifier", "console"])
def test_a_test_of_these_rooms_that_logs_a_whole_number_fails(pytester, room):
    pytester.makeconftest("from tests.conftest import no_whole_number_is_logged")
    pytester.mkdir(room).joinpath("test_it.py").write_text(
        "import logging\n\ndef test_it():\n    logging.getLogger('notifier.x').info('to 13800001234')\n"
    )
    pytester.makepyfile(test_elsewhere="import logging\n\ndef test_it():\n    logging.error('to 13800001234')\n")
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist").assert_outcomes(passed=2, errors=1)
