"""What the tests of `readdress postfix` share: a private Postfix that is
configured as Debian's package configures one, in a network of its own. See
__init__.py."""

import fcntl
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

from . import smtp
from .base import TOP, read, run
from .lab import Lab
from .postfix import next_hop, parameters

CONTRIB = os.path.join(TOP, "contrib", "postfix")
DIST = "/usr/share/postfix"

# What Debian's package writes for an "Internet Site".
STOCK = """\
smtpd_banner = $myhostname ESMTP $mail_name (Debian/GNU)
biff = no
append_dot_mydomain = no
readme_directory = no
compatibility_level = 3.6
smtp_tls_CApath = /etc/ssl/certs
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
myhostname = relay.example
alias_maps =
alias_database =
mydestination = $myhostname, localhost
relayhost =
mynetworks = 127.0.0.0/16 [::1]/128
mailbox_size_limit = 0
recipient_delimiter = +
inet_protocols = ipv4
"""
# What makes it private, and quick.
PRIVATE = ("queue_directory", "data_directory", "maillog_file",
           "maillog_file_prefixes", "syslog_name", "multi_instance_name",
           "local_header_rewrite_clients", "smtp_host_lookup",
           "smtp_dns_support_level", "smtpd_peername_lookup",
           "minimal_backoff_time", "maximal_backoff_time", "queue_run_delay",
           "smtpd_error_sleep_time", "smtpd_soft_error_limit",
           "smtpd_hard_error_limit", "smtpd_client_connection_rate_limit",
           "smtpd_client_message_rate_limit",
           "smtpd_client_connection_count_limit")


def stock(here, name="relay", main="", services="", port=None):
    """A Postfix as Debian has it, at an address and port of the lab's, or at
    this port."""
    postfix = here.postfix(name)
    private = {key: postfix._main[key] for key in PRIVATE}
    postfix._main = parameters(STOCK)
    # Strangers must reach it: there is nothing to set up on loopback alone.
    postfix.set(inet_interfaces="all", **private)
    postfix.set(**parameters(main))
    port = port or here.port_everywhere()
    postfix.ports["smtp"] = port
    master = read(os.path.join(DIST, "master.cf.dist"))
    postfix._master = re.sub(r"(?m)^smtp( +inet +)", rf"{port}\1", master)
    # Quick, for tests.
    postfix._master = re.sub(
        r"(?m)^((?:pickup|qmgr) .* )(?:60|300)( +1 +(?:pickup|qmgr))$",
        r"\g<1>1\2", postfix._master) + services
    return postfix


RESOLV_CONF = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"


def alone():
    """Runs this script in a network of its own if that is permitted: outside it
    nobody sees the ports, and nobody else has them. In it, the only name server
    is the one that a test starts."""
    if os.environ.get("READDRESS_ALONE"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            up = struct.pack("16sh14x", b"lo", 0x41)  # IFF_UP, IFF_RUNNING
            fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS
        return
    with tempfile.NamedTemporaryFile("w", suffix=".resolv") as conf:
        conf.write(RESOLV_CONF)
        conf.flush()
        mount = ["unshare", "-nm", "sh", "-euc",
                 f'mount --bind {conf.name} /etc/resolv.conf; exec "$@"', "sh"]
        if (shutil.which("unshare")
                and run(*mount, "true", check=False).returncode == 0):
            os.environ["READDRESS_ALONE"] = "1"
            sys.exit(subprocess.call([*mount, sys.executable, *sys.argv]))
    # Where that is not permitted, one such test at a time: all of them listen
    # at all addresses, and at the ports that `readdress postfix` writes.
    turn = os.open(os.path.join(tempfile.gettempdir(), "readdress-alone.lock"),
                   os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(turn, fcntl.LOCK_EX)  # until the process ends


class Names:
    """A name server: {name: [mail exchangers]} and {name: address}; what is in
    neither does not exist."""

    def __init__(self, exchangers, addresses):
        self.exchangers, self.addresses = exchangers, addresses
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.socket.settimeout(0.1)
        self.open = True
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self):
        self.open = False
        self.thread.join()
        self.socket.close()

    @staticmethod
    def _name(text):
        return b"".join(bytes([len(label)]) + label.encode()
                        for label in text.split(".")) + b"\0"

    def _serve(self):
        while self.open:
            try:
                query, peer = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            self.socket.sendto(self.answer(query), peer)

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name, (kind,) = ".".join(labels), struct.unpack(
            "!H", query[at + 1:at + 3])
        records = []
        if kind == 15:
            records = [struct.pack("!H", 10) + self._name(host)
                       for host in self.exchangers.get(name, [])]
        elif kind == 1 and name in self.addresses:
            records = [socket.inet_aton(self.addresses[name])]
        known = name in self.exchangers or name in self.addresses
        return (query[:2] + struct.pack("!HHHHH", 0x8180 | (0 if known else 3),
                                        1, len(records), 0, 0)
                + query[12:at + 5]
                + b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60,
                                                     len(data)) + data
                           for data in records))


