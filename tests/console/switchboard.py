"""A web server on this host that notes what it is asked, and answers as it is told."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Switchboard:
    """`asked` are the paths so far; `code` is answered to each, or nothing for as long as `silent` says."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.code = 200
        self.silent = threading.Event()
        self.silent.set()
        board = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                board.asked.append(self.path)
                board.silent.wait(30)
                self.send_response(board.code)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Not to standard error."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/5f0c8f9c-1b1e"

    def close(self) -> None:
        self.silent.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
