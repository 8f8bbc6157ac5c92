"""Servers of the DNS on loopback: NSD with zones of the test's own, and one that
answers as no server should.

NameServer  runs nsd(8) with zones that are given as text.

    server = here.keep(NameServer(here.path("nsd"), {
        "out.example": "@ 60 MX 10 mx\n"}))

Rogue       calls a function of the test for each packet, by UDP and TCP.
"""

import contextlib
import os
import re
import shutil
import socket
import socketserver
import struct
import subprocess
import threading

from .smtp import TIMEOUT, wait_until

NSD = shutil.which("nsd", path=os.environ.get("PATH", "") + ":/usr/sbin")
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16,
         "AAAA": 28, "TLSA": 52}


def available():
    """True if nsd is installed."""
    return bool(NSD)


def free_port(address="127.0.0.1"):
    """A port that is free for UDP and TCP."""
    while True:
        with contextlib.closing(socket.socket()) as tcp, contextlib.closing(
                socket.socket(type=socket.SOCK_DGRAM)) as udp:
            tcp.bind((address, 0))
            port = tcp.getsockname()[1]
            try:
                udp.bind((address, port))
            except OSError:
                continue
            return port


def encode_name(name):
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in name.rstrip(".").split(".") if label) + b"\0"


def read_question(packet):
    """Returns the name, the type's number and the question's bytes."""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    kind, = struct.unpack("!H", packet[at + 1:at + 3])
    return ".".join(labels), kind, packet[12:at + 5]


def make_reply(packet, records=(), rcode=0, flags=0x8400, count=None):
    """A reply to the packet: records are (owner, type, ttl, data)."""
    _, _, question = read_question(packet)
    body = b"".join(
        encode_name(owner) + struct.pack("!HHIH", TYPES[kind], 1, ttl,
                                         len(data)) + data
        for owner, kind, ttl, data in records)
    return (packet[:2] + struct.pack(
        "!HHHHH", flags | rcode, 1, len(records) if count is None else count,
        0, 0) + question + body)


class NameServer:
    """nsd(8) on some addresses. zones: {name: text}; each gets a SOA and, unless
    the text begins with one, an NS record for ns.example. A zone "." makes the
    server answer whatever it is asked. The directory is made if there is
    none."""

    CONF = """server:
  username: ""
  chroot: ""
  zonesdir: "{dir}"
  pidfile: "{dir}/nsd.pid"
  xfrdfile: "{dir}/xfrd.state"
  xfrdir: "{dir}"
  zonelistfile: "{dir}/zone.list"
  server-count: 1
  hide-version: yes
  rrl-ratelimit: 0
"""
    SOA = "$ORIGIN {origin}\n$TTL 3600\n@ SOA ns.example. h.example. 1 1h 1h 1h 60\n"

    def __init__(self, directory, zones, addresses=("127.0.0.1",), port=None):
        self.dir = directory
        os.makedirs(directory, exist_ok=True)
        self.addresses = addresses
        self.address = addresses[0]
        self.port = port or free_port(addresses[0])
        self.process = None
        self.start(zones)

    def write_zones(self, zones):
        conf = self.CONF.format(dir=self.dir)
        shown = subprocess.run([NSD, "-v"], stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.STDOUT, check=False).stdout
        if tuple(map(int, re.search(r"(\d+)\.(\d+)", shown).groups())) < (4, 8):
            conf += '  database: ""\n'
        for address in self.addresses:
            conf += f"  ip-address: {address}@{self.port}\n"
        conf += "remote-control:\n  control-enable: no\n"
        for number, (name, text) in enumerate(zones.items()):
            path = os.path.join(self.dir, f"{number}.zone")
            with open(path, "w", encoding="utf-8") as file:
                file.write(self.SOA.format(origin=name.rstrip(".") + "."))
                if not re.match(r"@( \d+)? NS ", text):
                    file.write("@ NS ns.example.\n")
                file.write(text)
            conf += f'zone:\n  name: "{name}"\n  zonefile: "{path}"\n'
        with open(os.path.join(self.dir, "nsd.conf"), "w",
                  encoding="utf-8") as file:
            file.write(conf)

    def start(self, zones):
        """Begins to serve these zones, in place of those before."""
        self.stop()
        self.write_zones(zones)
        log = os.path.join(self.dir, "nsd.log")
        with open(log, "w", encoding="utf-8") as file:
            self.process = subprocess.Popen(
                [NSD, "-d", "-c", os.path.join(self.dir, "nsd.conf")],
                stdout=file, stderr=file)
        wanted = next(iter(zones))
        if not wait_until(lambda: self.process.poll() is not None or all(
                self.serves(address, wanted) for address in self.addresses)) \
                or self.process.poll() is not None:
            with open(log, encoding="utf-8") as file:
                raise RuntimeError(f"nsd does not serve: {file.read()}")

    def serves(self, address, zone):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with contextlib.closing(socket.socket(family,
                                              socket.SOCK_DGRAM)) as asker:
            asker.settimeout(.2)
            try:
                asker.connect((address, self.port))
                asker.send(b"\1\2\0\0\0\1\0\0\0\0\0\0" + encode_name(zone)
                           + b"\0\6\0\1")
                reply = asker.recv(4096)
            except OSError:
                return False
            return reply[:2] == b"\1\2" and not reply[3] & 15

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(TIMEOUT)
            self.process = None

    close = stop


class _Udp(socketserver.BaseRequestHandler):
    def handle(self):
        packet, sock = self.request
        for reply in self.server.answer(packet, "udp") or ():
            sock.sendto(reply, self.client_address)


class _Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        size = self.rfile.read(2)
        if len(size) == 2:
            packet = self.rfile.read(struct.unpack("!H", size)[0])
            for reply in self.server.answer(packet, "tcp") or ():
                self.wfile.write(struct.pack("!H", len(reply)) + reply)


class Rogue:
    """answer(packet, "udp" or "tcp") returns the packets to send back. The rogue
    notes the questions as "NAME TYPE"."""

    def __init__(self, answer, address="127.0.0.1", port=None):
        self.port = port or free_port(address)
        self.questions = []
        names = {number: name for name, number in TYPES.items()}

        def noted(packet, how):
            name, kind, _ = read_question(packet)
            self.questions.append(f"{name} {names.get(kind, kind)} {how}")
            return answer(packet, how)

        self.servers = []
        for kind, handler in ((socketserver.ThreadingUDPServer, _Udp),
                              (socketserver.ThreadingTCPServer, _Tcp)):
            server = kind((address, self.port), handler)
            server.daemon_threads = True
            server.answer = noted
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.servers.append(server)

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()
