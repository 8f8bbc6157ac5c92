"""What the tests of `readdress doctor` share. See __init__.py."""

import hashlib
import json
import os
import re
import subprocess
import time

from .base import read, run, write
from .postfix import CONTRIB, MASTER_CF, entries
from .tool import MILTER, TIMEOUT, ToolTest


class DoctorTest(ToolTest):
    """A Postfix that is set up by the fragments of contrib, and is not
    started, beside a milter that runs."""

    def setUp(self):
        super().setUp()
        self.milter = None
        self.addCleanup(self.stop)
        self.etc = os.path.join(self.dir, "etc")
        self.queue = os.path.join(self.dir, "queue")
        self.sockets = os.path.join(self.queue, "readdress")
        os.mkdir(self.etc)
        os.makedirs(self.sockets)
        os.chmod(self.dir, 0o755)  # Postfix's user comes to the socket

    def fragment(self, *names):
        return read(os.path.join(CONTRIB, *names))

    def set_up(self, scenario, more="", main=""):
        """The scenario's files; more: of readdress.conf; main: of main.cf."""
        services = dict(entries(MASTER_CF))
        services["smtp/inet"] = "smtp inet n - n - - smtpd\n"
        for name, text in entries(self.fragment("master.cf")):
            # The cut-over has no use for the outbound service.
            if scenario != "cut-over" or "26:smtp/inet" not in name:
                services[name] = text
        write(os.path.join(self.etc, "master.cf"), "".join(services.values()))
        write(os.path.join(self.etc, "main.cf"),
              f"compatibility_level = 3.6\nqueue_directory = {self.queue}\n"
              + "myhostname = relay.example\n" + self.fragment("main.cf")
              + self.fragment(scenario, "main.cf") + main)
        table = self.fragment(scenario, "transport")
        write(os.path.join(self.etc, "readdress-transport"), table)
        self.stop()
        kept = [line for line in
                self.fragment(scenario, "readdress.conf").splitlines()
                if not line.startswith(("socket", "state_dir", "runtime_dir"))]
        if os.geteuid() == 0:
            kept.append('user = "root"')
        self.configure("\n".join(kept) + "\n" + more)
        write(self.conf, read(self.conf).replace(
            f'"unix:{self.dir}/milter.sock"',
            f'"unix:{self.sockets}/milter.sock"'))
        for table in ("inbound", "outbound"):
            path = os.path.join(CONTRIB, scenario, f"{table}.csv")
            if os.path.exists(path):
                self.tool("load", table, path)
        self.see_required()
        self.start()

    def start(self):
        self.milter = subprocess.Popen(
            [MILTER, "-f", "-c", self.conf],
            stderr=subprocess.DEVNULL)
        self.wait_for_milter(self.milter)

    def stop(self):
        if self.milter:
            # A milter looks for SIGTERM every 5 s only.
            self.milter.kill()
            self.milter.wait(TIMEOUT)
            self.milter = None

    def see_required(self):
        """Has the milter know all of outbound_required_headers."""
        headers = re.findall(r'"(X-[\w-]+): ([^"]+)"', read(self.conf))
        with open(os.path.join(self.state, "served", "required"), "w",
                  encoding="utf-8") as f:
            for header in headers:
                text = "".join(f"{part.lower()}\0" for part in header)
                f.write(hashlib.sha256(text.encode()).hexdigest() + "\n")
        return headers

    def cool(self):
        """Makes the files of Postfix older: its programs wait until each is
        2 s old, lest somebody be writing it."""
        past = time.time() - 60
        for top, _, names in os.walk(self.dir):
            for path in (os.path.join(top, name) for name in names):
                if "main.cf" in names and os.stat(path).st_mtime > past:
                    os.utime(path, (past, past - 60))

    def doctor(self, code=0, **kwargs):
        self.cool()
        return self.tool("doctor", "--config-dir", self.etc, code=code,
                         **kwargs)

    def mend(self, command):
        """Runs the command of a finding on the files of this test."""
        self.cool()
        # What a person reads stands in parentheses at the end.
        command = re.split(" && (?:postfix -c [^ ]* reload"
                           "|systemctl restart postfix)",
                           command)[0].split(" (and ")[0]
        done = run("sh", "-ec", command, check=False)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stderr}")

    def doctor_json(self):
        self.cool()
        done = self.run_raw("-c", self.conf, "doctor", "--config-dir",
                            self.etc, "--json")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(done.returncode, int(any(
            line["level"] == "FAIL" for line in lines)), done.stderr)
        for line in lines:
            self.assertEqual(list(line), ["id", "level", "found", "why", "do"])
            wrong = line["level"] in ("WARN", "FAIL")
            self.assertEqual(wrong, line["why"] is not None)
            self.assertEqual(wrong, line["do"] is not None)
        return lines
