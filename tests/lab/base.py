"""What all parts of the lab use: files, processes, where the programs are."""

import contextlib
import glob
import os
import shutil
import subprocess

from . import ground, smtp

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
MILTER_USER = "daemon"  # any unprivileged user that every Debian has


NO_GROUND = ground.settle()


class LabError(Exception):
    pass


def run(*command, check=True, **options):
    """Runs a command, quietly. The completed process."""
    done = subprocess.run([str(word) for word in command], text=True,
                          errors="surrogateescape", stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, **options)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(map(str, command))}: exit "
                       f"{done.returncode}\n{done.stdout}{done.stderr}")
    return done


def build_directory():
    """Where the programs are."""
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
    """Is strace here, and may it?"""
    return bool(shutil.which("strace")) and run(
        "strace", "-o", os.devnull, "true", check=False).returncode == 0


def descriptors(pid):
    """What the descriptors of that process lead to. It may close one while we
    look. Of a process that was root and is no more, only who may trace it is
    told: root in a container is not."""
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    return found


def private_memory(pid):
    """In KiB."""
    return sum(int(line.split()[1])
               for line in read(f"/proc/{pid}/smaps_rollup").splitlines()
               if line.startswith("Private"))


def alive(pid):
    """Does that process run? A zombie does not: in a container nobody may be
    there to reap it."""
    stat = read(f"/proc/{pid}/stat")
    return bool(stat) and stat.rpartition(")")[2].split()[0] != "Z"
