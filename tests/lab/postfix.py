"""A private Postfix on loopback. See __init__.py."""

import fcntl
import functools
import grp
import os
import pwd
import re
import shutil
import signal
import subprocess

from . import smtp
from .base import MILTER_USER, TOP, LabError, alive, read, run, write
from .smtp import wait_until

CONTRIB = os.path.join(TOP, "contrib", "postfix")
LOCAL_PLACE = "[127.0.0.1]:10099"  # in the fragment

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
maillog_file = {dir}/log/maillog
maillog_file_prefixes = {dir}/log
syslog_name = {name}
multi_instance_name = postfix-{name}
myhostname = {name}.example
mydomain = {name}.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
# Loopback is not trusted: else an open-relay test would prove nothing.
mynetworks =
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
# Else Postfix re-formats the address headers of loopback clients.
local_header_rewrite_clients =
smtp_host_lookup = native
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
local_transport = error:no local delivery
append_dot_mydomain = no
biff = no
# Quick, for tests.
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
smtpd_client_connection_count_limit = 0
"""

# pickup and qmgr look every second. A message that is put into the queue again
# while it is being delivered stays in incoming until qmgr looks next: 300 s, as
# Postfix comes.
MASTER_CF = """\
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def next_hop(value):
    """Returns the transport to a sink; any other value is returned as it
    is."""
    if isinstance(value, smtp.Sink):
        return f"smtp:[{value.address}]:{value.port}"
    return value


def parameters(main_cf):
    """Returns the text of main.cf as {parameter: value}."""
    found = {}
    key = None
    for line in main_cf.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace():
            found[key] += " " + line.strip()
        else:
            key, _, value = (word.strip() for word in line.partition("="))
            found[key] = value
    return found


def entries(master_cf):
    """Returns the text of master.cf as [("name/type", its lines without
    comments)]."""
    found = []
    for line in master_cf.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace():
            found[-1] = (found[-1][0], f"{found[-1][1]}{line}\n")
        else:
            found.append(("/".join(line.split()[:2]), f"{line}\n"))
    return found


@functools.lru_cache
def installed(parameter):
    """Returns where Postfix's own files are."""
    return run("postconf", "-dh", parameter).stdout.strip()


