"""relay: who gets what, from networks of their own; loops; injections."""

import contextlib
import importlib.machinery
import importlib.util
import itertools
import os
import re
import shutil
import threading

import lab
import namespace
from lab import smtp

SLICE = {"each": 12, "spoofs": 60}
FULL = {"each": 1000, "spoofs": 1000}

INBOUND = """\
bob@old.example;bob.owen@new.example
keep@old.example;keep@old.example
team@old.example;one@new.example,two@new.example
@old.example;@new.example
@catch.example;all@new.example
@*.sub.example;@new.example
"""
OUTBOUND = "bob.owen@new.example;bob@old.example\n@new.example;@old.example"
RELAY_DOMAINS = "old.example catch.example sub.example plain.example"

# {who: (network, host of the client)}; the relay is host 1 of each.
NETWORKS = {"stranger": "198.51.100", "listed client": "192.0.2",
            "authenticated client": "203.0.113"}
TARGETS = {"inbound": "bob@old.example", "outbound": "carol@new.example",
           "foreign": "victim@foreign.example"}
LOGIN = ("bob", "geheim 123")
SENDER = "bob.owen@new.example"


class Networks:
    """A namespace for the relay and one for each client, joined by veth."""

    def __init__(self):
        self.names = []
        self.of = {}
        try:
            self._join()
        except lab.LabError:
            self.close()
            raise

    def _join(self):
        self.relay = self._make("r")
        for number, (who, net) in enumerate(NETWORKS.items()):
            name = self.of[who] = self._make(f"c{number}")
            there, here = f"there{number}", "eth"
            lab.run("ip", "-n", self.relay, "link", "add", there, "type",
                    "veth", "peer", "name", here, "netns", name)
            for where, link, host in ((self.relay, there, 1), (name, here, 9)):
                lab.run("ip", "-n", where, "addr", "add", f"{net}.{host}/24",
                        "dev", link)
                lab.run("ip", "-n", where, "link", "set", link, "up")

    def _make(self, what):
        name = f"readdress-{os.getpid()}-{what}"
        lab.run("ip", "netns", "add", name)
        self.names.append(name)
        lab.run("ip", "-n", name, "link", "set", "lo", "up")
        return name

    def close(self):
        for name in self.names:
            lab.run("ip", "netns", "delete", name, check=False)


class Gateway:
    """A relay in its namespace.

    arrived: {X-Id: [(sender, From, recipients)]}"""

    def __init__(self, **options):
        self.here = lab.Lab()
        self.arrived = {}
        self.sink = self.here.sink(on_delivery=self._keep)
        self.postfix = self.here.postfix(
            relay_domains=RELAY_DOMAINS, relay_transport=self.sink,
            default_transport=self.sink, mynetworks="192.0.2.0/24",
            smtpd_sasl_auth_enable="yes", smtpd_sasl_type="cyrus",
            smtpd_sasl_path="smtpd", smtpd_sasl_local_domain="relay.example",
            smtpd_relay_restrictions="permit_mynetworks, "
            "permit_sasl_authenticated, reject_unauth_destination",
            smtpd_milters="unix:readdress/milter.sock",
            milter_default_action="tempfail", default_process_limit="200",
            smtp_destination_concurrency_limit="50")
        self.port = self.here.port()
        self.postfix.service("mx", place=("0.0.0.0", self.port))
        self._users()
        self.readdress = self.here.readdress(
            self.postfix, outbound_networks=["192.0.2.0/24"], **options)
        self.readdress.load("inbound", INBOUND)
        self.readdress.load("outbound", OUTBOUND)
        self.readdress.start()
        self.postfix.start()

    def _users(self):
        sasl = os.path.join(self.postfix.etc, "sasl")
        users = os.path.join(self.postfix.etc, "sasldb2")
        os.mkdir(sasl)
        lab.write(os.path.join(sasl, "smtpd.conf"),
                  "pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
                  f"sasldb_path: {users}\nmech_list: PLAIN\n")
        self.postfix.set(cyrus_sasl_config_path=sasl)
        lab.run("saslpasswd2", "-p", "-c", "-f", users, "-u", "relay.example",
                LOGIN[0], input=LOGIN[1])
        shutil.chown(users, "postfix")

    def _keep(self, sink, delivery):
        name = smtp.text((delivery.header("X-Id") or [b"?"])[0]).strip()
        self.arrived.setdefault(name, []).append(
            (delivery.sender, smtp.text(b"".join(delivery.header("From"))),
             delivery.recipients))
        sink.deliveries = []

    def recipients(self, name):
        return [address for *_, all in self.arrived.get(name, ())
                for address in all]

    def lent(self, name):
        """Was the public name lent: was a sender rewritten?"""
        return any((sender, header) != (SENDER, f" {SENDER}")
                   for sender, header, _ in self.arrived.get(name, ()))


