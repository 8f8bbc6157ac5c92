"""Mail through Postfix: smtp-source, smtpd with a milter, and smtp-sink as the
next hop. One Postfix has a service for each contender."""

import os
import subprocess
import time

import lab

from . import milters, programs, samples, table

NONE = "no milter"
MAPS = "Postfix's canonical maps"
PARALLEL = 8  # sessions of smtp-source
MESSAGE = """\
From: "Ann User" <ann@far.example>
To: {to}
Subject: The minutes of our last meeting
Date: Mon, 23 Nov 2026 09:12:42 +0100
Message-ID: <20261123081242.4Hq9zW2pKdz1nX@desk.far.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

{body}"""
BODY = "This line stands for the text of a message, as people write them.\n" * 30


class Relay:
    def __init__(self, bench, here, rules):
        self.here = here
        self.rules = rules
        self.inspector = here.sink()
        self.sink = self._start_sink()
        self.postfix = here.postfix(
            relay_domains="old.example, new.example, checked.example",
            default_transport=f"smtp:[{here.address}]:{self.sink}",
            relay_transport="$default_transport", queue_run_delay="300s",
            minimal_backoff_time="300s", max_idle="3600s",
            smtp_destination_concurrency_limit="20",
            initial_destination_concurrency="20", in_flow_delay="0")
        self.postfix.set(transport_maps=self.postfix.table(
            "transport", {"checked.example": self.inspector}))
        self.names = {NONE: None, MAPS: None}
        self.cpus = {}
        for name, milter in milters.start(bench, here, rules,
                                          bare=True).items():
            self.names[name] = milter.address
            self.cpus[name] = milter.cpu
        for name, address in self.names.items():
            if name == MAPS:
                self._maps_service()
            else:
                self.postfix.service(name, smtpd_milters=address or "")
        self.postfix.start()
        self.tree = programs.Cpu(self.postfix.master_pid(), children=True)

    def _start_sink(self):
        port = self.here.port()
        self.sink_process = subprocess.Popen(
            ["smtp-sink", "-u", "postfix", f"{self.here.address}:{port}",
             "1000"])
        self.here.keep(self)
        return port

    def close(self):
        self.sink_process.kill()
        self.sink_process.wait()

    def _maps_service(self):
        """A service whose cleanup has the rules as a table of Postfix's own. For
        headers of remote clients Postfix uses such tables only where
        local_header_rewrite_clients says so."""
        kind = lab.run("postconf", "-h", "default_database_type").stdout.strip()
        path = self.here.path("canonical")
        with open(self.rules.files["inbound"], encoding="ascii") as rows:
            next(rows)
            lab.write(path, rows.read().replace(";", "\t"))
        lab.run("postmap", f"{kind}:{path}")
        self.postfix.append(master=f"""\
cleanup-maps unix n - n - 0 cleanup
  -o recipient_canonical_maps={kind}:{path}
""")
        self.postfix.service(MAPS, cleanup_service_name="cleanup-maps",
                             local_header_rewrite_clients="static:all")

    def check(self, name):
        """Fails unless a message by this service is rewritten, in envelope and
        header, or left where it should be."""
        source, target = milters.CHECK
        if name in (NONE, milters.BARE):
            return
        self.inspector.clear()
        with self.postfix.client(name) as client:
            client.send("<ann@far.example>", [f"<{source}>"],
                        f"To: <{source}>\r\n\r\nHello.\r\n")
        came = self.inspector.wait(1)
        if len(came) != 1 or came[0].recipients != [target] or \
                target.encode() not in came[0].header("To")[0]:
            raise programs.Failed(f"{name} does not rewrite: {came}")

    def _wait(self, deadline=300):
        """Waits until nothing is on its way. A message is in one of the two
        queues until its last recipient is delivered."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            if not any(os.listdir(os.path.join(self.postfix.queue, queue))
                       for queue in ("incoming", "active", "incoming")):
                return
            time.sleep(.01)
        raise programs.Failed(f"still queued: {self.postfix.queued()[:5]}")

    def measure(self, name, messages, recipients):
        file = self.here.path(f"message-{recipients}")
        if not os.path.exists(file):
            to = ",\n ".join(f'"Bob, User" <{n}user@old.example>'
                             for n in range(1, recipients + 1))
            lab.write(file, MESSAGE.format(to=to, body=BODY))
        meter = programs.Meter(self.tree, *([self.cpus[name]]
                                            if name in self.cpus else []))
        with meter:
            lab.run("smtp-source", "-s", PARALLEL, "-m", messages, "-r",
                    recipients, "-N", "-f", "ann@far.example", "-t",
                    "user@old.example", "-F", file,
                    f"{self.here.address}:{self.postfix.ports[name]}")
            self._wait()
        own = meter.spent[1][0] if len(meter.spent) > 1 else 0
        return meter.sample(
            messages, more={"of it milter, µs": own * 1e6 / messages})

    def verify(self, recipients):
        """Fails unless so many recipients were delivered, and no more."""
        sent = len(self.postfix.log(r" status=sent "))
        if sent != recipients or self.postfix.queued():
            raise programs.Failed(
                f"{sent} recipients delivered, expected {recipients}")


def sections(bench):
    sizes = bench.sizes
    with bench.lab(memory=True) as here:
        rules = milters.Rules(here, max(sizes.rules, 10 * sizes.mail_ten,
                                        sizes.mail_one))
        relay = Relay(bench, here, rules)
        for name in relay.names:
            relay.check(name)
        delivered = len(relay.names) - 2
        done = {}
        warm = min(2 * PARALLEL, sizes.mail_one)
        for messages, recipients, words in (
                (sizes.mail_one, 1, "one recipient"),
                (sizes.mail_ten, 10, "ten recipients")):
            for name in relay.names:  # starts the processes of Postfix
                relay.measure(name, warm, recipients)
            found = samples.measure(
                {name: lambda name=name: relay.measure(name, messages,
                                                       recipients)
                 for name in relay.names},
                sizes.rounds, recipients, bench.tell)
            delivered += recipients * len(relay.names) * (
                warm + sizes.rounds * messages)
            done[words] = table.Section(
                f"Through Postfix, {words}", "message", NONE, found, rate="messages/s",
                about=f"{messages} messages a round by {PARALLEL} sessions, "
                      "until the last one is delivered; CPU: all of Postfix "
                      "and the milter.")
            yield done[words]
        yield table.Scale(next(iter(bench.builds)), done)
        relay.verify(delivered)
