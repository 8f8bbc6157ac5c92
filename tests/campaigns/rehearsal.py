"""rehearsal: a staged migration, by the check-list of the cut-over weekend, with 2,000 messages on their way.

A network of five hosts: the relay, the old and the new mail system, a name
server, and the outside, which remembers MX records as long as their TTL lets
it. The TTLs are seconds in place of hours. Whatever is done on the relay is a
command of guides/cut-over-weekend.md.
"""

import collections
import contextlib
import datetime
import json
import os
import re
import shutil
import subprocess
import threading
import time

import lab
import relays
from lab import dnsserver, smtp
from lab.guide import Guide
from lab.night import Night
from lab.setup import stock

SLICE = {"messages": 200, "rate": 15, "ttl": 4, "low": 1}
FULL = {"messages": 2000, "rate": 40, "ttl": 20, "low": 5}

WEEKEND = Guide("cut-over-weekend.md")
DOMAIN, TARGET = "warmsushi.example", "dpnew.onmicrosoft.example"
HOSTS = {"relay": "192.0.2.1", "old": "192.0.2.2", "new": "192.0.2.3",
         "dns": "192.0.2.53", "outside": "192.0.2.99"}
MOVED = ["bob", *(f"moved{number}" for number in range(9))]
STAYING = ["chloe", "stay1", "stay2"]
CLIENTS = 4
ROOT = "".join(f"{name}.example. A {address}\n" for name, address in
               HOSTS.items() if name != "dns") + f"""\
ns.example. A {HOSTS["dns"]}
1.2.0.192.in-addr.arpa. PTR relay.example.
{TARGET}. MX 10 new.example.
out.example. MX 10 outside.example.
"""
CACHE = "dnsmasq"
ID = re.compile(r"[io]-\d+-\d+")


def zones(host, ttl):
    """The world, with this MX host and TTL for the domain."""
    return {".": ROOT, DOMAIN:
            f"@ {ttl} NS ns.example.\n@ {ttl} MX 10 {host}.example.\n"
            f'@ TXT "v=spf1 ip4:{HOSTS["relay"]} -all"\n'
            '_dmarc TXT "v=DMARC1; p=none"\n'}


def export(users):
    """What Exchange exports of them."""
    return '"PrimarySmtpAddress","EmailAddresses"\n' + "".join(
        f'"{user}@{DOMAIN}","SMTP:{user}@{DOMAIN} smtp:{user}@{TARGET}"\n'
        for user in users)


def at(seconds):
    """The time in so many seconds, as RFC 3339."""
    return (datetime.datetime.now(datetime.timezone.utc)
            + datetime.timedelta(seconds=seconds)).strftime(
                "%Y-%m-%dT%H:%M:%SZ")


def public(user):
    return f"{user}@{DOMAIN}"


def target(user):
    return f"{user}@{TARGET}"


class Arrival:
    """A message at one of the mail systems."""

    def __init__(self, host, delivery):
        self.host, self.time = host, time.time()
        self.recipients = delivery.recipients
        self.sender = delivery.sender
        self.header = {name: smtp.text(delivery.header(name)[0]).strip()
                       for name in ("From", "To")}
        self.relayed = any(b"by relay.example" in value
                           for value in delivery.header("Received"))

    def __repr__(self):
        return (f"{self.host} {self.sender} {self.recipients} {self.header} "
                f"{'relayed' if self.relayed else 'direct'} {self.time:.1f}")


class Letter:
    """A message that was sent. i: from outside, to a user who moves and one who
    stays; o: from a user who has moved, by the new system."""

    def __init__(self, name):
        self.name = name
        number = int(name.split("-")[-1])
        self.moved = MOVED[number % len(MOVED)]
        self.staying = STAYING[number % len(STAYING)]
        self.time = None  # when it was accepted

    def envelope(self):
        """Returns sender and recipients."""
        if self.name[0] == "i":
            return "alice@out.example", [public(self.moved),
                                         public(self.staying)]
        return target(self.moved), ["alice@out.example"]

    def octets(self):
        sender, recipients = self.envelope()
        return smtp.octets(f"X-Id: {self.name}\r\nFrom: {sender}\r\n"
                           f"To: {', '.join(recipients)}\r\n\r\nHello.\r\n")

    def versions(self):
        """Returns {"before": what must arrive without rules, "after": by the
        rules}: {(host, sender, recipient, From, To)}."""
        sender, recipients = self.envelope()
        if self.name[0] == "o":
            return {"after": {("outside", public(self.moved), recipients[0],
                               public(self.moved), recipients[0])}}

        def arrive(host, recipient, to):
            return host, sender, recipient, sender, to

        to = ", ".join(recipients)
        there = to.replace(public(self.moved), target(self.moved))
        return {"before": {arrive("old", one, to) for one in recipients},
                "after": {arrive("new", target(self.moved), there),
                          arrive("old", public(self.staying), there)}}


