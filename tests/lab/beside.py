"""A relay with the rules of the scenario "coexistence", and one neighbour of
guides/neighbours.md beside readdress: what the tests of neighbours share."""

import collections
import json
import os
import re
import shutil
import tempfile
import unittest

from . import dnsserver, neighbours, smtp
from . import postfix as lab_postfix
from .base import TOP, LabError, read, write
from .guide import Guide
from .lab import Lab
from .neighbours import moved

GUIDE = Guide("neighbours.md")
CONTRIB = lab_postfix.CONTRIB
RULES = os.path.join(CONTRIB, "coexistence")
MILTER = "unix:readdress/milter.sock"
SIGNER = "inet:127.0.0.1:8891"

ALICE, BOB = "alice@elsewhere.example", "bob.owen@drypizza.example"
PUBLIC = "bob@warmsushi.example"
REST = (b"Subject: Sushi\r\nDate: Sun, 29 Nov 2026 08:00:00 +0000\r\n"
        b"Message-ID: <1@elsewhere.example>\r\n\r\nHello.\r\n")
INBOUND = (b"From: Alice <alice@elsewhere.example>\r\n"
           b"To: Bob <bob@warmsushi.example>\r\n" + REST)
OUTBOUND = (b"From: Bob <bob.owen@drypizza.example>\r\n"
            b"To: Alice <alice@elsewhere.example>\r\n" + REST)
# What becomes of each.
REWRITTEN = INBOUND.replace(b"bob@warmsushi", b"bob.owen@drypizza")
SENT = OUTBOUND.replace(b"bob.owen@drypizza", b"bob@warmsushi")


def needs(*programs):
    missing = [name for name in programs if not shutil.which(name)]
    return unittest.skipIf(missing, f"no {', '.join(missing)}")


class Beside(unittest.TestCase):
    """A relay with the rules of the scenario "coexistence", without a
    neighbour. A derived class adds one in neighbour()."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        here = cls.here = Lab()
        cls.addClassCleanup(here.close)
        cls.sinks = {name: here.sink() for name in ("old", "new", "outside")}
        cls.routes = {"drypizza.example": cls.sinks["new"],
                      "mail.drypizza.example": cls.sinks["new"],
                      "wsold.onmicrosoft.example": cls.sinks["old"]}
        cls.postfix = here.postfix(
            default_transport=cls.sinks["outside"],
            relay_transport=cls.sinks["outside"],
            relay_domains="warmsushi.example noodlebar.example",
            smtpd_milters=MILTER, milter_default_action="tempfail",
            smtpd_authorized_xclient_hosts="127.0.0.0/8")
        cls.readdress = here.readdress(cls.postfix)
        for table in ("inbound", "outbound"):
            cls.readdress.command("load", table,
                                  os.path.join(RULES, f"{table}.csv"))
        cls.ways()
        cls.neighbour()
        cls.postfix.set(transport_maps=cls.postfix.table(
            "transport", cls.routes))
        cls.readdress.start()
        cls.postfix.start()

    @classmethod
    def ways(cls):
        cls.postfix.service("mx")
        cls.outbound("outbound")

    @classmethod
    def outbound(cls, name, **options):
        cls.postfix.service(name, mynetworks="127.0.0.0/8",
                            milter_macro_daemon_name="OUTBOUND", **options)

    @classmethod
    def neighbour(cls):
        """What the class is about; before Postfix starts."""

    @classmethod
    def main(cls, name, places=()):
        """The guide's parameters of main.cf under that name."""
        cls.postfix.append(moved(GUIDE.file(name), dict(places)))

    def setUp(self):
        for sink in self.sinks.values():
            sink.clear()

    def send(self, via, mail, recipients, message, code=250, **client):
        with self.postfix.client(via, **client) as peer:
            return peer.send(f"<{mail}>", [f"<{address}>"
                                           for address in recipients],
                             message, code)

    def arrived(self):
        """Returns {sink: {recipient: how often}}; a sink without mail is left
        out."""
        self.postfix.drain()
        return {name: dict(collections.Counter(
                    address for delivery in sink.deliveries
                    for address in delivery.recipients))
                for name, sink in self.sinks.items() if sink.deliveries}

    def only(self, name):
        [delivery] = self.sinks[name].deliveries
        return delivery

    def inbound_is_right(self, via="mx", **client):
        """Alice writes to Bob. Returns what arrives."""
        self.send(via, ALICE, [PUBLIC], INBOUND, **client)
        self.assertEqual(self.arrived(), {"new": {BOB: 1}})
        return self.only("new")

    def outbound_is_right(self, via="outbound"):
        """Bob writes to Alice. Returns what arrives."""
        self.send(via, BOB, [ALICE], OUTBOUND)
        self.assertEqual(self.arrived(), {"outside": {ALICE: 1}})
        self.assertEqual(self.only("outside").sender, PUBLIC)
        return self.only("outside")


