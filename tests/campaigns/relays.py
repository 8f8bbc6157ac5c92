"""relays: one of two relays with the same MX preference is killed under load."""

import collections
import contextlib
import json
import os
import re
import signal
import stat
import time

import lab
import namespace
import relay
import traffic
from lab import dnsserver, smtp
from lab.guide import Guide
from lab.neighbours import moved

SLICE = {"messages": 200}
FULL = {"messages": 5000}

GUIDE = Guide("several-mx.md")
DOMAIN = "warmsushi.example"  # the guide's; mail is for old.example
RELAYS = ("relay1", "relay2")
TARGET = "192.0.2.20"
HOSTS = {"relay1": "192.0.2.11", "relay2": "192.0.2.12", "sender": "192.0.2.99",
         "target": TARGET}
CLIENTS = 4
DIGEST = "9fe4d27503ec"  # the guide's
# What Postfix logs when it does not know whether the other side has taken a
# message.
UNSURE = "while sending end of data -- message may be sent more than once"


class Network(relay.Networks):
    """A namespace for each host, all of them on one bridge. hosts: {name:
    address}."""

    def __init__(self, hosts):
        self.hosts = hosts
        super().__init__()

    def _join(self):
        hub = self._make("hub")
        lab.run("ip", "-n", hub, "link", "add", "bridge", "type", "bridge")
        lab.run("ip", "-n", hub, "link", "set", "bridge", "up")
        for number, (host, address) in enumerate(self.hosts.items()):
            name = self.of[host] = self._make(f"h{number}")
            port = f"port{number}"
            lab.run("ip", "-n", hub, "link", "add", port, "master", "bridge",
                    "type", "veth", "peer", "name", "eth", "netns", name)
            lab.run("ip", "-n", hub, "link", "set", port, "up")
            lab.run("ip", "-n", name, "address", "add", f"{address}/24", "dev",
                    "eth")
            lab.run("ip", "-n", name, "link", "set", "eth", "up")

    def at(self, host):
        """This thread, and what it starts, is on that host."""
        return namespace.network(self.of[host])

    def processes(self, host):
        """Returns the process IDs of all that runs on the host."""
        said = lab.run("ip", "netns", "pids", self.of[host]).stdout
        return [int(word) for word in said.split()]


class Host:
    """A relay: Postfix, milter, state and a command `readdress` of its own."""

    def __init__(self, here, network, name):
        self.network = network
        self.name = name
        # Everything of this host is in a directory of its own.
        self.here = here
        self.postfix = here.postfix(
            name, relay_domains="old.example",
            relay_transport=f"smtp:[{TARGET}]:25",
            default_transport=f"smtp:[{TARGET}]:25",
            smtp_destination_concurrency_limit="50",
            default_process_limit="200",
            smtpd_milters="unix:readdress/milter.sock",
            milter_default_action="tempfail")
        self.postfix.service("mx", place=(HOSTS[name], 25))
        self.readdress = here.readdress(self.postfix, f"{name}-readdress")
        self.programs = here.path(f"{name}-bin")
        os.mkdir(self.programs)
        wrapper = lab.write(
            os.path.join(self.programs, "readdress"),
            f"#!/bin/sh\nexec '{self.readdress.tool}' -c "
            f"'{self.readdress.config}' \"$@\"\n")
        os.chmod(wrapper, 0o755)

    def guide(self, name, **places):
        """Runs commands of the guide, with {word of the guide: another}.
        Returns what they print."""
        return lab.run("sh", "-euc", moved(GUIDE.commands(name), places),
                       cwd=self.here.dir,
                       env={**os.environ, "PATH": f"{self.programs}:"
                            + os.environ["PATH"]}).stdout

    def digest(self):
        """Returns the digest of its newest rules."""
        return json.loads(self.readdress.command(
            "--json", "status", check=False).stdout)["newest_digest"]

    def start(self):
        with self.network.at(self.name):
            self.readdress.start()
            self.postfix.start()

    def die(self):
        """Everything on this host ends at once. Returns the number of
        processes."""
        killed = set()

        def gone():
            """A process that was killed may have started another one."""
            pids = self.network.processes(self.name)
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            killed.update(pids)
            return not pids

        ended = lab.wait_until(gone)
        self.readdress.kill()
        if not ended:
            raise lab.LabError(f"{self.name} lives")
        return len(killed)

    def waiting(self):
        """Returns the messages in the queue that are whole. Postfix sets the
        execute bit of a file when it accepts the message, and leaves the files
        of a cleanup that was killed before that alone."""
        whole = []
        for name in self.postfix.queued():
            with contextlib.suppress(FileNotFoundError):
                path = os.path.join(self.postfix.queue, name)
                if os.stat(path).st_mode & stat.S_IXUSR:
                    whole.append(name)
        return whole

    def drain(self):
        drain(self.postfix, self.waiting)


