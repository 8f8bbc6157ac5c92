"""The milter as its unit, with a Postfix, under a real systemd.

usage: booted.py MESSAGES    (in there; by run(), from outside)
"""

import glob
import grp
import itertools
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
if __name__ == "__main__":
    sys.path[:0] = [HERE, os.path.dirname(HERE)]

import lab  # noqa: E402
import lookups  # noqa: E402
import machine  # noqa: E402
import place  # noqa: E402
import traffic  # noqa: E402
from lab import smtp, socketmap  # noqa: E402

LIMIT = 600  # seconds for all
EXPOSURE = 1.5
KILLS, RESTARTS, RELOADS = 8, 5, 10

NAME = "readdress-milter"
UNIT = NAME + ".service"
CONTRIB = os.path.join(lab.TOP, "contrib", "systemd")
# Debian's own, for the instance that is not named.
POSTFIX = "postfix@-.service"
SOCKET = "readdress-lookup.socket"
LOOKUPS = "/var/spool/postfix/readdress/lookup.sock"
# Where cmake --install puts what systemd reads.
SYSTEMS = ("/usr/lib/systemd/system/" + UNIT,
           "/usr/lib/sysusers.d/readdress.conf",
           "/usr/lib/tmpfiles.d/readdress.conf")
TOOL = "/usr/bin/readdress"
CONFIG = "/etc/readdress/readdress.conf"
RUNTIME = "/run/readdress"
MAP = "/var/lib/readdress/map.mdb"
# What the milter may write; /tmp and /var/tmp are nobody else's.
OWN = {RUNTIME, "/var/lib/readdress/served", "/var/spool/postfix/readdress",
       "/tmp", "/var/tmp"}


def run(figures, messages):
    """Boots, and shows there what inside() shows."""
    if not shutil.which("cmake"):
        figures.skip("under a booted systemd", "no cmake")
        return
    try:
        with machine.Machine() as booted:
            _inside(figures, booted, messages)
    except machine.CannotBoot as reason:
        figures.skip("under a booted systemd", reason)


