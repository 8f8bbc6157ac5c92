"""lookups: thousands of clients of the look-up service; reloads, kills."""

import collections
import contextlib
import itertools
import os
import random
import resource
import subprocess
import threading
import time

import bare
import lab
from lab.socketmap import SYSTEMD, Client, held_socket

SLICE = {"connections": 2000, "seconds": 3, "reloads": 20, "kills": 5}
FULL = {"connections": 2000, "seconds": 20, "reloads": 1000, "kills": 200}

USERS = 100000
LIMIT = 4096   # milter/lookups.h
PATIENCE = 5   # the same, in seconds
RATE = 100000  # look-ups a second over ten connections
PER_PEER = 8   # KiB of memory for a connection
GARBAGE = (b"GET / HTTP/1.0\r\n\r\n", b"-1:x,", b"4:abc\n", b"99999999:x",
           b"\0\0\0\x0dO", b"1:x,", b":", b"007:a b,", b"3:a b;")


class Service(bare.Bare):
    """The milter with its look-up service, and no mail."""

    def __init__(self, **options):
        super().__init__(**options)
        self.path = self.here.path("sockets", "lookup.sock")
        self.readdress.configure(lookup_socket="unix:" + self.path)

    def answers(self):
        with Client(self.path, 60) as client:
            return client.ask("domains", "old.example") == "OK relay"

    def memory(self):
        return lab.private_memory(self.pid)


def keys(service):
    """Writes a file of keys in random order, and loads rules for them."""
    names = [f"user{n:07}@old.example" for n in range(USERS)]
    service.readdress.load("inbound", "@old.example;@moved.example\n" + "".join(
        f"{name};{name.replace('old', 'new')}\n" for name in names))
    random.Random(20261129).shuffle(names)
    return lab.write(service.here.path("keys"), "".join(
        f"{name}\n" for name in names))


def load_on(service, keys_file, connections, depth, seconds):
    """Starts tests/bench/ask_lookups; rate() ends it."""
    program = os.path.join(lab.build_directory(), "tests/bench/ask_lookups")
    return subprocess.Popen(
        [program, service.path, "recipients", keys_file, str(connections),
         str(depth), str(seconds)], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)


def rate(process):
    """Returns the look-ups a second and the 99th percentile of their latency
    in milliseconds; what it said, if it failed."""
    said, _ = process.communicate(timeout=lab.TIMEOUT)
    if process.returncode:
        return 0, said
    words = said.split()
    return int(words[0]), float(words[2]) / 1000


class Bad(threading.Thread):
    """Peers that never send a whole request, or never read: each is made again
    when the service closes it."""

    def __init__(self, path, count):
        super().__init__()
        self.path = path
        self.count = count
        self.stopping = threading.Event()
        self.dropped = collections.Counter()
        self.problems = []

    def peer(self, kind):
        client = Client(self.path, 1)
        if kind == "half":
            client.socket.sendall(b"30:recipients user")
        elif kind == "deaf":
            client.socket.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                while True:
                    client.socket.sendall(
                        b"30:recipients user0@old.exampleXX," * 100)
        client.socket.setblocking(False)
        return client

    def closed(self, client, kind, word):
        """Sends something, and tells whether the service has hung up."""
        try:
            if kind == "slow":
                client.socket.sendall(word)
            elif kind == "garbage":
                client.socket.sendall(random.choice(GARBAGE))
            return kind != "deaf" and client.socket.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def run(self):
        kinds = ("half", "slow", "deaf", "garbage")
        word = itertools.cycle(
            bytes([octet]) for octet in b"30:recipients user0@old.exampleXX,")
        peers = {}
        try:
            for number in range(self.count):
                peers[number] = self.peer(kinds[number % 4])
            while not self.stopping.is_set():
                octet = next(word)
                for number, client in peers.items():
                    kind = kinds[number % 4]
                    if self.closed(client, kind, octet):
                        client.close()
                        self.dropped[kind] += 1
                        peers[number] = self.peer(kind)
                self.stopping.wait(1)
        except OSError as problem:
            self.problems.append(problem)
        for client in peers.values():
            client.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()