class World:
    """All five hosts.

    letters: {name: Letter} that were accepted; arrived: {name: [Arrival]}"""

    def __init__(self, network, ttl):
        self.network, self.here = network, lab.Lab()
        self.letters = {}
        self.arrived = collections.defaultdict(list)
        self.bounces = []
        try:
            self._build(ttl)
        except BaseException:
            self.here.close()
            raise

    def _build(self, ttl):
        here, network = self.here, self.network
        for host, users in (("old", [*MOVED, "dan", *STAYING]),
                            ("new", [*MOVED, "dan"]), ("outside", ["alice"])):
            domain = {"old": DOMAIN, "new": TARGET,
                      "outside": "out.example"}[host]
            known = "|".join(f"{user}@{domain}" for user in users)
            with network.at(host):
                here.keep(smtp.Sink(
                    HOSTS[host], 25, on_delivery=self._keep(host),
                    refuse=[(rf"RCPT TO:<(?!({known})>)",
                             "550 5.1.1 no such user")]))
        with network.at("dns"):
            self.names = here.keep(dnsserver.NameServer(
                here.path("nsd"), zones("old", ttl), (HOSTS["dns"],), 53))
        self._build_relay()
        self._build_outside()

    def _build_relay(self):
        here = self.here
        self.postfix = stock(here, port=25)
        self.postfix.set(
            smtp_host_lookup="dns", smtp_dns_support_level="enabled",
            mynetworks=f"127.0.0.0/8 {HOSTS['old']} {HOSTS['new']}",
            default_process_limit="200")
        # As Debian's start-up does for what runs in a chroot.
        self.inside = relays.with_resolver(here, HOSTS["dns"], "relay.example")
        etc = os.path.join(self.postfix.queue, "etc")
        os.mkdir(etc)
        shutil.copy(here.path(f"resolv.conf.{HOSTS['dns']}"),
                    os.path.join(etc, "resolv.conf"))
        for name in ("services", "hosts", "nsswitch.conf"):
            if os.path.exists(f"/etc/{name}"):
                shutil.copy(f"/etc/{name}", etc)
        self.readdress = here.readdress(
            self.postfix, inbound_mode="shadow",
            outbound_networks=[HOSTS["new"]],
            lookup_socket="unix:" + os.path.join(
                os.path.dirname(self.postfix.socket), "lookup.sock"))
        self.night = Night(here, self.readdress, self.postfix,
                           before=self.inside)
        for name, text in (
                ("routes.csv", WEEKEND.file("routes.csv")),
                ("week.mbox", "From x Sat Nov 21 15:09:00 2026\n"
                 f"From: alice@out.example\nTo: {public('bob')}\n\nHello.\n"),
                ("mailboxes.csv", export(MOVED)),
                ("final.csv", export([*MOVED, "dan"]))):
            lab.write(here.path(name), text)

    def _build_outside(self):
        here = self.here
        with self.network.at("outside"):
            here.keep(Cache(HOSTS["dns"]))
            self.outside = here.postfix(
                "outside", mynetworks="127.0.0.0/8", smtp_host_lookup="dns",
                smtp_dns_support_level="enabled", default_process_limit="200",
                # A connection that stays open would outlive the TTL, which is
                # much longer elsewhere.
                smtp_connection_cache_on_demand="no",
                smtp_destination_concurrency_limit="20")
            self.outside.service("submission")
            self.outside.start(*relays.with_resolver(here, "127.0.0.1",
                                                     "outside.example"))

    def _keep(self, host):
        def keep(sink, delivery):
            found = delivery.header("X-Id")
            arrival = Arrival(host, delivery)
            if found:
                self.arrived[smtp.text(found[0]).strip()].append(arrival)
            else:
                self.bounces.append(arrival)
            sink.deliveries = []
        return keep

    def start_relay(self):
        with self.network.at("relay"):
            self.readdress.start()

    def start_postfix(self):
        with self.network.at("relay"):
            self.postfix.start(*self.inside)

    def switch(self, host, ttl):
        """The DNS says something else from now on."""
        with self.network.at("dns"):
            self.names.start(zones(host, ttl))

    def step(self, name, code=0, **words):
        """Runs the commands of a step of the guide, with the digest and the time
        of this rehearsal in place of the guide's. Returns what they print."""
        commands = WEEKEND.commands(name)
        for old, new in words.items():
            commands = commands.replace(
                {"digest": "9fe4d27503ec", "time": "22:00"}[old], new)
        with self.network.at("relay"):
            found, printed = self.night.run(commands)
        if code is not None and found != code:
            raise lab.LabError(f"{name}: exit {found}\n{printed}")
        return printed if code is not None else found

    def until(self, name, pattern):
        """Runs a step until what it prints has that in it."""
        printed = []

        def there():
            printed.append(self.step(name))
            return re.search(pattern, printed[-1])

        if not lab.wait_until(there, step=0.3):
            raise lab.LabError(f"{name}: no {pattern!r}\n{printed[-1]}")
        return printed

    def drain(self):
        relays.drain(self.outside, self.outside.queued)
        relays.drain(self.postfix, self.postfix.queued)
        relays.drain(self.outside, self.outside.queued)  # bounces

    def close(self):
        self.here.close()


