"""Tables of mail: what is sent, and what must arrive.

A test class derives from Table, builds a lab in setUpClass, and gives a list of
Situations to check(). All of them are sent first; then the queue must become
empty; then each one is examined, and nothing else may have arrived.
"""

import collections
import re
import unittest

from . import smtp
from .lab import Lab


class Situation:
    """
    name      what the situation shows
    rcpt      the arguments of RCPT TO, exactly; a string if there is one
    to        {sink: recipients}: all that arrives, each exactly once
    mail      the argument of MAIL FROM
    sender    the sender that arrives; None: the one that was sent
    headers   the header section, bytes
    becomes   [(old, new)]: how the message differs from what the same Postfix
              delivers without the milter; old are bytes or a pattern
    args      {recipient: [ESMTP parameters at the next hop]}
    mail_args ESMTP parameters of MAIL FROM that must be there
    via       the smtpd service; source: the client's address; xclient: XCLIENT;
              login: (user, password); before: a proxy's line
    refused   the beginning of the reply, for mail that must be refused
    log       patterns that must be found in the milter's log of this message
    """

    def __init__(self, name, rcpt, to=None, *, mail="<alice@out.example>",
                 sender=None, headers=b"", becomes=(), args=None,
                 mail_args=(), via="mx", source=None, xclient=None,
                 refused=None, log=(), body=b"Hello.\r\n", not_log=(),
                 login=None, before=""):
        self.name = name
        self.rcpt = [rcpt] if isinstance(rcpt, str) else rcpt
        self.to = to or {}
        self.mail = mail
        self.sender = smtp.split_path(mail)[0] if sender is None else sender
        self.headers = headers
        self.becomes = becomes
        self.args = args or {}
        self.mail_args = mail_args
        self.via = via
        self.client = {"source": source, "xclient": xclient, "login": login,
                       "before": before}
        self.refused = refused
        self.log = [log] if isinstance(log, str) else log
        self.not_log = [not_log] if isinstance(not_log, str) else not_log
        self.body = body
        self.reply = None

    def message(self, number):
        return (b"X-Situation: %d\r\n" % number + self.headers + b"\r\n"
                + self.body)

    def send(self, postfix, number):
        try:
            with postfix.client(self.via, **self.client) as client:
                self.reply = client.send(self.mail, self.rcpt,
                                         self.message(number))
        except smtp.Refused as refused:
            self.reply = refused.reply

    def queue_id(self):
        found = re.search("queued as (\\w+)", self.reply.text)
        return found and found.group(1)


