"""hardening: unit file, binaries, modes, sandbox, analyzers, threads."""

import contextlib
import ctypes
import glob
import grp
import json
import os
import pwd
import re
import shlex
import shutil
import stat
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import booted
import lab
import traffic
from lab import ground, socketmap

SLICE = {"messages": 60, "reloads": 5, "analyze": False}
FULL = {"messages": 2000, "reloads": 50, "analyze": True}

EXPOSURE = 1.5
UNIT = os.path.join(lab.TOP, "contrib", "systemd", "readdress-milter.service")
LOOKUPS = os.path.join(lab.TOP, "contrib", "systemd", "readdress-lookup.socket")
SANDBOX = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "sandbox.py")
PROGRAMS = ("readdress", "readdress-milter")
NO_RANDOMIZE = 0x0040000


def unit_file(figures):
    if not shutil.which("systemd-analyze"):
        figures.skip("the unit file", "no systemd-analyze")
        return
    done = lab.run("systemd-analyze", "security", "--offline=true",
                   "--no-pager", UNIT)
    found = re.search(r"exposure level .*: ([\d.]+)", done.stdout)
    figures.must("systemd-analyze security", float(found.group(1)), "<=",
                 EXPOSURE)
    done = lab.run("systemd-analyze", "verify", "--man=no", UNIT, LOOKUPS,
                   check=False)
    # That the programs are not installed here is no fault of the unit's.
    figures.none("systemd-analyze verify", [
        line for line in done.stderr.splitlines()
        if "readdress-" in line
        and "is not executable" not in line])


def binaries(figures):
    """What the compiler was to do, as it stands in the programs."""
    missing = []
    for name in PROGRAMS:
        path = os.path.join(lab.build_directory(), name)
        said = lab.run("readelf", "-W", "-h", "-l", "-d", path).stdout
        symbols = lab.run("readelf", "-W", "--dyn-syms", path).stdout
        wanted = {
            "PIE": re.search(r"Type:\s+DYN", said) and "INTERP" in said,
            "RELRO": "GNU_RELRO" in said,
            "BIND_NOW": re.search(r"FLAGS.*(BIND_NOW|NOW)", said),
            "no executable stack": re.search(r"GNU_STACK.* RW +0x", said),
            "no RPATH": not re.search(r"RPATH|RUNPATH", said),
            "no text relocations": "TEXTREL" not in said,
            "stack protector": "__stack_chk_fail" in symbols,
            "FORTIFY": re.search(r"__\w+_chk@", symbols),
        }
        if re.search("__[at]san_init", symbols):
            figures.skip(f"{name}: FORTIFY", "a sanitizer's build")
            del wanted["FORTIFY"]
        figures.note(f"{name} has", ", ".join(
            what for what, there in wanted.items() if there))
        missing += [f"{name}: {what}" for what, there in wanted.items()
                    if not there]
    figures.none("missing of PIE, RELRO, BIND_NOW, FORTIFY, protector",
                 missing)


def modes(figures):
    """Under umask 0 and umask 077: every file has the mode that it should."""
    wrong = []
    for umask in (0, 0o077):
        before = os.umask(umask)
        try:
            with traffic.Relay() as relay:
                lab_modes(relay, umask, wrong)
        finally:
            os.umask(before)
    figures.none("files with another mode or owner than they should have",
                 wrong)