class Setup(unittest.TestCase):
    def setUp(self):
        self.here = Lab()
        self.addCleanup(self.here.close)

    def prepare(self, scenario="staged", main="", services="", start=True,
                **options):
        """Postfix, milter and sinks for the rules of a scenario."""
        self.sinks = {name: self.here.sink() for name in ("old", "new", "out")}
        self.postfix = stock(self.here, main=main, services=services)
        self.postfix.set(default_transport=self.sinks["out"],
                         relay_transport=self.sinks["out"])
        self.readdress = self.here.readdress(
            self.postfix, **{"lookup_socket": "unix:" + os.path.join(
                os.path.dirname(self.postfix.socket), "lookup.sock"),
                **options})
        for table in ("inbound", "outbound"):
            path = os.path.join(CONTRIB, scenario, f"{table}.csv")
            if os.path.exists(path):
                self.readdress.command("load", table, path)
        hops = re.findall(r"(?m)^([\w.-]+\.example)\s",
                          read(os.path.join(CONTRIB, scenario,
                                                "transport")))
        new = ("dpnew.onmicrosoft.example", "drypizza.example")
        self.readdress.load("routes", "\n".join(
            f"@{domain};" + next_hop(
                self.sinks["new" if domain in new else "old"])
            for domain in hops))
        self.readdress.start()
        self.postfix.write()
        if start:
            self.postfix.start()

    def command(self, *arguments, code=0, **options):
        done = self.readdress.command("-q", "postfix", "--config-dir",
                                      self.postfix.etc, *arguments,
                                      check=False, **options)
        self.assertEqual(done.returncode, code,
                         f"{arguments}\n{done.stdout[-3000:]}{done.stderr}")
        return done

    def files(self, postfix=None):
        etc = (postfix or self.postfix).etc
        return [read(os.path.join(etc, name))
                for name in ("main.cf", "master.cf")]

    def postconf(self, *arguments, postfix=None):
        return run("postconf", "-c", (postfix or self.postfix).etc,
                       *arguments).stdout

    def names(self, exchangers, **addresses):
        """Starts the name server of this test."""
        if not os.environ.get("READDRESS_ALONE"):
            self.skipTest("this test needs a network of its own")
        server = Names(exchangers, {name.replace("_", "."): address for
                                    name, address in addresses.items()})
        self.addCleanup(server.close)
        return server

    def state(self, postfix=None):
        # postconf(1) of Postfix 3.10 names its own -c, but not in every run.
        return [re.sub(r"(?m)^config_directory = .*\n", "",
                       self.postconf(option, postfix=postfix))
                for option in ("-n", "-M")]

    def send(self, sender, *recipients, service="smtp", source=None, **headers):
        lines = [f"{name}: {value}" for name, value in headers.items()]
        with self.postfix.client(service, source=source) as client:
            try:
                return client.send(
                    f"<{sender}>", [f"<{address}>" for address in recipients],
                    smtp.octets("\r\n".join([*lines, "Subject: x", "", "x",
                                             ""])))
            except smtp.Refused as refused:
                return refused.reply
