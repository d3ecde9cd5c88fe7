"""Many clients at once: what the server holds is bounded by its limits, and not by who comes."""

import re
import socket
import unittest
import urllib.request

from support import Server, needs_server

CONNECTIONS = 300
UPLOADS = 64  # FishCheckpoint:Limits:MaxConcurrentUploads as it comes
SENT = 600_000


@needs_server
class ManyConnections(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.sockets = []

    def tearDown(self):
        for opened in self.sockets:
            opened.close()
        self.server.remove()

    def test_uploads_that_stall_hold_no_more_than_their_limit(self):
        request = urllib.request.Request(f"{self.server.url}/v1/tasks")
        urllib.request.urlopen(request).read()
        before = self.resident()
        head = (f"PUT /v1/bases/stalled HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\nContent-Type: application/vnd.safetensors\r\n"
                "Content-Length: 100000000\r\n\r\n").encode()
        for _ in range(CONNECTIONS):
            opened = socket.create_connection(("127.0.0.1", self.server.port))
            opened.settimeout(30)
            self.sockets.append(opened)
            try:
                opened.sendall(head + bytes(SENT))
            except OSError:
                pass  # refused, and hung up on
        # Some may be broken off for being slow and make room.
        answers = {}
        while len(answers) < CONNECTIONS - 2 * UPLOADS:
            answers.update((opened, answer) for opened in self.sockets if opened not in answers and (answer := self.answered(opened)))
        refused = list(answers.values())
        grown = self.resident() - before
        self.assertEqual({b"HTTP/1.1 429"}, {answer[:12] for answer in refused})
        self.assertTrue(all(b"TOO_MANY_REQUESTS" in answer and b"Retry-After: 1" in answer for answer in refused))
        print(f"{CONNECTIONS} connections, {len(refused)} refused: {grown / 1e6:.0f} MB more resident")

        # Three MiB for each upload that is taken, and 128 KiB for each connection.
        self.assertLess(grown, UPLOADS * (3 << 20) + CONNECTIONS * (128 << 10))
        urllib.request.urlopen(request).read()

    @staticmethod
    def answered(opened):
        """What the server has answered by now; nothing where it waits for more."""
        opened.settimeout(0.2)
        received = b""
        try:
            while True:
                part = opened.recv(1 << 16)
                if not part:
                    return received
                received += part
        except OSError:
            return received

    def resident(self):
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) << 10


if __name__ == "__main__":
    unittest.main()
