#!/usr/bin/env python3
"""The part of `try` behind installing and building: real mail through a private
Postfix, shown before and after, and held against what should arrive.

Configuration, rules and transports are the files of the scenario's directory
beside this one; only addresses of servers are changed.
"""

import argparse
import os
import re
import shlex
import signal
import sys
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tests"))

import lab
from lab import ground, smtp

SHOWN = ("From", "To", "Cc", "Reply-To")


class Mail:
    """One message of a demonstration, and what should become of it.

    by: "outside", the mail system that sends it, or "program": sendmail(1). headers: what is sent.
    arrives: {where: (sender, recipients)}. becomes: the headers that change.
    refused: the reply that the client should get instead. bounce: (sender,
    recipient) of the bounce before rewriting; then arrives is the bounce's.
    """

    def __init__(self, title, by, sender, recipients, headers, arrives=None,
                 becomes=None, refused=None, bounce=None):
        self.title = title
        self.by = by
        self.sender = sender
        self.recipients = recipients
        self.headers = headers
        self.arrives = arrives or {}
        self.becomes = becomes or {}
        self.refused = refused
        self.bounce = bounce


CUT_OVER = [
    Mail("A customer writes to Bob",
         "outside", "alice@elsewhere.example", ["bob@drypizza.example"],
         {"From": "Alice <alice@elsewhere.example>",
          "To": '"Bob (Sales)" <bob@drypizza.example>',
          "Cc": "carol@third.example"},
         {"old": ("alice@elsewhere.example", ["bob@dpold.onmicrosoft.example"])},
         {"To": '"Bob (Sales)" <bob@dpold.onmicrosoft.example>'}),
    Mail("A stranger tries to relay: this is no open relay",
         "outside", "spam@bad.example", ["victim@third.example"], {},
         refused="554 5.7.1"),
]

STAGED = [
    Mail("A customer writes to Bob, who has moved",
         "outside", "alice@elsewhere.example", ["bob@warmsushi.example"],
         {"From": "Alice <alice@elsewhere.example>",
          "To": "Bob <bob@warmsushi.example>"},
         {"new": ("alice@elsewhere.example", ["bob@dpnew.onmicrosoft.example"])},
         {"To": "Bob <bob@dpnew.onmicrosoft.example>"}),
    Mail("... and to Bob and Chloe, who has not moved yet",
         "outside", "alice@elsewhere.example",
         ["bob@warmsushi.example", "chloe@warmsushi.example"],
         {"From": "Alice <alice@elsewhere.example>",
          "To": "Bob <bob@warmsushi.example>,\r\n Chloe <chloe@warmsushi.example>"},
         {"new": ("alice@elsewhere.example", ["bob@dpnew.onmicrosoft.example"]),
          "old": ("alice@elsewhere.example", ["chloe@wsold.onmicrosoft.example"])},
         {"To": "Bob <bob@dpnew.onmicrosoft.example>,\r\n"
                " Chloe <chloe@wsold.onmicrosoft.example>"}),
    Mail("Bob answers, from the new system",
         "new", "bob@dpnew.onmicrosoft.example", ["alice@elsewhere.example"],
         {"From": "Bob <bob@dpnew.onmicrosoft.example>",
          "To": "Alice <alice@elsewhere.example>",
          "Reply-To": "bob@dpnew.onmicrosoft.example",
          "X-OriginatorOrg": "dpnew.onmicrosoft.example"},
         {"outside": ("bob@warmsushi.example", ["alice@elsewhere.example"])},
         {"From": "Bob <bob@warmsushi.example>",
          "Reply-To": "bob@warmsushi.example"}),
    Mail("Bob writes to Chloe, his colleague on the old system",
         "new", "bob@dpnew.onmicrosoft.example", ["chloe@warmsushi.example"],
         {"From": "Bob <bob@dpnew.onmicrosoft.example>",
          "To": "Chloe <chloe@warmsushi.example>",
          "X-OriginatorOrg": "dpnew.onmicrosoft.example"},
         {"old": ("bob@warmsushi.example", ["chloe@wsold.onmicrosoft.example"])},
         {"From": "Bob <bob@warmsushi.example>"}),
    Mail("Bob writes to an address that is not there; the bounce finds him",
         "new", "bob@dpnew.onmicrosoft.example", ["nobody@elsewhere.example"],
         {"From": "Bob <bob@dpnew.onmicrosoft.example>",
          "X-OriginatorOrg": "dpnew.onmicrosoft.example"},
         {"new": ("", ["bob@dpnew.onmicrosoft.example"])},
         bounce=("", "bob@warmsushi.example")),
    Mail("A program on the relay itself writes to Bob (cron, by sendmail)",
         "program", "root@relay.example", ["bob@warmsushi.example"],
         {"From": "Cron <root@relay.example>", "To": "bob@warmsushi.example",
          "Date": "Sun, 29 Nov 2026 08:00:00 +0000",
          "Message-Id": "<1@relay.example>"},
         {"new": ("root@relay.example", ["bob@dpnew.onmicrosoft.example"])},
         {"To": "bob@dpnew.onmicrosoft.example"}),
    Mail("Another customer of the same cloud pretends to be Bob",
         "new", "bob@dpnew.onmicrosoft.example", ["alice@elsewhere.example"],
         {"From": "Bob <bob@dpnew.onmicrosoft.example>",
          "To": "Alice <alice@elsewhere.example>",
          "X-OriginatorOrg": "stranger.example"},
         # For good, 550, once the old system's header has been seen, too.
         refused="450 4.7.1"),
]

