"""Commands, and the CPU time of processes that go on running."""

import os
import subprocess
import time

import lab

from .samples import Sample

PEAK = "peak memory, MB"
TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A program that is measured did not do what it should."""


def command(work, *words, codes=(0,), stdin=None, peak=False):
    """Runs a command, whose output is thrown away. Returns the sample. work: how
    many units it does; peak: with the peak of its memory, pages of mapped files
    included, which is never less than that of this process."""
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
                  usage.ru_stime,
                  {PEAK: usage.ru_maxrss / 1024} if peak else {})


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