def _inside(figures, booted, messages):
    process = subprocess.Popen(
        booted.inside("env", f"READDRESS_BUILD={lab.build_directory()}",
                      sys.executable, os.path.abspath(__file__),
                      str(messages)),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    clock = threading.Timer(LIMIT, booted.kill)
    clock.start()
    try:
        with process.stdout:
            for line in process.stdout:
                method, words = json.loads(line)
                getattr(figures, method)(*words)
        process.wait()
    finally:
        clock.cancel()
        booted.kill()
        code = process.wait()
    if code:
        raise lab.LabError(f"in the booted machine: exit {code} (-9: killed, "
                           f"after {LIMIT} s)")


class Report:
    """Figures, for the one outside."""

    def __getattr__(self, method):
        def say(what, *words):
            print(json.dumps([method, ["booted: " + what, *words]]),
                  flush=True)
        return say


def shown(*names, unit=NAME):
    """Properties of a unit; one: its value."""
    text = lab.run("systemctl", "show", unit, "-p", ",".join(names)).stdout
    found = dict(line.split("=", 1) for line in text.splitlines())
    values = [found[name] for name in names]
    return values if len(values) > 1 else values[0]


def systemctl(*words, check=True):
    return lab.run("systemctl", *words, check=check,
                   timeout=lab.TIMEOUT)


def active():
    return shown("ActiveState", "SubState") == ["active", "running"]


def journal(pattern):
    lab.run("journalctl", "--sync")
    text = lab.run("journalctl", "--no-pager", "-o", "cat", "-u", NAME).stdout
    return [line for line in text.splitlines() if re.search(pattern, line)]


def install(figures):
    """By the commands in the unit's own comment."""
    lab.run("cmake", "--install", lab.build_directory(), "--prefix", "/usr")
    # The comment is for who has no more than these files.
    for path in SYSTEMS:
        os.remove(path)
    comment = lab.read(os.path.join(CONTRIB, UNIT)).partition("[Unit]")[0]
    commands = re.findall(r"(?m)^#   (.*)$", comment)
    failed = []
    for command in commands:
        done = lab.run("sh", "-ec", command, check=False, cwd=CONTRIB,
                       timeout=lab.TIMEOUT)
        if done.returncode:
            failed.append(f"{command}: {done.stdout}{done.stderr}")
    figures.must("commands in the unit's comment", len(commands), ">=", 6)
    figures.none("of them failed", failed)
    state = shown("Type", "ActiveState", "SubState", "StatusText")
    figures.must("the unit is", " ".join(state), "=",
                 "notify active running generation 1, 0 users, 0 domains")


def restrictions(figures):
    """As the kernel tells them, and as systemd does."""
    pid = shown("MainPID")
    status = dict(re.findall(r"(?m)^(\w+):\s+(.*)$",
                             lab.read(f"/proc/{pid}/status")))
    user, group = pwd.getpwnam("readdress"), grp.getgrnam("readdress")
    wanted = {"Uid": [str(user.pw_uid)] * 4, "Gid": [str(group.gr_gid)] * 4,
              "Groups": [str(group.gr_gid)], "NoNewPrivs": ["1"],
              "Seccomp": ["2"],
              **{"Cap" + which: ["0" * 16]
                 for which in ("Inh", "Prm", "Eff", "Bnd", "Amb")}}
    figures.none("of user, capabilities, seccomp not as in the unit", [
        f"{name}: {status[name]}" for name, value in wanted.items()
        if status[name].split() != value])
    for what in ("net", "mnt"):
        figures.must(f"{what} namespace of its own", os.readlink(
            f"/proc/{pid}/ns/{what}") != os.readlink(f"/proc/1/ns/{what}"),
            "=", True)
    figures.none("may be written, but for its own",
                 sorted(writable(pid) - OWN))
    security = lab.run("systemd-analyze", "security", "--no-pager", UNIT)
    figures.must("systemd-analyze security", float(re.search(
        r"exposure level .*: ([\d.]+)", security.stdout).group(1)), "<=",
        EXPOSURE)


def writable(pid):
    """Where a file can be made with its mounts, even by root."""
    points = [line.split()[4] for line in lab.read(
        f"/proc/{pid}/mountinfo").splitlines()]
    places = {*points, *OWN, "/etc", "/etc/readdress", "/root", "/usr", "/var",
              "/var/lib", "/var/lib/readdress", "/var/spool/postfix"}
    done = lab.run(
        "nsenter", "--target", pid, "--mount", "sh", "-c",
        'for place; do touch "$place/.try" 2>/dev/null || continue;'
        ' rm "$place/.try"; echo "$place"; done', "sh", *sorted(places))
    return set(done.stdout.split())


class Relay(traffic.Relay):
    """With the Postfix of Debian's own units, and our installed programs."""

    def __init__(self):
        super().__init__()
        postfix, readdress = self.postfix, self.readdress
        postfix.etc, postfix.queue = "/etc/postfix", "/var/spool/postfix"
        postfix.set(queue_directory=postfix.queue, multi_instance_name="")
        readdress.tool, readdress.config = TOOL, CONFIG
        readdress.state, readdress.runtime = os.path.dirname(MAP), RUNTIME
        self._probes = itertools.count()

    def start(self):
        self.postfix.write()
        systemctl("daemon-reload")
        systemctl("start", "postfix")

    def reload(self, version):
        """Edited by an administrator, outside of the unit."""
        self.load(version)
        systemctl("reload", NAME)

    def served(self):
        """The version of the rules that mail meets now."""
        name = f"i-probe-{next(self._probes)}"
        kind = traffic.KINDS["i"]
        try:
            with self.postfix.client(kind["via"]) as client:
                client.send(kind["mail"], kind["rcpt"],
                            f"X-Id: {name}\r\n{kind['header']}\r\nhi\r\n")
        except (OSError, smtp.Refused) as problem:
            return str(problem)
        wanted = len(traffic.expected("i", 0)[1])
        lab.wait_until(lambda: sum(
            len(delivery[2]) for delivery in self.arrived[name]) >= wanted)
        found = set(re.findall(r"\bv(\d+)\b", repr(self.arrived.pop(name))))
        return int(found.pop()) if len(found) == 1 else sorted(found)


def isolate(target, state):
    """As at the machine's start and end: all in one transaction."""
    systemctl("isolate", target)
    # Which waits for the target alone.
    for unit in (UNIT, POSTFIX):
        if not lab.wait_until(
                lambda unit=unit: shown("ActiveState", unit=unit) == state):
            raise lab.LabError(f"{unit} is not {state}")


def order(figures):
    """The milter's life is around Postfix's."""
    lab.write("/etc/systemd/system/quiet.target",
              "[Unit]\nRequires=basic.target\nAllowIsolate=yes\n")
    systemctl("enable", "postfix")
    isolate("quiet.target", "inactive")
    isolate("multi-user.target", "active")
    ready = int(shown("ActiveEnterTimestampMonotonic"))
    begun = int(shown("InactiveExitTimestampMonotonic", unit=POSTFIX))
    figures.must("Postfix starts after it is ready by, ms",
                 (begun - ready) / 1000, ">=", 0)
    isolate("quiet.target", "inactive")
    gone = int(shown("InactiveEnterTimestampMonotonic", unit=POSTFIX))
    stopped = int(shown("ActiveExitTimestampMonotonic"))
    figures.must("it stops after Postfix has ended by, ms",
                 (stopped - gone) / 1000, ">=", 0)
    isolate("multi-user.target", "active")


def mail(figures, relay, messages):
    """With edits and reloads meanwhile; nothing may be deferred."""
    relay.reload(0)  # before that the map is empty
    with traffic.Clients(relay, 4, again=False) as clients:
        begun = time.monotonic()
        for version in range(RELOADS):
            clients.wait(messages // RELOADS)
            relay.reload(version + 1)
        took = time.monotonic() - begun
    audit = traffic.Audit(relay, clients.accepted)
    figures.must("messages", len(clients.accepted), ">=", messages)
    figures.note("in, s", took)
    figures.note("of them by each version", str(dict(audit.versions)))
    figures.none("tempfails, refusals", list(map(str, clients.problems))
                 + relay.postfix.log("milter-reject|status=deferred"))
    audit.tell(figures)
    silent(figures, relay, len(clients.accepted))
    figures.none("errors in the journal", journal(
        "(?i)failed|cannot|denied|permitted|unknown|suppressed"))
    figures.must("what is served after reload", relay.served(), "=", RELOADS)


def silent(figures, relay, messages):
    """The log makes no message wait: a line may be dropped, but is counted."""
    missing = messages - len(journal(r"^\w+: direction=(in|out)bound "))

    def dropped():
        return relay.readdress.metric("readdress_log_lines_dropped_total")

    figures.note("messages without a line in the journal", missing)
    lab.wait_until(lambda: dropped() >= missing)
    figures.must("of them not counted as dropped",
                 max(0, missing - int(dropped())), "=", 0)


def kills(figures, relay):
    """kill -9, more often than systemd starts a unit by default."""
    back, slowest = 0, 0.0
    for _ in range(KILLS):
        before = shown("MainPID")
        systemctl("kill", "--signal=KILL", NAME)
        begun = time.monotonic()
        back += bool(lab.wait_until(
            lambda: active() and shown("MainPID") != before))
        slowest = max(slowest, time.monotonic() - begun)
    figures.must("kill -9, back again", back, "=", KILLS)
    figures.clock("slowest, s", slowest, "<", 5.0)
    figures.must("and serves", relay.served(), "=", relay.version)


def damage(figures, relay):
    """Of the map: an error that starting again does not mend."""
    # So that only starts from here on count.
    systemctl("reset-failed")
    with open(MAP, "r+b") as file:
        good = file.read()
        file.seek(len(good) // 2)
        file.write(bytes([good[len(good) // 2] ^ 1]))
    done = systemctl("reload", NAME, check=False)
    figures.must("a damaged map: reload's exit", done.returncode, "=", 1)
    figures.must("still served", relay.served(), "=", relay.version)
    systemctl("stop", NAME)
    done = systemctl("start", NAME, check=False)
    figures.must("start's exit", done.returncode, "=", 1)
    time.sleep(3)
    figures.must("state, exit and restarts of the unit", " ".join(
        shown("ActiveState", "Result", "ExecMainStatus", "NRestarts")), "=",
        "failed exit-code 78 0")
    with open(MAP, "wb") as file:
        file.write(good)
    systemctl("start", NAME)
    figures.must("mended, it serves", relay.served(), "=", relay.version)


def stops(figures, relay):
    """stop, and restart under load."""
    pid = shown("MainPID")
    begun = time.monotonic()
    systemctl("stop", NAME)
    figures.clock("stop, s", time.monotonic() - begun, "<", 6.0)
    figures.must("stopped", " ".join(shown(
        "ActiveState", "Result", "ExecMainStatus")), "=", "inactive success 0")
    figures.none("left", [path for path in (
        f"/proc/{pid}", relay.postfix.queue + "/readdress/milter.sock",
        RUNTIME + "/status.prom") if os.path.exists(path)])
    systemctl("start", NAME)
    slowest = 0.0
    relay.arrived.clear()
    with traffic.Clients(relay, 4) as clients:
        for _ in range(RESTARTS):
            clients.wait(20)
            begun = time.monotonic()
            systemctl("restart", NAME)
            slowest = max(slowest, time.monotonic() - begun)
    audit = traffic.Audit(relay, clients.accepted)
    figures.note(f"messages over {RESTARTS} restarts", len(clients.accepted))
    figures.note("attempts deferred", clients.deferred)
    figures.clock("slowest restart, s", slowest, "<", 6.0)
    figures.none("problems", list(map(str, clients.problems)))
    audit.tell(figures)


def beside(figures, relay):
    """The unit is tried while a milter runs that was started by hand: that one
    keeps its runtime_dir."""
    systemctl("stop", NAME)
    lab.run("/usr/sbin/readdress-milter", "-c", CONFIG)
    pid = lab.read(RUNTIME + "/pid").strip()
    systemctl("start", NAME, check=False)
    figures.must("beside one that runs, the exit",
                 shown("ExecMainStatus"), "=", "75")
    systemctl("stop", NAME)
    figures.none("gone with the unit", [path for path in (
        RUNTIME + "/pid", RUNTIME + "/status.prom", f"/proc/{pid}")
        if not os.path.exists(path)])
    figures.must("readdress status", lab.run(
        "readdress", "-c", CONFIG, "status", check=False).returncode, "=", 0)
    figures.must("and it serves", relay.served(), "=", relay.version)
    os.kill(int(pid), signal.SIGTERM)
    figures.must("it ends", bool(lab.wait_until(
        lambda: not lab.alive(int(pid)))), "=", True)
    systemctl("reset-failed", check=False)
    systemctl("start", NAME)
    figures.must("then the unit serves", relay.served(), "=", relay.version)


def inet(figures, relay):
    """A socket on the network, by the drop-in that undoes what forbids it."""
    directory = f"/etc/systemd/system/{UNIT}.d"
    os.makedirs(directory)
    shutil.copy(os.path.join(CONTRIB, "inet.conf"), directory)
    before = lab.read(CONFIG)
    lab.write(CONFIG, re.sub(r"(?m)^socket = .*",
                             'socket = "inet:8891@localhost"', before))
    lab.run("postconf", "smtpd_milters=inet:localhost:8891")
    systemctl("daemon-reload")
    systemctl("restart", NAME)
    systemctl("restart", "postfix")
    figures.must("with inet.conf and inet:8891@localhost", relay.served(),
                 "=", relay.version)
    shutil.rmtree(directory)
    lab.write(CONFIG, before)
    systemctl("daemon-reload")
    systemctl("restart", NAME)
    relay.postfix.write()
    systemctl("restart", "postfix")


def again(figures, relay):
    """Installed a second time, by CMake alone and with its own prefix, which
    stands in the unit."""
    prefix, = re.findall(r"(?m)^CMAKE_INSTALL_PREFIX:\w+=(.*)$", lab.read(
        os.path.join(lab.build_directory(), "CMakeCache.txt")))
    for path in glob.glob(f"/etc/systemd/system/{UNIT}") + glob.glob(
            "/etc/*.d/readdress.conf"):
        os.remove(path)
    lab.run("cmake", "--install", lab.build_directory())
    lab.run("systemd-sysusers")
    lab.run("systemd-tmpfiles", "--create")
    systemctl("daemon-reload")
    systemctl("reenable", NAME)
    systemctl("restart", NAME)
    figures.must("the unit is read from", shown("FragmentPath"), "=",
                 f"{prefix}/lib/systemd/system/{UNIT}")
    figures.must("installed again, it serves", relay.served(), "=",
                 relay.version)
    relay.reload(relay.version + 1)
    figures.must("and reloads", relay.served(), "=", relay.version)


def held(figures, relay):
    """readdress-lookup.socket holds the socket of look-ups while the milter
    restarts; by the commands in its comment."""
    before = lab.read(CONFIG)
    lab.write(CONFIG, before.replace('lookup_socket = ""',
                                     f'lookup_socket = "unix:{LOOKUPS}"'))
    comment = lab.read(os.path.join(CONTRIB, SOCKET)).partition("[Unit]")[0]
    commands = re.findall(r"(?m)^#   (.*)$", comment)
    figures.must("commands in the socket unit's comment", len(commands), ">=",
                 5)
    for command in commands:
        lab.run("sh", "-ec", command, cwd=CONTRIB, timeout=lab.TIMEOUT)
    found = os.stat(LOOKUPS)
    figures.must("owner, group and mode of the socket", " ".join((
        pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid).gr_name,
        f"{found.st_mode & 0o7777:o}")), "=", "readdress postfix 660")
    figures.none("warnings about it", journal("systemd holds"))
    figures.must("readdress-milter -t beside it", lab.run(
        "/usr/sbin/readdress-milter", "-t", "-c", CONFIG,
        check=False).returncode, "=", 0)
    clients = [lookups.Patient(LOOKUPS, "nowhere.example", "NOTFOUND ")
               for _ in range(4)]
    for client in clients:
        client.start()
    for words in [("restart",), ("kill", "--signal=KILL")] * 4:
        pid = shown("MainPID")
        systemctl(*words, NAME)
        lab.wait_until(
            lambda pid=pid: active() and shown("MainPID") != pid)
        answered = [client.answered for client in clients]
        lab.wait_until(lambda answered=answered: all(
            client.answered > count + 1 or client.problems
            for client, count in zip(clients, answered)))
    for client in clients:
        client.stopping.set()
        client.join()
    figures.note("look-ups over 4 restarts and 4 times kill -9", sum(
        client.answered for client in clients))
    figures.none("look-ups that failed", [
        str(problem) for client in clients for problem in client.problems])
    systemctl("stop", NAME)
    figures.must("a look-up starts the milter again", socketmap.ask(
        LOOKUPS, "domains", "nowhere.example"), "=", "NOTFOUND ")
    systemctl("stop", SOCKET, NAME)
    figures.none("both stopped, left", [
        path for path in (LOOKUPS,) if os.path.exists(path)])
    systemctl("disable", SOCKET)
    lab.write(CONFIG, before)
    systemctl("start", NAME)
    figures.must("without it, it serves", relay.served(), "=", relay.version)


def inside(figures, messages):
    figures.note("systemd", lab.run("systemctl",
                                    "--version").stdout.split("\n")[0])
    install(figures)
    restrictions(figures)
    with Relay() as relay:
        relay.start()
        mail(figures, relay, messages)
        for step in (kills, damage, stops, beside, inet, again, held):
            step(figures, relay)
        order(figures)
        figures.must("after all, it serves", relay.served(), "=",
                     relay.version)


if __name__ == "__main__":
    place.choose()
    inside(Report(), int(sys.argv[1]))
