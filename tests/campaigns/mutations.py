"""mutations: breakages of one place each, met by the tests that are to see them

tests/mutations/README says how they are written. Each worker has a copy of the
tree, which is built anew for each breakage, as little of it as its test needs.
The tests run as root, and what a broken program does to the machine nobody can
say beforehand: contain.py lets it write in that copy alone.
MUTATIONS in the environment, a pattern, picks those whose file or reason it is
found in."""

import glob
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import contain
import lab

DATA = os.path.join(lab.TOP, "tests", "mutations")
SECONDS = 200     # a test that takes longer hangs: it has seen something
PATIENCE = 60     # what a test waits for comes sooner, or never
TOGETHER = 8      # breakages of one file that a worker takes at a time
ENOUGH = 150      # breakages
SHARE = 95        # of a hundred that are seen
COPIED = ("lib", "milter", "tool", "tests", "contrib", "man", "CMakeLists.txt",
          "CMakePresets.json", "README.md", "ARCHITECTURE.md", "CHANGES.md",
          "CONTRIBUTING.md", "RELIABILITY.md")
# Rooms that decide nothing.
WORDS = ("lib/decisionlog/shadow.c", "lib/map/mapfile.c", "tool/help.c",
         "tool/print/progress.c")
KEYS = ("file", "what", "with", "test", "why", "sanitize", "slice", "unseen")

# What a test preloads into the programs.
PRELOADED = {"e2e-approval": {"clock"}, "e2e-usage": {"clock", "hang"}}

SLICE = {"slices": True, "workers": 1}
# A breakage is often seen by what never comes: most of the time they wait.
FULL = {"slices": False, "workers": 2 * (os.cpu_count() or 1)}


class Breakage:
    """One block. where: its file and line, for error messages."""

    def __init__(self, where, fields):
        def one(key):
            return fields.get(key, [""])[0]

        self.where = where
        self.fields = fields
        self.file = one("file")
        self.what = "\n".join(fields.get("what", []))
        self.instead = "\n".join(fields.get("with", []))
        self.tests = fields.get("test", [])
        self.why = one("why")
        self.sanitize = "sanitize" in fields
        self.slice = "slice" in fields
        self.unseen = one("unseen")

    def __str__(self):
        return f"{self.file}: {self.why} ({self.where})"

    def apply(self, text):
        """Returns the text with the breakage in it, or raises ValueError."""
        count = text.count(self.what) if self.what else 0
        if count != 1:
            raise ValueError(f"{self.what!r} stands there {count} times")
        return text.replace(self.what, self.instead)

    def problem(self, top=lab.TOP):
        """Returns what is wrong with it, judged by the tree as it is, or
        None."""
        for key in ("file", "what", "with", "test", "why"):
            if not self.fields.get(key):
                return f"no {key}"
        if set(self.fields) - set(KEYS):
            return f"unknown: {set(self.fields) - set(KEYS)}"
        if self.what == self.instead or not self.why:
            return "it breaks nothing, or says not why"
        for test in self.tests:
            source = lab.read(os.path.join(top, source_of(test)))
            _, *names = test.replace(".", " ").split()
            if not source or not all(
                    re.search(rf"\b(class|def) {name}\b", source)
                    for name in names):
                return f"{test}: no such test"
        try:
            self.apply(lab.read(os.path.join(top, self.file)))
        except ValueError as problem:
            return str(problem)
        return None


def source_of(test):
    kind, _, name = test.split()[0].partition("-")
    if kind == "unit":
        wing, _, room = name.partition("-")
        return f"tests/unit/{wing}/test_{room}.c"
    return f"tests/e2e/{name}.test"


def load(directory=DATA):
    breakages = []
    for path in sorted(glob.glob(os.path.join(directory, "*.breakage"))):
        fields, begun = {}, 0
        lines = lab.read(path).split("\n") + [""]
        for number, line in enumerate(lines, 1):
            if line.startswith("#"):
                continue
            if line:
                key, _, value = line.partition(":")
                begun = begun or number
                fields.setdefault(key, []).append(
                    value[1:] if value.startswith(" ") else value)
            elif fields:
                breakages.append(Breakage(
                    f"{os.path.basename(path)}:{begun}", fields))
                fields, begun = {}, 0
    return breakages


def contained(*writable):
    """What runs a command so that it can write in these directories alone."""
    return [sys.executable, contain.__file__, *writable, "--"]


def cannot_contain(directory):
    """Why nothing broken can be run here, in words; None: it can."""
    done = lab.run(*contained(directory), "true", check=False)
    if done.returncode not in (0, contain.CANNOT):
        raise lab.LabError(f"contain.py: {done.stderr}")
    return done.stderr.strip() if done.returncode else None


def runs_programs(directory):
    """True if programs can be run there. A file system may be mounted noexec,
    as /dev/shm of a container is."""
    try:
        with tempfile.TemporaryDirectory(dir=directory) as place:
            copy = shutil.copy("/bin/true", place)
            return lab.run(copy, check=False).returncode == 0
    except OSError:
        return False