COEXISTENCE = [
    Mail("A customer writes to Bob, renamed at the new system",
         "outside", "alice@elsewhere.example", ["bob+orders@warmsushi.example"],
         {"From": "Alice <alice@elsewhere.example>",
          "To": "bob+orders@warmsushi.example"},
         {"new": ("alice@elsewhere.example",
                  ["bob.owen+orders@drypizza.example"])},
         {"To": "bob.owen+orders@drypizza.example"}),
    Mail("... and to a team that has people on both systems",
         "outside", "alice@elsewhere.example", ["team@warmsushi.example"],
         {"From": "Alice <alice@elsewhere.example>",
          "To": "The team <team@warmsushi.example>"},
         {"old": ("alice@elsewhere.example", ["team@wsold.onmicrosoft.example"]),
          "new": ("alice@elsewhere.example", ["team@drypizza.example"])},
         {"To": "The team <team@wsold.onmicrosoft.example>"}),
    Mail("Bob replies to all; his colleague's mailbox stays hidden",
         "new", "bob.owen@drypizza.example",
         ["alice@elsewhere.example", "dora@noodlebar.example"],
         {"From": "Bob Owen <bob.owen@drypizza.example>",
          "To": "Alice <alice@elsewhere.example>",
          "Cc": "Chloe <chloe.tan@drypizza.example>,\r\n"
                "\tDora <dora@nbold.onmicrosoft.example>",
          "X-OriginatorOrg": "drypizza.example"},
         {"outside": ("bob@warmsushi.example", ["alice@elsewhere.example"]),
          "old": ("bob@warmsushi.example", ["dora@nbold.onmicrosoft.example"])},
         {"From": "Bob Owen <bob@warmsushi.example>",
          "Cc": "Chloe <chloe@warmsushi.example>,\r\n"
                "\tDora <dora@noodlebar.example>"}),
]

# name: (title, the domains whose mailboxes are on the new system, messages)
SCENARIOS = {
    "cut-over": ("Scenario 1, cut-over relay", (), CUT_OVER),
    "staged": ("Scenario 2, staged migration",
               ("dpnew.onmicrosoft.example",), STAGED),
    "coexistence": ("Scenario 3, coexistence",
                    ("drypizza.example",), COEXISTENCE),
}

DMARC = """\
What this means for DKIM and DMARC: a sender's DKIM signature usually covers To.
Rewriting To breaks it, and SPF fails behind any relay. A target that does not
trust this relay then refuses mail from senders with p=reject. There are two ways
out. Either the target trusts the relay (by its address, or by an ARC seal), or
you set inbound_rewrite_headers = "unless-signed" in readdress.conf: headers that
a signature covers then stay as they are, and the envelope is still rewritten.
See contrib/postfix/guides/dmarc.md."""


