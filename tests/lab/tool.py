"""What the tests of the command `readdress` share: a state directory of their
own, the command run as people run it, and a program that stands in for the
milter."""

import fcntl
import json
import os
import pty
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

from . import ground
from .smtp import TIMEOUT, wait_until

ground.settle()

BUILD = os.environ.get("READDRESS_BUILD", "build/dev")
TOOL = os.path.join(os.path.abspath(BUILD), "readdress")
MILTER = os.path.join(os.path.abspath(BUILD), "readdress-milter")
MAN = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                   "../../man/readdress.1")
TRAILER = 56  # lib/map/trailer.h
HEADER = "Source;Target\n"
# What tests compare is without colours, on a terminal, too.
os.environ.setdefault("NO_COLOR", "1")


def on_terminal(command, columns, stderr=None, **options):
    """Runs a command on a terminal that is so wide (0: it does not tell). Returns
    what was written to it, and the exit status. stderr None: goes there, too."""
    ours, theirs = pty.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                   stdout=theirs, stderr=stderr or theirs,
                                   **options)
    finally:
        os.close(theirs)
    shown = b""
    try:
        while some := os.read(ours, 1 << 16):
            shown += some
    except OSError:  # the other end was closed
        pass
    finally:
        os.close(ours)
    return shown.decode().replace("\r\n", "\n"), process.wait()


class ToolTest(unittest.TestCase):
    """Each test has a configuration and a state directory of its own."""

    def setUp(self):
        os.umask(0o022)
        self.dir = tempfile.mkdtemp(prefix="readdress-tool.")
        self.addCleanup(shutil.rmtree, self.dir, True)
        self.state = os.path.join(self.dir, "state")
        self.rundir = os.path.join(self.dir, "run")
        self.conf = os.path.join(self.dir, "readdress.conf")
        self.map = os.path.join(self.state, "map.mdb")
        os.mkdir(self.rundir)
        self.configure()

    def configure(self, more=""):
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write('state_dir = "%s"\nruntime_dir = "%s"\n'
                    'socket = "unix:%s/milter.sock"\n%s'
                    % (self.state, self.rundir, self.dir, more))

    def write(self, name, data):
        path = os.path.join(self.dir, name)
        if isinstance(data, str):
            data = data.encode()
        with open(path, "wb") as f:
            f.write(data)
        return path

    def run_raw(self, *args, data=b"", **kwargs):
        if isinstance(data, str):
            data = data.encode()
        kwargs.setdefault("stdout", subprocess.PIPE)
        kwargs.setdefault("stderr", subprocess.PIPE)
        tool = ground.for_others(TOOL) if "user" in kwargs else TOOL
        done = subprocess.run([tool, *args], input=data, timeout=TIMEOUT,
                              check=False, **kwargs)
        self.assertGreaterEqual(done.returncode, 0, "killed by a signal")
        return done

    def tool(self, *args, code=0, data=b"", out=None, err=None, **kwargs):
        """Runs the command. Returns standard output as text. out and err:
        patterns that must be found in standard output and standard error."""
        done = self.run_raw("-c", self.conf, *args, data=data, **kwargs)
        stdout = (done.stdout or b"").decode("utf-8", "surrogateescape")
        stderr = (done.stderr or b"").decode("utf-8", "surrogateescape")
        about = "%s\nexit %d\n%s%s" % (args, done.returncode, stdout[:3000],
                                       stderr[:3000])
        self.assertEqual(done.returncode, code, about)
        if out is not None:
            self.assertRegex(stdout, out, about)
        if err is not None:
            self.assertRegex(stderr, err, about)
        self.stderr = stderr
        return stdout

    def load(self, table, rows, *args, **kwargs):
        path = self.write("rows.csv", HEADER + "".join(
            "%s\n" % row for row in rows))
        return self.tool("load", table, path, *args, **kwargs)

    def export(self, table, *args):
        lines = self.tool("-q", "export", table, *args).split("\n")
        self.assertEqual(lines[0], "Source;Target")
        self.assertEqual(lines[-1], "")
        return lines[1:-1]

    def wait_for_milter(self, process):
        """Waits until the milter serves and its status can be read."""
        def up():
            self.assertIsNone(process.poll(), "the milter ended")
            status = self.run_raw("-c", self.conf, "--json", "status")
            return json.loads(status.stdout)["up"] and os.path.exists(
                os.path.join(self.rundir, "status.prom"))

        self.assertTrue(wait_until(up), "the milter is not up")


class FakeMilter:
    """Holds the lock of the pid file and answers SIGHUP as it is told, in a
    process of its own (fcntl locks belong to processes)."""

    PROGRAM = r"""
import fcntl, os, signal, sys, time
run, how, served = sys.argv[1:4]
ok, failed, generation = 5, 2, int(served)
def status():
    with open(run + "/tmp", "w") as f:
        f.write('readdress_up 1\nreaddress_generation %d\n'
                'readdress_start_time_seconds 1795000000\n'
                'readdress_rules{table="inbound",kind="user"} 3\n'
                'readdress_messages_total{direction="inbound",'
                'result="rewritten"} 7\n'
                'readdress_messages_total{direction="inbound",'
                'result="tempfail"} 0\n'
                'readdress_reloads_total{result="ok"} %d\n'
                'readdress_reloads_total{result="failed"} %d\n'
                % (generation, ok, failed))
    os.rename(run + "/tmp", run + "/status.prom")
def hup(*_):
    global ok, failed, generation
    time.sleep(.1)
    if how == "behind":
        with open(run + "/../state/served/reload.log", "a") as f:
            f.write("2037-01-01T00:00:00Z reload: generation %s -> %s, 1 user\n"
                    % (served, sys.argv[4]))
        time.sleep(.4)
    if how in ("serve", "behind"):
        ok, generation = ok + 1, int(sys.argv[4])
    elif how == "fail":
        failed += 1
    elif how == "late":
        ok += 1
    elif how == "die":
        os._exit(0)
    status()
signal.signal(signal.SIGHUP, hup)
f = open(run + "/pid", "w")
fcntl.lockf(f, fcntl.LOCK_EX)
f.write("%d\n" % os.getpid())
f.flush()
if how != "start":
    status()
print("up", flush=True)
while True:
    time.sleep(1)
"""

    def __init__(self, rundir, how, served, newest):
        self.proc = subprocess.Popen(
            [sys.executable, "-c", self.PROGRAM, rundir, how, str(served),
             str(newest)], stdout=subprocess.PIPE)
        assert self.proc.stdout.readline() == b"up\n"

    def stop(self):
        self.proc.kill()
        self.proc.wait()
        self.proc.stdout.close()
