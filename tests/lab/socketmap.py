"""Postfix's look-ups by socketmap (socketmap_table(5)): a client, a proxy that
notes what Postfix asks, and what stands in for systemd's socket unit."""

import contextlib
import grp
import os
import pwd
import socket
import struct
import threading

from .base import MILTER_USER, read
from .smtp import TIMEOUT, octets, text


# Before the milter's command: with a socket as its standard input, it is started
# as systemd would with readdress-lookup.socket.
SYSTEMD = ("sh", "-c", "export LISTEN_PID=$$ LISTEN_FDS=1 "
           "LISTEN_FDNAMES=lookup; exec \"$@\" 3<&0 </dev/null", "sh")


def held_socket(path):
    """Returns a socket that listens, as systemd makes it for
    readdress-lookup.socket."""
    held = socket.socket(socket.AF_UNIX)
    held.bind(path)
    user = pwd.getpwnam(MILTER_USER)
    os.chown(path, user.pw_uid, grp.getgrnam("postfix").gr_gid)
    os.chmod(path, 0o660)
    held.listen(100)
    return held


def netstring(data):
    return b"%d:%s," % (len(data), data)


class Stream:
    """Netstrings over a socket."""

    def __init__(self, connection):
        self.socket = connection
        self.file = connection.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(netstring(data))

    def receive(self):
        """Returns the next one, or None at the end."""
        digits = b""
        while True:
            byte = self.file.read(1)
            if byte == b":":
                break
            if not byte:
                return None
            digits += byte
        data = self.file.read(int(digits))
        return data if self.file.read(1) == b"," else None


class Client:
    """A connection to a socketmap server."""

    def __init__(self, path, timeout=TIMEOUT):
        self.socket = socket.socket(socket.AF_UNIX)
        # Not with a time limit: that connect fails if the backlog is full.
        self.socket.connect(path)
        self.socket.settimeout(timeout)
        self.stream = Stream(self.socket)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stream.close()

    def ask(self, name, key):
        """Returns the reply: "OK relay", "NOTFOUND "."""
        self.stream.send(octets(f"{name} {key}"))
        reply = self.stream.receive()
        if reply is None:
            raise ConnectionError("the server closed the connection")
        return text(reply)

    def closed(self):
        """True when the server has closed the connection; waits for it."""
        try:
            return not self.socket.recv(1)
        except ConnectionResetError:
            return True


def ask(path, name, key):
    """Asks one question over a connection of its own."""
    with Client(path) as client:
        return client.ask(name, key)


class Proxy:
    """Stands between Postfix and the look-up service at the path `server`, and
    notes (table, key) of each question in .asked, and (program, table) in
    .askers. `answers`: {(table, key): reply} that it gives itself."""

    def __init__(self, path, server):
        self.server = server
        self.asked = []
        self.askers = set()
        self.answers = {}
        self._connections = {}  # and the process at the other end of each
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self._socket.bind(path)
        os.chmod(path, 0o666)
        self._socket.listen(100)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
        self.drop()

    def drop(self):
        """Closes all connections of Postfix, as the service may. Returns the
        processes that had them."""
        with self._lock:
            connections = dict(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        return list(connections.values())

    def keys(self, table):
        with self._lock:
            return [key for name, key in self.asked if name == table]

    def clear(self):
        with self._lock:
            self.asked = []
            self.askers = set()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,),
                             daemon=True).start()

    def _serve(self, connection):
        peer = struct.unpack("3i", connection.getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        program = read(f"/proc/{peer}/comm").strip()
        with self._lock:
            self._connections[connection] = peer
        stream = Stream(connection)
        server = None
        try:
            while (question := stream.receive()) is not None:
                name, _, key = text(question).partition(" ")
                with self._lock:
                    self.asked.append((name, key))
                    self.askers.add((program, name))
                reply = self.answers.get((name, key))
                if reply is None:
                    server = server or Client(self.server)
                    reply = server.ask(name, key)
                stream.send(octets(reply))
        except OSError:
            pass
        finally:
            with self._lock:
                self._connections.pop(connection, None)
            stream.close()
            if server:
                server.close()