class Scenario:
    """A private Postfix and milter made from the files of one scenario."""

    def __init__(self, here, name):
        self.title, new_domains, self.mails = SCENARIOS[name]
        self.files = os.path.join(HERE, name)
        self.sinks = {where: here.sink()
                      for where in ("old", "new", "outside")}
        self.sinks["outside"].refuse.append(
            ("^RCPT TO:<nobody@", "550 5.1.1 no such user"))
        self.postfix = here.postfix(name)
        self.postfix.append(lab.read(os.path.join(HERE, "main.cf")))
        self.postfix.append(lab.read(os.path.join(self.files, "main.cf")))
        self.postfix.set(outbound_clients="127.0.0.0/8",
                         default_transport=self.sinks["outside"],
                         relay_transport=self.sinks["outside"])
        self.postfix.service("outside")
        # The fragment's outbound service, at an address that is here.
        port = here.port()
        self.postfix.ports["outbound"] = port
        services = dict(lab.entries(lab.read(os.path.join(HERE, "master.cf"))))
        self.postfix.append(master=services["192.0.2.26:smtp/inet"].replace(
            "192.0.2.26:smtp inet n - y",
            f"{here.address}:{port} inet n - n"))
        self.postfix.local_mail()
        self.postfix.table("readdress-transport", {
            domain: self.sinks["new" if domain in new_domains else "old"]
            for domain in lab.read(
                os.path.join(self.files, "transport")).split()
            if re.match(r"[\w.]+\.example$", domain)})
        self.readdress = here.readdress(self.postfix)
        self.readdress.configure(
            lab.read(os.path.join(self.files, "readdress.conf")))
        for table in ("inbound", "outbound"):
            path = os.path.join(self.files, f"{table}.csv")
            if os.path.exists(path):
                self.readdress.command("load", table, path)
        self.readdress.start()
        self.postfix.start()

    def send(self, mail, subject):
        """Sends it; the reply in the end, and what was sent."""
        lines = [f"{name}: {value}" for name, value in mail.headers.items()]
        message = "\r\n".join([*lines, f"Subject: {subject}", "", "Hello.", ""])
        if mail.by == "program":
            self.postfix.sendmail(message.replace("\r\n", "\n"), "-i", "-f",
                                  mail.sender, *mail.recipients)
            return smtp.Reply(250, "2.0.0 taken"), smtp.octets(message)
        service = "outside" if mail.by == "outside" else "outbound"
        with self.postfix.client(service) as client:
            try:
                reply = client.send(f"<{mail.sender}>",
                                    [f"<{address}>"
                                     for address in mail.recipients],
                                    smtp.octets(message))
            except smtp.Refused as refused:
                reply = refused.reply
        return reply, smtp.octets(message)

    def run(self, mail, subject):
        """Sends and shows one message. Did all go as it should?"""
        for sink in self.sinks.values():
            sink.clear()
        reply, message = self.send(mail, subject)
        self.postfix.drain()
        arrived = {where: sink.deliveries
                   for where, sink in self.sinks.items() if sink.deliveries}
        show(mail, reply, message, arrived)
        wrong = list(differences(mail, reply, message, arrived))
        for line in wrong:
            print(f"    WRONG: {line}")
        print()
        return not wrong


def differences(mail, reply, message, arrived):
    """What is not as it should be, in words."""
    said = f"{reply.code} {reply.text}"
    if not said.startswith(mail.refused or "250 "):
        yield f"the client heard {said}"
    if set(arrived) != set(mail.arrives):
        yield f"arrived at {sorted(arrived)}, not {sorted(mail.arrives)}"
    for name, value in mail.becomes.items():
        message = message.replace(
            smtp.octets(f"{name}: {mail.headers[name]}\r\n"),
            smtp.octets(f"{name}: {value}\r\n"))
    for where in sorted(set(arrived) & set(mail.arrives)):
        sender, recipients = mail.arrives[where]
        if len(arrived[where]) != 1:
            yield f"{where}: {len(arrived[where])} deliveries"
        for delivery in arrived[where]:
            if delivery.sender != sender:
                yield f"{where}: sender {delivery.sender}"
            if sorted(delivery.recipients) != sorted(recipients):
                yield f"{where}: recipients {delivery.recipients}"
            if mail.bounce:
                if b"report-type=delivery-status" not in delivery.data:
                    yield f"{where}: no bounce: {delivery.data!r}"
            elif delivery.sent() != message:
                yield f"{where}: other bytes: {delivery.sent()!r}"


def envelope_rows(sender, recipients, deliveries):
    """Envelope before and after, as rows for show()."""
    rows = [("MAIL FROM", sender or "<>",
             deliveries[0][1].sender or "<>" if deliveries else "")]
    after = [f"{address}  ({where})" for where, delivery in deliveries
             for address in delivery.recipients]
    if len(recipients) > 1:
        # A recipient beside what it became, as far as names tell.
        def name(address):
            return re.split("[.+@]", address)[0]
        after.sort(key=lambda line: [name(line) != name(address)
                                     for address in recipients])
    for number in range(max(len(recipients), len(after))):
        rows.append(("RCPT TO", *(lines[number] if number < len(lines) else ""
                                  for lines in (recipients, after))))
    return rows


def header_rows(message, delivery):
    """Headers before and after; the lines of a folded one below each other."""
    rows = []
    came = dict(smtp.headers(delivery.sent())) if delivery else {}
    for name, value in smtp.headers(message):
        if smtp.text(name) not in SHOWN:
            continue
        lines = zip(value.split(b"\r\n"),
                    came.get(name, value).split(b"\r\n"))
        for number, (old, new) in enumerate(lines):
            rows.append(("" if number else f"{smtp.text(name)}:",
                         smtp.text(old).strip(),
                         smtp.text(new).strip() if delivery else ""))
    return rows


