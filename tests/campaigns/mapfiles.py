"""mapfiles: bad and damaged maps; maps overwritten while they are served."""

import contextlib
import hashlib
import os
import random
import shutil
import socket
import stat
import struct
import threading

import bare
import lab
import place

SLICE = {"damages": 300, "times": 3, "milters": 6, "rows": 3000}
FULL = {"damages": 10000, "times": 100, "milters": 8, "rows": 3000}

PAGE = 4096
SEAL = 56  # lib/map/trailer.h
VERSION = 2  # MAP_VERSION of lib/map/mapmeta.h
RECIPIENTS = ("<bob@old.example>", "<eve@old.example>", "<u7@old.example>",
              "<x@none.example>")


def rules(version, rows):
    """Returns the rules of a map of some depth: with branch, leaf and overflow
    pages."""
    many = ",".join(f"{'m' * 40}{n}@v{version}.example" for n in range(60))
    return "".join(f"u{n}@old.example;u{n}@v{version}.example\n"
                   for n in range(rows)) + (
        f"bob@old.example;bob@v{version}.example\n"
        f"many@old.example;{many}\n"
        f"@old.example;@v{version}.example\n")


def right(version):
    return sorted(f"{name}@v{version}.example" for name in ("bob", "eve", "u7"))


def resealed(body, version=VERSION):
    """Returns the body with a trailer that matches it, as lib/map/trailer.h
    has it."""
    return body + b"READDRES" + struct.pack(
        "<IIQ", version, 0, len(body)) + \
        hashlib.sha256(body).digest()


def pages(body, flag):
    """Returns the numbers of the pages of that kind after the two meta
    pages."""
    return [number for number in range(2, len(body) // PAGE)
            if struct.unpack_from("<H", body, number * PAGE + 10)[0] & flag]


def flipped(content, at, bit=0):
    return content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1:]


def replaced(body, old, new):
    assert old in body and len(old) == len(new)
    return body.replace(old, new)


def contents(good):
    """Returns {name: bytes} of files that are no good map."""
    body, trailer = good[:-SEAL], good[-SEAL:]
    half = len(body) // 2 // PAGE * PAGE
    branch, leaf, overflow = (pages(body, flag) for flag in (1, 2, 4))
    start = body.index(b"rows inbound ")
    row = body[start:body.index(b"\n", start)]
    users = row.split()[2]
    fewer = row.replace(users, b"%d" % (int(users) + 1), 1)
    generation = b"\ngeneration 4\n"
    return {
        "empty": b"",
        "one octet": b"R",
        "text": b"Source;Target\n" * 4000,
        "zeros": bytes(len(good)),
        "random octets": random.Random(22).randbytes(len(good)),
        "the seal alone": trailer,
        "only the metas": body[:2 * PAGE],
        "only the metas, sealed": resealed(body[:2 * PAGE]),
        "the first half": good[:half],
        "the first half, sealed": resealed(body[:half]),
        "the second half": good[half:],
        "one page less, sealed": resealed(body[:-PAGE]),
        "a bit in a meta page": flipped(good, 60),
        "a bit in a branch page": flipped(good, branch[0] * PAGE + 40),
        "a bit in a leaf page": flipped(good, leaf[0] * PAGE + 3000),
        "a bit in an overflow page": flipped(good, overflow[0] * PAGE + 500),
        "a bit in the digest": flipped(good, len(good) - 1),
        "an octet more": good + b"\0",
        "twice the file": good + good,
        "unfinished (no seal)": body,
        "another version's seal": resealed(body, VERSION + 1),
        "another version's metadata, sealed": resealed(
            replaced(body, b"version %d\n" % VERSION,
                     b"version %d\n" % (VERSION + 1))),
        "no metadata, sealed": resealed(
            replaced(body, generation, b"\ngenerosity 4\n")),
        "a row missing, sealed": resealed(
            replaced(body, row, fewer if len(fewer) == len(row)
                     else row.replace(users, b"1".zfill(len(users)), 1))),
        "another magic, sealed": resealed(
            replaced(body, b"\xde\xc0\xef\xbe", b"\xde\xc0\xef\xbf")),
    }


@contextlib.contextmanager
def in_place(path, what):
    """A context in which the map's path holds what no content of a file can
    be."""
    os.rename(path, path + ".good")
    server = None
    try:
        if what == "a directory":
            os.mkdir(path)
        elif what == "a FIFO":
            os.mkfifo(path)
            os.chmod(path, 0o644)
        elif what == "a symbolic link to a good map":
            os.symlink(path + ".good", path)
        elif what == "a socket":
            server = socket.socket(socket.AF_UNIX)
            server.bind(path)
        elif what == "a device":
            os.mknod(path, 0o644 | stat.S_IFCHR, os.makedev(1, 5))
        elif what == "no permission":
            shutil.copy(path + ".good", path)
            os.chmod(path, 0)
        yield
    finally:
        if server:
            server.close()
        if os.path.isdir(path):
            os.rmdir(path)
        elif os.path.lexists(path):
            os.remove(path)
        os.rename(path + ".good", path)


