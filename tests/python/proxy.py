"""A TCP proxy that breaks connections as a test asks it to."""

import socket
import threading


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
    """A server that gives canned answers (status, body) to requests, one after another, and counts them."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []
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
                status, body = self.answers.pop(0)
                client.sendall(f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