def lab_modes(relay, umask, wrong):
    readdress = relay.readdress
    # The lab's own directories; ours are made below them.
    os.chmod(readdress.dir, 0o755)
    os.rmdir(readdress.state)
    os.rmdir(readdress.runtime)
    for path in (relay.here.path("relay"), relay.postfix.queue,
                 relay.postfix.etc):
        os.chmod(path, 0o755)
    lab.run("chmod", "-R", "a+rX", relay.postfix.etc, readdress.config)
    relay.load(0)
    relay.load(1)
    readdress.start()
    readdress.hup()
    # The status is the last that a reload writes.
    if not lab.wait_until(lambda: readdress.metric(
            'readdress_reloads_total{result="ok"}')):
        raise lab.LabError("no reload")
    user = pwd.getpwnam(lab.MILTER_USER)
    root = (0, user.pw_gid)
    own = (user.pw_uid, user.pw_gid)
    expected = {
        "state": (0o2750, root), "state/map.mdb": (0o640, root),
        "state/audit.log": (0o640, root), "state/history": (0o2750, root),
        "state/history/1.mdb": (0o640, root), "state/lock": (0o640, root),
        "state/served": (0o750, own),
        "state/served/generation": (0o640, own),
        "state/served/reload.log": (0o640, own),
        "state/served/log.key": (0o600, own),
        "state/served/lock": (0o600, own),
        "run": (0o755, own), "run/pid": (0o644, own),
        "run/status.prom": (0o644, own),
    }
    for name, (mode, owner) in expected.items():
        look(os.path.join(readdress.dir, name), mode, owner, umask, wrong)
    look(relay.postfix.socket, 0o660,
         (user.pw_uid, grp.getgrnam("postfix").gr_gid), umask, wrong)
    for top, _, files in os.walk(readdress.dir):
        for name in files:
            path = os.path.join(top, name)
            # status.prom is made anew, under another name.
            with contextlib.suppress(FileNotFoundError):
                if os.lstat(path).st_mode & stat.S_IWOTH and \
                        path not in (readdress.config, readdress.log_file):
                    wrong.append(f"{path}: others may write")


def look(path, mode, owner, umask, wrong):
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        wrong.append(f"{path}: is not there")
        return
    if stat.S_IMODE(found.st_mode) != mode or \
            (found.st_uid, found.st_gid) != owner:
        wrong.append(f"umask {umask:03o}: {path}: "
                     f"{stat.S_IMODE(found.st_mode):o} {found.st_uid}:"
                     f"{found.st_gid}, not {mode:o} {owner[0]}:{owner[1]}")


COMMANDS = (("init",), ("load", "inbound", "{csv}"),
            ("add", "inbound", "x@a.example", "y@b.example"),
            ("delete", "inbound", "bob@old.example"), ("export", "inbound"),
            ("list", "inbound"), ("lookup", "inbound", "bob@old.example"),
            ("rollback", "1"), ("purge", "--force"), ("history",))


def refusals(figures):
    """A state_dir that others may write."""
    taken = []
    with traffic.Relay() as relay:
        readdress = relay.readdress
        relay.load(0)
        csv = lab.write(relay.here.path("x.csv"),
                        "Source;Target\nx@a.example;y@b.example\n")
        commands = lab.run(readdress.tool, "--help").stdout
        count = 0
        for mode in (0o2757, 0o2777, 0o1777, 0o2752):
            os.chmod(readdress.state, mode)
            for words in COMMANDS:
                if words[0] not in commands:
                    continue
                count += 1
                done = readdress.command(*(
                    word.format(csv=csv) for word in words), check=False)
                if done.returncode != 77 or readdress.state not in done.stderr:
                    taken.append(f"{words[0]} with {mode:o}: exit "
                                 f"{done.returncode} {done.stderr.strip()}")
            count += 1
            done = lab.run(readdress.milter, "-f", "-c", readdress.config,
                           check=False, timeout=lab.TIMEOUT)
            if done.returncode not in (77, 78):
                taken.append(f"the milter with {mode:o}: exit "
                             f"{done.returncode} {done.stderr.strip()}")
        os.chmod(readdress.state, 0o2750)
    figures.note("commands on a state_dir that others may write", count)
    figures.none("not refused", taken)


def lookups(relay):
    """Returns the path of the look-up service of a milter that was started as
    the unit would."""
    return os.path.join(os.path.dirname(relay.postfix.socket), "lookup.sock")


def sandboxed(relay, before=()):
    """Starts the milter as the unit would."""
    readdress = relay.readdress
    readdress.configure(lookup_socket="unix:" + lookups(relay))
    readdress.milter = ground.for_others(readdress.milter)
    readdress.start(*before, sys.executable, SANDBOX, UNIT, lab.MILTER_USER,
                    os.path.dirname(relay.postfix.socket),
                    os.path.join(readdress.state, "served"), readdress.runtime,
                    "--")


