"""readdress-milter without a Postfix: the campaign acts as the MTA."""

import os
import re
import types

import lab
from lab import milterclient

MTA = {"address": "198.51.100.1", "daemon_name": "mx"}


class Bare:
    """A lab with a configuration, a state directory and a place for the
    socket. options: those of readdress.conf."""

    def __init__(self, **options):
        self.here = lab.Lab()
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

    def mta(self, timeout=lab.TIMEOUT, **macros):
        """Returns a connection that has negotiated and announced a client."""
        mta = milterclient.Connection(self.socket, timeout)
        mta.negotiate()
        mta.connect(**{**MTA, **macros})
        return mta

    def added(self, *recipients, timeout=lab.TIMEOUT):
        """Returns the addresses to which the milter sends mail for these;
        "451" if it defers, "closed" if nothing answers."""
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

    def hup(self, seconds=lab.TIMEOUT):
        """Sends SIGHUP. Returns the result of the reload: "ok", "failed" or
        None. It may be that of an earlier SIGHUP that was not waited for."""
        names = {result: f'readdress_reloads_total{{result="{result}"}}'
                 for result in ("ok", "failed")}
        before = {result: self.counter(name)
                  for result, name in names.items()}
        self.readdress.hup()
        found = []

        def over():
            found.extend(result for result, name in names.items()
                         if self.counter(name) > before[result])
            return found or not self.alive()

        lab.wait_until(over, seconds, 0.005)
        return found[0] if found else None

    def said(self):
        """Returns the last lines of its log."""
        return "".join(self.readdress.log()[-3:])

    def crashed(self):
        """Returns lines of the log that no run may leave."""
        return [line for line in self.readdress.log()
                if re.search("Sanitizer|runtime error|assert", line)]
