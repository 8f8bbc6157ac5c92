"""Mail through a relay while something happens to it, and an audit of what
arrived: each accepted message, once, and wholly by one version of the
rules."""

import collections
import itertools
import random
import re
import threading
import time

import lab
from lab import smtp

PER_CONNECTION = 10


def inbound_rules(version):
    return (f"bob@old.example;bob.v{version}@new.example\n"
            f"team@old.example;t.v{version}@new.example,"
            f"u.v{version}@new.example\n"
            f"@old.example;@v{version}.example\n")


def outbound_rules(version):
    return (f"bob@in.example;bob.v{version}@pub.example\n"
            f"@in.example;@v{version}.example\n")


# The kinds of message: what is sent. v{} marks what the rules put there.
KINDS = {
    "i": {"via": "mx", "mail": "<alice@out.example>",
          "rcpt": ["<bob@old.example>", "<eve@old.example>",
                   "<team@old.example>"],
          "header": "From: alice@out.example\r\nTo: Bob <bob@old.example>,\r\n"
                    " eve@old.example\r\nCc: team@old.example\r\n"},
    "o": {"via": "outbound", "mail": "<bob@in.example>",
          "rcpt": ["<alice@out.example>", "<bob@old.example>"],
          "header": "From: \"Bob\" <bob@in.example>\r\n"
                    "To: bob@old.example, eve@in.example\r\n"
                    "Reply-To: eve@in.example\r\n"},
}


def expected(kind, version):
    """Returns (sender, recipients, {header: values}) as it must arrive."""
    v = f"v{version}"
    if kind == "i":
        return ("alice@out.example",
                sorted([f"bob.{v}@new.example", f"eve@{v}.example",
                        f"t.{v}@new.example", f"u.{v}@new.example"]),
                {"From": " alice@out.example",
                 "To": f" Bob <bob.{v}@new.example>,\r\n eve@{v}.example",
                 "Cc": f" t.{v}@new.example"})
    return (f"bob.{v}@pub.example",
            sorted(["alice@out.example", f"bob.{v}@new.example"]),
            {"From": f" \"Bob\" <bob.{v}@pub.example>",
             "To": " bob@old.example, eve@in.example",
             "Reply-To": f" eve@{v}.example"})


def letter(name):
    """Returns the message of this name, of the kind that its first letter
    names."""
    return smtp.octets(f"X-Id: {name}\r\n{KINDS[name[0]]['header']}\r\nhi\r\n")


def looks(delivery):
    """Returns what the rules decide of a delivery."""
    return (delivery.sender,
            {name: ",".join(smtp.text(value)
                            for value in delivery.header(name))
             for name in ("From", "To", "Cc", "Reply-To")
             if delivery.header(name)})


class Relay:
    """A Postfix with the milter, and a sink for all that it sends on."""

    def __init__(self, options=None):
        self.here = lab.Lab()
        self.arrived = collections.defaultdict(list)
        self.sink = self.here.sink(on_delivery=self._keep)
        self.postfix = self.here.postfix(
            relay_domains="old.example", relay_transport=self.sink,
            default_transport=self.sink, default_process_limit="200",
            smtp_destination_concurrency_limit="50",
            smtpd_milters="unix:readdress/milter.sock",
            milter_default_action="tempfail")
        self.postfix.service("mx")
        self.postfix.service("outbound", mynetworks="127.0.0.0/8",
                             milter_macro_daemon_name="OUTBOUND")
        self.readdress = self.here.readdress(self.postfix, **(options or {}))
        self.version = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.here.close()

    def _keep(self, sink, delivery):
        """Keeps only what the audit needs."""
        name = smtp.text(delivery.header("X-Id")[0]).strip()
        self.arrived[name].append((*looks(delivery), delivery.recipients))
        sink.deliveries = []

    def load(self, version):
        for table, rules in (("inbound", inbound_rules),
                             ("outbound", outbound_rules)):
            self.readdress.load(table, rules(version), "--force")
        self.version = version

    def start(self):
        self.load(0)
        self.readdress.start()
        self.postfix.start()


