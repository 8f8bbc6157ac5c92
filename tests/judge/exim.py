"""Exim as a judge: not only its parser, its rewriting.

Exim keeps the bytes of a header too, so its output and readdress's can be laid
side by side. Debian's package cannot be installed beside Postfix: it is
fetched and unpacked into a directory, and run where /etc/passwd has its user,
in a mount namespace of its own. Nothing listens; a message of many headers goes
in on standard input, and the spool file shows what became of them.
"""

import glob
import os
import re
import shutil
import subprocess

from grammar import NEW, USER
from judges import AGREE, OTHER, OURS, THEIRS

PACKAGES = ("exim4-daemon-light", "exim4-base", "libidn12")
OWNER = 8  # mail: Exim refuses to run as root

CONFIG = r"""exim_user = Debian-exim
exim_group = Debian-exim
never_users =
primary_hostname = judge.example
spool_directory = {dir}/spool
log_file_path = {dir}/log/%s
queue_only
allow_domain_literals
allow_utf8_domains
header_maxsize = 64M
header_line_maxsize = 64M
message_size_limit = 0
keep_environment =
acl_smtp_rcpt = accept
begin rewrite
\N^(?i)"?\\?b\\?o\\?b"?@u\.old\.example$\N {user} h
\N^(?is)(.*)@(?:[^@]*\.old\.example|\[\s*192\.0\.2\.1\s*\])$\N $1@{new} h
"""


def bare(text):
    """Without comments, white space and routes, which Exim may drop or fold."""
    kept, depth, quoted = [], 0, False
    for part in re.findall(r"\\.|.", text, re.S):
        if part == '"' and not depth:
            quoted = not quoted
        elif not quoted and part in "()":
            depth = max(0, depth + (1 if part == "(" else -1))
            continue
        if not depth and (quoted or part not in " \t\r\n"):
            kept.append(part)
    # It drops the route too.
    return re.sub(r"<@[^<>:]*:", "<", re.sub(r"\s", "", "".join(kept)))


class Exim:
    name = "exim"

    def __init__(self, directory):
        if os.geteuid() != 0:
            raise RuntimeError("a mount namespace needs root")
        self.dir = os.path.join(directory, "exim")
        os.mkdir(self.dir, 0o755)
        os.chmod(directory, 0o755)
        self._fetch()
        for name in ("spool", "log"):
            os.mkdir(os.path.join(self.dir, name))
            os.chown(os.path.join(self.dir, name), OWNER, OWNER)
        for name, line in (("passwd", f"Debian-exim:x:{OWNER}:{OWNER}::/:\n"),
                           ("group", f"Debian-exim:x:{OWNER}:\n")):
            copy = os.path.join(self.dir, name)
            shutil.copy(f"/etc/{name}", copy)
            with open(copy, "a", encoding="utf-8") as file:
                file.write(line)
        with open(os.path.join(self.dir, "conf"), "w", encoding="ascii") as out:
            out.write(CONFIG.replace("{dir}", self.dir)
                      .replace("{new}", NEW).replace("{user}", USER))
        self._run("-bV")

    def _fetch(self):
        for command in (["apt-get", "download", *PACKAGES], None):
            for package in [] if command else glob.glob(f"{self.dir}/*.deb"):
                subprocess.run(["dpkg", "-x", package, self.dir], check=True)
            done = command and subprocess.run(
                command, cwd=self.dir, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, check=False)
            if done and done.returncode:
                raise RuntimeError("apt-get download: "
                                   + done.stdout.strip()[-300:])

    def _run(self, *arguments, given=b""):
        libraries = glob.glob(f"{self.dir}/usr/lib/*-linux-gnu")
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", 'd=$1; shift; for f in passwd group; '
             'do mount --bind "$d/$f" "/etc/$f" || exit 71; done; '
             'exec "$d/usr/sbin/exim4" -C "$d/conf" "$@"', "sh", self.dir,
             *arguments], input=given, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
            env={**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)})
        if done.returncode:
            raise RuntimeError(f"exim4: exit {done.returncode}: "
                               + done.stdout.decode("latin-1")[-500:])
        return done.stdout

    def rewrite(self, texts):
        """Each header's text after Exim's rewriting."""
        # A line that is "." alone would end the message.
        given = "".join(f"To:{text}\r\n" for text in texts)
        said = self._run("-oMa", "192.0.2.1", "-bs", given=(
            "EHLO judge.example\r\nMAIL FROM:<>\r\nRCPT TO:<x@judge.example>"
            f"\r\nDATA\r\n{given}\r\n.\r\nQUIT\r\n").encode("latin-1"))
        spooled = glob.glob(f"{self.dir}/spool/input/*-H")
        if len(spooled) != 1:
            raise RuntimeError("exim4: " + said.decode("latin-1")[-500:])
        with open(spooled[0], "rb") as file:
            found = self._headers(file.read().decode("latin-1"))
        for name in (spooled[0], spooled[0][:-1] + "D",
                     *glob.glob(f"{self.dir}/spool/msglog/*"),
                     *glob.glob(f"{self.dir}/log/*")):
            os.remove(name)
        if len(found) != len(texts):
            raise RuntimeError("exim4 lost or made a header")
        return found

    @staticmethod
    def _headers(spool):
        """The To headers of a -H file: "LENGTH FLAG TEXT"; flag "*" marks one
        that was replaced by that behind it."""
        at = spool.index("\n\n") + 2
        found = []
        while match := re.compile(r"(\d{3,})(.) ").match(spool, at):
            end = match.end() + int(match.group(1))
            text = spool[match.end():end]
            if match.group(2) != "*" and text.startswith("To:"):
                found.append(text[3:].removesuffix("\n"))
            at = end
        return found

    def verdicts(self, texts, outs):
        for theirs, ours in zip(self.rewrite(texts), outs):
            if bare(theirs) == bare(ours):
                yield AGREE
                continue
            count = theirs.count(NEW) - ours.count(NEW)
            yield THEIRS if count > 0 else OURS if count < 0 else OTHER
