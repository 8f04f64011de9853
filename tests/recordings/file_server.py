"""A server of one file on this machine, as faulty as a test wants."""

import io
import zipfile
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np


class Server(ThreadingHTTPServer):
    """Serves one file at every address, as faultily as the test wants."""

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = content
        self.version = '"one"'
        self.ranges = True
        self.cuts = []  # how many bytes of each answer to send before hanging up
        self.statuses = []  # answers to give before any content
        self.declared = None
        self.asked = []
        self.sent = 0

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        wanted = self.headers.get("Range")
        server.asked.append(wanted)
        if server.statuses:
            self.send_response(server.statuses.pop(0))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        unchanged = self.headers.get("If-Range") in (None, server.version)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and server.ranges and unchanged else 0
        if start and start >= len(server.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(server.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(server.declared or len(body)))
        if server.version:
            self.send_header("ETag", server.version)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        self.end_headers()
        body = body[: server.cuts.pop(0)] if server.cuts else body
        with suppress(ConnectionError):
            self.wfile.write(body)
        server.sent += len(body)

    def log_message(self, *arguments):
        pass


def archive_bytes():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("data/videos/0.npy", np.random.default_rng(0).bytes(3_000_000))
        archive.writestr("meta/trials/tiers.npy", b"tiers")
    return stream.getvalue()