PLACES = ("missing", "a directory", "a FIFO", "a symbolic link to a good map",
          "a socket", "a device", "no permission")


@contextlib.contextmanager
def holds(path, content):
    shutil.copy2(path, path + ".good")
    lab.write(path, content)
    try:
        yield
    finally:
        os.rename(path + ".good", path)


def states(path, devices):
    """Returns (name, context manager) of each bad file."""
    good = read(path)
    found = [(name, in_place(path, name)) for name in PLACES
             if name != "a device" or devices]
    return found + [(name, holds(path, content))
                    for name, content in contents(good).items()]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def bad_at_start(figures, rows, devices):
    """The newest map is bad, and no map was served before."""
    wrong, unnamed, codes = [], [], set()
    with bare.Bare() as milter:
        prepare(milter, rows)
        count = 0
        for name, state in states(milter.map, devices):
            with state:
                count += 1
                shutil.rmtree(os.path.dirname(milter.note), True)
                done = lab.run(milter.readdress.milter, "-f", "-c",
                               milter.readdress.config, check=False,
                               timeout=lab.TIMEOUT)
                codes.add(done.returncode)
                allowed = (77, 78) if name == "no permission" else (78,)
                if done.returncode not in allowed or os.path.exists(
                        milter.socket):
                    wrong.append(f"{name}: exit {done.returncode} "
                                 f"{done.stderr.strip()}")
                # "missing" names the directory: there is no file to name.
                if milter.readdress.state not in done.stderr:
                    unnamed.append(f"{name}: {done.stderr.strip()}")
    figures.must("bad files at start", count, ">=", 22)
    figures.none("not refused with exit 78 (77 without permission)", wrong)
    figures.none("messages that do not name the place", unnamed)
    figures.note("exit codes", sorted(codes))


def prepare(milter, rows):
    """Generations 1 to 3 hold A, 4 holds B."""
    milter.readdress.load("inbound", rules(0, rows))
    milter.readdress.load("outbound", "b@in.example;b@old.example")
    milter.readdress.load("routes", "@old.example;relay")
    milter.readdress.load("inbound", rules(1, rows), "--force")


def serving(rows):
    """A milter that serves A while the newest map is B."""
    milter = bare.Bare()
    prepare(milter, rows)
    newest = read(milter.map)
    older = os.path.join(milter.readdress.state, "history", "3.mdb")
    lab.write(milter.map, read(older))
    os.rename(older, older + ".away")
    milter.readdress.start()
    os.rename(older + ".away", older)
    lab.write(milter.map, newest)
    return milter


def bad_at_hup(figures, rows, devices):
    taken, answers, unlogged = [], [], []
    with serving(rows) as milter:
        count = 0
        for name, state in states(milter.map, devices):
            with state:
                count += 1
                if milter.hup() != "failed":
                    taken.append(f"{name}: {milter.said()}")
                if milter.added(*RECIPIENTS) != right(0):
                    answers.append(f"{name}: {milter.added(*RECIPIENTS)}")
                if "generation 3 stays" not in milter.said():
                    unlogged.append(f"{name}: {milter.said()}")
        figures.must("bad files at SIGHUP", count, ">=", 22)
        figures.none("not refused", taken)
        figures.none("answers other than the old map's", answers)
        figures.none("not logged with the generation that stays", unlogged)
        # The test can tell: the good one is taken.
        figures.must("the good one afterwards", milter.hup(), "=", "ok")
        figures.must("its answers are right",
                     milter.added(*RECIPIENTS) == right(1), "=", True)
        figures.none("crashes", milter.crashed())