class Postfix:
    """A private instance. main: parameters of main.cf, where a Sink as the
    value stands for the transport to it. Services are added before start()."""

    def __init__(self, lab, name, main):
        self.lab = lab
        self.dir = lab.path(name)
        self.etc = os.path.join(self.dir, "etc")
        self.queue = os.path.join(self.dir, "queue")
        self.log_file = os.path.join(self.dir, "log", "maillog")
        self.ports = {}
        self._special = {}  # service: (address, what a client says first)
        for sub in ("etc", "queue", "data", "log"):
            os.makedirs(os.path.join(self.dir, sub), 0o755)
        shutil.chown(os.path.join(self.dir, "data"), "postfix")
        # The set-GID bit gives the milter's socket the group postfix.
        sockets = os.path.join(self.queue, "readdress")
        os.mkdir(sockets)
        os.chown(sockets, pwd.getpwnam(MILTER_USER).pw_uid,
                 grp.getgrnam("postfix").gr_gid)
        os.chmod(sockets, 0o2750)
        self.socket = os.path.join(sockets, "milter.sock")
        self._main = parameters(MAIN_CF.format(dir=self.dir, name=name))
        self._master = MASTER_CF
        self.set(**main)

    def set(self, **main):
        """Adds to main.cf; the last value of a parameter wins."""
        self._main.update(main)

    def append(self, main="", master=""):
        """Adds texts to main.cf and master.cf."""
        self.set(**parameters(main))
        self._master += "\n" + master

    def merge(self, master):
        """Adds services, which replace those of the same name and type."""
        new = entries(master)
        names = [name for name, _ in new]
        self._master = "".join(text for name, text in
                               [*entries(self._master), *new]
                               if (name, text) in new or name not in names)

    def local_mail(self, chroot=False, port=None):
        """Adds the services for local mail and bounces of the fragment in
        contrib/postfix, with another address and without chroot. Returns the
        port."""
        port = port or self.lab.port()
        self.ports["local"] = port
        fragment = read(os.path.join(CONTRIB, "master.cf")).replace(
            LOCAL_PLACE, f"[{self.lab.address}]:{port}").replace(
                " 60 1 pickup", " 1 1 pickup")  # quick, for tests
        self.merge("".join(
            text if chroot else re.sub(r"(?m)^(\S+ \S+ \S \S) y ",
                                       r"\1 n ", text)
            for name, text in entries(fragment) if "smtp/inet" not in name))
        main = parameters(read(os.path.join(CONTRIB, "main.cf")))
        self.set(**{name: main[name] for name in main
                    if name.startswith("readdress-local_")})
        return port

    def table(self, name, rows):
        """Writes a look-up table of {key: value}. Returns what main.cf calls
        it."""
        path = os.path.join(self.etc, name)
        write(path, "".join(f"{key}\t{next_hop(value)}\n"
                            for key, value in rows.items()))
        return f"texthash:{path}"

    def service(self, name, *, place=None, program="smtpd", before="",
                chroot=False, **options):
        """Adds an smtpd service with -o options. Returns its port. place:
        (address, port) instead of the lab's own; program: a program instead of
        smtpd; before: what every client says first; chroot: it runs in the
        queue directory, as Debian's does."""
        address, port = place or (self.lab.address, self.lab.port())
        self.ports[name] = port
        self._special[name] = (address, before)
        limit = 1 if program == "postscreen" else "-"
        self._master += (f"[{address}]:{port} inet n - {'y' if chroot else 'n'}"
                         f" - {limit} {program}\n")
        self._options(options)
        return port

    def pass_service(self, name, **options):
        """Adds the smtpd behind a postscreen with smtpd_service_name =
        name."""
        self._master += f"{name} pass - - n - - smtpd\n"
        self._options(options)

    def _options(self, options):
        for key, value in options.items():
            self._master += f"  -o {{ {key} = {value} }}\n"

    def write(self):
        write(os.path.join(self.etc, "main.cf"), "".join(
            f"{key} = {next_hop(value)}\n"
            for key, value in self._main.items()))
        write(os.path.join(self.etc, "master.cf"), self._master)

    def _make_directories(self):
        """Makes the directories that postfix-files(5) names, as `postfix start`
        does."""
        names = {"$mail_owner": "postfix", "$setgid_group": "postdrop"}
        for line in read(os.path.join(
                installed("meta_directory"), "postfix-files")).splitlines():
            path, _, rest = line.partition(":d:")
            if not path.startswith("$queue_directory") or not rest:
                continue
            owner, group, mode, _ = rest.split(":")
            path = path.replace("$queue_directory", self.queue)
            if not os.path.isdir(path):
                os.mkdir(path)
                shutil.chown(path, names.get(owner, owner),
                             None if group == "-" else names.get(group, group))
                os.chmod(path, int(mode, 8))

    def start(self, *before):
        """before: a command with arguments that runs `postfix start`. Without
        it, master(8) is started at once: what postfix-script(1) looks at before
        that, with a hundred processes, is as this class made it."""
        self.write()
        if before:
            run(*before, "postfix", "-c", self.etc, "start")
        else:
            self._make_directories()
            master = os.path.join(installed("daemon_directory"), "master")
            run(master, "-c", self.etc, "-w",
                env={**os.environ, "MAIL_CONFIG": self.etc})
        for name in self.ports:
            self.client(name).quit()

    def reload(self):
        run("postfix", "-c", self.etc, "reload")

    def close(self):
        """Ends it, whoever started it."""
        pid = self.master_pid()
        if pid:
            os.kill(pid, signal.SIGTERM)  # as `postfix abort` does
            if not wait_until(lambda: not alive(pid)):
                raise LabError(f"master {pid} does not end")

    def master_pid(self):
        """None if it does not run: master(8) holds a lock on its file."""
        path = os.path.join(self.queue, "pid", "master.pid")
        if not os.path.exists(path):
            return None
        with open(path, "r+", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read())
        return None

    def client(self, service, **options):
        address, before = self._special.get(service, (self.lab.address, ""))
        options["before"] = options.get("before") or before
        return smtp.Client(address, self.ports[service], **options)

    def sendmail(self, message, *arguments):
        """Submits a message locally, with sendmail(1)."""
        done = subprocess.run(["sendmail", "-C", self.etc, *arguments],
                              input=smtp.octets(message), check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise LabError(f"sendmail: {smtp.text(done.stdout)}")

    def queued(self):
        """Returns the names of the files of messages that are still in the
        queue."""
        names = []
        for queue in ("maildrop", "incoming", "active", "deferred", "hold"):
            for _, _, files in os.walk(os.path.join(self.queue, queue)):
                names += [f"{queue}/{name}" for name in files]
        return names

    def drain(self, seconds=smtp.TIMEOUT):
        """Waits until the queue is empty. It is read several times, because a
        message that moves to another directory or is turned into a bounce
        meanwhile can be missed."""
        if not wait_until(lambda: not any(self.queued() for _ in range(3)),
                          seconds):
            raise LabError(f"still queued: {self.queued()[:10]}\n"
                           + "".join(self.log()[-30:]))

    def log(self, pattern=None):
        """Returns the lines of the mail log, or those in which the pattern is
        found."""
        lines = read(self.log_file).splitlines(True)
        return [line for line in lines
                if pattern is None or re.search(pattern, line)]
