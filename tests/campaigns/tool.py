"""tool: the command dies, meets errors, a full disk and power cuts."""

import errno
import fcntl
import os
import random
import re
import shutil
import struct
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import lab
import namespace

SLICE = {"every": 12, "cuts": 3, "controls": 0, "workers": 2}
FULL = {"every": 1, "cuts": 200, "controls": 20, "workers": 2}

ROWS = 40
# Errors that each call can give: EIO and ENOSPC at every one, these beside.
SPACE = ("write", "pwrite64", "pwritev", "writev", "ftruncate", "fallocate",
         "openat", "mkdirat", "mkdir", "linkat", "renameat", "rename", "fsync",
         "fdatasync", "msync")
OPENING = ("openat", "open", "pipe2", "socket", "memfd_create")
NAMES = ("openat", "open", "mkdirat", "linkat", "renameat", "unlinkat",
         "newfstatat", "fchmod", "fchown", "fcntl")
MEMORY = ("mmap", "mremap", "openat", "fcntl")
# What has no way to fail, or not with an error number; brk tells a failure by
# the old break, and glibc aborts on any error of a futex's that cannot be.
CERTAIN = ("exit_group", "exit", "getpid", "geteuid", "getuid", "gettid",
           "brk", "futex", "rt_sigprocmask", "rt_sigaction")
# A failure of these must never end in exit 0: it is about the change itself.
VITAL = re.compile(r"^(fsync|fdatasync|pwrite64|writev|pwritev|linkat|renameat"
                   r"|write|ftruncate)\(")
# Best effort: who holds the lock, and advice on stderr.
EXCUSED = re.compile(r"/lock>|^write\(2<")