class Clients:
    """Mail servers that have mail for the relay, and try again after 4xx."""

    def __init__(self, relay, count=8, again=True, kinds="io",
                 counts=None):
        """again: if False, a 4xx is a problem, and not answered by another
        attempt; kinds: the kinds of message that are sent, in turn; counts: the
        numbers of each client's messages, if it does not send until
        stop()."""
        self.relay = relay
        self.again = again
        self.kinds = kinds
        self.counts = counts
        self.accepted = []
        self.deferred = 0
        self.problems = []
        self.slowest = 0.0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,))
                         for number in range(count)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def wait(self, count):
        """Waits until that many more messages are accepted, or there is a
        problem."""
        want = len(self.accepted) + count
        if not lab.wait_until(lambda: len(self.accepted) >= want
                              or self.problems):
            self.problems.append(f"no {count} messages in {lab.TIMEOUT} s")

    def _run(self, number):
        names = (f"{self.kinds[count % len(self.kinds)]}-{number}-{count}"
                 for count in self.counts or itertools.count())
        try:
            for name in names:
                if self._stop.is_set():
                    break
                # A message that was begun is delivered, stopped or not.
                self._deliver(name)
        except (OSError, smtp.Refused, lab.LabError) as problem:
            self.problems.append(problem)
        finally:
            self._close()

    def _close(self):
        client = getattr(self._own, "client", None)
        self._own.client = None
        if client:
            client.close()

    _own = threading.local()

    def _client(self, via):
        """Uses a connection for up to PER_CONNECTION messages."""
        client = getattr(self._own, "client", None)
        if client and self._own.via == via and self._own.left > 0:
            self._own.left -= 1
            return client
        self._close()
        client = self.relay.postfix.client(via)
        self._own.client, self._own.via = client, via
        self._own.left = random.randrange(PER_CONNECTION)
        return client

    def _deliver(self, name):
        kind = KINDS[name[0]]
        message = letter(name)
        begun = time.monotonic()
        while time.monotonic() - begun < lab.TIMEOUT:
            try:
                self._client(kind["via"]).send(kind["mail"], kind["rcpt"],
                                               message)
                self.accepted.append(name)
                self.slowest = max(self.slowest, time.monotonic() - begun)
                return
            except smtp.Refused as refused:
                self._close()
                if not self.again or refused.reply.code >= 500:
                    raise
                self.deferred += 1
                time.sleep(0.02)
        raise lab.LabError(f"{name} is never taken")


class Audit:
    """Compares every accepted message with every delivery."""

    def __init__(self, relay, accepted):
        relay.postfix.drain()
        self.lost, self.doubled, self.mixed, self.unrewritten = [], [], [], []
        self.versions = collections.Counter()
        arrived = dict(relay.arrived)
        for name in accepted:
            self._look(name, arrived.pop(name, []))
        self.unknown = sorted(arrived)  # taken, but the client was not told

    def _look(self, name, found):
        recipients = sorted(address for *_, all in found for address in all)
        whole = repr(found)
        if not found:
            self.lost.append(name)
            return
        if len(set(recipients)) < len(recipients):
            self.doubled.append(f"{name}: {recipients}")
        versions = set(re.findall(r"\bv(\d+)\b", whole))
        if len(versions) != 1:
            (self.mixed if versions else self.unrewritten).append(
                f"{name}: {whole}")
            # Some were deleted, and nobody came in their place.
            if len(set(recipients)) < len(KINDS[name[0]]["rcpt"]):
                self.lost.append(f"{name}: {recipients}")
            return
        [version] = versions
        self.versions[int(version)] += 1
        sender, wanted, headers = expected(name[0], version)
        if sorted(set(recipients)) != wanted:
            missing = set(wanted) - set(recipients)
            (self.lost if missing else self.unrewritten).append(
                f"{name}: {recipients}")
        for seen_sender, seen_headers, _ in found:
            if (seen_sender, seen_headers) != (sender, headers):
                self.unrewritten.append(f"{name}: {whole}")

    def tell(self, figures):
        figures.none("accepted and not delivered", self.lost)
        figures.none("un-rewritten", self.unrewritten)
        figures.none("partly by one generation, partly by another", self.mixed)
        figures.none("doubled", self.doubled)
        figures.none("delivered and not accepted", self.unknown)