def crowd(figures, connections, seconds):
    """Idle connections, bad peers and SIGHUPs, while ten connections ask as
    fast as they can."""
    with Service() as service, contextlib.ExitStack() as stack:
        keys_file = keys(service)
        service.readdress.start()
        for depth, what in ((32, "32 under way each"), (1, "one at a time")):
            done, latency = rate(load_on(service, keys_file, 10, depth, seconds))
            what_rate = f"look-ups a second, ten connections, {what}"
            # With one at a time it is the client that is measured, too.
            if depth > 1:
                figures.clock(what_rate, done, ">=", RATE)
            else:
                figures.note(what_rate, done)
            figures.note(f"99th percentile of the latency, ms, {what}", latency)
        before = service.memory()
        idle = [stack.enter_context(Client(service.path))
                for _ in range(connections)]
        wrong = [client for client in idle
                 if client.ask("domains", "old.example") != "OK relay"]
        figures.must("connections at once", len(idle), ">=", connections)
        figures.must("memory for each, KiB",
                     (service.memory() - before) / connections, "<=", PER_PEER)
        with Bad(service.path, 40) as bad:
            until = time.monotonic() + max(seconds, 2 * PATIENCE + 2)
            asking = load_on(service, keys_file, 10, 32,
                             until - time.monotonic())
            hups = slowest = 0
            while time.monotonic() < until:
                service.readdress.hup()
                hups += 1
                begun = time.monotonic()
                if not service.answers():
                    wrong.append("a new connection")
                slowest = max(slowest, time.monotonic() - begun)
                time.sleep(0.1)
            done, latency = rate(asking)
            lab.wait_until(lambda: bad.problems or all(
                bad.dropped[kind] >= 10 for kind in ("half", "slow", "garbage")))
        figures.none("problems of the bad peers", bad.problems)
        figures.note("SIGHUP sent meanwhile", hups)
        figures.must("of them reloads that failed", service.counter(
            'readdress_reloads_total{result="failed"}'), "=", 0)
        figures.must("look-ups a second meanwhile", done, ">=", 1000, latency)
        figures.note("99th percentile of their latency, ms", latency)
        figures.clock("slowest answer on a new connection, s", slowest, "<", 1.0)
        for kind in ("half", "slow", "garbage"):
            figures.must(f"peers closed: {kind}", bad.dropped[kind], ">=", 10)
        wrong += [client for client in idle
                  if client.ask("domains", "old.example") != "OK relay"]
        figures.none("idle connections that were closed or got a wrong answer",
                     wrong)
        figures.must("a peer that read nothing is closed", bool(
            service.readdress.log("did not read|only a part|not a query")),
            "=", True)
        over(figures, service, idle, stack)
        stack.close()
        figures.must("connections given back", bool(lab.wait_until(
            lambda: service.counter("readdress_lookup_connections") == 0)),
            "=", True)
        figures.none("crashes", service.crashed())


def over(figures, service, idle, stack):
    """More connections than there may be."""
    more = [stack.enter_context(Client(service.path))
            for _ in range(LIMIT + 100 - len(idle))]
    figures.must("connections beyond the limit refused", sum(
        client.ask("domains", "old.example") != "OK relay"
        for client in more), "=", 0)
    # status.prom is written every five seconds.
    figures.must("connections at the limit", bool(lab.wait_until(
        lambda: service.counter("readdress_lookup_connections") == LIMIT)),
        "=", True)
    figures.must("of these closed, those idle longest", sum(
        client.closed() for client in idle[:100]), "=", 100)


class Generations(threading.Thread):
    """Asks on one connection. Each answer must be of a generation that was
    served between question and answer, and never of an older one than the
    answer before."""

    def __init__(self, service, served):
        super().__init__()
        self.service = service
        self.served = served  # [served for sure, perhaps served already]
        self.stopping = threading.Event()
        self.problems = []
        self.seen = collections.Counter()
        self.count = 0

    def run(self):
        questions = (("inbound", "a@old.example"), ("inbound", "team@old.example"),
                     ("transport", "x@new.example"))
        try:
            with Client(self.service.path) as client:
                last = 0
                while not self.stopping.is_set() and not self.problems:
                    least = self.served[0]
                    for name, key in questions:
                        client.stream.send(f"{name} {key}".encode())
                    for name, key in questions:
                        said = client.stream.receive().decode()
                        found = {int(word[1:]) for word in
                                 said.replace("@", " ").replace(".", " ")
                                 .replace("[", " ").replace(",", " ").split()
                                 if word[0] == "g" and word[1:].isdigit()}
                        self.count += 1
                        if len(found) != 1 or not (
                                max(least, last) <= min(found)
                                <= self.served[1]):
                            self.problems.append(
                                (name, key, said, least, last, self.served))
                            return
                        last, = found
                        self.seen[last] += 1
        except (OSError, AttributeError, ValueError) as problem:
            self.problems.append(problem)


