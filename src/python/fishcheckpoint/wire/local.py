"""The server of a folder on this machine, on a Unix socket, for programs of the same user: found, or started on demand."""

import fcntl
import http.client
import json
import os
import shutil
import socket
import struct
import subprocess
import threading
import time
import weakref
from typing import IO, List, Optional

from ..errors import FishError

_LOCK, _LOG, _STARTING, _DATABASE = "local.lock", "local.log", "local.starting", "fish.db"
_SHARED: "weakref.WeakValueDictionary[str, LocalServer]" = weakref.WeakValueDictionary()
_GATE = threading.Lock()


class LocalServer:
    """The server of one folder, shared by all clients of the folder in this process. Safe for concurrent threads.

    This object keeps one open connection as its lease: the server stops soon after the last lease ends, and the kernel closes the
    connections of a killed process. The next connection restarts a killed server.
    """

    def __init__(self, folder: str, longest: float = 60.0) -> None:
        """Starts nothing yet.

        :param folder: the data folder, an absolute path.
        :param longest: seconds that a server may take to start.
        """
        self.folder, self._longest = folder, longest
        self._lease: Optional[socket.socket] = None
        self._sockets: "weakref.WeakSet[socket.socket]" = weakref.WeakSet()
        self._lock = threading.Lock()

    def __del__(self) -> None:
        if self._lease is not None:
            self._lease.close()

    @staticmethod
    def of(folder: str) -> "LocalServer":
        """The server of a folder; the same for every path to it."""
        real = os.path.realpath(folder)
        with _GATE:
            server = _SHARED.get(real)
            if server is None:
                server = _SHARED[real] = LocalServer(real)
            return server

    def connect(self, timeout: Optional[float], creates: bool) -> socket.socket:
        """Connects; starts the server if none responds.

        :param timeout: seconds for each single read or write of the connection.
        :param creates: whether to create a store in a folder without one.
        :raises FishError: ``STORE_NOT_FOUND``; ``FOLDER_TAKEN``: the folder belongs to another user; ``FILE_NOT_FOUND``: there is no
            program to start; ``SERVER_UNAVAILABLE``: it does not start; or the program's error.
        """
        with self._lock:
            if self._lease is not None and not _is_open(self._lease):
                self._lease.close()
                self._lease = None
            if self._lease is None:
                self._lease = self._open(creates)
            connection = self._try_connect() or self._open(creates)
        connection.settimeout(timeout)
        return connection

    def forget(self) -> None:
        """In a forked process: leaves the connections to the parent, which owns them."""
        self._lock = threading.Lock()
        for opened in list(self._sockets):
            opened.close()
        self._lease = None

    def _open(self, creates: bool) -> socket.socket:
        self._check(creates)
        deadline, starting = time.monotonic() + self._longest, None
        while True:
            connection = self._try_connect()
            if connection is not None:
                return connection
            if starting is None or starting.poll() is not None:
                starting = self._start()
            if time.monotonic() > deadline:
                raise FishError(
                    "SERVER_UNAVAILABLE", self.folder, f"The local server did not start within {self._longest:.0f} s.",
                    f"See {os.path.join(self.folder, _LOG)}.", transient=True)
            time.sleep(0.02)

    def _check(self, creates: bool) -> None:
        if not hasattr(socket, "AF_UNIX"):
            raise FishError("REQUEST_INVALID", self.folder, "This system does not support Unix sockets.",
                "Run 'fishckpt serve --data FOLDER' and give its URL.")
        if not creates and not os.path.exists(os.path.join(self.folder, _DATABASE)):
            raise FishError(
                "STORE_NOT_FOUND", self.folder, "The folder has no store.",
                "Check the path. FishClient(folder).add_base(NAME, model) creates the store of a new folder.")
        try:
            os.makedirs(self.folder, exist_ok=True)
            owner = os.stat(self.folder).st_uid
        except OSError as error:
            raise FishError("STORAGE_UNAVAILABLE", self.folder, f"{error.strerror}.",
                "Choose a folder that this user can write to.") from error
        if os.geteuid() not in (0, owner):
            raise FishError(
                "FOLDER_TAKEN", self.folder, f"The folder belongs to another user (uid {owner}).",
                "Let that user run 'fishckpt serve' and give its URL, or choose a folder of your own.")
        if not os.access(self.folder, os.W_OK):
            raise FishError(
                "STORE_READ_ONLY", self.folder, "The folder is not writable.",
                "Read it by the command line ('fishckpt load ... --data FOLDER'), or choose another one.")

    def _try_connect(self) -> Optional[socket.socket]:
        try:
            with open(os.path.join(self.folder, _LOCK), encoding="utf-8") as file:
                path = file.read(256).strip()
        except (OSError, UnicodeDecodeError):
            return None
        if not path:
            return None
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(10)
            connection.connect(path)
            if not _is_ours(connection, self.folder):
                raise FishError(
                    "FOLDER_TAKEN", self.folder, f"The socket {path} belongs to another user.",
                    f"Remove {os.path.join(self.folder, _LOCK)} if no server runs.")
        except OSError:
            connection.close()  # no server listens: it was killed, or is stopping
            return None
        except FishError:
            connection.close()
            raise
        self._sockets.add(connection)
        return connection

    def _start(self) -> "_Starting":
        # One of several programs that need the server starts it; the others wait.
        gate = open(os.path.join(self.folder, _STARTING), "a")
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            gate.close()
            return _Starting(self.folder, None, None)
        connection = self._try_connect()
        if connection is not None:
            connection.close()  # another process started it meanwhile
            gate.close()
            return _Starting(self.folder, None, None)
        try:
            return _Starting(self.folder, gate, program())
        except BaseException:
            gate.close()
            raise


