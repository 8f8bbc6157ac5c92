"""What the tests of `readdress requeue` share: a Postfix in whose queue mail
waits for recipients that an older generation made. See __init__.py."""

import concurrent.futures
import json
import os
import re
import subprocess
import unittest

from .base import run
from .lab import Lab
from .smtp import TIMEOUT, wait_until

ALICE = "<alice@out.example>"
# Mail that waits is not tried again by itself.
PATIENT = {"minimal_backoff_time": "1h", "maximal_backoff_time": "2h",
           "queue_run_delay": "3s"}
CLIENTS = 8  # that send many messages


class Requeue(unittest.TestCase):
    """w.example is public; old.example refuses its mail, new.example takes
    it."""

    RELAYED = "w.example warmsushi.example old.example new.example other.example"

    @classmethod
    def build(cls, keep, local=False, **main):
        """keep: addClassCleanup or addCleanup."""
        cls.here = Lab()
        keep(cls.here.close)
        cls.old = cls.here.sink()
        cls.new = cls.here.sink()
        cls.postfix = cls.here.postfix(
            default_transport=cls.new, relay_transport=cls.new,
            relay_domains=cls.RELAYED,
            smtpd_milters="unix:readdress/milter.sock",
            milter_default_action="tempfail", **PATIENT, **main)
        cls.postfix.set(transport_maps=cls.postfix.table(
            "transport", {"old.example": cls.old}))
        cls.postfix.service("mx", mynetworks="127.0.0.0/8")
        if local:
            cls.postfix.local_mail()
        cls.readdress = cls.here.readdress(cls.postfix)

    def start(self, rules):
        """old.example refuses mail, and these are the rules."""
        self.old.refuse[:] = [("^RCPT", "450 4.2.0 being detached")]
        for sink in (self.old, self.new):
            sink.clear()
        if not self.readdress.process:
            self.readdress.load("inbound", rules, "--force")
            self.readdress.start()
            self.postfix.start()
            return
        run("postsuper", "-c", self.postfix.etc, "-d", "ALL")
        self.change(rules)

    def change(self, rules):
        self.readdress.load("inbound", rules, "--force", "--reload")

    def _send(self, mails, numbers):
        with self.postfix.client("mx") as client:
            return [client.send(
                ALICE, [rcpt if rcpt.startswith("<") else f"<{rcpt}>"
                        for rcpt in mails[number]],
                b"X-Number: %d\r\n\r\nhello\r\n" % number).text.split()[-1]
                for number in numbers]

    def send(self, *mails):
        """Sends messages, each with its recipients. Returns their queue IDs,
        when each is delivered or waits."""
        ids = [None] * len(mails)
        clients = min(CLIENTS, 1 + len(mails) // 50)
        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            parts = [range(first, len(mails), clients)
                     for first in range(clients)]
            for numbers, found in zip(parts, pool.map(
                    lambda numbers: self._send(mails, numbers), parts)):
                for number, queue_id in zip(numbers, found):
                    ids[number] = queue_id
        self.settle()
        return ids

    def requeue(self, *arguments, check=True, **options):
        return self.readdress.command(
            "requeue", "--config-dir", self.postfix.etc, *arguments,
            check=check, **options)

    def listed(self):
        """Returns what --json prints: {(queue ID, recipient): object}."""
        found = {}
        for line in self.requeue("--json").stdout.splitlines():
            entry = json.loads(line)
            found[entry["queue_id"], entry["recipient"]] = entry
        return found

    def postqueue(self, *arguments, check=True):
        return run("postqueue", "-c", self.postfix.etc, *arguments,
                   check=check).stdout

    def busy(self):
        return any(name.startswith(("incoming", "active", "maildrop"))
                   for name in self.postfix.queued())

    def put_off(self):
        """Returns the queue IDs of messages that only wait for their time: what
        is on its way during a reload is put off by Postfix ("skipped, still
        being delivered") for minimal_backoff_time, though its next hop takes
        it."""
        messages = map(json.loads, self.postqueue("-j").splitlines())
        return [message["queue_id"] for message in messages
                if message["queue_name"] == "deferred" and any(
                    not recipient["address"].endswith("@old.example")
                    for recipient in message["recipients"])]

    def settle(self):
        """Waits until nothing is being delivered, nor put off."""
        def settled():
            if self.busy():
                return False
            late = self.put_off()
            for queue_id in late:
                self.postqueue("-i", queue_id, check=False)
            return not late and not self.busy()

        self.assertTrue(wait_until(settled, step=0.1), self.postfix.queued())

    def configuration(self):
        return [run("postconf", "-c", self.postfix.etc, how).stdout
                for how in ("-n", "-M", "-P")]

    def follow(self):
        """Runs the commands that are printed, as an administrator does. main.cf
        and master.cf are then what they were. On a busy machine pickup may
        notice the reload too late; then the message is listed again, and so
        are commands for it."""
        before = self.configuration()
        for _ in range(10):
            script = self.requeue().stdout
            if not re.search("(?m)^postsuper ", script):
                return
            done = subprocess.run(["sh", "-e"], input=script, text=True,
                                  capture_output=True, check=False,
                                  timeout=TIMEOUT)
            self.assertEqual(done.returncode, 0, done.stderr + script[:2000])
            self.assertEqual(self.configuration(), before)
            self.assertFalse(os.path.exists(
                os.path.join(self.postfix.etc, "readdress-requeue")))
            self.settle()
        self.fail("the commands do not move the mail\n" + script[:2000])

    def arrived(self, sink):
        """Returns the recipients of each message by its number, sorted."""
        found = {}
        for delivery in sink.deliveries:
            found.setdefault(int(delivery.header("X-Number")[0]), []).extend(
                delivery.recipients)
        return {number: sorted(all) for number, all in found.items()}

    def release(self):
        """old.example takes mail again, and the queue becomes empty. What is
        being tried just then is put off once more."""
        def empty():
            if not any(self.postfix.queued() for _ in range(3)):
                return True
            if not self.busy():
                self.postqueue("-f")
            return False

        self.old.refuse.clear()
        run("postsuper", "-c", self.postfix.etc, "-H", "ALL")
        self.assertTrue(wait_until(empty, step=0.2), self.postfix.queued())
