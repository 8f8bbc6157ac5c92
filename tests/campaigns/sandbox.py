#!/usr/bin/env python3
"""Runs a command as the unit file would, by hand: for machines on which no
systemd runs.

usage: sandbox.py UNIT USER WRITABLE... -- COMMAND...

Of the unit: User, capabilities, NoNewPrivileges, UMask, ProtectSystem=strict,
PrivateNetwork, PrivateMounts, ProcSubset and ProtectProc, and by seccomp
SystemCallFilter, RestrictAddressFamilies, RestrictNamespaces, RestrictSUIDSGID,
RestrictRealtime, LockPersonality, MemoryDenyWriteExecute. Not: private /tmp,
/dev and /home, cgroups. What is asked of it and not in the unit is an error.

Exit 77: this machine lets nobody make the namespaces, or mount.
"""

import ctypes
import os
import pwd
import re
import struct
import subprocess
import sys

import namespace

UNISTD = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
ARCH_X86_64 = 0xC000003E
EPERM, EAFNOSUPPORT, ENOSYS = 1, 97, 38
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
LOAD, JUMP_EQ, JUMP_GE, JUMP_SET, AND, RETURN = (0x20, 0x15, 0x35, 0x45, 0x54,
                                                 0x06)
NEW_NAMESPACE = 0x7E020080
SET_ID = 0o6000
CANNOT = 77

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_CAPBSET_DROP = 38, 22, 24


