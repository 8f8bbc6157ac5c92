"""hostile: peers that stall, flood and lie; too few files, threads, memory."""

import collections
import contextlib
import os
import pwd
import random
import resource
import shutil
import struct
import threading
import time

import bare
import lab
from lab import milterclient

# patience: seconds until an MTA would try again; lost: until it is sure that a
# connection is lost.
SLICE = {"half_open": 300, "sessions": 300, "pace": 0.02, "patience": 20,
         "lost": 2, "repeat": 2, "scale": 8}
FULL = {"half_open": 3000, "sessions": 4000, "pace": 1.0, "patience": 20,
        "lost": 20, "repeat": 7, "scale": 1}

RULES = "bob@old.example;bob.owen@new.example\n@old.example;@moved.example\n"
BOB = ["bob.owen@new.example"]
USER = "games"  # nobody else's processes count against its limit
RATIO = 2.3     # of the time for twice as much
STACK = 256     # KiB
AGAIN = 5       # attempts that may fail while peers stall; see RELIABILITY.md


def milter(**options):
    here = bare.Bare(**options)
    here.readdress.load("inbound", RULES)
    here.readdress.load("outbound", "bob.owen@new.example;bob@old.example")
    return here


def serves(here, timeout=lab.TIMEOUT):
    return here.alive() and here.added("<bob@old.example>",
                                       timeout=timeout) == BOB


def serves_again(here):
    """True if the milter soon serves again, whatever became of the connections
    made meanwhile."""
    return bool(lab.wait_until(lambda: serves(here, 10), step=0.2))