def generations(figures, reloads):
    with Service() as service:
        tool = service.readdress

        def load(number):
            tool.load("inbound", f"@old.example;g{number}@new.example\n"
                      "team@old.example;" + ",".join(
                          f"t{i}.g{number}@new.example" for i in range(50)))
            tool.load("routes", f"@new.example;smtp:[g{number}.example]\n")

        load(1)
        tool.start()
        served = [1, 1]
        askers = [Generations(service, served) for _ in range(3)]
        for asker in askers:
            asker.start()
        results = collections.Counter()
        for number in range(2, reloads + 2):
            load(number)
            served[1] = number
            results[service.hup()] += 1
            served[0] = number
            if any(asker.problems for asker in askers):
                break
        for asker in askers:
            asker.stopping.set()
            asker.join()
        figures.must("reloads of other rules", results["ok"], ">=", reloads)
        figures.none("answers of no generation, or of one that was not served",
                     [problem for asker in askers
                      for problem in asker.problems])
        figures.must("look-ups meanwhile", sum(asker.count for asker in askers),
                     ">=", 10 * reloads)
        figures.must("generations seen", len(
            set().union(*(asker.seen for asker in askers))), ">=",
            reloads // 2)
        figures.none("crashes", service.crashed())


class Patient(threading.Thread):
    """Asks as Postfix does: on one connection, and when that is closed, once
    more on a new one."""

    def __init__(self, path, key="old.example", reply="OK relay"):
        super().__init__()
        self.path = path
        self.key = key
        self.reply = reply
        self.stopping = threading.Event()
        self.answered = self.reconnected = 0
        self.problems = []

    def ask(self, client):
        """Returns the connection that gave the answer."""
        for attempt in (1, 2):
            try:
                client = client or Client(self.path)
                said = client.ask("domains", self.key)
                if said != self.reply:
                    self.problems.append(said)
                self.answered += 1
                return client
            except OSError as problem:
                self.reconnected += 1
                if attempt == 2:
                    self.problems.append(problem)
                if client:
                    client.close()
                client = None
        return None

    def run(self):
        client = None
        while not self.stopping.is_set() and not self.problems:
            client = self.ask(client)
        if client:
            client.close()


def killed(figures, kills):
    """The process dies and is started again while another process holds the
    socket, as readdress-lookup.socket does."""
    with Service() as service:
        service.readdress.load("inbound", "@old.example;@new.example\n")
        with held_socket(service.path) as held:
            service.readdress.start(*SYSTEMD, stdin=held)
            clients = [Patient(service.path) for _ in range(8)]
            for client in clients:
                client.start()
            for number in range(kills):
                if number % 5 == 4:
                    service.readdress.stop()
                else:
                    service.readdress.kill()
                time.sleep(0.05)
                service.readdress.start(*SYSTEMD, stdin=held)
                # None may meet two kills with one question. One answer may be
                # from before this one.
                before = [client.answered for client in clients]
                lab.wait_until(lambda: all(
                    client.answered > count + 1 or client.problems
                    for client, count in zip(clients, before)))
            for client in clients:
                client.stopping.set()
                client.join()
            figures.must("kills and stops, the socket held", kills, ">=", kills)
            figures.must("look-ups answered", sum(
                client.answered for client in clients), ">=", 8 * kills)
            figures.note("connections made again", sum(
                client.reconnected for client in clients))
            figures.none("look-ups that failed", [
                problem for client in clients for problem in client.problems])
            figures.none("crashes", service.crashed())


def run(figures, connections, seconds, reloads, kills):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    crowd(figures, connections, seconds)
    generations(figures, reloads)
    killed(figures, kills)