class Keys(Beside):
    """With a name server, and keys of both domains."""

    @classmethod
    def name_server(cls):
        cls.keys = neighbours.dkim_keys(cls.here, GUIDE.commands("opendkim"))
        record = read(os.path.join(cls.keys, "relay.txt"))
        cls.private = read(
            os.path.join(cls.keys, "relay.private")).encode()
        cls.records = {
            f"relay._domainkey.{domain}": record
            for domain in ("warmsushi.example", "elsewhere.example",
                           "list.example")}
        return cls.records

    @classmethod
    def serve(cls, more=""):
        """Starts the name server with the records."""
        zone = "".join(
            f"$ORIGIN {name.split('_domainkey.')[1]}.\n{record}\n"
            for name, record in cls.records.items())
        cls.server = cls.here.keep(dnsserver.NameServer(
            cls.here.path("nsd"), {".": zone + "$ORIGIN .\n" + more},
            (cls.here.address,)))

    @classmethod
    def dns(cls, name, timeout=5):
        """As dkimpy asks."""
        del timeout
        record = cls.records.get(smtp.text(name).rstrip("."))
        return neighbours.txt(record).encode() if record else None

    @classmethod
    def signed(cls, message, domain="elsewhere.example"):
        import dkim  # only tests that have it come here
        return dkim.sign(message, b"relay", domain.encode(), cls.private,
                         include_headers=[b"from", b"to", b"subject"]) \
            + message

    def results(self, delivery, result):
        """The first Authentication-Results is this relay's, and says so of
        DKIM."""
        [value] = delivery.header("Authentication-Results")
        said = smtp.text(re.sub(rb"\s+", b" ", value)).strip()
        self.assertRegex(said, rf"^relay\S*;.* ?dkim={result}\b")
        return said

    @classmethod
    def signer(cls, conf="/etc/opendkim.conf"):
        for name in ("nobody", "keys", "signing"):
            write(os.path.join(cls.keys, name), GUIDE.file(
                f"/etc/dkimkeys/{name}").replace("/etc/dkimkeys", cls.keys))
        neighbours.belongs(cls.keys, "opendkim")
        return neighbours.opendkim(cls.here, "signer", GUIDE.file(conf),
                                   {"/etc/dkimkeys": cls.keys}, cls.server)


def relay_files(main="", master=""):
    """Returns main.cf and master.cf of a relay as the fragments and a guide
    have them, with their real addresses. Services of master replace those of
    the same name."""
    services = dict(lab_postfix.entries(
        lab_postfix.MASTER_CF + "smtp inet n - y - - smtpd\n"
        + read(os.path.join(CONTRIB, "master.cf"))))
    for name, text in lab_postfix.entries(master):
        services.pop(name, None)
        services[name] = text
    return ("".join(read(os.path.join(CONTRIB, *name)) for name in (
        ("main.cf",), ("coexistence", "main.cf"))) + main,
            "".join(services.values()))


def findings(readdress, queue, main, master, tables):
    """Returns what doctor finds in a Postfix with these files, which does not
    run, but for what is as it should be: {(ID, level)}. queue: the directory
    with the milter's socket; tables: {name: text} of files in its own
    directory."""
    etc = tempfile.mkdtemp(dir=readdress.dir)
    os.chmod(etc, 0o755)
    write(os.path.join(etc, "main.cf"),
          f"compatibility_level = 3.6\nqueue_directory = {queue}\n"
          f"data_directory = {etc}\n" + main)
    write(os.path.join(etc, "master.cf"), master)
    for name, text in tables.items():
        write(os.path.join(etc, name), text)
    done = readdress.command("--json", "doctor", "--config-dir", etc,
                             check=False)
    if done.returncode not in (0, 1):
        raise LabError(f"doctor: exit {done.returncode}\n{done.stderr}")
    return {(one["id"], one["level"]) for one in map(
        json.loads, done.stdout.splitlines())
        if one["level"] not in ("PASS", "SKIP")}
