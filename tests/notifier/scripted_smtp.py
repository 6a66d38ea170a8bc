"""A mail server on this host that says, line by line, what a test wants, for answers that a proper one never gives."""

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

USUAL = {"DATA": b"354 go on\r\n"}


@dataclass
class ScriptedSmtp:
    """`answers`: what is said to the nth mail's verb ("MAIL", "END" for its body, …), where it is not the usual.

    bytes, None to close the connection, or a function of the connection. `taken` are the mails whose body came, as
    numbers of their connections; `greeting` what is said to each connection, in the same three ways.
    """

    answers: dict = field(default_factory=dict)
    greeting: object = b"220 hi\r\n"
    taken: list = field(default_factory=list)
    connected: int = 0
    mails: int = 0

    def __enter__(self):
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listening.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connected += 1
                threading.Thread(target=self._talk, args=(connection, self.connected), daemon=True).start()

    def _talk(self, connection, number):
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            said = self._said(connection, self.greeting)
            while said and (line := lines.readline()):
                verb = line[:4].upper().decode()
                self.mails += verb == "MAIL"
                said = self._said(connection, self.answers.get((self.mails, verb), USUAL.get(verb, b"250 ok\r\n")))
                if said and said.startswith(b"354"):
                    while (line := lines.readline()) not in (b".\r\n", b""):
                        pass
                    if not line:  # hung up in the middle: nothing was taken
                        return
                    self.taken.append(number)
                    said = self._said(connection, self.answers.get((self.mails, "END"), b"250 ok\r\n"))

    @staticmethod
    def _said(connection, answer):
        said = answer(connection) if callable(answer) else answer
        if said:
            connection.sendall(said)
        return said


class Drip:
    """Says `line` again and again; `broken_off` is set once the other side has gone."""

    def __init__(self, line):
        self._line, self.broken_off = line, threading.Event()

    def __call__(self, connection):
        try:
            for _ in range(1000):
                connection.sendall(self._line)
                time.sleep(0.02)
        except OSError:
            self.broken_off.set()
