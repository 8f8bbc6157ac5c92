"""Where it ran."""

import os
import platform
import re
import shutil
import subprocess
import time

import lab

PACKAGES = ("postfix", "libmilter1.0.1", "liblmdb0", "libcsv3", "python3-milter",
            "libgmime-3.0-0", "gcc")


def run(*words, cwd=None):
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, cwd=cwd,
                          stderr=subprocess.DEVNULL, check=False)
    return done.stdout.strip()


def version(package):
    return run("dpkg-query", "-W", "-f", "${Version}", package) or "none"


def lines(bench):
    """Yields the lines that tell where and how a run was made."""
    cpu = re.search(r"model name\s*: (.*)", lab.read("/proc/cpuinfo"))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    system = re.search(r'PRETTY_NAME="(.*)"', lab.read("/etc/os-release"))
    yield (f"Run: {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, load "
           f"average {os.getloadavg()[0]:.1f} at its start")
    yield f"Command: `{bench.command}`"
    for name, build in bench.builds.items():
        commit = (run("git", "log", "-1", "--format=%h of %cs", cwd=build)
                  if shutil.which("git") else "unknown")
        kind = re.search(r"CMAKE_BUILD_TYPE:\w+=(.*)",
                         lab.read(os.path.join(build, "CMakeCache.txt")))
        yield (f"*{name}*: commit {commit}"
               + (f", build type {kind[1]}" if kind else ""))
    yield (f"Machine: {cpu[1] if cpu else platform.machine()}, "
           f"{os.cpu_count()} processors, {memory:.0f} GB; Linux "
           f"{platform.release()}; {system[1] if system else ''}")
    yield "Versions: " + ", ".join(f"{package} {version(package)}"
                                   for package in PACKAGES)