class _Starting:
    """A start in progress, by this process or another one."""

    def __init__(self, folder: str, gate: Optional[IO[str]], command: Optional[List[str]]) -> None:
        self._folder, self._gate, self._process, self._begin = folder, gate, None, 0
        if command is None:
            self._until = time.monotonic() + 0.2
            return
        log = os.path.join(folder, _LOG)
        with open(log, "ab") as output:
            self._begin = output.tell()
            try:
                # A separate session: Ctrl-C is for the training, which still saves to the server then.
                self._process = subprocess.Popen(
                    [*command, "serve", "--data", folder, "--local", "--json"], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    cwd="/", start_new_session=True)
            except OSError as error:
                raise FishError("FILE_NOT_FOUND", command[0], f"The program cannot be started: {error.strerror}.", _HOW_TO_GET) from error
        threading.Thread(target=self._wait, daemon=True).start()

    def poll(self) -> Optional[int]:
        """Whether the start has ended without this process's server; ``None`` while it continues.

        :raises FishError: the program's error.
        """
        if self._process is None:
            return None if time.monotonic() < self._until else 0
        code = self._process.poll()
        if code:
            raise self._error(code) or FishError(
                "SERVER_UNAVAILABLE", self._folder, f"The program exited with {code}.", f"See {os.path.join(self._folder, _LOG)}.")
        return code

    def _wait(self) -> None:
        # Until it listens or has ended, so that others do not start it too; then until it ends, so that it leaves no zombie.
        while self._process.poll() is None and not _is_named(self._folder):
            time.sleep(0.02)
        self._gate.close()
        self._process.wait()

    def _error(self, code: int) -> Optional[FishError]:
        with open(os.path.join(self._folder, _LOG), "rb") as log:
            log.seek(self._begin)
            lines = log.read(1 << 20).decode("utf-8", "replace").splitlines()
        for line in reversed(lines):
            try:
                said = json.loads(line)
                return FishError(said["code"], said["key"], said["cause"], said["hint"], transient=said["code"] == "FOLDER_TAKEN")
            except (ValueError, TypeError, KeyError):
                continue
        return None


class LocalConnection(http.client.HTTPConnection):
    """An HTTP connection to a local server; it uses no network."""

    def __init__(self, server: LocalServer, timeout: Optional[float], creates: bool) -> None:
        super().__init__("localhost", timeout=timeout)
        self._server, self._creates = server, creates

    def __del__(self) -> None:
        self.close()

    def connect(self) -> None:
        """Connects; starts the server if none responds."""
        self.sock = self._server.connect(self.timeout, self._creates)


_HOW_TO_GET = (
    "Install the wheel that includes it ('python3 src/python/build_wheel.py' builds it), set FISH_PROGRAM to its path, "
    "or run 'fishckpt serve' somewhere and give its URL.")


def program() -> List[str]:
    """The command of the program: ``FISH_PROGRAM``, else the package's own, else ``fishckpt`` on the path, else its
    earlier name ``fish`` if that is not the shell.

    :raises FishError: ``FILE_NOT_FOUND``.
    """
    named = os.environ.get("FISH_PROGRAM")
    if named:
        if not os.path.isfile(named):
            raise FishError("FILE_NOT_FOUND", "FISH_PROGRAM", f"The program '{named}' does not exist.",
                "Set it to the path of fishckpt, or unset it.")
        return ["dotnet", named] if named.endswith(".dll") else [os.path.abspath(named)]
    own = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "_program", "fishckpt")
    if os.path.isfile(own):
        return [own]
    found = shutil.which("fishckpt")
    if found is not None:
        return [found]
    earlier = shutil.which("fish")
    if earlier is not None and not _is_shell(earlier):
        return [earlier]
    raise FishError("FILE_NOT_FOUND", "fishckpt", "A folder needs the program fishckpt, and it is not installed.", _HOW_TO_GET)


def _is_shell(path: str) -> bool:
    try:
        said = subprocess.run([path, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return True
    return said.startswith(b"fish, version")


def _is_named(folder: str) -> bool:
    try:
        return os.path.getsize(os.path.join(folder, _LOCK)) > 0
    except OSError:
        return False


def _is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def _is_ours(connection: socket.socket, folder: str) -> bool:
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return user in (0, os.geteuid(), os.stat(folder).st_uid)


def _after_fork() -> None:
    global _GATE
    _GATE = threading.Lock()
    for server in list(_SHARED.values()):
        server.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