class Table(unittest.TestCase):
    """A derived class sets here, postfix, readdress and sinks ({name: Sink})
    in setUpClass. The service "plain" is the same Postfix without the
    milter."""

    REFERENCE = "reference.example"
    longMessage = False

    @classmethod
    def build(cls, sinks, relay_domains, outbound=False, services=(),
              main=None, local_mail=False, **options):
        """Builds a lab with a sink for each domain of {sink name:
        [domain...]}; mail to any other domain goes to "outside". local_mail:
        mail of sendmail(1) and bounces go through the milter, as in the
        fragment."""
        cls.here = Lab()
        cls.addClassCleanup(cls.here.close)
        cls.sinks = {name: cls.here.sink()
                     for name in (*sinks, "outside", "reference")}
        postfix = cls.postfix = cls.here.postfix(
            default_transport=cls.sinks["outside"],
            relay_transport=cls.sinks["outside"],
            relay_domains=relay_domains,
            smtpd_milters="unix:readdress/milter.sock",
            milter_default_action="tempfail", **(main or {}))
        routes = {domain: cls.sinks[name]
                  for name, domains in sinks.items() for domain in domains}
        routes[cls.REFERENCE] = cls.sinks["reference"]
        postfix.set(transport_maps=postfix.table("transport", routes))
        postfix.service("mx")
        postfix.service("plain", smtpd_milters="", mynetworks="127.0.0.0/8")
        if outbound:
            postfix.service("outbound", mynetworks="127.0.0.0/8",
                            milter_macro_daemon_name="OUTBOUND")
        for name, service in dict(services).items():
            postfix.service(name, **service)
        if local_mail:
            postfix.local_mail()
        cls.readdress = cls.here.readdress(postfix, **options)

    @classmethod
    def start(cls):
        cls.readdress.start()
        cls.postfix.start()

    def reconfigure(self, more=None, result="ok", **options):
        """Changes readdress.conf, sends SIGHUP and waits for the reload."""
        name = f'readdress_reloads_total{{result="{result}"}}'
        before = self.readdress.metric(name)
        self.readdress.configure(more, **options)
        self.readdress.hup()
        self.assertTrue(smtp.wait_until(
            lambda: self.readdress.metric(name) > before),
            "no reload\n" + "".join(self.readdress.log()[-5:]))

    def check(self, situations):
        for sink in self.sinks.values():
            sink.clear()
        for number, situation in enumerate(situations):
            situation.send(self.postfix, number)
            with self.postfix.client("plain") as client:
                client.send(situation.mail, [f"<x@{self.REFERENCE}>"],
                            situation.message(number))
        self.postfix.drain()
        arrived = collections.defaultdict(list)
        for name, sink in self.sinks.items():
            for delivery in sink.deliveries:
                number = delivery.header("X-Situation")
                arrived[int(number[0]) if number else None].append(
                    (name, delivery))
        for number, situation in enumerate(situations):
            with self.subTest(situation.name):
                self.look_at(situation, arrived.pop(number, []))
        self.assertEqual(dict(arrived), {}, "mail that was never sent")

    def look_at(self, situation, arrived):
        reference = [delivery for name, delivery in arrived
                     if name == "reference"]
        self.assertEqual(len(reference), 1, "reference")
        arrived = [(name, delivery) for name, delivery in arrived
                   if name != "reference"]
        self.assert_reply(situation)
        found = collections.defaultdict(list)
        for name, delivery in arrived:
            found[name] += delivery.recipients
        self.assert_same(
            "recipients", {name: sorted(all) for name, all in found.items()},
            {name: sorted([all] if isinstance(all, str) else all)
             for name, all in situation.to.items()})
        expected = reference[0].sent()
        for old, new in situation.becomes:
            pattern = re.compile(re.escape(old)) if isinstance(
                old, bytes) else old
            expected, count = pattern.subn(lambda _, new=new: new, expected)
            self.assertGreater(count, 0, "the table is wrong")
        for _, delivery in arrived:
            self.assert_same("sender", delivery.sender, situation.sender)
            self.assert_same("bytes", delivery.sent(), expected)
            for arg in situation.mail_args:
                self.assertIn(arg, delivery.sender_args)
            for recipient in set(delivery.recipients) & set(situation.args):
                self.assert_same(f"parameters of {recipient}",
                                 delivery.args(recipient),
                                 sorted(situation.args[recipient]))
        self.assert_log(situation)

    def assert_same(self, what, found, expected):
        self.assertEqual(found, expected,
                         f"{what}:\n  is        {found!r}\n"
                         f"  should be {expected!r}")

    def assert_reply(self, situation):
        said = f"{situation.reply.code} {situation.reply.text}"
        self.assertTrue(said.startswith(situation.refused or "250 "),
                        f"the client heard {said}")

    def assert_log(self, situation):
        queue_id = situation.queue_id()
        lines = "".join(self.readdress.log(f"{queue_id}: ") if queue_id else
                        self.readdress.log())
        for pattern in situation.log:
            self.assertRegex(lines, pattern,
                             f"no log line /{pattern}/ in\n{lines}")
        for pattern in situation.not_log:
            self.assertNotRegex(lines, pattern,
                                f"a log line /{pattern}/ in\n{lines}")