class Cache:
    """The resolver of the outside, which remembers each record for its TTL."""

    def __init__(self, server):
        self.process = subprocess.Popen(
            [shutil.which(CACHE), "--keep-in-foreground",
             "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
             f"--server={server}", "--listen-address=127.0.0.1",
             "--bind-interfaces", "--cache-rr=MX", "--no-negcache", "--user=",
             "--pid-file="], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def close(self):
        self.process.terminate()
        self.process.wait(smtp.TIMEOUT)


class Senders:
    """Clients that send letters of a kind, so many a second in all, until they
    are stopped. connect() returns a connection; it is called on that host."""

    def __init__(self, world, kind, host, connect, rate):
        self.world, self.kind, self.connect = world, kind, connect
        self.host, self.pause = host, CLIENTS / rate
        self.problems = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,))
                         for number in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _run(self, number):
        count = 0
        try:
            with self.world.network.at(self.host):
                while not self._stop.wait(self.pause):
                    self._send(Letter(f"{self.kind}-{number}-{count}"))
                    count += 1
        except (OSError, smtp.Refused, lab.LabError) as problem:
            self.problems.append(problem)

    def _send(self, letter):
        sender, recipients = letter.envelope()
        with self.connect() as client:
            client.send(f"<{sender}>", [f"<{one}>" for one in recipients],
                        letter.octets())
        letter.time = time.time()
        self.world.letters[letter.name] = letter

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()


class Outcome:
    """Compares each accepted letter with what arrived of it."""

    def __init__(self, world):
        self.lost, self.doubled, self.unrewritten = [], [], []
        self.version = {}
        arrived = dict(world.arrived)
        for name, letter in world.letters.items():
            self._look(letter, arrived.pop(name, []))
        self.unknown = sorted(arrived)

    def _look(self, letter, arrivals):
        found = sorted((one.host, one.sender, recipient, one.header["From"],
                        one.header["To"])
                       for one in arrivals for recipient in one.recipients)
        for version, wanted in letter.versions().items():
            if found == sorted(wanted):
                self.version[letter.name] = version
                return
        told = f"{letter.name}: {arrivals}"
        people = [recipient.split("@")[0] for _, _, recipient, *_ in found]
        wanted = [one.split("@")[0] for one in letter.envelope()[1]]
        if set(wanted) - set(people):
            self.lost.append(told)
        elif len(people) > len(set(people)):
            self.doubled.append(told)
        else:
            self.unrewritten.append(told)


def prepare(figures, world, ttl, low):
    """Monday to Wednesday."""
    world.step("monday")
    world.switch("old", low)
    lowered = time.time()
    figures.must("TTL: too early after it was lowered", len(re.findall(
        "(?m)^FAIL ttl: ", world.step("lowered"))), "=", 1)
    world.step("routes")
    world.start_relay()
    world.start_postfix()
    world.step("postfix")
    printed = world.step("rules")
    figures.must("targets that exist", printed.count(": yes\n"), "=",
                 len(MOVED))
    world.step("outbound")
    return lowered + ttl


