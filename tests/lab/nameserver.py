"""A private authoritative name server: nsd.

    server = here.keep(NameServer(here, {"out.example": "@ 60 MX 10 mx\n"}))

Each zone gets a SOA and an NS record. A zone "." makes the server answer
whatever it is asked.
"""

import os
import pwd
import shutil
import socket
import struct
import subprocess

from .base import MILTER_USER, LabError, read, write
from .smtp import wait_until

PROGRAM = "nsd"

CONF = """\
server:
  ip-address: {address}@{port}
  server-count: 1
  username: {user}
  chroot: ""
  database: ""
  zonesdir: "{dir}"
  xfrdir: "{dir}"
  logfile: "{dir}/log"
  pidfile: "{dir}/pid"
  zonelistfile: "{dir}/zones"
  xfrdfile: "{dir}/xfrd"
remote-control:
  control-enable: no
"""
ZONE = """\
$ORIGIN {origin}
$TTL 60
@ SOA ns.invalid. postmaster.invalid. {serial} 3600 600 86400 60
@ NS ns.invalid.
"""


def available():
    """True if nsd is installed."""
    return bool(shutil.which(PROGRAM))


class NameServer:
    """address, port: where it answers; without a port, it gets one of the
    lab's."""

    def __init__(self, lab, zones, address=None, port=None, name="nsd"):
        self.address = address or lab.address
        self.port = port or lab.port()
        self.dir = lab.path(name)
        os.mkdir(self.dir)
        user = pwd.getpwnam(MILTER_USER)
        os.chown(self.dir, user.pw_uid, user.pw_gid)
        self._serial = 0
        conf = CONF.format(address=self.address, port=self.port, dir=self.dir,
                           user=MILTER_USER)
        for zone, records in zones.items():
            self.write(zone, records)
            conf += (f"zone:\n  name: \"{zone}\"\n"
                     f"  zonefile: \"{self._file(zone)}\"\n")
        path = write(os.path.join(self.dir, "nsd.conf"), conf)
        with open(os.path.join(self.dir, "said"), "wb") as said:
            self.process = subprocess.Popen(
                [PROGRAM, "-d", "-c", path], stdin=subprocess.DEVNULL,
                stdout=said, stderr=said)
        if not wait_until(lambda: self.process.poll() is not None
                          or self.answers()) or self.process.poll() is not None:
            self.close()
            raise LabError(f"{PROGRAM} does not answer\n"
                           + read(os.path.join(self.dir, "said"))
                           + read(os.path.join(self.dir, "log")))

    def _file(self, zone):
        return os.path.join(self.dir, f"{zone.strip('.') or 'root'}.zone")

    def write(self, zone, records):
        """Writes the records of a zone. A server that runs must be told by
        reload()."""
        self._serial += 1
        write(self._file(zone), ZONE.format(
            origin=zone.rstrip(".") + ".", serial=self._serial) + records)

    def reload(self):
        self.process.send_signal(1)

    def answers(self):
        """True if it answers a question of any kind."""
        question = struct.pack(">6H", 7, 0, 1, 0, 0, 0) + b"\0" + struct.pack(
            ">2H", 6, 1)  # SOA, IN
        with socket.socket(type=socket.SOCK_DGRAM) as peer:
            peer.settimeout(0.2)
            try:
                peer.sendto(question, (self.address, self.port))
                return peer.recv(512)[:2] == question[:2]
            except OSError:
                return False

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
