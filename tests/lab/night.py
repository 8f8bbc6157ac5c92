"""What the tests of questions and check-lists share: a `readdress` in PATH that
goes by the lab's configuration. See __init__.py."""

import os
import re
import subprocess

from .base import write


def mail_log(path, readdress, postfix):
    """Writes what syslog would have written: the milter's lines about messages,
    then those of Postfix."""
    ours = "".join(
        "2026-11-29T19:00:01+00:00 relay readdress-milter[1]: "
        + found.group(0) + "\n" for found in (
            re.search(r"[0-9A-Za-z]+: direction=.*", line)
            for line in readdress.log()) if found)
    return write(path, ours + "\n".join(postfix.log()) + "\n")


class Night:
    """Runs commands as a guide prints them. `trace` reads the log of this
    Postfix, and `dns` asks this name server, which knows this relay as
    relay.example, 192.0.2.1; without one it asks where resolv.conf says. before:
    a command with arguments that runs them."""

    def __init__(self, here, readdress, postfix, name_server=None, before=()):
        self.dir = here.dir
        self.before = before
        self.readdress, self.postfix = readdress, postfix
        self.log = here.path("mail.log")
        where = f"""set -- --server 127.0.0.1@{name_server.port} \\
    --host relay.example --address 192.0.2.1 "$@\"""" if name_server else ":"
        programs = here.path("bin")
        os.mkdir(programs)
        wrapper = write(
            os.path.join(programs, "readdress"),
            f"""#!/bin/sh
command=$1
shift
case $command in
trace) set -- --log '{self.log}' "$@" ;;
dns) {where} ;;
esac
exec '{readdress.tool}' -c '{readdress.config}' "$command" "$@"
""")
        os.chmod(wrapper, 0o755)
        self.environment = {**os.environ, "MAIL_CONFIG": postfix.etc,
                            "PATH": f"{programs}:{os.environ['PATH']}"}

    def run(self, commands):
        """Returns the exit status and what was printed. The first command that
        fails ends it."""
        mail_log(self.log, self.readdress, self.postfix)
        done = subprocess.run(
            [*self.before, "sh", "-euc", commands], cwd=self.dir, text=True,
            check=False, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout
