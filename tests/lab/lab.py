"""A lab, and the milter in it. See __init__.py."""

import atexit
import contextlib
import itertools
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from . import ground, smtp
from .base import (MILTER_USER, NO_GROUND, LabError, build_directory, read, run,
                   write)
from .postfix import Postfix
from .smtp import TIMEOUT, wait_until

SKIPPED = 77  # what ctest takes for "not run"


class Lab:
    """A temporary directory, an address, and what runs there."""

    _count = 0
    # Shared by all labs of this process: no lab gets the port of another one.
    # Above those that `readdress postfix` gives to services.
    _ports = itertools.count(3025)
    _ports_everywhere = itertools.count(12525)

    def __init__(self):
        # The user postfix must be able to enter it: mode 755, here and above.
        # The name shows in /tmp which test the directory belongs to.
        script = os.path.basename(sys.argv[0]).split(".")[0]
        self.dir = tempfile.mkdtemp(prefix=f"readdress-{script}-")
        os.chmod(self.dir, 0o755)
        pid = os.getpid()
        self.address = (f"127.{16 + (pid >> 16) % 64 + 64 * (Lab._count % 3)}."
                        f"{pid >> 8 & 255}.{pid & 255}")
        Lab._count += 1
        self._things = []
        atexit.register(self.close)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Stops everything that runs, in reverse order, and removes the
        directory."""
        problems = []
        while self._things:
            try:
                self._things.pop().close()
            except (LabError, OSError, subprocess.SubprocessError) as problem:
                problems.append(problem)
        atexit.unregister(self.close)
        if os.environ.get("KEEP"):
            print(f"kept: {self.dir}", file=sys.stderr)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)
        if problems:
            raise LabError("; ".join(map(str, problems)))

    def port(self):
        """Returns a port of this lab's address that nothing else uses."""
        return self._free(self.address, Lab._ports)

    def port_everywhere(self):
        """Returns a port of all addresses. None of those that labs have at
        addresses of their own is among them, for it would be taken while what
        listens here restarts."""
        return self._free("", Lab._ports_everywhere)

    @staticmethod
    def _free(address, ports):
        for port in ports:
            with contextlib.suppress(OSError), socket.socket() as probe:
                probe.bind((address, port))
                return port
        raise LabError("no port")

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def keep(self, thing):
        self._things.append(thing)
        return thing

    def sink(self, **options):
        return self.keep(smtp.Sink(self.address, self.port(), **options))

    def postfix(self, name="relay", **main):
        return self.keep(Postfix(self, name, main))

    def readdress(self, postfix, name="readdress", **options):
        return self.keep(Readdress(self, postfix, options, name))


class Ended(LabError):
    """The milter ended while it was starting, with this exit code."""

    def __init__(self, code, said):
        super().__init__(f"readdress-milter: exit {code}\n{said}")
        self.code = code


def sanitizer_report(log):
    """Returns the first line of a sanitizer's report and as much as is useful
    of the following ones, or "" if there is no report. A log may have hundreds
    of MB: no pattern is tried at each of its bytes."""
    found = re.search("Sanitizer|runtime error", log)
    if not found:
        return ""
    begin = log.rfind("\n", 0, found.start()) + 1
    return log[begin:found.end() + 6000]