def memory(pid):
    for line in lab.read(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def all_given_back(here):
    return bool(lab.wait_until(
        lambda: here.readdress.metric("readdress_connections") == 0))


def stalled(figures, count, patience):
    """Connections stop in the middle of a packet. libmilter reads a packet
    that has begun in the worker that has it, so that workers stall with their
    peers, and a session that would use such a worker waits as long. Its MTA
    defers, and the next attempt must be served."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    pieces = (b"", b"\0", b"\0\0\0\x0dO", milterclient.Connection.packet(
        b"O", struct.pack(">III", 6, 0x1ff, 0x1fffff)),
              b"\0\0\0\x20Mabc", b"\x00\x0f\xff\xffL")
    with milter() as here:
        here.readdress.start()
        before = memory(here.pid)
        peers, failed = [], 0
        for number in range(count):
            try:
                peer = milterclient.Connection(here.socket)
                peer.socket.sendall(pieces[number % len(pieces)])
                peers.append(peer)
            except OSError:
                failed += 1
        answers, again = [], 0
        for _ in range(50):
            answer = here.added("<bob@old.example>", timeout=patience)
            while answer != BOB and again < AGAIN:
                again += 1
                answer = here.added("<bob@old.example>", timeout=patience)
            answers.append(answer)
        begun = time.monotonic()
        here.added("<bob@old.example>", timeout=patience)
        spent = time.monotonic() - begun
        figures.must("half-open connections", len(peers), ">=", count)
        figures.must("connections refused", failed, "=", 0)
        figures.must("mail served meanwhile", answers.count(BOB), "=", 50)
        figures.must("attempts more than these", again, "<=", AGAIN)
        figures.clock("seconds for a message meanwhile", spent, "<", 1.0)
        figures.must("memory for them, KiB", memory(here.pid) - before, "<=",
                     20 * count)
        for peer in peers:
            peer.close()
        figures.must("all given back", all_given_back(here), "=", True)
        figures.must("alive and serving", serves(here), "=", True)


COMMANDS = [bytes([octet]) for octet in b"OCHMRLNBEADTUKQ?\0\xff"]
PAYLOADS = [b"", b"\0", b"<a@b.example>\0", b"<a@b.example>", b"To\0",
            b"To\0 bob@old.example\0", b"To\0" + b"(" * 500 + b"\0",
            b"M{auth_type}\0PLAIN\0", b"Ri\0\0", b"Ei\0Q\0",
            b"h\0004\x10\x00192.0.2.1\0", b"h\0006\x10\x00::1\0", b"h\0L\0\0\0",
            b"<bob@old.example>\0NOTIFY=NEVER\0ORCPT=rfc822;x\0",
            b"\xff" * 40, b"\0\0\0\6\0\0\1\xff\0\x1f\xff\xff", b"\0" * 12,
            b"\0\0\0\2\0\0\0\1\0\0\0\0"]
BROKEN = [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\1", b"\0\0\0\5M",
          b"GET / HTTP/1.0\r\n\r\n", b"\x7f\xff\xff\xffM", b"EHLO x\r\n"]


def random_session(dice, path):
    with contextlib.suppress(OSError, milterclient.Closed, AssertionError,
                             struct.error):
        with milterclient.Connection(path, 5) as mta:
            if dice.random() < 0.7:
                mta.negotiate(
                    dice.choice((0x1ff, 0x1ff, dice.getrandbits(32))),
                    dice.choice((0x1fffff, 0x1fffff, dice.getrandbits(32))),
                    dice.choice((6, 6, 6, 2, 3, 99)))
            for _ in range(dice.randrange(20)):
                kind = dice.random()
                if kind < 0.9:
                    mta.send(dice.choice(COMMANDS), dice.choice(PAYLOADS))
                elif kind < 0.95:
                    mta.send(dice.choice(COMMANDS),
                             dice.randbytes(dice.randrange(3000)))
                else:
                    mta.socket.sendall(dice.choice(BROKEN))
            if dice.random() < 0.3:
                mta.socket.settimeout(0.01)
                while True:
                    mta.receive()


def talk(figures, count):
    with milter() as here:
        here.readdress.start()

        def some(number):
            dice = random.Random(f"session {number}")
            for _ in range(count // 4):
                random_session(dice, here.socket)

        threads = [threading.Thread(target=some, args=(number,))
                   for number in range(4)]
        for thread in threads:
            thread.start()
        wrong = []
        while not wrong and any(thread.is_alive() for thread in threads):
            if not serves(here):
                wrong.append("not served meanwhile")
            time.sleep(0.2)
        for thread in threads:
            thread.join()
        figures.note("random protocol sessions", count // 4 * 4)
        figures.none("mail not served meanwhile", wrong)
        figures.must("alive and serving", serves(here), "=", True)
        figures.must("all given back", all_given_back(here), "=", True)
        figures.none("crashes", here.crashed())


def slowly(figures, pace):
    """Sends messages one byte at a time, every `pace` seconds."""
    with milter() as here:
        here.readdress.start()
        packet = milterclient.Connection.packet
        words = b"".join((
            packet(b"M", b"<a@b.example>\0"),
            packet(b"R", b"<bob@old.example>\0"),
            packet(b"L", b"To\0 bob@old.example\0"),
            packet(b"D", b"Ei\0Q\0"), packet(b"E")))
        answers = []

        def one():
            with here.mta() as mta:
                for octet in words:
                    mta.socket.sendall(bytes([octet]))
                    time.sleep(pace)
                answers.append(mta.answer())

        threads = [threading.Thread(target=one) for _ in range(20)]
        for thread in threads:
            thread.start()
        slow = 0.0
        while any(thread.is_alive() for thread in threads):
            begun = time.monotonic()
            if not serves(here):
                answers.append(None)
            slow = max(slow, time.monotonic() - begun)
            time.sleep(0.1)
        figures.note("octets in a message sent one by one", len(words))
        figures.note("seconds between them", pace)
        figures.must("such messages answered rightly", sum(
            bool(answer) and [address for address, _ in answer.added] == BOB
            for answer in answers), "=", 20)
        figures.clock("slowest other message meanwhile, s", slow, "<", 2.0)


@contextlib.contextmanager
def limited(*limits):
    """Runs a milter with its own user under limits of prlimit."""
    with milter(user=USER) as here:
        user = pwd.getpwnam(USER)
        os.chown(here.readdress.state, 0, user.pw_gid)
        os.chmod(here.readdress.state, 0o2750)
        for top, directories, files in os.walk(here.readdress.state):
            for name in directories + files:
                os.chown(os.path.join(top, name), -1, user.pw_gid)
            for name in directories:
                os.chmod(os.path.join(top, name), 0o2750)
        os.chown(here.readdress.runtime, user.pw_uid, user.pw_gid)
        shutil.rmtree(os.path.dirname(here.note), True)
        here.readdress.start("prlimit", *limits, "--")
        yield here


def few_files(figures):
    with limited("--nofile=40:40") as here:
        peers = [milterclient.Connection(here.socket, 1) for _ in range(100)]
        time.sleep(1)
        result = here.hup(3)
        figures.note("NOFILE=40, 100 connections: a reload is",
                     result or "late")
        figures.must("NOFILE=40: alive", here.alive(), "=", True)
        for peer in peers:
            peer.close()
        figures.must("NOFILE=40: serves again", serves_again(here), "=", True)
        # The first result may be that of the reload above.
        figures.must("NOFILE=40: reloads again", lab.wait_until(
            lambda: here.hup() == "ok", step=0.2), "=", True)


def few_threads(figures, lost):
    with limited("--nproc=30:30") as here:
        peers = []
        for _ in range(100):
            with contextlib.suppress(OSError, milterclient.Closed):
                mta = milterclient.Connection(here.socket, 3)
                peers.append(mta)
                mta.send(b"O", struct.pack(">III", 6, 0x1ff, 0x1fffff))
        figures.must("NPROC=30, 100 connections: alive", here.alive(), "=",
                     True)
        figures.must("NPROC=30: threads", len(os.listdir(
            f"/proc/{here.pid}/task")), "<=", 30)
        wrong, answers = [], collections.Counter()

        def flood():
            for _ in range(20):
                answer = here.added("<bob@old.example>", timeout=lost)
                answers[str(answer)] += 1
                if answer not in (BOB, "451", "closed"):
                    wrong.append(answer)

        threads = [threading.Thread(target=flood) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        figures.note("NPROC=30, 40 at once: answers", dict(answers))
        figures.none("NPROC=30, 40 at once: wrong answers", wrong)
        for peer in peers:
            peer.close()
        figures.must("NPROC=30: serves again", serves_again(here), "=", True)


def sockets(pid):
    """Returns how many sockets it has, or None where we may not look."""
    try:
        return sum(target.startswith("socket:")
                   for target in lab.descriptors(pid))
    except PermissionError:
        return None


def little_memory(figures, lost):
    """There is address space for only a few large messages, all of which begin
    before the first one ends."""
    with limited(f"--as={400 << 20}") as here:
        answers = []
        before = sockets(here.pid)
        sent = threading.Barrier(12)

        def send(mta):
            mta.mail("<a@out.example>")
            mta.rcpt("<bob@old.example>")
            packet = mta.packet(b"L", b"To\0 " + b"x" * 60000 + b"\0")
            for _ in range(900):
                mta.socket.sendall(packet)

        def large():
            try:
                with contextlib.ExitStack() as stack:
                    try:
                        mta = stack.enter_context(here.mta(lost))
                        send(mta)
                    finally:
                        sent.wait()
                    answers.append(mta.end().verdict)
            except TimeoutError:
                answers.append("silence")
            except (OSError, milterclient.Closed):
                answers.append("closed")

        threads = [threading.Thread(target=large) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        figures.note("400 MB of memory, 12 messages of 54 MB: answers",
                     dict(collections.Counter(map(str, answers))))
        figures.must("memory limit: some were deferred or closed", sum(
            answer != "continue" for answer in answers), ">=", 1)
        figures.must("memory limit: alive", here.alive(), "=", True)
        figures.must("memory limit: serves again", serves_again(here), "=",
                     True)
        # libmilter never looks again at a connection for which it got no
        # thread: its MTA waits until milter_command_timeout, and defers.
        if before is None:
            figures.skip("connections that libmilter lost",
                         "another user's descriptors are not shown")
        else:
            figures.note("memory limit: connections that libmilter lost",
                         sockets(here.pid) - before)


def peak(pid):
    """Returns the MB of memory that the process has had at most."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) >> 10 for line in file
                    if line.startswith("VmHWM:"))