@contextlib.contextmanager
def client(networks, gateway, who):
    """Connections of that client: a function that gives one."""
    with namespace.network(networks.of[who]):
        def connect():
            return smtp.Client(f"{NETWORKS[who]}.1", gateway.port,
                               login=LOGIN if who.startswith("auth") else None)
        yield connect


def message(name, header="", body="hi\r\n"):
    return smtp.octets(f"X-Id: {name}\r\nFrom: {SENDER}\r\n"
                       f"To: bob@old.example\r\n{header}\r\n{body}")


def send_all(connect, mails):
    """(name, [RCPT TO...], octets) each; {name: reply}. A connection serves
    some."""
    replies = {}
    for first in itertools.count(0, 20):
        some = mails[first:first + 20]
        if not some:
            return replies
        with connect() as peer:
            for name, rcpt, data in some:
                try:
                    replies[name] = peer.send(f"<{SENDER}>", rcpt, data)
                except smtp.Refused as refused:
                    replies[name] = refused.reply
                    peer.command("RSET", 250)


def matrix(figures, networks, gateway, each):
    """Three clients and three targets."""
    replies = {}

    def one(who):
        with client(networks, gateway, who) as connect:
            replies.update(send_all(connect, [
                (f"{who}/{target}/{number}", [f"<{address}>"],
                 message(f"{who}/{target}/{number}"))
                for number in range(each)
                for target, address in TARGETS.items()]))

    threads = [threading.Thread(target=one, args=(who,)) for who in NETWORKS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gateway.postfix.drain()
    figures.must("messages of the matrix", len(replies), "=", 9 * each)
    relayed, lent, doubled, lost, other = [], [], [], [], []
    for name, reply in replies.items():
        who, target, _ = name.split("/")
        got = gateway.recipients(name)
        ours = who != "stranger"
        wanted = ([] if not ours and target != "inbound" else
                  ["bob.owen@new.example"] if target == "inbound" else
                  [TARGETS[target]])
        if not ours and target != "inbound" and (got or reply.code < 500):
            relayed.append(f"{name}: {reply} {got}")
        elif len(got) > len(wanted):
            doubled.append(f"{name}: {got}")
        elif got != wanted:
            lost.append(f"{name}: {reply} {got}")
        if not ours and gateway.lent(name):
            lent.append(f"{name}: {gateway.arrived[name]}")
        elif ours and gateway.arrived.get(name, [("", "")])[0][:2] != (
                "bob@old.example", " bob@old.example"):
            other.append(f"{name}: {gateway.arrived.get(name)}")
    figures.none("relayed for strangers to outbound and foreign targets",
                 relayed)
    figures.none("strangers rewritten outbound", lent)
    figures.none("doubled", doubled)
    figures.none("not delivered, or elsewhere", lost)
    figures.none("ours that were not rewritten outbound", other)


def odd_forms():
    """FORMS of the envelope's test: the 15 ways to write one recipient."""
    path = os.path.join(lab.TOP, "tests", "e2e", "envelope.test")
    loader = importlib.machinery.SourceFileLoader("envelope", path)
    spec = importlib.util.spec_from_loader("envelope", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module.FORMS


# {kind of rule: (address, whom it may be delivered to)}
KINDS = {
    "user": ("bob@old.example", {"bob.owen@new.example"}),
    "user, extension": ("bob+x@old.example", {"bob.owen+x@new.example"}),
    "domain": ("eve@old.example", {"eve@new.example"}),
    "catch-all": ("who@catch.example", {"all@new.example"}),
    "sub-domain": ("x@a.sub.example", {"x@new.example"}),
    "exception": ("keep@old.example", {"keep@old.example"}),
    "one to many": ("team@old.example", {"one@new.example",
                                         "two@new.example"}),
    "none": ("eve@plain.example", {"eve@plain.example"}),
    "none, foreign": ("victim@foreign.example", set()),
}
# Ways to smuggle another host past a look-up.
SMUGGLED = [
    "<victim%foreign.example@old.example>",
    "<foreign.example!victim@old.example>",
    "<@old.example:victim@foreign.example>",
    "<@old.example,@catch.example:victim@foreign.example>",
    '<"victim@foreign.example"@old.example>',
    '<"victim@foreign.example">', "<victim@foreign.example@old.example>",
    "<victim%foreign.example@catch.example>",
    "<victim%foreign.example@a.sub.example>",
    "<foreign.example!victim>", "<victim%foreign.example>",
    "<old.example!foreign.example!victim>",
    "<bob+x%foreign.example@old.example>",
    "<bob+@foreign.example:x@old.example>",
    '<"bob+x@foreign.example"@old.example>',
    "<bob+foreign.example!x@old.example>",
    '<"team+x%foreign.example"@old.example>',
    "<victim\\@foreign.example@old.example>",
]


def plain(address):
    """Without route, quotes, case and the dot at the end."""
    address = re.sub(r"^@[^:]*:", "", address)
    return address.replace('"', "").replace("\\", "").replace(
        " ", "").rstrip(".").lower()


def odd(figures, networks, gateway):
    mails, allowed = [], {}
    for (form, text), (kind, (address, wanted)) in itertools.product(
            odd_forms().items(), KINDS.items()):
        local, domain = address.split("@")
        name = f"odd/{form}/{kind}"
        mails.append((name, [text.format(l=local, d=domain, L=local.upper(),
                                         D=domain.upper())], message(name)))
        allowed[name] = wanted
    for number, rcpt in enumerate(SMUGGLED):
        name = f"smuggled/{number}"
        mails.append((name, [rcpt], message(name)))
        allowed[name] = None
    with client(networks, gateway, "stranger") as connect:
        replies = send_all(connect, mails)
    gateway.postfix.drain()
    relayed, wrong, doubled, lost, lent = [], [], [], [], []
    for name, rcpt, _ in mails:
        got = gateway.recipients(name)
        shown = f"{name} {rcpt[0]}: {replies[name].code} {got}"
        if any(is_foreign(address) for address in got):
            relayed.append(shown)
        if len({plain(address) for address in got}) < len(got):
            doubled.append(shown)
        if replies[name].code < 400 and not got:
            lost.append(shown)
        if got and allowed[name] is not None and \
                {plain(address) for address in got} != allowed[name]:
            wrong.append(shown)
        if gateway.lent(name):
            lent.append(shown)
    figures.must("odd forms of RCPT and kinds of rule", len(mails), ">=",
                 15 * 8)
    figures.must("of these taken", sum(replies[name].code < 400
                                       for name, *_ in mails), ">=", 15 * 4)
    figures.none("odd: foreign relays", relayed)
    figures.none("odd: delivered to others than the rule says", wrong)
    figures.none("odd: doubled", doubled)
    figures.none("odd: taken and not delivered", lost)
    figures.none("odd: strangers rewritten outbound", lent)


def is_foreign(address):
    """Would the next host send it on? The local part may name another host only
    where it came that way: then the domain is still the one it was sent to."""
    local, _, domain = address.rpartition("@")
    if domain.lower().rstrip(".") in ("foreign.example", ""):
        return True
    return "foreign" in local.lower() and domain.lower() == "new.example"


PROOF = "X-OriginatorOrg: new.example\r\n"
# What proves nothing: (header, body).
SPOOFS = [
    ("", "hi\r\n"),
    ("X-OriginatorOrg: evil.example\r\n", "hi\r\n"),
    ("X-OriginatorOrg: new.example.evil\r\n", "hi\r\n"),
    ("X-OriginatorOrg: xnew.example\r\n", "hi\r\n"),
    ("X-OriginatorOrg: evil.example, new.example\r\n", "hi\r\n"),
    ("X-OriginatorOrg: evil new.example\r\n", "hi\r\n"),
    ("X-OriginatorOrg:\r\n", "hi\r\n"),
    ("X-Originator-Org: new.example\r\n", "hi\r\n"),
    ("Subject: a\r\n X-OriginatorOrg: new.example\r\n", "hi\r\n"),
    ("Subject: X-OriginatorOrg: new.example\r\n", "hi\r\n"),
    ("", PROOF + "\r\nhi\r\n"),
    ("Authentication-Results: relay; x=X-OriginatorOrg: new.example\r\n",
     "hi\r\n"),
]


def spoofing(figures, networks, gateway, spoofs):
    """Strangers who are customers of the cloud that our networks list."""
    gateway.readdress.configure(
        outbound_required_headers=["X-OriginatorOrg: new.example"])
    gateway.readdress.hup()
    if not lab.wait_until(lambda: gateway.readdress.log("reload: gen")):
        raise lab.LabError("no reload")
    targets = (["<victim@foreign.example>"], ["<bob@old.example>"],
               ["<bob@old.example>", "<victim@foreign.example>"],
               ["<carol@new.example>"])
    mails, proven = [], []
    for number in range(spoofs):
        header, body = SPOOFS[number % len(SPOOFS)]
        name = f"spoof/{number}"
        mails.append((name, targets[number // len(SPOOFS) % len(targets)],
                      message(name, header, body)))
        if number % 20 == 0:
            name = f"proven/{number}"
            proven.append(name)
            mails.append((name, targets[0], message(name, PROOF)))
    with client(networks, gateway, "listed client") as connect:
        # Until the header was seen right once, nothing is refused for good.
        early = send_all(connect, [("early", targets[0], message("early"))])
        proof = send_all(connect, [("first", targets[1],
                                    message("first", PROOF))])
        replies = send_all(connect, mails)
    gateway.postfix.drain()
    figures.must("a stranger before the header was ever seen",
                 str(early["early"].text)[:5], "=", "4.7.1")
    figures.must("the first proof", proof["first"].code, "=", 250)
    lent, relayed, other = [], [], []
    for name, rcpt, _ in mails:
        got = gateway.recipients(name)
        shown = f"{name} {rcpt}: {replies[name]} {gateway.arrived.get(name)}"
        if name in proven:
            if got != ["victim@foreign.example"] or not gateway.lent(name):
                other.append(shown)
            continue
        if gateway.lent(name):
            lent.append(shown)
        if rcpt != targets[1]:
            if got or not str(replies[name].text).startswith("5.7.1"):
                relayed.append(shown)
        elif got != ["bob.owen@new.example"]:
            other.append(shown)
    figures.must("messages of strangers inside the shared cloud",
                 len(mails) - len(proven), "=", spoofs)
    figures.none("lent the name", lent)
    figures.none("relayed, or not refused with 550 5.7.1", relayed)
    figures.none("ours that were not served, mail to us that was not", other)


def loop(figures):
    """Two gateways, each with the other as the new home of its domain."""
    labs = [lab.Lab(), lab.Lab()]
    names = ("a", "b")
    try:
        sink = labs[0].sink()
        gateways = []
        for here, own, other in zip(labs, names, reversed(names)):
            postfix = here.postfix(
                f"gw{own}", relay_domains=f"{own}.example",
                default_transport=sink, mynetworks="127.0.0.0/8",
                smtpd_milters="unix:readdress/milter.sock",
                milter_default_action="tempfail")
            postfix.service("mx")
            readdress = here.readdress(postfix)
            readdress.load("inbound", f"@{own}.example;@{other}.example")
            gateways.append((postfix, readdress))
        for here, (postfix, readdress), other in zip(
                labs, gateways, reversed(range(2))):
            there = gateways[other][0]
            postfix.set(transport_maps=postfix.table("transport", {
                f"{names[other]}.example":
                    f"smtp:[{labs[other].address}]:{there.ports['mx']}"}))
            readdress.start()
            postfix.start()
        with gateways[0][0].client("mx") as peer:
            peer.send("<alice@out.example>", ["<bob@a.example>"],
                      b"X-Id: loop\r\nTo: bob@a.example\r\n\r\nhi\r\n")
        sink.wait(1)
        for postfix, _ in gateways:
            postfix.drain()
        hops = sum(len(postfix.log("cleanup.*message-id"))
                   for postfix, _ in gateways)
        figures.note("two gateways pointed at each other: hops", hops)
        figures.must("bounces to the sender", len(sink.deliveries), "=", 1)
        figures.must("it is for", [delivery.recipients for delivery in
                                   sink.deliveries], "=",
                     [["alice@out.example"]])
        figures.must("its sender", [delivery.sender for delivery in
                                    sink.deliveries], "=", [""])
    finally:
        for here in labs:
            here.close()


LONG = "x" * 260
# Line 2 of a CSV file, and the table.
CSV = [
    ("inbound", b'b@old.example;"b@new.example\r\nRCPT TO:<x@evil.example>"'),
    ("inbound", b'b@old.example;"b@new.example\nBcc: x@evil.example"'),
    ("inbound", b"b@old.example;b@new.example\0@evil.example"),
    ("inbound", b"b@old.example;b\tc@new.example"),
    ("inbound", b"b@old.example;b\x7f@new.example"),
    ("inbound", b"b@old.example;victim%evil.example@new.example"),
    ("inbound", b"b@old.example;evil.example!victim@new.example"),
    ("inbound", b"b@old.example;@evil.example:b@new.example"),
    ("inbound", b"b@old.example;<b@new.example>"),
    ("inbound", b"b@old.example;b@new.example> NOTIFY=NEVER"),
    ("inbound", b"b@old.example;b@evil.example@new.example"),
    ("inbound", b"b@old.example;b c@new.example"),
    ("inbound", b"b@old.example;bob"),
    ("inbound", b"b@old.example;b@new..example"),
    ("inbound", b"b@old.example;" + LONG.encode() + b"@new.example"),
    ("inbound", b"b\0@old.example;b@new.example"),
    ("inbound", b'"b@old.example;b@new.example'),
    ("inbound", b'"b@old.example"x;b@new.example'),
    ("inbound", b"=cmd|' /C calc'!A0;b@new.example"),
    ("inbound", b"b@old.example;b\xe9@new.example"),
    ("inbound", "b@old.example;b\u202e@new.example".encode()),
    ("inbound", b"b@old.example;b@new.example;x@evil.example"),
    ("outbound", b"b@new.example;b@old.example,x@evil.example"),
    ("routes", b"@old.example;smtp:[host]\nx"),
]
# Lines of readdress.conf.
CONFIGURATION = [
    b'no_such_option = 1', b'include("/etc/passwd")',
    b'recipient_delimiter = "@"', b'outbound_headers = {"From\\nBcc: x"}',
    b'outbound_headers = {"From: x"}', b'outbound_headers = {""}',
    b'outbound_required_headers = {"X: a\\r\\nY: b"}',
    b'outbound_required_headers = {"X"}',
    b'outbound_networks = {"192.0.2.0/33"}',
    b'outbound_networks = {"0.0.0.0/0, ::/0"}',
    b'outbound_networks = {"192.0.2.1 198.51.100.0/24"}',
    b'inbound_daemons = {"A\\nB"}', b'socket_mode = "07777"',
    b'timeout = 1', b'log_level = "${HOME}"', b'log_target = "/etc/passwd"',
    b'inbound_mode = "enforce\\0shadow"', b'recipient_delimiter = "+\0"',
    b'/* and no end', b'log_addresses = perhaps',
]


def injections(figures):
    here = lab.Lab()
    try:
        postfix = here.postfix()
        readdress = here.readdress(postfix)
        readdress.load("inbound", INBOUND)
        before = readdress.command("-q", "export", "inbound").stdout
        taken, count = [], 0
        for table, row in CSV:
            path = lab.write(here.path("bad.csv"),
                             b"Source;Target\n" + row + b"\n")
            done = readdress.command("load", table, path, "--force",
                                     check=False)
            count += 1
            if done.returncode != 65 or not re.search(
                    r"bad\.csv:[23]: ", done.stderr):
                taken.append(f"{row[:80]}: exit {done.returncode} "
                             f"{done.stderr.strip()[:200]}")
        good = lab.read(readdress.config)
        lines = good.count("\n")
        for line in CONFIGURATION:
            lab.write(readdress.config, smtp.octets(good) + line + b"\n")
            done = lab.run(readdress.milter, "-t", "-c", readdress.config,
                           check=False)
            count += 1
            if done.returncode != 78 or not re.search(
                    rf"readdress\.conf:({lines + 1}|{lines + 2}): ",
                    done.stderr):
                taken.append(f"{line!r}: exit {done.returncode} "
                             f"{done.stderr.strip()[:200]}")
        lab.write(readdress.config, good)
        figures.must("CSV and configuration injections", count, ">=", 30)
        figures.none("not refused with file and line", taken)
        figures.must("the table is the same", readdress.command(
            "-q", "export", "inbound").stdout == before, "=", True)
    finally:
        here.close()


def run(figures, each, spoofs):
    injections(figures)
    loop(figures)
    try:
        networks = Networks()
    except (lab.LabError, OSError) as problem:
        figures.skip("the relay matrix", problem)
        return
    try:
        with namespace.network(networks.relay):
            gateway = Gateway()
            try:
                matrix(figures, networks, gateway, each)
                odd(figures, networks, gateway)
                spoofing(figures, networks, gateway, spoofs)
            finally:
                gateway.here.close()
    finally:
        networks.close()
