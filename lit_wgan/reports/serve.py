"""Serve a page that changes to this machine alone."""

import errno
from collections.abc import Callable, Hashable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

from lit_wgan.errors import UsageError

ADDRESS = "127.0.0.1"
PORT = 8765


class Page:
    """A page that is made anew when what it shows has changed.

    Args:
        make: makes the page.
        state: tells one state of what is shown from another.
    """

    def __init__(self, make: Callable[[], str], state: Callable[[], Hashable]):
        self._make, self._state = make, state
        self._made_of: Hashable = None
        self._text = b""
        self._lock = Lock()
        self._version = 0

    def read(self) -> tuple[bytes, str]:
        """The newest page, and the tag of its version."""
        with self._lock:
            state = self._state()
            if not self._text or state != self._made_of:
                self._text, self._made_of = self._make().encode(), state
                self._version += 1
            return self._text, f'"{id(self)}-{self._version}"'


class PageServer(ThreadingHTTPServer):
    """Serves one page on this machine, until it is stopped.

    Only requests that name this machine are answered: a page of somewhere else, whose name has been made to lead here,
    could else read this one.

    Args:
        page: that is served, and nothing else.
        port: 0 for one that is free.

    Raises:
        UsageError: if the port is in use, or may not be used.
    """

    daemon_threads = True

    def __init__(self, page: Page, port: int):
        self.page = page
        try:
            super().__init__((ADDRESS, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = "which is in use" if getattr(error, "errno", None) == errno.EADDRINUSE else f"which gives: {error}"
            raise UsageError(
                f"Expected --port to be a free port of this machine, but got {port}, {reason}. Give another, such as "
                f"--port {PORT + 1}, or --port 0 for any that is free."
            ) from error

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{ADDRESS}:{self.server_port}/"

    @property
    def hosts(self) -> set[str]:
        """What a request may call this machine."""
        return {f"{name}:{self.server_port}" for name in (ADDRESS, "localhost")}


class _Handler(BaseHTTPRequestHandler):
    server: PageServer

    def do_GET(self) -> None:  # http.server calls it so
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, with_body: bool) -> None:
        if self.headers.get("Host") not in self.server.hosts:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        if self.path.partition("?")[0] != "/":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            text, tag = self.server.page.read()
        except (UsageError, OSError) as error:  # of a file that is just being written
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, explain=str(error))
            return
        self.send_response(HTTPStatus.OK)
        for name, value in (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(text)))):
            self.send_header(name, value)
        for name, value in (("ETag", tag), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")):
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Say nothing of requests."""
