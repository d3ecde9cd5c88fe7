"""A proxy between a client of the Hub and a server: writes down what goes over the wire, and breaks off where a test asks it to."""

import http.client
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

ASKED = ("Accept-Encoding", "Authorization", "Content-Type", "If-None-Match", "If-Range", "Range")
ANSWERED = (
    "Accept-Ranges", "Content-Disposition", "Content-Range", "Content-Type", "ETag", "Link", "Location", "WWW-Authenticate",
    "X-Error-Code", "X-Error-Message", "X-Linked-ETag", "X-Linked-Size", "X-Repo-Commit", "X-Xet-Hash")
COPY = 1 << 16


class Exchange:
    """A request and the head of its answer."""

    def __init__(self, method, path, asked, body):
        self.method, self.path, self.asked, self.body = method, path, asked, body
        self.status, self.answered, self.length = None, {}, None

    def __str__(self):
        return f"{self.method} {self.path} -> {self.status}"

    def text(self, secrets=()):
        """As it is kept in a file: what the client said, and what of the answer it needs."""
        lines = [f"{self.method} {self.path}", *(f"{name}: {value}" for name, value in self.asked.items())]
        if self.body:
            lines += ["", self.body.decode()]
        lines += ["", f"HTTP {self.status}", *(f"{name}: {value}" for name, value in self.answered.items())]
        if self.length is not None and "/resolve/" in self.path and self.status in (200, 206):
            lines.append(f"Content-Length: {self.length}")
        written = "\n".join(lines)
        for word, secret in secrets:
            written = written.replace(secret, word)
        return written


class Wire:
    """Passes requests on to a server."""

    def __init__(self, target):
        self.target = urlsplit(target).netloc
        self.exchanges = []
        # Called with each request before it is passed on.
        self.before = lambda exchange: None
        # How many bytes of the next file's body get through; what happens then.
        self.limit, self.at_limit = None, lambda: None
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                wire._pass(self)

            do_GET = do_HEAD = do_POST = handle_one

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def take(self):
        """What went over the wire since it was asked last."""
        taken, self.exchanges = self.exchanges, []
        return taken

    def _pass(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        exchange = Exchange(request.command, request.path, {name: request.headers[name] for name in ASKED if request.headers[name]}, body)
        self.exchanges.append(exchange)
        self.before(exchange)
        server = http.client.HTTPConnection(self.target)
        try:
            server.request(request.command, request.path, body or None, {**dict(request.headers.items()), "Host": self.target})
            answer = server.getresponse()
            exchange.status, exchange.length = answer.status, answer.headers["Content-Length"]
            exchange.answered = {name: answer.headers[name] for name in ANSWERED if answer.headers[name] is not None}
            self._answer(request, exchange, answer)
        except OSError:
            request.close_connection = True
        finally:
            server.close()

    def _answer(self, request, exchange, answer):
        chunked = exchange.length is None and request.command != "HEAD"
        request.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() != "transfer-encoding":
                request.send_header(name, value.replace(self.target, urlsplit(self.url).netloc) if name == "Link" else value)
        if chunked:
            request.send_header("Connection", "close")
            request.close_connection = True
        request.end_headers()
        self._copy(request, exchange, answer)

    def _copy(self, request, exchange, answer):
        passed = 0
        while data := answer.read(COPY):
            request.wfile.write(data)
            passed += len(data)
            if self.limit is not None and exchange.method == "GET" and "/resolve/" in exchange.path and passed >= self.limit:
                self.limit = None
                request.wfile.flush()
                self.at_limit()
                request.close_connection = True
                request.connection.close()
                return


def commits_of(text):
    """The commits that a text names."""
    return re.findall(r"\b[0-9a-f]{40}\b", text)
