"""Where tests can run on this machine: the place of their temporary files, and
copies of programs for other users. Every part of the lab imports it first.

A lab is a directory below tempfile.gettempdir(). The users of Postfix and of
the milter must be able to enter it, programs in it must be executable, and its
path must have no white space, which main.cf cannot hold. A TMPDIR or a /tmp
that is not so is not used.
"""

import atexit
import functools
import os
import pwd
import re
import shutil
import stat
import tempfile

# Tried after TMPDIR, or after what Python uses without one.
PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/run")


def closed_at(path):
    """Returns the directory at or above path that other users may not enter,
    or None."""
    path = os.path.realpath(path)
    while os.stat(path).st_mode & stat.S_IXOTH:
        if path == "/":
            return None
        path = os.path.dirname(path)
    return path


def flaw(directory):
    """Returns the reason why a lab cannot stand in the directory, or None if
    it can."""
    real = os.path.realpath(directory)
    if not os.path.isdir(real):
        return f"{directory} is no directory"
    if re.search(r"\s", real):
        return f"{directory}: white space in a path, which main.cf cannot hold"
    if not os.access(real, os.W_OK):
        return f"{directory} may not be written"
    if os.statvfs(real).f_flag & os.ST_NOEXEC:
        return f"{directory} is mounted noexec"
    if os.geteuid() == 0 and closed_at(real):
        return f"{directory}: other users may not enter {closed_at(real)}"
    return None


def settle():
    """Chooses the place for temporary files of this process and of the
    programs that it starts. Returns None, or the reason why no place is
    good."""
    flaws = []
    for place in (tempfile.gettempdir(), *PLACES):
        found = flaw(place)
        if not found:
            tempfile.tempdir = os.environ["TMPDIR"] = place
            return None
        flaws.append(found)
    return "; ".join(dict.fromkeys(flaws))


@functools.lru_cache(maxsize=None)
def for_others(program):
    """Returns the path of a program that another user can start. It is a copy
    if that user may not enter the directory of the program (a checkout below
    /root)."""
    if not closed_at(os.path.dirname(program)) and \
            os.stat(program).st_mode & stat.S_IXOTH:
        return program
    directory = tempfile.mkdtemp(prefix="readdress-programs-")
    atexit.register(shutil.rmtree, directory, True)
    os.chmod(directory, 0o755)
    copy = shutil.copy(program, directory)
    os.chmod(copy, 0o755)
    return copy


def _holds(kind, number):
    """True if this user namespace has that user or group."""
    try:
        with open(f"/proc/self/{kind}_map", encoding="ascii") as file:
            ranges = [tuple(map(int, line.split())) for line in file]
    except OSError:
        return True
    return any(first <= number < first + count for first, _, count in ranges)


def cannot_become(*names):
    """Returns the reason why we cannot become one of these users or give a
    file to one, or None if we can."""
    if os.geteuid() != 0:
        return "only root can become another user"
    for name in names:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            return f"this machine has no user {name}"
        if not _holds("uid", user.pw_uid) or not _holds("gid", user.pw_gid):
            return f"this user namespace has no user {name}"
    return None
