"""A systemd that is process 1 of namespaces of its own, on an overlay of this
machine's file system, or of another Debian root.

Nothing of it is seen outside, but a control group while it runs; and all of it
ends with its process 1, which ends with us.
"""

import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile

import lab

SYSTEMD = "/lib/systemd/systemd"
BOOT = 60  # seconds

# What a container manager does. The directory's tmpfs holds what is written;
# trees: what of / may be another file system, or lie under /tmp.
PREPARE = r"""
set -e
root=$1 dir=$2
shift 2
mount -t tmpfs -o mode=755 lab "$dir"
number=0
over() {
	number=$((number + 1))
	mkdir -p "$dir/upper$number" "$dir/work$number" "$2"
	mount -t overlay -o "lowerdir=$1,upperdir=$dir/upper$number" \
		-o "workdir=$dir/work$number" lab "$2"
}
over "$root" "$dir/root"
cd "$dir/root"
# What is not in namespaces may not be written.
mount -t proc proc proc
# As systemd does where it may: /dev/log holds that many lines, and not 10.
{ echo 512 >proc/sys/net/unix/max_dgram_qlen; } 2>/dev/null || :
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
mkdir dev/shm dev/pts
# As systemd mounts it.
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for tree; do
	over "$tree" "$dir/root$tree"
done
# None of this machine's services, mounts and hardware.
: >etc/fstab
rm -rf etc/systemd/system etc/rc?.d
mkdir -p etc/systemd/system etc/systemd/journald.conf.d etc/tmpfiles.d
for unit in systemd-udevd.service systemd-udev-trigger.service \
	systemd-sysctl.service systemd-modules-load.service \
	systemd-binfmt.service systemd-random-seed.service \
	systemd-timesyncd.service systemd-networkd.service \
	systemd-journald-audit.socket systemd-logind.service \
	systemd-firstboot.service systemd-tmpfiles-clean.timer \
	dbus.service dbus.socket getty.target dev-hugepages.mount \
	sys-fs-fuse-connections.mount
do
	ln -s /dev/null "etc/systemd/system/$unit"
done
# So little that a burst of mail is more.
printf '%s\n' '[Journal]' Storage=volatile Audit=no RateLimitBurst=10 \
	>etc/systemd/journald.conf.d/lab.conf
# Our trees may be below /tmp, which is emptied.
ln -s /dev/null etc/tmpfiles.d/tmp.conf
mkdir -p .before
pivot_root . .before
umount -l .before
rmdir .before
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	setpriv --pdeathsig KILL \
	--bounding-set=-sys_time,-sys_module,-sys_boot,-sys_rawio,-syslog \
	"$0" --unit=multi-user.target
"""


class CannotBoot(Exception):
    pass


def control_groups():
    """Returns where version 2 of control groups is mounted."""
    for line in lab.read("/proc/self/mounts").splitlines():
        _, point, kind, *_ = line.split()
        if kind == "cgroup2":
            return point
    raise CannotBoot("no cgroup2 here")


def remove(cgroup):
    for path, _, _ in os.walk(cgroup, topdown=False):
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(path)


class Machine:
    """A systemd that has started, with root as its file system. Raises
    CannotBoot where that is not possible."""

    def __init__(self, root="/"):
        for program in ("nsenter", "setpriv", "unshare"):
            if not shutil.which(program):
                raise CannotBoot(f"no {program}")
        if not os.access(root + SYSTEMD, os.X_OK):
            raise CannotBoot(f"no {root}{SYSTEMD}")
        self._root = root
        self.pid = None
        self._process = None
        self._dir = None
        self._cgroup = os.path.join(control_groups(),
                                    f"readdress-booted-{os.getpid()}")

    def __enter__(self):
        try:
            self._boot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _boot(self):
        # Of runs that were killed.
        for path in glob.glob(re.sub(r"\d+$", "*", self._cgroup)):
            if not lab.alive(path.rpartition("-")[2]):
                remove(path)
        try:
            os.mkdir(self._cgroup)
        except OSError as error:
            raise CannotBoot(str(error)) from error
        self._dir = tempfile.mkdtemp(prefix="readdress-booted-")
        trees = []
        if self._root == "/":
            trees.append(lab.TOP)
            if not lab.build_directory().startswith(lab.TOP + os.sep):
                trees.append(lab.build_directory())
        self._said = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "sh", "-c",
             'echo 0 >"$0/cgroup.procs" && exec "$@"', self._cgroup,
             "unshare", "--mount", "--uts", "--ipc", "--net", "--cgroup",
             "--pid", "--fork", "--kill-child=KILL",
             "sh", "-c", PREPARE, SYSTEMD, self._root, self._dir, *trees],
            stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._said)
        lab.wait_until(lambda: self._process.poll() is not None
                       or self._is_up(), BOOT, 0.2)
        if self._process.poll() is not None or not self._is_up():
            self._said.seek(0)
            raise CannotBoot(f"systemd does not come up: {self._said.read()}")

    def _is_up(self):
        pid = self._process.pid
        children = lab.read(f"/proc/{pid}/task/{pid}/children").split()
        # Before that it may have this machine's root, and its systemd.
        if not children or \
                lab.read(f"/proc/{children[0]}/comm") != "systemd\n":
            return False
        self.pid = children[0]
        done = lab.run(*self.inside("systemctl", "is-system-running"),
                       check=False, timeout=BOOT)
        return done.stdout.strip() in ("running", "degraded")

    def inside(self, *command):
        return ("nsenter", "--target", self.pid, "--all", "--", *command)

    def kill(self):
        """Kills process 1: the kernel then kills all others."""
        if self._process.poll() is None:
            if self.pid:
                os.kill(int(self.pid), signal.SIGKILL)
            else:
                self._process.kill()

    def close(self):
        if self._process:
            self.kill()
            self._process.wait(BOOT)
            self._said.close()
        if self._dir:
            os.rmdir(self._dir)  # empty: the mounts were not ours
        events = os.path.join(self._cgroup, "cgroup.events")
        lab.wait_until(lambda: "populated 1" not in lab.read(events), BOOT)
        remove(self._cgroup)
