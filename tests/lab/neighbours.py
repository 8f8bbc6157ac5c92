"""Private instances of what stands beside readdress on a relay: OpenDKIM,
Rspamd, postsrsd. Each runs with the configuration of a guide, in which only
places are changed: files, addresses and ports. None is the system's.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess

from .base import LabError, read, run, write
from .smtp import TIMEOUT, wait_until


def moved(text, places):
    """Returns the text with each of {place: place in the lab}. All of them must
    be in it."""
    for old, new in places.items():
        if old not in text:
            raise LabError(f"no {old!r} in\n{text}")
        text = text.replace(old, str(new))
    return text


def belongs(path, user):
    """Gives the path, and what is below it, to the user. Returns the path."""
    entry = pwd.getpwnam(user)
    for directory, _, names in os.walk(path):
        for name in (directory, *(os.path.join(directory, name)
                                  for name in names)):
            os.chown(name, entry.pw_uid, entry.pw_gid)
    if os.path.isfile(path):
        os.chown(path, entry.pw_uid, entry.pw_gid)
    return path


def txt(record):
    """Returns the text of a TXT record in a zone file."""
    return "".join(re.findall(r'"([^"]*)"', record))


class Daemon:
    """A program that stays in the foreground and listens at these places,
    (address, port) each."""

    def __init__(self, directory, command, places, **options):
        self.log_file = os.path.join(directory, "said")
        self.name = os.path.basename(command[0])
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                **options)
        for place in places:
            if not wait_until(lambda place=place: self.process.poll()
                              is not None or self._listens(place)) \
                    or self.process.poll() is not None:
                self.close()
                raise LabError(f"{self.name} does not listen at {place}\n"
                               + read(self.log_file))

    @staticmethod
    def _listens(place):
        try:
            socket.create_connection(place, 1).close()
            return True
        except OSError:
            return False

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def dkim_keys(lab, commands):
    """Runs the guide's commands that make OpenDKIM's key. Returns the directory
    that stands for /etc/dkimkeys; relay.txt in it is the record."""
    keys = lab.path("dkimkeys")
    os.mkdir(keys, 0o755)
    run("sh", "-euc", moved(commands, {"/etc/dkimkeys": keys}))
    return keys


def opendkim(lab, name, conf, places, server):
    """Starts OpenDKIM with the text of its configuration. Returns what Postfix
    calls its socket. places: as for moved(); server: the NameServer that it
    asks."""
    directory = lab.path(name)
    os.mkdir(directory)
    [wanted] = re.findall(r"inet:\d+@localhost", conf)
    port = lab.port()
    path = write(os.path.join(directory, "opendkim.conf"), moved(conf, {
        wanted: f"inet:{port}@{lab.address}", "/run/opendkim": directory,
        **places}) + f"Nameservers {server.address}@{server.port}\n"
        # A lab is below /tmp, which all may write.
        "RequireSafeKeys no\n")
    belongs(directory, "opendkim")
    lab.keep(Daemon(directory, ["opendkim", "-f", "-x", path],
                    [(lab.address, port)]))
    return f"inet:{lab.address}:{port}"


LAUNCHER = "/usr/share/postsrsd/postsrsd-systemd-launcher"


def postsrsd(lab, default):
    """Starts postsrsd with the text of /etc/default/postsrsd. Returns the ports
    of its tables: to SRS addresses, and back."""
    directory = lab.path("postsrsd")
    os.makedirs(os.path.join(directory, "empty"))
    forward, reverse = lab.port(), lab.port()
    secret = write(os.path.join(directory, "secret"), "only for tests\n")
    conf = write(os.path.join(directory, "default"), default + (
        f"SRS_LISTEN_ADDR={lab.address}\nSRS_FORWARD_PORT={forward}\n"
        f"SRS_REVERSE_PORT={reverse}\nSRS_SECRET={secret}\n"
        f"CHROOT={directory}/empty\n"))
    launcher = write(os.path.join(directory, "launcher"), moved(
        read(LAUNCHER), {"/etc/default/postsrsd": conf}))
    lab.keep(Daemon(directory, ["sh", launcher],
                    [(lab.address, forward), (lab.address, reverse)]))
    return forward, reverse


# What the tests' Rspamd differs in: where it listens, whom it asks, and that it
# knows few top-level domains. It compiles those of the package for a minute.
RSPAMD = {
    "options.inc": """
        dns { nameserver = ["%(dns)s"]; timeout = 2s; retransmits = 2; }
        local_addrs = [];
        disable_hyperscan = true;
        url_tld = "%(directory)s/tlds";
    """,
    "worker-proxy.inc": """
        bind_socket = "%(place)s";
        count = 1;
        upstream "local" { default = yes; self_scan = yes; }
    """,
    "worker-normal.inc": "enabled = false;\n",
    "worker-controller.inc": "enabled = false;\n",
    # It is not here to judge what tests send.
    "actions.conf": "reject = null; add_header = null; greylist = null;\n"
                    "rewrite_subject = null;\n",
}


class Rspamd:
    """files: {path below /etc/rspamd: text}; commands: those that make its
    key, in which DIRECTORY is the parent of all state. record: the key's."""

    CONF = "/etc/rspamd/rspamd.conf"
    STATE = "/var/lib/rspamd"

    def __init__(self, lab, commands, files, server):
        directory = self.directory = lab.path("rspamd")
        for name in ("local.d", "override.d", "state", "log", "run"):
            os.makedirs(os.path.join(directory, name))
        state = os.path.join(directory, "state")
        run("sh", "-euc", moved(commands, {self.STATE: state}), cwd=directory)
        self.record = read(os.path.join(directory, "arc.txt"))
        port = lab.port()
        self.milter = f"inet:{lab.address}:{port}"
        self._places = [(lab.address, port)]
        write(os.path.join(directory, "tlds"), "com\nnet\norg\nexample\n")
        for path, text in files.items():
            write(os.path.join(directory, path), moved(
                text, {self.STATE: state} if self.STATE in text else {}))
        for name, text in RSPAMD.items():
            write(os.path.join(directory, "override.d", name), text % {
                "dns": f"{server.address}:{server.port}",
                "place": f"{lab.address}:{port}", "directory": directory})
        for name in ("log", "run"):
            belongs(os.path.join(directory, name), "_rspamd")
        shutil.chown(state, "_rspamd", "_rspamd")

    def start(self, lab):
        lab.keep(Daemon(self.directory, [
            "rspamd", "-f", "-c", self.CONF, "-u", "_rspamd", "-g", "_rspamd",
            *(f"--var={name}={self.directory}{below}" for name, below in (
                ("LOCAL_CONFDIR", ""), ("DBDIR", "/state"),
                ("LOGDIR", "/log"), ("RUNDIR", "/run")))], self._places))