def flow(relay, messages, reloads):
    """Mail and reloads; the clients."""
    with traffic.Clients(relay, 4, again=False) as clients:
        done = 0
        while (len(clients.accepted) < messages or done < reloads) \
                and not clients.problems:
            relay.load((done + 1) % 2)
            relay.readdress.hup()
            done += 1
            clients.wait(4)
            time.sleep(0.2)
    return clients


def sandbox(figures, messages, reloads):
    if os.uname().machine != "x86_64" or not shutil.which("systemd-analyze"):
        figures.skip("the unit's restrictions", "made for x86_64 and systemd")
        return
    with traffic.Relay() as relay:
        relay.load(0)
        try:
            sandboxed(relay)
        except lab.Ended as problem:
            if problem.code != lab.SKIPPED:
                raise
            figures.skip("the unit's restrictions", problem)
            return
        relay.postfix.start()
        status = lab.read(f"/proc/{relay.readdress.process.pid}/status")
        kept = [line for line in status.splitlines()
                if line.startswith("Cap") and int(line.split()[1], 16)]
        figures.none("capabilities that it has", kept)
        figures.must("seccomp filter", re.search(
            r"Seccomp:\t(\d)", status).group(1), "=", "2")
        figures.must("NoNewPrivs", re.search(
            r"NoNewPrivs:\t(\d)", status).group(1), "=", "1")
        clients = flow(relay, messages, reloads)
        figures.must("a look-up under the unit's restrictions", socketmap.ask(
            lookups(relay), "domains", "nowhere.example"), "=", "NOTFOUND ")
        failed = relay.readdress.log("(?i)failed|cannot|denied|permitted")
        audit = traffic.Audit(relay, clients.accepted)
        begun = time.monotonic()
        relay.readdress.stop()
        figures.clock("stop, s", time.monotonic() - begun, "<", 6.0)
        figures.must("messages under the unit's restrictions",
                     len(clients.accepted), ">=", messages)
        figures.none("tempfails, refusals", clients.problems
                     + relay.postfix.log("milter-reject|status=deferred"))
        figures.none("errors that the milter logged", failed)
        audit.tell(figures)
    denied(figures)


def denied(figures):
    """Which calls the restrictions deny, of those that it makes."""
    if not lab.can_trace():
        figures.skip("calls that are denied", "strace cannot trace here")
        return
    with traffic.Relay() as relay:
        relay.load(0)
        trace = relay.here.path("trace")
        sandboxed(relay, ("strace", "-f", "-qq", "-o", trace))
        relay.postfix.start()
        flow(relay, 10, 3)
        socketmap.ask(lookups(relay), "domains", "nowhere.example")
        pid = int(lab.read(os.path.join(relay.readdress.runtime, "pid")))
        relay.postfix.drain()
        os.kill(pid, 15)
        relay.readdress.process.wait(lab.TIMEOUT)
        relay.readdress.process = None
        start = f"execve(\"{relay.readdress.milter}"
        lines = lab.read(trace).partition(start)[2]
        found = sorted(set(re.findall(
            r"(?m)^\d+\s+(\w+)\(.*= -1 (?:EPERM|EACCES|EROFS|EAFNOSUPPORT)",
            lines)))
    figures.must("calls traced", lines.count("\n"), ">=", 500)
    figures.none("calls that the restrictions deny", found)


# What was looked at and is none: (file, what stands in the finding): why.
EXPLAINED = {
    ("lib/state/publish.c", "uninitStructMember: Uninitialized struct member: last"):
        "audit_last fills it before anything else",
    ("tool/command/load.c", "leak of FILE ‘file’"): "it is stdin, which stays open",
    ("tool/command/load.c", "leak of ‘file’"): "it is stdin, which stays open",
}


def tell_findings(figures, what, findings):
    left = []
    for line in findings:
        reason = next((reason for (path, text), reason in EXPLAINED.items()
                       if line.startswith(path) and text in line), None)
        if reason:
            figures.note(f"{what}, explained", f"{line}: {reason}")
        else:
            left.append(line)
    figures.none(what, left)