def with_resolver(here, server="127.0.0.1", name="sender.example"):
    """Returns a command that runs another one, which asks this name server, on a
    host of this name: in namespaces of its own."""
    path = lab.write(here.path(f"resolv.conf.{server}"),
                     f"nameserver {server}\noptions timeout:1\n")
    return ("unshare", "-mu", "sh", "-euc",
            f"mount --bind '{path}' /etc/resolv.conf; hostname {name}; "
            "exec \"$@\"", "sh")


def drain(postfix, waiting):
    """Waits until nothing waits there, as long as it becomes less."""
    left = waiting()
    # A message that moves to another directory can be missed.
    while any(waiting() for _ in range(3)):
        if not lab.wait_until(lambda: len(waiting()) < len(left)):
            raise lab.LabError(f"still queued: {left[:10]}\n"
                               + "".join(postfix.log()[-30:]))
        left = waiting()


class System:
    """The sender, two relays, and the server that they deliver to.

    arrived: as in traffic.Relay; ways: {message: [(relay, queue ID there, queue
    ID at the sender, if it came by it)]}; at: when each delivery came, by relay"""

    def __init__(self, network):
        self.network = network
        self.here = lab.Lab()
        self.arrived = collections.defaultdict(list)
        self.ways = collections.defaultdict(list)
        self.at = []
        try:
            self._build()
        except BaseException:
            self.here.close()
            raise

    def _build(self):
        here, network = self.here, self.network
        with network.at("target"):
            self.sink = here.keep(smtp.Sink(TARGET, 25,
                                            on_delivery=self._keep))
        self.relays = [Host(here, network, name) for name in RELAYS]
        self.load()
        for host in self.relays:
            host.start()
        with network.at("sender"):
            here.keep(dnsserver.NameServer(
                here.path("nsd"),
                {".": GUIDE.file("zone").replace(DOMAIN, "old.example")},
                port=53))
            self.postfix = here.postfix(
                "sender", mynetworks="127.0.0.0/8", smtp_host_lookup="dns",
                smtp_dns_support_level="enabled",
                default_process_limit="200",
                smtp_destination_concurrency_limit="50",
                default_destination_concurrency_failed_cohort_limit="10")
            self.postfix.service("mx")
            self.postfix.start(*with_resolver(self.here))

    def load(self):
        """The same rules on both relays, by the guide's commands."""
        first, second = self.relays
        first.readdress.load("outbound", traffic.outbound_rules(0))
        lab.write(self.here.path("users.csv"),
                  "Source;Target\n" + traffic.inbound_rules(0))
        first.guide("change")
        second.guide("follow")
        self.same = first.digest() == second.digest()

    def _keep(self, sink, delivery):
        name = smtp.text(delivery.header("X-Id")[0]).strip()
        self.arrived[name].append((*traffic.looks(delivery),
                                   delivery.recipients))
        received = [smtp.text(value) for value in delivery.header("Received")]
        ways = [re.search(r"by (\w+)\.example \(Postfix\) with \w+ id (\w+)",
                          value) for value in received]
        host, there = ways[0].groups()
        before = ways[1].group(2) if len(ways) > 1 else None
        self.ways[name].append((host, there, before))
        self.at.append(host)
        sink.deliveries = []

    def drain(self):
        """As traffic.Audit asks of a Postfix."""
        drain(self.postfix, self.postfix.queued)
        for host in self.relays:
            host.drain()

    def explained(self, name):
        """True if Postfix had to send this message again: it was killed before
        it could note that it had delivered it, or the relay before it could
        tell the sender that it had accepted it (RFC 1047)."""
        died = RELAYS[0]
        ways = self.ways[name]
        if {host for host, _, _ in ways} == {died} and \
                len({there for _, there, _ in ways}) == 1:
            return True
        return died in {host for host, _, _ in ways} and any(
            self.postfix.log(f"{before}: .*{UNSURE}")
            for _, _, before in ways)

    def close(self):
        self.here.close()