def all_together(figures, scale):
    """Strangers send fifty large messages at once: memory_max holds."""
    most = 512 // scale
    header = " " + ",".join(["bob@old.example"] * 3700)
    count = 180 // scale
    answers = []
    sent = threading.Barrier(50, timeout=4 * lab.TIMEOUT)
    with milter(memory_max=most) as here:
        here.readdress.start()

        def large():
            with here.mta() as mta:
                packet = mta.packet(b"L", milterclient.strings("To", header))
                mta.mail("<a@out.example>")
                mta.rcpt("<bob@old.example>")
                for _ in range(count):
                    mta.socket.sendall(packet)
                sent.wait()
                answers.append(mta.end())

        threads = [threading.Thread(target=large) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        replies = collections.Counter(
            (answer.reply or answer.verdict)[:9] for answer in answers)
        figures.note(f"memory_max = {most}, 50 messages of "
                     f"{count * len(header) // 1000000} MB: answers",
                     dict(replies))
        figures.must("memory_max: taken or deferred",
                     replies["continue"] + replies["451 4.3.0"], "=", 50)
        # 1 MB for each message, and what libmilter has of each packet.
        figures.must("memory_max: MB of the process", peak(here.pid), "<=",
                     most + 50 + 64)
        figures.must("memory_max: serves", serves(here), "=", True)
        figures.none("memory_max: crashes", here.crashed())


def to_of(octets):
    return " " + ",\n ".join(
        ["Bob <bob@old.example>"] * (octets // 24))


def one_header(size):
    return ["<bob@old.example>"], [("To", to_of(size))]


# {name: (n, what makes a message of that size)}. What is quick stands there
# forty times: of less than half a millisecond, growth shows nothing.
BOMBS = {
    "To of 60 KB": (30000, one_header),
    "To headers, 50,000": (25000, lambda n: (
        ["<bob@old.example>"], [("To", " bob@old.example")] * n)),
    "comment levels, 40 times 100,000": (50000, lambda n: (
        ["<bob@old.example>"], [("To", " " + "(" * n + ")" * n
                                 + " bob@old.example")] * 40)),
    "unclosed comments, 40 times 800,000": (400000, lambda n: (
        ["<bob@old.example>"], [("To", " bob@old.example " + "(" * n)] * 40)),
    "quotes that do not close, 40 times 800,000": (400000, lambda n: (
        ["<bob@old.example>"], [("To", " " + '"\\' * (n // 2))] * 40)),
    "angle brackets, 100,000": (50000, lambda n: (
        ["<bob@old.example>"], [("To", " " + "<" * n)])),
    "commas, 800,000": (400000, lambda n: (
        ["<bob@old.example>"], [("To", " " + "," * n)])),
    "groups, 100,000 octets": (50000, lambda n: (
        ["<bob@old.example>"], [("To", " " + "g:a@b.c;" * (n // 8))])),
    "folds, 400,000": (400000, lambda n: (
        ["<bob@old.example>"], [("To", " bob@old.example" + "\n " * (n // 2)
                                 )])),
    "routes, 100,000 octets": (50000, lambda n: (
        ["<bob@old.example>"], [("To", " <" + "@a.b," * (n // 5)
                                 + ":bob@old.example>")])),
    "recipients, 100,000": (50000, lambda n: (
        [f"<u{i}@old.example>" for i in range(n)], [])),
    "recipients that become one, 100,000": (50000, lambda n: (
        [f"<bob+{i % 2}@old.example>" for i in range(n)], [])),
}


def octets_of(mta, recipients, headers):
    """Returns the whole message as packets, so that sending it costs us
    little."""
    parts = [mta.packet(b"M", b"<a@out.example>\0")]
    for recipient in recipients:
        parts.append(mta.packet(b"R", milterclient.strings(recipient)))
    for name, value in headers:
        parts.append(mta.packet(b"L", milterclient.strings(name, value)))
    parts += [mta.packet(b"D", b"Ei\0Q\0"), mta.packet(b"E")]
    return b"".join(parts)


def measured(here, data):
    """Returns the milter's processor time for the message, and the verdict."""
    with here.mta() as mta:
        begun = lab.processor_time(here.pid)
        sender = threading.Thread(target=mta.socket.sendall, args=(data,))
        sender.start()
        try:
            verdict = mta.answer().verdict
        finally:
            sender.join()
        return lab.processor_time(here.pid) - begun, verdict


def growth(best):
    """Times below half a millisecond are noise."""
    return best[1] / max(best[0], 0.0005)


def bombs(figures, repeat, scale):
    """Side by side: n and 2n in turn, the best of each."""
    verdicts = set()
    with milter(outbound_headers=["From"]) as here:
        here.readdress.start("prlimit", f"--stack={STACK << 10}", "--")
        limit = lab.read(f"/proc/{here.pid}/limits")
        figures.must("stack of 256 KB", f"{STACK << 10}" in limit, "=", True)
        for name, (size, make) in BOMBS.items():
            size //= scale
            mta = milterclient.Connection
            data = [octets_of(mta, *make(n)) for n in (size, 2 * size)]
            best = [float("inf")] * 2
            measured(here, data[1])  # warm
            # Others use the machine, too: again while it looks bad.
            for turn in range(4 * repeat):
                if turn >= repeat and growth(best) <= RATIO:
                    break
                for which in (0, 1):
                    spent, verdict = measured(here, data[which])
                    best[which] = min(best[which], spent)
                    verdicts.add(verdict)
            if not here.alive():
                figures.must(f"{name}: alive", False, "=", True)
                return
            figures.note(f"{name}: ms", best[1] * 1000)
            figures.clock(f"{name}: t(2n)/t(n)", growth(best), "<=", RATIO)
        figures.must("verdicts", " ".join(sorted(map(str, verdicts))), "=",
                     "continue")
        # What a message may take of memory says memory_max.
        count = 200000 // scale
        _, make = BOMBS["recipients, 100,000"]
        spent, verdict = measured(
            here, octets_of(milterclient.Connection, *make(count)))
        figures.note(f"{count} recipients: ms and verdict",
                     f"{spent * 1000:.0f} {verdict}")
        figures.must("alive and serving", serves(here), "=", True)
        figures.none("crashes", here.crashed())


def run(figures, half_open, sessions, pace, patience, lost, repeat, scale):
    stalled(figures, half_open, patience)
    talk(figures, sessions)
    slowly(figures, pace)
    few_files(figures)
    few_threads(figures, lost)
    little_memory(figures, lost)
    all_together(figures, scale)
    bombs(figures, repeat, scale)
