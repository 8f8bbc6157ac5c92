"""kill: the milter is killed, and stopped and started, while mail flows."""

import os
import random
import signal
import subprocess
import time

import lab
import traffic
from lab import smtp

# The calls by which the milter edits a message, in their order, and how many
# of each the two kinds of message take together.
DELETE, ADD = "delrcpt", "addrcpt_par"
EDITS = {DELETE: 4, ADD: 5, "chgfrom": 1, "chgheader": 4}

SLICE = {"messages": 400, "kills": 12, "stops": 2, "edits": {ADD: 5}}
FULL = {"messages": 20000, "kills": 200, "stops": 50, "edits": EDITS}

CONTROLS = ("accept", "quarantine")
STOP_MAX = 6.0  # seconds
PRELOAD = os.path.join(lab.build_directory(), "tests", "librefuse.so")


def crash(figures, messages, kills):
    """Kills the milter in the middle of mail, at whatever place: how long a
    message takes depends on the machine."""
    done = 0
    with traffic.Relay() as relay:
        relay.start()
        with traffic.Clients(relay) as clients:
            while ((len(clients.accepted) < messages or done < kills)
                   and not clients.problems):
                clients.wait(random.randint(1, 2 * messages // kills))
                time.sleep(random.uniform(0, 0.1))
                relay.readdress.kill()
                done += 1
                relay.readdress.start()
        audit = traffic.Audit(relay, clients.accepted)
        figures.must("kill -9", done, ">=", kills)
        figures.must("messages accepted", len(clients.accepted), ">=",
                     messages)
        figures.must("attempts that were deferred", clients.deferred, ">=", 1)
        figures.none("refusals and broken connections", clients.problems)
        audit.tell(figures)


def stop(figures, stops):
    slowest, codes = 0.0, set()
    with traffic.Relay() as relay:
        relay.start()
        with traffic.Clients(relay) as clients:
            for _ in range(stops):
                clients.wait(8)
                time.sleep(random.uniform(0, 0.4))
                begun = time.monotonic()
                process = relay.readdress.process
                process.send_signal(signal.SIGTERM)
                try:
                    codes.add(process.wait(lab.TIMEOUT))
                    relay.readdress.process = None
                except subprocess.TimeoutExpired:
                    codes.add(f"none within {lab.TIMEOUT} s")
                    relay.readdress.kill()
                slowest = max(slowest, time.monotonic() - begun)
                relay.readdress.start()
        audit = traffic.Audit(relay, clients.accepted)
        figures.note("SIGTERM and start under load", stops)
        figures.must("exit codes other than 0", len(codes - {0}), "=", 0)
        figures.clock("slowest stop, s", slowest, "<", STOP_MAX)
        figures.must("messages accepted", len(clients.accepted), ">=", stops)
        figures.none("refusals and broken connections", clients.problems)
        audit.tell(figures)


class Deaths:
    """Messages during whose edits the milter dies, each at another edit."""

    def __init__(self, relay, action, edits):
        self.relay = relay
        self.action = action
        self.died = []
        self.halfway = []  # of these, between the first delete and the last add
        self.accepted = []
        self.deferred = 0
        self.problems = []
        for kind in traffic.KINDS:
            for edit in edits:
                self._each(kind, edit)

    def _each(self, kind, edit):
        """Its first call, its second, until there is none at which to die."""
        number = 1
        while self._dies(f"{kind}-{self.action}-{edit}-{number}",
                         f"{edit} {number}"):
            if edit == ADD or (edit == DELETE and number > 1):
                self.halfway.append(self.died[-1])
            number += 1

    def _dies(self, name, call):
        """True if the milter died. The client tries again after 4xx."""
        readdress = self.relay.readdress
        readdress.kill()
        readdress.start(env={**os.environ, "LD_PRELOAD": PRELOAD,
                             "READDRESS_DIE": call})
        process = readdress.process
        lines = len(readdress.log("direction="))
        taken = self._send(name)
        # It has a line for each message of which it made all edits.
        if not lab.wait_until(lambda: process.poll() is not None
                              or len(readdress.log("direction=")) > lines):
            raise lab.LabError(f"{name}: neither edited nor dead")
        died = process.poll() is not None
        if died:
            self.died.append(name)
        if not taken:
            self.deferred += 1
            readdress.kill()
            readdress.start()
            if not self._send(name):
                self.problems.append(f"{name} is never taken")
        return died

    def _send(self, name):
        kind = traffic.KINDS[name[0]]
        via = f"{kind['via']}-{self.action}"
        try:
            with self.relay.postfix.client(via) as client:
                client.send(kind["mail"], kind["rcpt"], traffic.letter(name))
        except smtp.Refused as refused:
            if refused.reply.code >= 500:
                self.problems.append(f"{name}: {refused}")
            return False
        self.accepted.append(name)
        return True


def halfway(figures, edits):
    """The milter dies between two edits of one message. With tempfail no harm
    results. The other actions are controls: Postfix keeps the edits that it
    has received, and the audit must see what is lost."""
    with traffic.Relay() as relay:
        for action in ("tempfail", *CONTROLS):
            relay.postfix.service(f"mx-{action}",
                                  milter_default_action=action)
            relay.postfix.service(f"outbound-{action}",
                                  mynetworks="127.0.0.0/8",
                                  milter_macro_daemon_name="OUTBOUND",
                                  milter_default_action=action)
        relay.start()
        deaths = Deaths(relay, "tempfail", edits)
        died(figures, deaths, edits, len(deaths.died))
        traffic.Audit(relay, deaths.accepted).tell(figures)
        for action in CONTROLS:
            control(figures, relay, action, edits)


def died(figures, deaths, edits, deferred):
    action = deaths.action
    figures.must(f"{action}: deaths at an edit", len(deaths.died), "=",
                 sum(edits.values()))
    figures.must(f"{action}: attempts that were deferred", deaths.deferred,
                 "=", deferred)
    figures.none(f"{action}: refusals", deaths.problems)


def control(figures, relay, action, edits):
    deaths = Deaths(relay, action, edits)
    died(figures, deaths, edits, 0)
    if action == "quarantine":
        held = [name for name in relay.postfix.queued()
                if name.startswith("hold/")]
        figures.must(f"{action}: messages on hold", len(held), "=",
                     len(deaths.died))
        lab.run("postsuper", "-c", relay.postfix.etc, "-H", "ALL")
    audit = traffic.Audit(relay, deaths.accepted)
    figures.must(f"control, {action}: accepted and not delivered",
                 len(audit.lost), "=", len(deaths.halfway),
                 f"lost: {audit.lost}\n  edits were halfway: "
                 f"{deaths.halfway}")
    figures.must(f"control, {action}: un-rewritten", len(audit.unrewritten),
                 ">=", 1)


def run(figures, messages, kills, stops, edits):
    crash(figures, messages, kills)
    stop(figures, stops)
    halfway(figures, edits)
