"""A TCP proxy that breaks connections as a test asks it to."""

import http.client
import http.server
import socket
import threading
import time
import urllib.parse


class Proxy:
    """Passes connections on to a port; each new one takes the next limit: how many bytes of the answer are let through before it breaks."""

    def __init__(self, port, limits=()):
        self.target, self.limits, self.connections = port, list(limits), 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            limit = self.limits.pop(0) if self.limits else None
            if limit == 0:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self._pass, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, limit), daemon=True).start()

    @staticmethod
    def _pass(source, destination, limit):
        passed = 0
        try:
            while True:
                data = source.recv(1 << 16)
                if not data:
                    break
                if limit is not None and passed + len(data) >= limit:
                    destination.sendall(data[:limit - passed])
                    break
                destination.sendall(data)
                passed += len(data)
        except OSError:
            pass
        for end in (source, destination):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()


class Answers:
    """A server that gives canned answers (status, body, and further lines of the head) to requests, one after another, each after ``delay`` seconds, and
    counts them."""

    def __init__(self, *answers, version=None, delay=0):
        self.answers, self.requests, self.delay = list(answers), [], delay
        self.version = "" if version is None else f"Fish-Version: {version}\r\n"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self.listener.close()

    def _serve(self):
        while self.answers:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                request = b""
                while b"\r\n\r\n" not in request:
                    data = client.recv(1 << 16)
                    if not data:
                        break
                    request += data
                self.requests.append(request.decode("latin-1"))
                status, body, *fields = self.answers.pop(0)
                extra = "".join(f"{field}\r\n" for field in fields)
                time.sleep(self.delay)
                head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{self.version}{extra}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                client.sendall(head.encode() + body)


class Faults:
    """A proxy whose server can be made to fail: ``mode`` is None, "refuse", "hang", "cut" (after the request was sent on), or a status to
    answer with."""

    def __init__(self, port):
        self.target, self.mode, self._next = port, None, []
        self._open = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def once(self, mode):
        """The next connection or request fails so."""
        self._next.append(mode)

    def close(self):
        self.listener.close()
        for end in self._open:
            end.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        # One request a connection: each goes the way that is the mode's when it comes.
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                if self.mode == "refuse":
                    raise OSError
                data = client.recv(1 << 16)
                if not data:
                    raise OSError
                head += data
            mode = self._next.pop(0) if self._next else self.mode
            if mode == "refuse":
                raise OSError
            if mode == "hang":
                while self.mode == "hang":
                    client.settimeout(None)
                    if not client.recv(1 << 16):
                        break
                raise OSError
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
            head, _, body = head.partition(b"\r\n\r\n")
            if isinstance(mode, int):
                while len(body) < length:
                    body += client.recv(1 << 16)
                client.sendall(f"HTTP/1.1 {mode} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                raise OSError
            server = socket.create_connection(("127.0.0.1", self.target))
            self._open.append(server)
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
            server.sendall(b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body)
            left = length - len(body)
            while left > 0:
                data = client.recv(1 << 16)
                server.sendall(data)
                left -= len(data)
            passed = 0
            while True:
                data = server.recv(1 << 16)
                if not data or (mode == "cut" and passed + len(data) > 5):
                    break
                passed += len(data)
                client.sendall(data)
            server.close()
        except OSError:
            pass
        client.close()


class AlteringProxy:
    """An HTTP proxy for one server that changes the bodies of answers that are no JSON: flips a byte of the content, or cuts."""

    def __init__(self, port):
        self.target, self.before, self.flipped = port, None, 0
        self._place, self._limit, self._left = None, None, 0
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                proxy._pass(self)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # clients that give up are what is tested
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def flip(self, place, times):
        """Flips the byte at a place of the content, in a number of answers that hold it."""
        self._place, self._limit, self._left, self.flipped = place, None, times, 0

    def cut(self, limit, times):
        """Ends a number of answers that are longer after ``limit`` bytes."""
        self._place, self._limit, self._left = None, limit, times

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _pass(self, handler):
        if self.before is not None:
            self.before(handler.path)
        connection = http.client.HTTPConnection("127.0.0.1", self.target)
        connection.request("GET", handler.path,
            headers={name: value for name, value in handler.headers.items() if name.lower() not in ("host", "connection")})
        answer = connection.getresponse()
        body = bytearray(answer.read())
        connection.close()
        length, cut = len(body), None
        if "json" not in answer.getheader("Content-Type", "") and self._left > 0:
            offset = int(dict(urllib.parse.parse_qsl(handler.path.partition("?")[2])).get("offset", 0))
            if self._place is not None and offset <= self._place:
                at = self._place - offset
                at += at // (1 << 20) * 32  # behind the digests of the blocks before it
                if at < length:
                    body[at] ^= 4
                    self._left -= 1
                    self.flipped += 1
            elif self._limit is not None and self._limit < length:
                cut = self._limit
                self._left -= 1
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        handler.wfile.write(body[:cut])
        if cut is not None:
            handler.close_connection = True