class Tree:
    """A copy of the tree, and its builds."""

    def __init__(self):
        self.top = tempfile.mkdtemp(
            prefix="readdress-mutations-",
            dir=next(filter(runs_programs, (tempfile.gettempdir(), "/var/tmp",
                                            "/tmp")), None))
        os.chmod(self.top, 0o755)
        self.configured = set()
        for name in COPIED:
            source = os.path.join(lab.TOP, name)
            if os.path.isdir(source):
                shutil.copytree(source, os.path.join(self.top, name),
                                symlinks=True,
                                ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, self.top)

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.top, *names)

    def build_directory(self, sanitize):
        return self.path("build", "asan" if sanitize else "plain")

    def _configure(self, sanitize):
        build = self.build_directory(sanitize)
        command = ["cmake", "-S", self.top, "-B", build, "-G", "Ninja",
                   "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS_DEBUG=-O0",
                   "-DREADDRESS_WERROR=OFF"]
        if sanitize:
            command.append("-DREADDRESS_SANITIZE=address,undefined")
        if shutil.which("ccache"):
            command.append("-DCMAKE_C_COMPILER_LAUNCHER=ccache")
        lab.run(*command)
        self.configured.add(sanitize)

    def _environment(self):
        """With this environment ccache finds what another tree has
        compiled."""
        return {**os.environ, "CCACHE_BASEDIR": self.top,
                "CCACHE_NOHASHDIR": "1"}

    def build(self, tests, sanitize):
        """Builds what these tests need. Returns the compiler's output if that
        fails."""
        if sanitize not in self.configured:
            self._configure(sanitize)
        targets = set()
        for test in tests:
            name = test.split()[0]
            targets |= ({"readdress", "readdress-milter"}
                        if name.startswith("e2e-") else
                        {name})
            targets |= PRELOADED.get(name, set())
        done = lab.run("ninja", "-C", self.build_directory(sanitize), *targets,
                       check=False, env=self._environment())
        return done.stdout if done.returncode else None

    def run(self, test, sanitize, seconds=SECONDS):
        """Returns passed, failed, hung or skipped, and the end of the
        output."""
        with tempfile.TemporaryFile(dir=self.top) as said:
            outcome = self._run(test, sanitize, seconds, said)
            said.seek(max(0, said.tell() - 1500))
            return outcome, said.read().decode("utf-8", "replace")

    def _run(self, test, sanitize, seconds, said):
        build = self.build_directory(sanitize)
        name, *arguments = test.split()
        if name.startswith("unit-"):
            command = [os.path.join(build, "tests", name)]
        else:
            command = [sys.executable, self.path(source_of(test)), "--failfast",
                       *arguments]
        scratch = self.path("tmp")
        os.makedirs(scratch, exist_ok=True)
        os.chmod(scratch, 0o1777)
        with subprocess.Popen(
                [*contained(self.top), *command], stdout=said, stderr=said,
                stdin=subprocess.DEVNULL, start_new_session=True, cwd=self.top,
                env={**os.environ, "READDRESS_BUILD": build,
                     "READDRESS_TIMEOUT": str(PATIENCE), "TMPDIR": scratch,
                     "ASAN_OPTIONS": "handle_abort=1"}) as process:
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                code = None
            # What it started, too: the session is ours.
            if code is None or code < 0:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        if code is None:
            return "hung"
        return {0: "passed", lab.SKIPPED: "skipped"}.get(code, "failed")