def show(mail, reply, message, arrived):
    """The message before and after, a line for each address or header."""
    deliveries = [(where, delivery) for where, all in sorted(arrived.items())
                  for delivery in all]
    print(f"  {mail.title}")
    if mail.bounce:
        rows = envelope_rows(mail.sender, mail.recipients, [])
        rows += header_rows(message, None)
        sender, recipient = mail.bounce
        rows.append(("the bounce", "", ""))
        rows += envelope_rows(sender, [recipient], deliveries)
    else:
        rows = envelope_rows(mail.sender, mail.recipients, deliveries)
        rows += header_rows(message, deliveries[0][1] if deliveries else None)
    width = max(len(old) for _, old, _ in rows)
    for label, old, new in rows:
        same, _, where = new.partition("  (")
        if new and same == old:
            new = "   (same)" + (f"  ({where}" if where else "")
        elif new:
            new = f"-> {new}"
        print(f"    {label:<10} {old:<{width}} {new}".rstrip())
    if reply.code != 250:
        print(f"    refused    {reply.code} {reply.text}")


def play(scenario):
    """How to go on with what is left running."""
    postfix, readdress = scenario.postfix, scenario.readdress
    address = postfix.lab.address
    command = f"{shlex.quote(readdress.tool)} -c {readdress.config}"
    sample = scenario.mails[0].recipients[0]
    domain = sample.split("@")[1]
    send = (f"python3 {shlex.quote(os.path.realpath(smtp.__file__))} "
            f"{address}")
    ports = postfix.ports
    print(textwrap.dedent(f"""\
        The scenario is still running. To list the rules, and to change one at once:
          {command} list inbound
          {command} add inbound dora@{domain} dora@out.example --reload
          {command} status
        To send mail as a stranger, and through the outbound service:
          {send}:{ports['outside']} you@elsewhere.example {sample}
          {send}:{ports['outbound']} you@elsewhere.example {sample}
        To see what arrives at the old system, the new one and outside:
          ls {postfix.lab.path('arrived')}
        To see what Postfix and the milter log:
          tail -f {postfix.log_file} {readdress.log_file}
        To stop it and remove all of it:
          kill {os.getpid()}"""), flush=True)


def keep_mail(here, scenario):
    """From now on, what arrives is written to files."""
    directory = here.path("arrived")
    os.mkdir(directory)
    for where, sink in scenario.sinks.items():
        def arrived(sink, delivery, where=where):
            path = os.path.join(directory,
                                f"{where}-{len(sink.deliveries):04}.eml")
            envelope = "".join(
                [f"X-Envelope-From: {delivery.mail}\r\n",
                 *(f"X-Envelope-To: {line}\r\n"
                   for line in delivery.recipient_lines)])
            lab.write(path, smtp.octets(envelope) + delivery.data)
        sink.clear()
        sink.on_delivery = arrived


def demonstrate(names, keep, done):
    """Runs the scenarios; done(exit code) when the last one has been shown."""
    good = True
    for name in names:
        with lab.Lab() as here:
            scenario = Scenario(here, name)
            print(f"{scenario.title}\n")
            for number, mail in enumerate(scenario.mails, 1):
                good &= scenario.run(mail, f"{name} {number}")
            if name != names[-1]:
                continue
            print(DMARC + "\n")
            print("All mail arrived as it should." if good else
                  "Some mail did NOT arrive as it should: see the lines WRONG.",
                  flush=True)
            if keep:
                keep_mail(here, scenario)
                print()
                play(scenario)
                done(0 if good else 1)
                signal.pause()
    return 0 if good else 1


def detached(names):
    """--keep: a child of its own session does the work and stays; this process
    ends when the child has shown everything."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        os.close(reader)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)

        def done(code):
            sys.stdout.flush()
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            os.write(writer, bytes([code]))
            os.close(writer)

        return demonstrate(names, True, done)
    os.close(writer)
    code = os.read(reader, 1)
    return code[0] if code else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("scenario", nargs="*")
    options = parser.parse_args()
    names = options.scenario or list(SCENARIOS)
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        parser.error(f"no scenario {unknown[0]}: {', '.join(SCENARIOS)}")
    reason = lab.NO_GROUND or ground.cannot_become("postfix", lab.MILTER_USER)
    if reason:
        sys.exit(f"try: {reason}")
    os.umask(0o022)  # Postfix's user must get at all of it
    # So that everything is stopped and removed, however this ends.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    if options.keep:
        return detached(names)
    return demonstrate(names, False, None)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (lab.LabError, smtp.Refused, OSError) as problem:
        sys.exit(f"try: {problem}")
