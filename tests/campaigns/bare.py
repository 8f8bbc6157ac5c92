"""readdress-milter without a Postfix: the campaign is the MTA."""

import os
import re
import subprocess
import time
import types

import lab
import milterclient
import place

MTA = {"address": "198.51.100.1", "daemon_name": "mx"}


class Bare:
    """A lab with a configuration, a state directory and a place for the
    socket. options: of readdress.conf."""

    def __init__(self, **options):
        self.here = place.Lab()
        os.mkdir(self.here.path("sockets"))
        os.chmod(self.here.path("sockets"), 0o777)
        self.socket = self.here.path("sockets", "milter.sock")
        self.readdress = self.here.keep(lab.Readdress(
            self.here, types.SimpleNamespace(socket=self.socket), options))
        self.map = os.path.join(self.readdress.state, "map.mdb")
        self.note = os.path.join(self.readdress.state, "served", "generation")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.here.close()

    @property
    def pid(self):
        return self.readdress.process.pid

    def alive(self):
        return self.readdress.process.poll() is None

    def start_under(self, *command):
        """As readdress.start(), by this command: prlimit ... the milter ..."""
        with open(self.readdress.log_file, "ab") as log:
            self.readdress.process = subprocess.Popen(
                [*command, self.readdress.milter, "-f", "-c",
                 self.readdress.config], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL)
        if not lab.wait_until(
                lambda: not self.alive()
                or self.readdress.metric("readdress_up"), 20) \
                or not self.alive():
            raise lab.LabError("".join(self.readdress.log()))

    def mta(self, timeout=20, **macros):
        """A connection that has negotiated and has a client."""
        mta = milterclient.Connection(self.socket, timeout)
        mta.negotiate()
        mta.connect(**{**MTA, **macros})
        return mta

    def added(self, *recipients, timeout=20):
        """Where mail to these goes, by the milter; "451" where it is deferred,
        "closed" where nobody answers."""
        try:
            with self.mta(timeout) as mta:
                answer = mta.message("<a@out.example>", recipients)
        except (milterclient.Closed, OSError):
            return "closed"
        if answer.verdict != "continue":
            return answer.reply[:3] or answer.verdict
        return sorted(address for address, _ in answer.added)

    def counter(self, name):
        return int(self.readdress.metric(name) or 0)

    def hup(self, seconds=10):
        """SIGHUP; the result of the reload: "ok", "failed" or None."""
        names = {result: f'readdress_reloads_total{{result="{result}"}}'
                 for result in ("ok", "failed")}
        before = {result: self.counter(name)
                  for result, name in names.items()}
        self.readdress.hup()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for result, name in names.items():
                if self.counter(name) > before[result]:
                    return result
            if not self.alive():
                return None
            time.sleep(0.005)
        return None

    def said(self):
        """Its last words."""
        return "".join(self.readdress.log()[-3:])

    def crashed(self):
        """Lines of the log that no run may leave."""
        return [line for line in self.readdress.log()
                if re.search("Sanitizer|runtime error|assert", line)]
