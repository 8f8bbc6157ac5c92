#!/usr/bin/env python3
"""Runs a command that may do anything, as root too, and changes no file of this
machine: a program that was broken on purpose.

usage: contain.py WRITABLE... -- COMMAND...

In a mount namespace of its own all that is mounted is read-only, but for the
directories WRITABLE, and for /tmp and /dev/shm, which are new and empty there
and gone with the command. A private Postfix below one of these needs no more.

Exit 77: this machine lets nobody make such a namespace, and nothing was run.
"""

import ctypes
import os
import subprocess
import sys

import namespace

CANNOT = 77
SCRATCH = ("/tmp", "/dev/shm")
MOUNT_SETATTR = 442  # on every architecture
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
RDONLY = 1


class Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64)
                for name in ("set", "clear", "propagation", "userns")]


def change(path, flags, **what):
    attributes = Attributes(**what)
    if namespace.LIBC.syscall(
            ctypes.c_long(MOUNT_SETATTR), AT_FDCWD, path.encode(), flags,
            ctypes.byref(attributes),
            ctypes.c_size_t(ctypes.sizeof(attributes))):
        number = ctypes.get_errno()
        raise OSError(number, f"mount_setattr: {os.strerror(number)}")


def mount(*arguments, **options):
    subprocess.run(["mount", *arguments], check=True, **options)


def enter(writable):
    """This process, and all that it starts: OSError or CalledProcessError
    where that cannot be."""
    namespace.private_mounts()
    # By descriptors: a new /tmp covers what is below the old one.
    kept = [(path, os.open(path, os.O_PATH)) for path in writable]
    scratch = [path for path in SCRATCH if os.path.isdir(path)]
    for path in scratch:
        mount("-t", "tmpfs", "-o", "mode=1777", "contained", path)
    for path, fd in kept:
        os.makedirs(path, exist_ok=True)
        mount("--no-canonicalize", "--bind", f"/proc/self/fd/{fd}", path,
              pass_fds=[fd])
        os.close(fd)
    change("/", AT_RECURSIVE, set=RDONLY)
    for path in (*scratch, *writable):
        change(path, 0, clear=RDONLY)


def main(*arguments):
    split = arguments.index("--")
    writable = [os.path.realpath(path) for path in arguments[:split]]
    command = arguments[split + 1:]
    here = os.getcwd()
    try:
        enter(writable)
    except (OSError, subprocess.CalledProcessError) as problem:
        print(f"contain: {problem}", file=sys.stderr)
        sys.exit(CANNOT)
    # The new mount there; where the old /tmp hid with all that was below it,
    # the first directory that can be written.
    os.chdir(here if os.path.isdir(here) or not writable else writable[0])
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