def damage(dice, good):
    """Does one damage of a kind that disks, copies and people do."""
    kind = dice.choice(("bit", "octet", "zeros", "rubbish", "cut", "longer",
                        "gone", "swapped", "page"))
    at = dice.randrange(len(good))
    size = dice.choice((1, 2, 8, 64, 512, PAGE))
    if kind == "bit":
        return kind, flipped(good, at, dice.randrange(8))
    if kind == "octet":
        return kind, good[:at] + dice.randbytes(1) + good[at + 1:]
    if kind == "zeros":
        return kind, good[:at] + bytes(len(good[at:at + size])) + \
            good[at + size:]
    if kind == "rubbish":
        return kind, good[:at] + dice.randbytes(len(good[at:at + size])) + \
            good[at + size:]
    if kind == "cut":
        return kind, good[:at]
    if kind == "longer":
        return kind, good + dice.randbytes(size)
    if kind == "gone":
        return kind, good[:at] + good[at + size:]
    page, other = (dice.randrange(len(good) // PAGE) * PAGE for _ in "ab")
    if kind == "page":
        return kind, good[:page] + good[other:other + PAGE] + \
            good[page + PAGE:]
    first, second = sorted((page, other))
    return kind, (good[:first] + good[second:second + PAGE]
                  + good[first + PAGE:second] + good[first:first + PAGE]
                  + good[second + PAGE:]) if first != second else good[:-1]


def damaged(figures, count, milters, rows):
    lock = threading.Lock()
    found = {"taken": [], "answers": [], "dead": [], "done": 0}

    def one(number):
        dice = random.Random(f"{number} of {milters}")
        with serving(rows) as milter:
            good = read(milter.map)
            for turn in range(number, count, milters):
                kind, content = damage(dice, good)
                if content == good:  # zeros over zeros
                    content = flipped(good, dice.randrange(len(good)))
                lab.write(milter.map, content)
                result = milter.hup()
                # Each tenth: what it answers does not depend on the file.
                answer = (milter.added(*RECIPIENTS)
                          if turn % (10 * milters) < milters else right(0))
                with lock:
                    found["done"] += 1
                    if result != "failed":
                        found["taken"].append(f"{kind}: {result}")
                    if answer != right(0):
                        found["answers"].append(f"{kind}: {answer}")
                if not milter.alive():
                    with lock:
                        found["dead"].append(kind)
                    return

    threads = [threading.Thread(target=one, args=(number,))
               for number in range(milters)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures.must("single damages, each with SIGHUP", found["done"], ">=", count)
    figures.none("not refused", found["taken"])
    figures.none("answers other than the old map's", found["answers"])
    figures.none("milters that died", found["dead"])


OVERWRITES = {
    ": > map": lambda path, other: os.truncate(path, 0),
    "cp over": lambda path, other: shutil.copyfile(other, path),
    "dd into": lambda path, other: lab.run(
        "dd", "if=/dev/urandom", f"of={path}", "bs=4096", "seek=1", "count=9",
        "conv=notrunc"),
    "rm": lambda path, other: os.remove(path),
    "mv": lambda path, other: os.rename(shutil.copyfile(
        other, other + ".moved"), path),
}


def overwritten(figures, times, rows):
    """The map is overwritten while it is served, without and with a SIGHUP at
    any moment."""
    stop, lock = threading.Event(), threading.Lock()
    allowed = [right(0)]
    wrong = []
    asked = [0]

    def ask():
        while not stop.is_set():
            answer = milter.added(*RECIPIENTS)
            if answer not in allowed:
                wrong.append(answer)
            with lock:
                asked[0] += 1

    def answered():
        """Waits for the answer to a question that was sent after the
        change."""
        want = asked[0] + 3  # two may be on their way
        lab.wait_until(lambda: asked[0] >= want or not milter.alive(),
                       step=0.002)

    with serving(rows) as milter:
        other = milter.here.path("other.mdb")
        shutil.copyfile(milter.map, other)
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            dice = random.Random(23)
            for hups in (False, True):
                if hups:  # then B may be taken, when it is whole
                    allowed.append(right(1))
                for name, act in OVERWRITES.items():
                    for _ in range(times):
                        if hups and dice.random() < 0.5:
                            milter.readdress.hup()
                        act(milter.map, other)
                        if hups:
                            milter.readdress.hup()
                        else:
                            answered()
                        shutil.copyfile(other, milter.map)
                        if not milter.alive():
                            break
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        figures.must("overwritten while served", 2 * times * len(OVERWRITES),
                     ">=", 10 * times)
        figures.must("answers meanwhile", asked[0], ">=",
                     3 * times * len(OVERWRITES))
        figures.none("wrong answers", wrong)
        figures.must("alive, no signal", milter.alive(), "=", True)
        # The last SIGHUP above may have met half of the copy.
        figures.must("the whole map afterwards", lab.wait_until(
            lambda: milter.hup() == "ok" or not milter.alive()), "=", True)
        figures.must("its answers are right",
                     milter.added(*RECIPIENTS) == right(1), "=", True)


def run(figures, damages, times, milters, rows):
    with place.with_devices() as reason:
        if reason:
            figures.skip("a device in the map's place", reason)
        bad_at_start(figures, rows, not reason)
        bad_at_hup(figures, rows, not reason)
    damaged(figures, damages, milters, rows)
    overwritten(figures, times, rows)