def go_live(figures, world):
    """Saturday. Returns when the final list was due, and when it was seen to
    be live."""
    world.step("final")
    world.step("final outbound")
    world.step("way back")
    world.readdress.configure(inbound_mode="enforce")
    world.step("enforce")
    digest = json.loads(world.readdress.command(
        "--json", "status", check=False).stdout)["newest_digest"]
    due = at(3)
    world.step("approve", digest=digest, time=due)
    begun = time.time()
    figures.must("live before its time", world.step(
        "live", None, digest=digest) == 0 and time.time() < begun, "=", False)
    if not lab.wait_until(lambda: not world.step("live", None, digest=digest),
                          step=0.1):
        raise lab.LabError("it is never live")
    return clock(due), time.time()


def clock(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(
        tzinfo=datetime.timezone.utc).timestamp()


def weekend(figures, world, messages, rate, ttl, low):
    """The whole of it. Returns when what was over."""
    times = {"old TTL over": prepare(figures, world, ttl, low)}
    senders = [Senders(world, "i", "outside",
                       lambda: world.outside.client("submission"), rate)]
    try:
        lab.wait_until(lambda: len(world.arrived) > 5)
        world.until("before the switch", "(?m)^PASS ttl: ")
        figures.must("TTL: quick before the old one is over",
                     time.time() < times["old TTL over"] - 1, "=", False)
        times["switch"] = time.time()
        world.switch("relay", low)
        printed = world.until("after the switch", "(?m)^PASS safe-after: ")
        times["safe-after"] = clock(re.search(
            r"(?m)^PASS safe-after: \S+ (\S+Z) is past", printed[-1])[1])
        figures.must("times at which it was not yet safe", len(printed) - 1,
                     ">=", 1)
        lab.wait_until(lambda: world.postfix.log(public("bob")))
        figures.must("seen in shadow mode", "shadow" in world.step("shadow"),
                     "=", True)
        times["due"], times["live"] = go_live(figures, world)
        senders.append(Senders(
            world, "o", "new",
            lambda: smtp.Client(HOSTS["relay"], 25), rate / 4))
        # Enough in all, and enough of them by the new rules.
        want = max(messages, len(world.letters) + messages // 5)
        lab.wait_until(lambda: len(world.letters) >= want or any(
            each.problems for each in senders))
    finally:
        for each in senders:
            each.stop()
    world.drain()
    world.step("watch")
    world.step("monday after")
    figures.none("refusals and broken connections",
                 [problem for each in senders for problem in each.problems])
    return times


def judge(figures, world, times, messages):
    outcome = Outcome(world)
    figures.must("messages accepted", len(world.letters), ">=", messages)
    figures.none("lost", outcome.lost)
    figures.none("delivered twice", outcome.doubled)
    figures.none("un-rewritten", outcome.unrewritten)
    figures.none("delivered and not accepted", outcome.unknown)
    figures.none("bounces", world.bounces)
    for kind, version in (("i", "before"), ("i", "after"), ("o", "after")):
        figures.must(f"{'in' if kind == 'i' else 'out'}bound, {version} the "
                     "cut-over", sum(
                         name[0] == kind and found == version
                         for name, found in outcome.version.items()), ">=", 5)
    figures.none("by the old rules though sent when the new ones were live",
                 [name for name, found in outcome.version.items()
                  if found == "before"
                  and world.letters[name].time > times["live"]])
    figures.none("by the new rules before these were due",
                 [name for name, found in outcome.version.items()
                  if found == "after" and max(
                      one.time for one in world.arrived[name])
                  < times["due"]])
    direct = [one for all_of in world.arrived.values() for one in all_of
              if one.host == "old" and not one.relayed]
    figures.note("the old way, after the switch", sum(
        one.time > times["switch"] for one in direct))
    figures.none("the old way, though sent after safe-after",
                 [name for name, all_of in world.arrived.items()
                  if name in world.letters
                  and world.letters[name].time > times["safe-after"]
                  and not all(one.relayed for one in all_of)])
    figures.clock("seconds from safe-after to the last that came the old way",
                  max(one.time for one in direct) - times["safe-after"], "<",
                  1.0)


def run(figures, messages, rate, ttl, low):
    for program in ("nsd", CACHE):
        if not (program == "nsd" and dnsserver.available()
                or shutil.which(program)):
            figures.skip("the weekend", f"no {program}")
            return
    try:
        with lab.Lab() as here:
            lab.run(*relays.with_resolver(here), "true")
        network = relays.Network(HOSTS)
    except (lab.LabError, OSError) as problem:
        figures.skip("the weekend", problem)
        return
    with contextlib.closing(network):
        with contextlib.closing(World(network, ttl)) as world:
            begun = time.monotonic()
            times = weekend(figures, world, messages, rate, ttl, low)
            figures.note("seconds", time.monotonic() - begun)
            judge(figures, world, times, messages)