class Campaign:
    def __init__(self, breakages, workers):
        self.breakages = breakages
        self.workers = workers
        self.begun = time.monotonic()
        self.groups = queue.Queue()
        self.lock = threading.Lock()
        self.seen = {}     # breakage: the test that saw it
        self.passed = []   # nothing saw it
        self.broken = []   # it does not build, or its test did not run
        self.red = []      # tests that fail, or do not run, without any
        self.useless = set()  # their programs: they prove nothing

    def baseline(self, tree):
        """Runs each test on the unbroken tree, because only a test that passes
        there proves anything. Tests of one file run together, because they
        share what they build. Returns False if the tree does not build."""
        wanted = {(together, sanitize) for sanitize in (False, True)
                  for together in joined(
                      test for one in self.breakages for test in one.tests
                      if one.sanitize == sanitize)}
        for sanitize in (False, True):
            some = [test for test, with_it in wanted if with_it == sanitize]
            said = some and tree.build(some, sanitize)
            if said:
                self.red.append(f"the tree does not build: {said[-2000:]}")
                return False
        tasks = queue.Queue()
        for one in sorted(wanted, key=lambda one: len(one[0]), reverse=True):
            tasks.put(one)

        def work():
            while True:
                try:
                    test, sanitize = tasks.get_nowait()
                except queue.Empty:
                    return
                outcome, said = tree.run(test, sanitize,
                                         SECONDS * len(test.split()))
                if outcome != "passed":
                    with self.lock:
                        self.red.append(f"{test}: {outcome}\n{said}")
                        self.useless.add((test.split()[0], sanitize))

        in_parallel(self.workers, work)
        return True

    def try_one(self, tree, one):
        for test in one.tests:
            if (test.split()[0], one.sanitize) in self.useless:
                return self.broken, (one, f"{test} fails without it")
        path = tree.path(one.file)
        whole = lab.read(path)
        lab.write(path, one.apply(whole))
        try:
            for test in one.tests:
                said = tree.build([test], one.sanitize)
                if said:
                    return self.broken, (one, said[-600:])
                outcome, _ = tree.run(test, one.sanitize)
                if outcome in ("failed", "hung"):
                    return self.seen, (one, f"{test} {outcome}")
                if outcome == "skipped":
                    return self.broken, (one, f"{test} was skipped")
            return self.passed, one
        finally:
            lab.write(path, whole)

    def work(self, tree):
        while True:
            try:
                group = self.groups.get_nowait()
            except queue.Empty:
                return
            for one in group:
                begun = time.monotonic()
                where, what = self.try_one(tree, one)
                taken = time.monotonic() - begun
                with self.lock:
                    if where is self.seen:
                        where[what[0]] = what[1]
                    else:
                        where.append(what)
                    word = ("seen" if where is self.seen else
                            "NOT SEEN" if where is self.passed else "BROKEN")
                    print(f"mutations: {word}, {taken:.0f} s: {one}",
                          flush=True)

    def run(self):
        trees = [Tree() for _ in range(self.workers)]
        try:
            if not self.baseline(trees[0]):
                return
            taken = time.monotonic() - self.begun
            print(f"mutations: the tests without any: {taken:.0f} s",
                  flush=True)
            for group in grouped(self.breakages):
                self.groups.put(group)
            spare = iter(trees)
            in_parallel(self.workers, lambda: self.work(next(spare)))
        finally:
            for tree in trees:
                tree.close()


def joined(tests):
    """Yields the tests of one program as one test, without those that others
    contain."""
    by_name = {}
    for test in tests:
        name, *which = test.split()
        by_name.setdefault(name, []).append(which)
    for name, lists in by_name.items():
        which = {one for some in lists for one in some}
        if [] in lists:
            which = set()
        yield " ".join([name, *sorted(
            one for one in which if one.split(".")[0] == one
            or one.split(".")[0] not in which)])


def grouped(breakages):
    """Groups breakages of one file: the next one needs little to be built.
    Those that run the programs come first, so that no worker is idle at the
    end."""
    by_file = {}
    for one in breakages:
        by_file.setdefault(one.file, []).append(one)
    groups = [some[i:i + TOGETHER] for some in by_file.values()
              for i in range(0, len(some), TOGETHER)]
    return sorted(groups, reverse=True, key=lambda group: sum(
        20 if one.tests[0].startswith("e2e-") else 1 for one in group))


def rooms_without(breakages, top=lab.TOP):
    """Returns the rooms that no breakage is for."""
    broken = {one.file for one in breakages} | set(WORDS)
    return [name for part in ("lib", "milter", "tool")
            for name in sorted(glob.glob(f"{part}/**/*.c", root_dir=top,
                                         recursive=True))
            if name not in broken]


def in_parallel(count, work):
    """Runs work in that many threads. An exception in one of them is raised
    here."""
    problems = []

    def guarded():
        try:
            work()
        except BaseException as problem:  # pylint: disable=broad-except
            problems.append(problem)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


def run(figures, slices, workers):
    everything = load()
    figures.none("breakages that do not apply to the tree", (
        f"{one}: {one.problem()}" for one in everything if one.problem()))
    if figures.failed:
        return
    picked = os.environ.get("MUTATIONS", "")
    breakages = [one for one in everything if one.slice or not slices]
    breakages = [one for one in breakages
                 if re.search(picked, f"{one.file}: {one.why}")]
    with tempfile.TemporaryDirectory() as directory:
        reason = cannot_contain(directory)
    if reason:
        figures.skip("breakages", reason)
        return
    campaign = Campaign(breakages, workers)
    campaign.run()
    figures.none("tests that fail without any", campaign.red)
    figures.none("breakages that were not tried", (
        f"{one}: {said}" for one, said in campaign.broken))
    figures.none("not seen, and not explained", (
        one for one in campaign.passed if not one.unseen))
    figures.none("seen, though explained as unseen", (
        f"{one}: {test}" for one, test in campaign.seen.items()
        if one.unseen))
    if not slices and not picked:
        figures.none("rooms without a breakage", rooms_without(everything))
        figures.must("breakages", len(breakages), ">=", ENOUGH)
        figures.must("seen, of a hundred",
                     100 * len(campaign.seen) / len(breakages), ">=", SHARE)
    figures.note("seen", len(campaign.seen))
    figures.note("explained", sum(bool(one.unseen) for one in breakages))
