"""Where campaigns run."""

import contextlib
import os
import shutil
import stat
import tempfile

from lab import ground

MEMORY = "/dev/shm"
ROOM = 2 << 30


def choose():
    """Puts queues into memory: no campaign is about the disk, except the power
    cuts, which have a file system of their own, and mail waits for fsync. The
    64 MB of a container are too few, and programs cannot be started there."""
    if os.path.ismount(MEMORY) and not ground.flaw(MEMORY) and \
            shutil.disk_usage(MEMORY).free > ROOM:
        tempfile.tempdir = os.environ["TMPDIR"] = MEMORY


def _opens_devices(directory):
    """Returns why no device can be made and opened there, or None if it
    can."""
    path = os.path.join(tempfile.mkdtemp(dir=directory), "device")
    try:
        os.mknod(path, 0o644 | stat.S_IFCHR, os.makedev(1, 5))
        os.close(os.open(path, os.O_RDONLY))
        return None
    except OSError as problem:
        return f"{directory}: {problem.strerror}"
    finally:
        shutil.rmtree(os.path.dirname(path))


@contextlib.contextmanager
def with_devices():
    """Temporary files are where a device can be opened, if there is such a
    place: systemd mounts /dev/shm nodev, and a container may have no devices at
    all. Why there is none, in words, or None."""
    before = tempfile.tempdir
    reasons = []
    for directory in (tempfile.gettempdir(), *ground.PLACES):
        reason = ground.flaw(directory) or _opens_devices(directory)
        if not reason:
            tempfile.tempdir = directory
            break
        reasons.append(reason)
    try:
        yield reason and "; ".join(dict.fromkeys(reasons))
    finally:
        tempfile.tempdir = before
