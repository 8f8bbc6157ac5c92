"""The contenders: readdress-milter in each build, and milters beside it.

All have the same rules: NUMBERuser@old.example becomes NUMBERuser@new.example
inbound, and the other way round outbound. CHECK is one user more, whose target
is delivered to who checks that a contender rewrites.
"""

import os
import shutil
import signal
import subprocess
import types

import lab

from . import programs

CHECK = ("check@old.example", "check@checked.example")
FLOOR = "libmilter floor"
BARE = "bare protocol loop"
PYTHON = "python3-milter"


def write_rules(path, count, back=False):
    """Writes the rules as a CSV file."""
    with open(path, "w", encoding="ascii") as file:
        file.write("Source;Target\n")
        for n in range(1, count + 1):
            row = f"{n}user@old.example", f"{n}user@new.example"
            file.write(";".join(reversed(row) if back else row) + "\n")
        if not back:
            file.write(";".join(CHECK) + "\n")
    return path


class Rules:
    """The rules, as files {table: path} below the directory of a lab."""

    def __init__(self, here, count, both=True):
        self.count = count
        self.files = {"inbound": write_rules(here.path("inbound.csv"), count)}
        if both:
            self.files["outbound"] = write_rules(here.path("outbound.csv"),
                                                 count, back=True)


class Beside:
    """A milter of tests/bench, of the kind whose name it has."""

    def __init__(self, bench, here, name, rules):
        words = {BARE: [bench.program("bare_milter")],
                 FLOOR: [bench.program("floor_milter")],
                 PYTHON: [bench.here / "python_milter"]}[name]
        self.path = here.path(name.replace(" ", "-") + ".sock")
        self.address = "unix:" + self.path
        files = [] if name == BARE else list(rules.files.values())
        log = here.path(name.replace(" ", "-") + ".log")
        with open(log, "wb") as said:
            self.process = subprocess.Popen(
                [*words, self.address, *files], stdout=said, stderr=said,
                umask=0)
        here.keep(self)
        lab.wait_until(lambda: os.path.exists(self.path)
                       or self.process.poll() is not None)
        if self.process.poll() is not None:
            raise programs.Failed(f"{name}: {lab.read(log)}")
        self.cpu = programs.Cpu(self.process.pid)

    def close(self):
        # libmilter looks for a stop only every 5 s.
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def socket_place(here, name):
    """Makes the directory of a socket of the milter's user, which the group
    postfix may enter. Returns its path."""
    path = here.path(name + "-sockets")
    os.mkdir(path)
    shutil.chown(path, lab.MILTER_USER, "postfix")
    os.chmod(path, 0o2750)
    return path


class Ours:
    """readdress-milter of a build, logging to a file as it logs to syslog."""

    def __init__(self, bench, here, name, rules, *, build, inet=False,
                 **options):
        folder = "ours-" + "".join(c if c.isalnum() else "-" for c in name)
        self.path = os.path.join(socket_place(here, folder), "milter.sock")
        if inet:
            self.address = f"inet:{here.port()}@{here.address}"
            options["socket"] = self.address
        else:
            self.address = "unix:" + self.path
        place = types.SimpleNamespace(socket=self.path)
        self.readdress = here.readdress(place, folder, **options)
        self.readdress.milter = os.path.join(build, "readdress-milter")
        self.readdress.tool = os.path.join(build, "readdress")
        for table, path in rules.files.items():
            self.readdress.command("load", table, path)
        self.map = os.path.join(self.readdress.state, "map.mdb")
        self.readdress.start()
        self.cpu = programs.Cpu(self.readdress.process.pid)


def python_is_here():
    """True if the package python3-milter is installed."""
    return subprocess.run(["python3", "-c", "import Milter"], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


def start(bench, here, rules, bare=False):
    """Starts the contenders. Returns {name: milter}, the floor first."""
    names = [FLOOR, *([BARE] if bare else []),
             *([PYTHON] if python_is_here() else [])]
    found = {name: Beside(bench, here, name, rules) for name in names}
    for name, build in bench.builds.items():
        found[name] = Ours(bench, here, name, rules, build=build)
    return found