class Readdress:
    """readdress-milter and readdress on a configuration of their own.

    options: those of readdress.conf: strings, booleans, numbers, lists; name:
    of its directory in the lab."""

    def __init__(self, lab, postfix, options, name="readdress"):
        build = build_directory()
        self.milter = os.path.join(build, "readdress-milter")
        self.tool = os.path.join(build, "readdress")
        self.dir = lab.path(name)
        self.state = os.path.join(self.dir, "state")
        self.runtime = os.path.join(self.dir, "run")
        self.config = os.path.join(self.dir, "readdress.conf")
        self.log_file = os.path.join(self.dir, "milter.log")
        self.process = None
        user = pwd.getpwnam(MILTER_USER)
        for path, mode in ((self.dir, 0o755), (self.state, 0o2750),
                           (self.runtime, 0o755)):
            os.mkdir(path)
            os.chmod(path, mode)
        os.chown(self.state, 0, user.pw_gid)
        os.chown(self.runtime, user.pw_uid, user.pw_gid)
        os.chmod(self.state, 0o2750)  # chown clears the set-GID bit
        self.options = {
            "socket": "unix:" + postfix.socket,
            "user": MILTER_USER,
            "state_dir": self.state,
            "runtime_dir": self.runtime,
            "log_target": "stderr",
            **options,
        }
        self.more = ""
        self.configure()

    def configure(self, more=None, **options):
        """Writes readdress.conf with these options changed, and the text
        `more` after them."""
        def value(what):
            if isinstance(what, bool):
                return "true" if what else "false"
            if isinstance(what, (list, tuple)):
                return "{" + ", ".join(value(item) for item in what) + "}"
            # libconfuse escapes strings as JSON does.
            return str(what) if isinstance(what, int) else json.dumps(
                what, ensure_ascii=False)

        self.options.update(options)
        self.more = self.more if more is None else more
        write(self.config, "".join(
            f"{name} = {value(what)}\n"
            for name, what in self.options.items()) + self.more)

    def command(self, *arguments, check=True, **options):
        """Runs `readdress -c CONF ...`."""
        tool = ground.for_others(self.tool) if "user" in options else self.tool
        return run(tool, "-c", self.config, *arguments, check=check,
                   **options)

    def load(self, table, rows, *arguments):
        """Replaces the table by these rows, lines of 'source;target'. The
        fields are quoted here as CSV needs it."""
        def quoted(field):
            return '"' + field.replace('"', '""') + '"'

        return self.command(
            "load", *arguments, table, "-",
            input="Source;Target\n" + "\n".join(
                ";".join(map(quoted, row.split(";")))
                for row in rows.split("\n") if row))

    def start(self, *before, **options):
        """Starts the milter, and returns when it serves. before: a command
        with arguments that runs it; options: those of Popen."""
        old = self._status()
        milter = self.milter
        if "user" in options:
            milter = ground.for_others(milter)
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [*before, milter, "-f", "-c", self.config],
                **{"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL,
                   **options})
        if not wait_until(lambda: self._ready(old)):
            raise LabError("readdress-milter did not start\n"
                           + read(self.log_file))

    def _ready(self, old):
        """True if there is a status other than the old one, which a crash may
        have left. The milter writes it when the socket exists."""
        code = self.process.poll()
        if code is not None:
            self.process = None
            raise Ended(code, read(self.log_file))
        return (self._status() not in (None, old)
                and self.metric("readdress_up") == 1)

    def _status(self):
        """Returns what tells one status.prom from the next one, or None if
        there is none."""
        try:
            found = os.stat(os.path.join(self.runtime, "status.prom"))
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def metric(self, name):
        """Returns the value of a sample of status.prom, or None."""
        samples = read(os.path.join(self.runtime, "status.prom"))
        for line in samples.splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        return None

    def hup(self):
        self.process.send_signal(signal.SIGHUP)

    def kill(self):
        """Ends the milter as a crash would."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self):
        """Ends the milter with SIGTERM. Another exit code than 0 and a
        sanitizer's report are errors."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise LabError("readdress-milter did not stop at SIGTERM") from None
        said = sanitizer_report(read(self.log_file))
        if code != 0 or said:
            raise LabError(f"readdress-milter: exit {code}\n{said}")

    close = stop

    def log(self, pattern=None):
        lines = read(self.log_file).splitlines(True)
        return [line for line in lines
                if pattern is None or re.search(pattern, line)]


def main():
    """Runs the tests; every *.test ends with it."""
    os.umask(0o022)  # the user postfix must read all of the lab
    # Everything that runs is stopped when ctest's time limit is reached.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    if os.geteuid() != 0:
        print("skipped: Postfix can be started by root only")
        sys.exit(SKIPPED)
    if not shutil.which("postfix"):
        print("skipped: no Postfix here")
        sys.exit(SKIPPED)
    reason = NO_GROUND or ground.cannot_become("postfix", MILTER_USER,
                                               "nobody")
    if reason:
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
