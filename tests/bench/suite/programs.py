"""Commands, and the memory and CPU time of processes that go on running."""

import contextlib
import os
import re
import subprocess
import time

import lab

from .samples import Sample

TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A program that is measured did not do what it should."""


def command(work, *words, codes=(0,), stdin=None):
    """Runs a command, whose output is thrown away. Returns the sample. work: how
    many units it does."""
    words = [str(word) for word in words]
    begun = time.monotonic()
    with open(stdin or os.devnull, "rb") as given:
        child = subprocess.Popen(words, stdin=given,
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE)
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
    took = time.monotonic() - begun
    child.stderr.close()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in codes:
        raise Failed(f"{' '.join(words)}: exit {child.returncode}\n"
                     + said.decode(errors="replace"))
    return Sample(work, took, usage.ru_utime + usage.ru_stime, usage.ru_utime,
                  usage.ru_stime)


def anonymous(pid):
    """Returns the bytes of anonymous memory of a process."""
    found = re.search(r"(?m)^RssAnon:\s+(\d+) kB$",
                      lab.read(f"/proc/{pid}/status"))
    return int(found.group(1)) * 1024 if found else 0


def memory_files(pid):
    """Returns the bytes of the files in memory (memfd) that a process has, or
    None if the kernel lets nobody look, as in a container."""
    files = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        path = f"/proc/{pid}/fd/{name}"
        try:
            target = os.readlink(path)
        except PermissionError:
            return None
        if target.startswith("/memfd:"):
            status = os.stat(path)
            files[status.st_ino] = status.st_blocks * 512
    return sum(files.values())


def anonymous_peak(*words, codes=(0,)):
    """Runs a command, whose output is thrown away. Returns the most bytes of
    anonymous memory that it had when it was looked at."""
    child = subprocess.Popen([str(word) for word in words],
                             stdout=subprocess.DEVNULL)
    most = 0
    while child.poll() is None:
        with contextlib.suppress(OSError):
            most = max(most, anonymous(child.pid))
        time.sleep(.005)
    if child.returncode not in codes:
        raise Failed(f"{' '.join(map(str, words))}: exit {child.returncode}")
    return most


def together(*some):
    """Returns the sample of several commands that do one thing."""
    return Sample(some[0].work, *(sum(one[i] for one in some)
                                  for i in range(1, 5)))


def output(*words):
    """Runs a command, and returns what it printed, as numbers."""
    done = subprocess.run([str(word) for word in words], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise Failed(f"{' '.join(map(str, words))}: exit {done.returncode}\n"
                     + done.stderr.decode(errors="replace"))
    return [float(word) for word in done.stdout.split()]


def _stat(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


class Cpu:
    """CPU time so far: of a process, its ended threads included, or of a process
    and all its children, those that ended included."""

    def __init__(self, pid, children=False):
        self.pid = pid
        self.children = children

    def _children(self):
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if int(_stat(name)[1]) == self.pid:
                    yield int(name)
            except OSError:
                pass

    def read(self):
        """Returns (exact sum, user, system) in seconds."""
        total = user = system = 0
        for pid in [self.pid, *(self._children() if self.children else ())]:
            try:
                total += lab.processor_time(pid)
                stat = _stat(pid)
            except OSError:
                continue  # it ended, and its parent has counted it
            user += int(stat[11]) / TICK
            system += int(stat[12]) / TICK
            if self.children and pid == self.pid:
                user += int(stat[13]) / TICK
                system += int(stat[14]) / TICK
                total += (int(stat[13]) + int(stat[14])) / TICK
        return total, user, system


class Meter:
    """with Meter(cpu, ...) as meter: ...; meter.sample(work)."""

    def __init__(self, *cpus):
        self.cpus = cpus

    def _read(self):
        return [cpu.read() for cpu in self.cpus]

    def __enter__(self):
        self.before = self._read()
        self.begun = time.monotonic()
        return self

    def __exit__(self, *_):
        self.wall = time.monotonic() - self.begun
        self.spent = [[b - a for a, b in zip(before, after)]
                      for before, after in zip(self.before, self._read())]

    def sample(self, work, wall=None, more=None):
        """Returns the sample of all processes together."""
        return Sample(work, wall or self.wall,
                      *(sum(part) for part in zip(*self.spent)),
                      more or {})
