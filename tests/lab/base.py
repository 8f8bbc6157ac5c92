"""What all parts of the lab use: files, processes, and where the programs
are."""

import contextlib
import glob
import os
import shutil
import subprocess
import time

from . import ground, smtp

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
MILTER_USER = "daemon"  # any unprivileged user that every Debian has


NO_GROUND = ground.settle()


class LabError(Exception):
    pass


def run(*command, check=True, **options):
    """Runs a command, whose output is captured. Returns the completed
    process."""
    done = subprocess.run([str(word) for word in command], text=True,
                          errors="surrogateescape", stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, **options)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(map(str, command))}: exit "
                       f"{done.returncode}\n{done.stdout}{done.stderr}")
    return done


def build_directory():
    """Returns the directory of the programs."""
    given = os.environ.get("READDRESS_BUILD")
    if given:
        return os.path.abspath(given)
    found = glob.glob(os.path.join(TOP, "build", "*", "readdress-milter"))
    if not found:
        raise LabError("no build: set READDRESS_BUILD")
    return os.path.dirname(max(found, key=os.path.getmtime))


def read(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def write(path, content):
    with open(path, "wb") as file:
        file.write(smtp.octets(content))
    return path


def can_trace():
    """True if strace is installed and permitted."""
    return bool(shutil.which("strace")) and run(
        "strace", "-o", os.devnull, "true", check=False).returncode == 0


def descriptors(pid):
    """Returns what the descriptors of the process refer to. A descriptor that
    is closed meanwhile is left out. If the process was root and no longer is,
    only a process that may trace it can read this: root in a container may
    not."""
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    return found


def private_memory(pid):
    """Returns the anonymous memory of the process in KiB. Everybody may read
    that of a process that was root, unlike smaps."""
    return sum(int(line.split()[1])
               for line in read(f"/proc/{pid}/status").splitlines()
               if line.startswith("RssAnon:"))


def processor_time(pid):
    """Returns the seconds of processor time that the process has used, by its
    CPU clock."""
    return time.clock_gettime((~pid << 3) | 2)


def alive(pid):
    """True if the process runs. A zombie does not: in a container there may be
    no process that reaps it."""
    stat = read(f"/proc/{pid}/stat")
    return bool(stat) and stat.rpartition(")")[2].split()[0] != "Z"