def of_the_build():
    """The build's macros, without those of the compiler's own, and where it
    looks for what is included."""
    path = os.path.join(lab.build_directory(), "compile_commands.json")
    words = {word for entry in json.loads(lab.read(path))
             if not entry["file"].startswith(os.path.join(lab.TOP, "tests"))
             for word in shlex.split(entry["command"])}
    return sorted(word for word in words
                  if re.match("-I|-D(READDRESS_|_GNU_SOURCE)", word))


def analyzers(figures):
    flags = of_the_build()
    sources = [path for part in ("lib", "milter", "tool")
               for path in sorted(glob.glob(
                   os.path.join(lab.TOP, part, "**", "*.c"), recursive=True))]
    if shutil.which("cppcheck"):
        done = lab.run("cppcheck", "-q", "--std=c11", "--inline-suppr",
                       "--enable=warning,performance,portability",
                       "--suppress=missingIncludeSystem", "-j2", *flags,
                       "--template={file}:{line}: {id}: {message}", *sources,
                       check=False)
        tell_findings(figures, "cppcheck", [
            line.replace(lab.TOP + "/", "")
            for line in done.stderr.splitlines()
            if re.match(r"\S+:\d+: ", line)])
    else:
        figures.skip("cppcheck", "it is not installed")
    flags = ["-std=c11", "-O2", "-fanalyzer", *flags, "-c", "-o", "/dev/null"]

    def one(path):
        done = lab.run("gcc", *flags, path, check=False)
        return [line.replace(lab.TOP + "/", "")
                for line in done.stderr.splitlines()
                if re.search(r"(warning|error): ", line)]

    with ThreadPoolExecutor(2) as pool:
        found = [line for lines in pool.map(one, sources) for line in lines]
    figures.note("files for gcc -fanalyzer", len(sources))
    tell_findings(figures, "gcc -fanalyzer", found)


@contextlib.contextmanager
def environment(**values):
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def threads(figures, messages, reloads):
    """The milter under clang's thread sanitizer, with mail and reloads."""
    if not shutil.which("clang"):
        figures.skip("thread sanitizer", "no clang")
        return
    build = tempfile.mkdtemp(prefix="readdress-tsan-")
    try:
        for command in (
                ("cmake", "-S", lab.TOP, "-B", build, "-G", "Ninja",
                 "-DCMAKE_C_COMPILER=clang", "-DCMAKE_BUILD_TYPE=Debug",
                 "-DREADDRESS_SANITIZE=thread", "-DBUILD_TESTING=OFF"),
                ("cmake", "--build", build, "-j2", "--target", *PROGRAMS)):
            done = lab.run(*command, check=False)
            if done.returncode:
                figures.skip("thread sanitizer", "it does not build: "
                             + (done.stderr or done.stdout)[-300:])
                return
        # clang 14's wants addresses where it expects them.
        ctypes.CDLL(None).personality(NO_RANDOMIZE)
        with environment(READDRESS_BUILD=build, TSAN_OPTIONS="exitcode=0"):
            with traffic.Relay() as relay:
                relay.start()
                clients = flow(relay, messages, reloads)
                audit = traffic.Audit(relay, clients.accepted)
                process, relay.readdress.process = relay.readdress.process, None
                process.terminate()
                process.wait(lab.TIMEOUT)
                reports = relay.readdress.log("WARNING: ThreadSanitizer")
                said = lab.read(relay.readdress.log_file)
    finally:
        shutil.rmtree(build, True)
    figures.must("messages under the thread sanitizer", len(clients.accepted),
                 ">=", messages)
    figures.none("its reports", reports and re.findall(
        r"SUMMARY: .*", said))
    figures.none("refusals", clients.problems)
    audit.tell(figures)


def run(figures, messages, reloads, analyze):
    unit_file(figures)
    binaries(figures)
    modes(figures)
    refusals(figures)
    sandbox(figures, messages, reloads)
    if analyze:
        booted.run(figures, messages // 2)
        analyzers(figures)
        threads(figures, messages // 4, reloads)