class State:
    """A configuration and a state directory, made anew from a template."""

    def __init__(self, top):
        self.dir = top
        self.state = os.path.join(top, "state")
        self.conf = os.path.join(top, "readdress.conf")
        self.csv = os.path.join(top, "rows.csv")
        self.tool = os.path.join(lab.build_directory(), "readdress")
        lab.write(self.conf, f'state_dir = "{self.state}"\n'
                             f'runtime_dir = "{top}"\n')

    def run(self, *words, before=()):
        return subprocess.run([*before, self.tool, "-c", self.conf, *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, text=True,
                              errors="surrogateescape", timeout=lab.TIMEOUT,
                              check=False)

    def rows(self, *more):
        """Returns inbound as export prints it, or None if it cannot be
        read."""
        done = self.run("-q", "export", "inbound", *more)
        return done.stdout if done.returncode == 0 else None

    def files(self):
        return sorted(os.path.relpath(os.path.join(top, name), self.state)
                      for top, _, names in os.walk(self.state)
                      for name in names)


def csv(count, mark):
    return "Source;Target\n" + "".join(
        f"u{n:06}@old.example;{mark}{n}@new.example\n" for n in range(count))


COMMANDS = {
    "load": ("load", "inbound", "{csv}"),
    "add": ("add", "inbound", "x@old.example", "x@new.example"),
    "rollback": ("rollback", "1"),
    # Of a map that another host made of the rows.
    "adopt": ("adopt", "--force", "{csv}"),
    "load --domain": ("load", "--domain", "old.example", "--force", "-m",
                      "a note", "inbound", "{csv}"),
    "delete": ("delete", "-m", "a note", "inbound", "first@old.example",
               "second@old.example"),
}
# Commands that only print.
READING = {
    "convert": ("convert", "{csv}"),
    "lookup --reverse": ("lookup", "--reverse", "inbound", "a1@new.example"),
    "log --table": ("log", "--table", "inbound"),
}
# No milter runs, so the exit code is 69 when the generation is approved.
APPROVAL = ("reload", "--generation", "2")
APPROVED = 69


class Subject:
    """A command to torture: the state before it, and what it makes of it."""

    CODE = 0  # when it has done it

    def __init__(self, name, top):
        self.name = name
        self.command = {**COMMANDS, **READING}.get(name)
        self.top = os.path.join(top, name)
        os.mkdir(self.top)
        self.template = self.fresh("template", copy=False)
        lab.write(self.template.csv, csv(ROWS, "a"))
        must(self.template.run("load", "inbound", self.template.csv))
        must(self.template.run("add", "inbound", "first@old.example",
                               "f@new.example"))
        must(self.template.run("add", "inbound", "second@old.example",
                               "s@new.example"))
        lab.write(self.template.csv, csv(ROWS, "b"))
        if name == "adopt":
            other = self.fresh("other", copy=False)
            must(other.run("load", "inbound", self.template.csv))
            must(other.run("export", "--map", self.template.csv))
        self.old = self.content(self.template)
        self.calls = self._trace()

    def fresh(self, name, copy=True):
        top = os.path.join(self.top, name)
        shutil.rmtree(top, True)
        os.mkdir(top)
        state = State(top)
        if copy:
            shutil.copytree(self.template.state, state.state)
            shutil.copy(self.template.csv, state.csv)
        return state

    def content(self, state):
        """What the command changes."""
        return state.rows()

    def words(self, state):
        return [word.format(csv=state.csv) for word in self.command]

    def _trace(self):
        """Every system call from the reading of the configuration on:
        (name, how many of that name before it, its line)."""
        state = self.fresh("trace")
        log = os.path.join(self.top, "calls")
        done = state.run(*self.words(state), before=(
            "strace", "-f", "-y", "-qq", "-o", log))
        must(done, self.CODE)
        self.printed = done.stdout
        self.new = self.content(state)
        assert (self.new == self.old) == (self.name in READING)
        seen, calls, inside = {}, [], False
        for line in lab.read(log).splitlines():
            match = re.match(r"\d+\s+((\w+)\(.*)", line)
            if not match:
                continue
            text, name = match.groups()
            seen[name] = seen.get(name, 0) + 1
            inside = inside or name == "openat" and (
                "readdress.conf" in text or "rows.csv" in text)
            if inside:
                calls.append((name, seen[name], text))
        return calls

    def inject(self, state, call, how):
        name, number, _ = call
        return state.run(*self.words(state), before=(
            "strace", "-f", "-qq", "-o", "/dev/null", "-e",
            f"trace={name}", "-e", f"inject={name}:{how}:when={number}"))


class Approval(Subject):
    """An approval, in place of another one. The map stays as it is."""

    CODE = APPROVED

    def __init__(self, had, top):
        self.had = had
        super().__init__("approve again" if had else "approve", top)
        self.old = self.content(self.fresh("before"))

    def fresh(self, name, copy=True):
        state = super().fresh(name, copy)
        if copy and self.had:
            must(state.run("reload", "--generation", "1"), APPROVED)
        return state

    def content(self, state):
        """Returns what is approved, without its time, or None."""
        path = os.path.join(state.state, "approved")
        if not os.path.exists(path):
            return None
        text = lab.read(path)
        found = re.fullmatch(r"(\d+ [0-9a-f]{64}) \d+\n", text)
        return found.group(1) if found else f"damaged: {text!r}"

    def words(self, state):
        return APPROVAL

    def audit(self, state, problems, what, done):
        """As audit() below: what is approved is what was or what is new, the
        maps are the same, and the next commands work."""
        found = self.content(state)
        if found not in (self.old, self.new):
            problems.add("approvals neither old nor new, or not whole",
                         f"{what}: {found}")
        if "generation 2 is approved" in done.stdout and found != self.new:
            problems.add("acknowledged changes lost", what)
        if state.rows() != self.template.rows():
            problems.add("maps neither old nor new, or not whole", what)
        after = state.run("reload", "--generation", "3")
        if after.returncode != APPROVED or \
                not (self.content(state) or "").startswith("3 "):
            problems.add("next edits that fail", f"{what}: {after.stderr}")
        stale = set(state.files()) - {
            "map.mdb", "audit.log", "lock", "approved", "approved.lock",
            "history/1.mdb", "history/2.mdb"}
        if stale:
            problems.add("stale files after the next edit", f"{what}: {stale}")
        return found


def must(done, code=0):
    if done.returncode != code:
        raise lab.LabError(f"{done.args}: exit {done.returncode}\n"
                           f"{done.stdout}{done.stderr}")


class Problems:
    """What was found, grouped by kind; threads add to it."""

    KINDS = ("maps neither old nor new, or not whole",
             "approvals neither old nor new, or not whole",
             "acknowledged changes lost", "exit 0 with a failed write",
             "exit 0 without the change", "errors that do not name the cause",
             "the command crashed or hung", "next edits that fail",
             "stale files after the next edit")

    def __init__(self):
        self.found = {kind: [] for kind in self.KINDS}
        self.lock = threading.Lock()

    def add(self, kind, what):
        with self.lock:
            self.found[kind].append(what)

    def tell(self, figures, prefix):
        for kind, problems in self.found.items():
            figures.none(f"{prefix}: {kind}", problems)


def audit(subject, state, problems, what, done):
    """Checks what is left behind, and that the next edit succeeds."""
    if isinstance(subject, Approval):
        return subject.audit(state, problems, what, done)
    rows = state.rows()
    if rows not in (subject.old, subject.new):
        problems.add("maps neither old nor new, or not whole",
                     f"{what}: {state.run('export', 'inbound').stderr}")
    if "generation 4" in done.stdout and rows != subject.new:
        problems.add("acknowledged changes lost", what)
    after = state.run("add", "inbound", "next@old.example", "n@new.example")
    kept = state.rows()
    if after.returncode or not kept or "next@old.example" not in kept:
        problems.add("next edits that fail", f"{what}: {after.stderr}")
    newest = int((re.findall(r"generation (\d+)", after.stdout) or [0])[-1])
    allowed = {"map.mdb", "audit.log", "lock"} | {
        f"history/{number}.mdb" for number in range(1, newest)}
    stale = set(state.files()) - allowed
    if stale:
        problems.add("stale files after the next edit", f"{what}: {stale}")
    return rows


def spread(subject, calls, workers, act):
    """Calls act(state, call) for each call, some at a time."""
    def one(pair):
        number, call = pair
        state = subject.fresh(f"run{number}")
        try:
            act(state, call)
        finally:
            shutil.rmtree(state.dir, True)

    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(one, enumerate(calls)):
            pass


def killed(figures, subject, every, workers):
    problems = Problems()

    def act(state, call):
        done = subject.inject(state, call, "signal=SIGKILL")
        what = f"{subject.name} killed at {call[2][:90]}"
        audit(subject, state, problems, what, done)

    calls = subject.calls[::every]
    spread(subject, calls, workers, act)
    figures.must(f"{subject.name}: SIGKILL at system calls", len(calls), ">=",
                 len(subject.calls) // every)
    problems.tell(figures, f"{subject.name} killed")


def plans(subject):
    """(call, error): which error comes at which call."""
    for call in subject.calls:
        name = call[0]
        if name in CERTAIN:
            continue
        for error, names in (("EIO", None), ("ENOSPC", None),
                             ("EDQUOT", SPACE), ("EMFILE", OPENING),
                             ("EACCES", NAMES), ("ENOMEM", MEMORY)):
            if names is None or name in names:
                yield call, error


def failed(figures, subject, every, workers):
    problems = Problems()
    harmless = set()

    def act(state, plan):
        call, error = plan
        what = f"{subject.name}: {error} at {call[2][:110]}"
        try:
            done = subject.inject(state, call, f"error={error}")
        except subprocess.TimeoutExpired:
            problems.add("the command crashed or hung", what)
            return
        if done.returncode < 0:
            problems.add("the command crashed or hung",
                         f"{what}: {done.returncode}")
        rows = audit(subject, state, problems, what, done)
        if done.returncode == subject.CODE and (
                not subject.CODE or "is approved" in done.stdout):
            harmless.add(call[0])
            if rows != subject.new:
                problems.add("exit 0 without the change", what)
            if VITAL.match(call[2]) and not EXCUSED.search(call[2]) and \
                    not (call[0] == "fsync" and is_parent(call[2])):
                problems.add("exit 0 with a failed write", what)
        elif not names_cause(done.stderr, error):
            problems.add("errors that do not name the cause",
                         f"{what}: exit {done.returncode} {done.stderr!r}")

    all_plans = list(plans(subject))[::every]
    spread(subject, all_plans, workers, act)
    figures.must(f"{subject.name}: errors injected", len(all_plans), ">=",
                 2 * len(subject.calls) // every // 2)
    figures.note(f"{subject.name}: calls that may fail unharmed",
                 " ".join(sorted(harmless)) or "none")
    problems.tell(figures, f"{subject.name} with errors")


def unread(figures, subject, every, workers):
    """Errors at a command that only prints: what it prints with exit 0 is all
    of it."""
    short, unnamed, crashed = [], [], []
    lock = threading.Lock()

    def act(state, plan):
        call, error = plan
        what = f"{subject.name}: {error} at {call[2][:110]}"
        done = subject.inject(state, call, f"error={error}")
        with lock:
            if done.returncode < 0:
                crashed.append(f"{what}: {done.returncode}")
            elif done.returncode == 0 and done.stdout != subject.printed:
                short.append(what)
            elif done.returncode and not names_cause(done.stderr, error):
                unnamed.append(f"{what}: {done.stderr!r}")

    all_plans = list(plans(subject))[::every]
    spread(subject, all_plans, workers, act)
    figures.must(f"{subject.name}: errors injected", len(all_plans), ">=",
                 len(subject.calls) // every)
    figures.none(f"{subject.name}: exit 0 without all that it should print",
                 short)
    figures.none(f"{subject.name}: errors that do not name the cause", unnamed)
    figures.none(f"{subject.name}: crashed", crashed)


def is_parent(text):
    """True if it is the fsync of the directory above the state directory."""
    return "/state" not in text


def names_cause(said, error):
    """In strerror's words, or in ours for what a caller of ours cannot see."""
    words = [os.strerror(getattr(errno, error))]
    if error == "ENOMEM":
        words += ["memory"]
    return any(word.lower() in said.lower() for word in words)


class Mounted:
    """A file system of its own."""

    def __init__(self, top, *mount):
        self.path = os.path.join(top, "mounted")
        os.makedirs(self.path, exist_ok=True)
        self._mount = mount
        lab.run("mount", *mount, self.path)

    def again(self):
        self.close()
        settled("mount", *self._mount, self.path)

    def close(self):
        settled("umount", self.path)


def settled(*command):
    """A loop device, and what was mounted, may be busy for a moment."""
    if not lab.wait_until(
            lambda: lab.run(*command, check=False).returncode == 0, 30, 0.1):
        lab.run(*command)


def full_disk(figures, top):
    """A file system of 8 MB fills up: with maps that grow, then with another
    file."""
    try:
        disk = Mounted(top, "-t", "tmpfs", "-o", "size=8m", "none")
    except (lab.LabError, OSError) as problem:
        figures.skip("a full disk", problem)
        return
    wrong, unnamed, refused = [], [], 0
    try:
        state = State(disk.path)
        state.csv = os.path.join(top, "big.csv")
        count, good = 2000, None
        for step in range(24):
            lab.write(state.csv, csv(count, f"s{step}x"))
            done = state.run("load", "inbound", state.csv)
            rows = state.rows()
            if done.returncode == 0:
                good = csv(count, f"s{step}x")
                count = int(count * 1.4)
            else:
                refused += 1
                if "No space left" not in done.stderr:
                    unnamed.append(f"{count} rows: {done.stderr.strip()}")
            if rows != good:
                wrong.append(f"after {count} rows, exit {done.returncode}")
            if os.path.exists(os.path.join(state.state, "map.mdb.new")):
                wrong.append(f"map.mdb.new is left after {count} rows")
        figures.must("loads into a full 8 MB tmpfs that were refused", refused,
                     ">=", 1)
        figures.none("full disk: the map that was there is not", wrong)
        figures.none("full disk: the message does not name the cause", unnamed)
        filler(disk.path)
        done = state.run("add", "inbound", "z@old.example", "z@new.example")
        figures.must("an edit with not one block free: exit",
                     done.returncode, "=", 74, done.stderr)
        figures.must("the map is the same", state.rows() == good, "=", True)
        os.remove(os.path.join(disk.path, "filler"))
        for generation in state.files():
            if generation.startswith("history/"):
                os.remove(os.path.join(state.state, generation))
        lab.write(state.csv, csv(2000, "last"))
        done = state.run("load", "inbound", state.csv, "--force")
        figures.must("an edit once there is room: exit", done.returncode, "=",
                     0, done.stderr)
    finally:
        disk.close()


def filler(path):
    with open(os.path.join(path, "filler"), "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


EXT4_IOC_SHUTDOWN = 0x8004587D
NOLOGFLUSH = 2


# What makes an fsync a lie: the control, for a test that cannot fail shows
# nothing.
NO_SYNC = ("strace", "-f", "-qq", "-o", "/dev/null", "-e",
           "trace=fsync,fdatasync,msync", "-e",
           "inject=fsync,fdatasync,msync:retval=0")


def power_cuts(figures, top, cuts, controls):
    """ext4 on a loop device. Edits, each noted when its exit 0 is there; the
    file system is shut down at a random moment, without its log; then mounted
    again, as after the power came back."""
    image = os.path.join(top, "disk")
    with open(image, "wb") as file:
        file.truncate(64 << 20)
    try:
        lab.run("mkfs.ext4", "-q", "-F", image)
        disk = Mounted(top, "-o", "loop,commit=60", image)
    except (lab.LabError, OSError) as problem:
        figures.skip("power cuts", problem)
        return
    lost, broken, stale, failures, approvals = [], [], [], [], []
    acknowledged = 0
    dice = random.Random(26)
    try:
        state = State(disk.path)
        must(state.run("init"))
        # The file's name itself must survive the first cut.
        os.sync()
        for cut in range(cuts):
            last = edits_until_cut(disk, state, f"c{cut}", dice)
            acknowledged += last
            disk.again()
            rows = state.rows()
            if rows is None:
                broken.append(f"cut {cut}: "
                              f"{state.run('export', 'inbound').stderr}")
            elif last and f"c{cut}n{last}@old.example" not in rows:
                lost.append(f"cut {cut}: edit {last}")
            approvals += check_approval(state, cut)
            failures += next_edit(state, cut)
            stale += [f"cut {cut}: {name}" for name in state.files()
                      if name.endswith(".new") or "tmp" in name]
        figures.must("power cuts", cut + 1, "=", cuts)
        figures.must("edits acknowledged before them", acknowledged, ">=",
                     cuts)
        figures.none("power cuts: maps that are not whole", broken)
        figures.none("power cuts: acknowledged changes lost", lost)
        figures.none("power cuts: approvals lost, or not whole", approvals)
        figures.none("power cuts: next edits that fail", failures)
        figures.none("power cuts: stale files after the next edit", stale)
        if controls:
            figures.must(f"of {controls} cuts with fsync made a lie (the "
                         "control), maps lost", control(disk, state, controls,
                                                        dice), ">=", 1)
    finally:
        disk.close()


def check_approval(state, cut):
    """What was acknowledged is approved, or what came after it."""
    with open(os.path.join(state.dir + ".approved"), encoding="ascii") as file:
        sure = file.read()
    text = lab.read(os.path.join(state.state, "approved"))
    found = re.fullmatch(r"(\d+) [0-9a-f]{64} \d+\n", text)
    if not found or int(found.group(1)) not in (int(sure), int(sure) + 1):
        return [f"cut {cut}: {text!r}, and {sure} was acknowledged"]
    return []


def next_edit(state, cut):
    """An edit and its approval succeed, and remove what the cut left of an
    edit and of an approval."""
    done = state.run("add", "inbound", f"after{cut}@old.example",
                     "a@new.example")
    if done.returncode:
        return [f"cut {cut}: {done.stderr}"]
    made = re.search(r"generation (\d+)", done.stdout).group(1)
    done = state.run("reload", "--generation", made)
    if done.returncode != APPROVED or "is approved" not in done.stdout:
        return [f"cut {cut}: {done.stdout}{done.stderr}"]
    lab.write(state.dir + ".approved", made)
    return []


def control(disk, state, controls, dice):
    lost = 0
    for cut in range(controls):
        last = edits_until_cut(disk, state, f"l{cut}", dice, NO_SYNC)
        disk.again()
        rows = state.rows()
        lost += bool(last) and (rows is None or
                                f"l{cut}n{last}@old.example" not in rows)
        if rows is None:  # the control broke it: begin again
            shutil.rmtree(state.state)
        must(state.run("add", "inbound", f"ctl{cut}@old.example",
                       "a@new.example"))
    return lost


def edits_until_cut(disk, state, mark, dice, before=()):
    """Returns the number of the last edit that was acknowledged: at least one
    is."""
    descriptor = os.open(disk.path, os.O_RDONLY)
    over = threading.Event()

    def shut_down():
        fcntl.ioctl(descriptor, EXT4_IOC_SHUTDOWN,
                    struct.pack("I", NOLOGFLUSH))
        over.set()

    def edit(number):
        """An edit, whose generation is then approved. That is noted on
        another disk."""
        done = state.run("add", "inbound", f"{mark}n{number}@old.example",
                         "a@new.example", before=before)
        if done.returncode:
            return done
        made = re.search(r"generation (\d+)", done.stdout).group(1)
        approved = state.run("reload", "--generation", made, before=before)
        if approved.returncode == APPROVED and \
                "is approved" in approved.stdout:
            lab.write(state.dir + ".approved", made)
        return done

    timer = threading.Timer(dice.uniform(0.01, 0.4), shut_down)
    try:
        must(edit(1))
        last = 1
        timer.start()
        while timer.is_alive() and edit(last + 1).returncode == 0:
            last += 1
        timer.join()
    finally:
        os.close(descriptor)
    assert over.is_set()
    return last


def torture(figures, subject, every, workers):
    figures.note(f"{subject.name}: system calls", len(subject.calls))
    killed(figures, subject, every, workers)
    failed(figures, subject, every, workers)


def run(figures, every, cuts, controls, workers):
    top = tempfile.mkdtemp(prefix="readdress-campaign-tool-")
    try:
        for name, words in {**COMMANDS, **READING}.items():
            if words[0] not in lab.run(os.path.join(
                    lab.build_directory(), "readdress"), "--help").stdout:
                figures.skip(name, "this build has no such command")
                continue
            if not lab.can_trace():
                figures.skip(name, "strace cannot trace here")
                continue
            subject = Subject(name, top)
            if name in READING:
                figures.note(f"{name}: system calls", len(subject.calls))
                unread(figures, subject, every, workers)
            else:
                torture(figures, subject, every, workers)
        for had in (False, True) if lab.can_trace() else ():
            torture(figures, Approval(had, top), every, workers)
        try:
            namespace.private_mounts()
        except (OSError, subprocess.CalledProcessError) as problem:
            figures.skip("a full disk, power cuts", problem)
            return
        full_disk(figures, top)
        power_cuts(figures, top, cuts, controls)
    finally:
        shutil.rmtree(top, True)
