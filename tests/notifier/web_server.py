"""A web server on this host that does what a provider may do, at each request as the test says."""

import socketserver
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Request:
    """What came: `path` with its query, headers by small letters, the body."""

    path: str
    headers: dict
    body: bytes


def answer(body=b"{}", status=200, **headers):
    """A plain answer; header names with _ for -."""
    data = body if isinstance(body, bytes) else body.encode()
    # Each connection serves one request here: who keeps connections must not think that this one stays.
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(data)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + data


@dataclass
class WebServer:
    """Answers each request with the next of `script` (bytes, or what to do with the socket and the request)."""

    script: list = field(default_factory=list)
    usual: object = field(default_factory=answer)
    requests: list = field(default_factory=list)

    def __enter__(self):
        web = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                first = self.rfile.readline().decode()
                headers = {}
                while line := self.rfile.readline().decode().strip():
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                body = self.rfile.read(int(headers.get("content-length", 0)))
                request = Request(first.split()[1], headers, body)
                web.requests.append(request)
                act = web.script.pop(0) if web.script else web.usual
                if callable(act):
                    act = act(self.connection, request)
                if act:
                    self.connection.sendall(act)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

            def handle_error(self, *_):  # a client that has gone is what is tried here
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def hang(seconds):
    """Take the request and say nothing for so long."""
    return lambda _connection, _request: time.sleep(seconds)


def reset(_connection, _request):
    """Take the request and close without an answer."""


def drip(connection, _request):
    """Answer a byte now and then, without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"x")
        time.sleep(0.02)