class All:
    """What traffic.Audit needs of a relay, for the whole system."""

    def __init__(self, system):
        self.postfix = system
        self.arrived = system.arrived


def fail(figures, system, messages):
    """One relay dies in the middle, and comes back in the end."""
    first, second = system.relays
    each = messages // CLIENTS
    part = 2 * each // 3

    def clients(numbers):
        """Sends these numbers of messages by each client."""
        return traffic.Clients(system, CLIENTS, kinds="i", counts=numbers)

    def all_of(some):
        """Waits until all that these clients send is accepted."""
        lab.wait_until(lambda: some.problems or len(some.accepted)
                       == CLIENTS * len(some.counts))

    with system.network.at("sender"):
        with clients(range(part)) as before:
            lab.wait_until(lambda: len(system.arrived) >= messages // 3
                           or before.problems)
            figures.must("processes killed on one relay", first.die(), ">=", 5)
            died = len(system.at)
            all_of(before)
        for host in system.relays:
            figures.note(f"arrived before that, through {host.name}",
                         system.at[:died].count(host.name))
        left = len(first.waiting())
        figures.note("messages in the dead relay's queue", left)
        with clients(range(part, each)) as after:
            all_of(after)
    accepted = before.accepted + after.accepted
    drain(system.postfix, system.postfix.queued)
    second.drain()
    figures.must("messages through the other one while it is dead",
                 system.at[died:].count(second.name), ">=",
                 CLIENTS * (each - part))
    lost = set(accepted) - set(system.arrived)
    figures.must("messages that wait for it", len(lost), "<=", left)
    first.start()
    figures.must("messages accepted", len(accepted), "=", CLIENTS * each)
    figures.none("refusals and broken connections",
                 before.problems + after.problems)
    audit = traffic.Audit(All(system), accepted)
    again = [line for line in audit.doubled
             if system.explained(line.split(":")[0])]
    figures.note("sent again by Postfix, which could not know (RFC 1047)",
                 len(again))
    audit.doubled = [line for line in audit.doubled if line not in again]
    audit.tell(figures)


def shares(figures, system):
    for name in RELAYS:
        figures.must(f"deliveries through {name}", system.at.count(name), ">=",
                     1)


def change(figures, system):
    """A change is made on one, taken over by the other, and both serve it from
    one moment on."""
    lab.write(system.here.path("users.csv"),
              "Source;Target\n" + traffic.inbound_rules(1))
    first, second = system.relays
    first.guide("change")
    second.guide("follow")
    digests = {host.digest() for host in system.relays}
    figures.must("a change: digests of the relays", len(digests), "=", 1)
    digest = digests.pop()[:12]
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
    for host in system.relays:
        host.guide("compare")
        host.guide("approve", **{DIGEST: digest, "22:00": when})

    def served(host):
        try:
            return host.guide("served", **{DIGEST: digest})
        except lab.LabError:
            return ""

    figures.must("a change: served by both", sum(
        bool(lab.wait_until(lambda host=host: served(host)))
        for host in system.relays), "=", 2)
    versions = {}
    for host in system.relays:
        name = f"i-change-{host.name}"
        with system.network.at(host.name), host.postfix.client("mx") as client:
            kind = traffic.KINDS["i"]
            client.send(kind["mail"], kind["rcpt"], traffic.letter(name))
        host.drain()
        versions[host.name] = sorted(set(re.findall(
            r"\bv(\d)\b", repr(system.arrived[name]))))
    figures.must("a change: used by both", versions, "=",
                 {name: ["1"] for name in RELAYS})


def run(figures, messages):
    if not dnsserver.available():
        figures.skip("the relays", "no nsd")
        return
    try:
        with lab.Lab() as here:
            lab.run(*with_resolver(here), "true")
        network = Network(HOSTS)
    except (lab.LabError, OSError) as problem:
        figures.skip("the relays", problem)
        return
    try:
        system = System(network)
        try:
            figures.must("both have the same rules", system.same, "=", True)
            begun = time.monotonic()
            fail(figures, system, messages)
            figures.note("seconds", time.monotonic() - begun)
            shares(figures, system)
            change(figures, system)
        finally:
            system.close()
    finally:
        network.close()