def unit(path):
    """{name: [values...]} of the unit file."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            name, equals, value = line.strip().partition("=")
            if equals and not name.startswith("#"):
                found.setdefault(name, []).append(value)
    return found


def group(name, seen):
    """The system calls of @name, groups in it resolved."""
    done = subprocess.run(["systemd-analyze", "syscall-filter", name],
                          stdout=subprocess.PIPE, text=True, check=True)
    names = set()
    for line in done.stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@") and word not in seen:
            seen.add(word)
            names |= group(word, seen)
        elif word and not word.startswith("#"):
            names.add(word)
    return names


def allowed(filters):
    names = group("@default", set())
    for words in filters:
        for word in words.lstrip("~").split():
            calls = group(word, set()) if word.startswith("@") else {word}
            names = names - calls if words.startswith("~") else names | calls
    return names


def numbers():
    with open(UNISTD, encoding="ascii") as file:
        return {name: int(number) for name, number in re.findall(
            r"#define __NR_(\w+) (\d+)", file.read())}


def step(code, value, yes=0, no=0):
    return struct.pack("HBBI", code, yes, no, value)


def on(number, tests, error):
    """For that system call: an error when an argument's bits are there; tests:
    (argument, mask, wanted)."""
    inner = b""
    for argument, mask, wanted in tests:
        inner += (step(LOAD, 16 + 8 * argument) + step(AND, mask)
                  + step(JUMP_EQ, wanted, 0, 1) + step(RETURN, ERRNO | error))
    return (step(LOAD, 0) + step(JUMP_EQ, number, 0, len(inner) // 8) + inner)


def any_bit(number, argument, mask, error):
    return (step(LOAD, 0) + step(JUMP_EQ, number, 0, 3)
            + step(LOAD, 16 + 8 * argument) + step(JUMP_SET, mask, 0, 1)
            + step(RETURN, ERRNO | error))


def program(options):
    calls = numbers()
    code = (step(LOAD, 4) + step(JUMP_EQ, ARCH_X86_64, 1, 0)
            + step(RETURN, KILL) + step(LOAD, 0)
            + step(JUMP_GE, 0x40000000, 0, 1) + step(RETURN, ERRNO | EPERM))
    need(options, "MemoryDenyWriteExecute", "yes")
    code += on(calls["mmap"], [(2, 6, 6)], EPERM)
    for name in ("mprotect", "pkey_mprotect"):
        code += on(calls[name], [(2, 4, 4)], EPERM)
    code += on(calls["shmat"], [(2, 0o100000, 0o100000)], EPERM)
    need(options, "RestrictAddressFamilies", "AF_UNIX")
    code += (step(LOAD, 0) + step(JUMP_EQ, calls["socket"], 0, 3)
             + step(LOAD, 16) + step(JUMP_EQ, 1, 1, 0)
             + step(RETURN, ERRNO | EAFNOSUPPORT))
    need(options, "RestrictNamespaces", "yes")
    code += any_bit(calls["clone"], 0, NEW_NAMESPACE, EPERM)
    for name, error in (("clone3", ENOSYS), ("unshare", EPERM),
                        ("setns", EPERM), ("openat2", ENOSYS)):
        code += (step(LOAD, 0) + step(JUMP_EQ, calls[name], 0, 1)
                 + step(RETURN, ERRNO | error))
    need(options, "RestrictSUIDSGID", "yes")
    for name, argument in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2),
                           ("mkdir", 1), ("mkdirat", 2), ("creat", 1),
                           ("mknod", 1), ("mknodat", 2), ("open", 2),
                           ("openat", 3)):
        code += any_bit(calls[name], argument, SET_ID, EPERM)
    need(options, "LockPersonality", "yes")
    code += any_bit(calls["personality"], 0, 0xFFFFFFFF, EPERM)
    code += step(LOAD, 0)
    for name in sorted(allowed(options["SystemCallFilter"])):
        if name in calls:
            code += step(JUMP_EQ, calls[name], 0, 1) + step(RETURN, ALLOW)
    return code + step(RETURN, ERRNO | EPERM)


def need(options, name, value):
    if value not in options.get(name, [""])[-1].split():
        sys.exit(f"sandbox: the unit has no {name}={value}")


def mounts(options, writable):
    """All read-only but these; /proc with our processes alone."""
    need(options, "ProtectSystem", "strict")
    namespace.private_mounts()
    for path in writable:
        subprocess.run(["mount", "--bind", path, path], check=True)
    points = []
    with open("/proc/self/mounts", encoding="utf-8") as file:
        for line in file:
            point = line.split()[1].encode().decode("unicode_escape")
            points.append(point)
    for point in dict.fromkeys(points):
        if point in writable or point.split("/")[1] in ("dev", "proc", "sys") \
                and point != "/dev/shm":
            continue
        subprocess.run(["mount", "-o", "remount,bind,ro", point], check=False,
                       stderr=subprocess.DEVNULL)
    need(options, "ProcSubset", "pid")
    need(options, "ProtectProc", "invisible")
    subprocess.run(["mount", "-t", "proc", "-o", "subset=pid,hidepid=invisible",
                    "proc", "/proc"], check=True)


class Filter(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def privileges(options, user):
    for name in ("CapabilityBoundingSet", "AmbientCapabilities"):
        if options.get(name) != [""]:
            sys.exit(f"sandbox: the unit gives {name}")
    need(options, "NoNewPrivileges", "yes")
    account = pwd.getpwnam(user)
    for capability in range(64):
        namespace.LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([account.pw_gid])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)  # and with it all capabilities go
    os.umask(int(options["UMask"][-1], 8))
    namespace.LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def main(path, user, *rest):
    split = rest.index("--")
    writable, command = rest[:split], rest[split + 1:]
    options = unit(path)
    code = program(options)
    need(options, "PrivateNetwork", "yes")
    try:
        namespace.private_network()
        mounts(options, writable)
    except (OSError, subprocess.CalledProcessError) as problem:
        print(f"sandbox: {problem}", file=sys.stderr)
        sys.exit(CANNOT)
    privileges(options, user)
    loaded = Filter(len(code) // 8, code)
    if namespace.LIBC.prctl(PR_SET_SECCOMP, 2, ctypes.byref(loaded), 0, 0):
        sys.exit("sandbox: seccomp is refused")
    os.execv(command[0], command)


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main(*sys.argv[1:])
