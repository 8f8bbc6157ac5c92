"""forms: random forms of RCPT TO, against the same Postfix without the milter."""

import collections
import random
import threading

import lab
from lab import smtp

SLICE = {"forms": 500, "several": 80}
FULL = {"forms": 6000, "several": 1000}

THREADS = 4
PER_CONNECTION = 25

# The rules, as they are loaded and as this campaign applies them.
USERS = {"bob@old.example": ["bob.owen@new.example"],
         "a b@old.example": ["ab@new.example"],
         "b,c@old.example": ["bc@new.example"],
         "keep@old.example": ["keep@old.example"],
         "team@old.example": ["one@new.example", "two@third.example"],
         "copy@old.example": ["copy@old.example", "copy@new.example"]}
DOMAINS = {"old.example": "@new.example", "catch.example": "all@new.example",
           "[192.0.2.1]": "@new.example"}
PARENTS = {"sub.example": "@new.example"}
# Of no rule, so that not everything is rewritten.
OTHERS = ["plain.example", "new.example", "far.example", "one"]

SEEDS = ["bob", "BOB", '"bob"', "b\\ob", '"b\\ob"', "bob+x", "bob+", "eve",
         "Eve.E", '"a b"', '"b,c"', "keep", "team", "copy", '"copy"', "x%y",
         "x!y", '"x@y"', "bob%old.example", "old.example!bob", '"x:y"',
         '"<x>"', "bob.", ".bob", "b..b", '"bob."', "(c)bob", "bob (c)", '""',
         "", "@"]
HOSTS = ["old.example", "OLD.Example", "old.example.", "catch.example",
         "a.sub.example", "a.B.sub.example", "[192.0.2.1]", "[IPv6:2001:db8::1]",
         "plain.example", "far.example", "new.example", "one", "", ".",
         " old.example", "(c)old.example", "old(c).example"]
ROUTES = ["@hop.example:", "@a.example,@b.example:", "@a.example,:", "@:",
          "@,:", "@[IPv6:::1]:", "@[192.0.2.9]:", '@"x,y":', '@"x:y":',
          "@a.example:@b.example:", "@:@:", "@a b:", "@a\t:", "@a.example, :",
          "@a.example:,", ",@a.example:", " @a.example:", "@a.example",
          "@(c)a.example:", "@a@b:", "@<a>:", "@a\\:b:", ":", "@old.example:",
          "@a.example;@b.example:", "x:", "bob@old.example:"]
AROUND = ["{}", "<{}>", "Bob <{}>", '"B, B" <{}>', "x:{};", "{},", ",{}",
          " {}", "{} ", "\t{}", "{}\t", "({}){}", "{};", "<{}", "{}>", "(c){}"]
BYTES = '<>@,:;."\\()[]%! \t+ab1'


class Random:
    """Random forms, and the recipients of whole messages, from a seed of their
    own."""

    def __init__(self, seed):
        self._dice = random.Random(seed)

    def form(self):
        """Returns an argument of RCPT TO."""
        dice = self._dice
        text = dice.choice(SEEDS) + "@" + dice.choice(HOSTS)
        if dice.random() < 0.1:
            text = dice.choice(SEEDS)
        for _ in range(dice.choice((0, 0, 1, 1, 1, 2))):
            text = dice.choice(ROUTES) + text
        if dice.random() < 0.25:
            text = dice.choice(AROUND).replace("{}", text)
        for _ in range(dice.choice((0, 0, 0, 0, 1, 2))):
            at = dice.randint(0, len(text))
            text = (text[:at] + dice.choice(("", dice.choice(BYTES)))
                    + text[at + dice.choice((0, 1)):])
        return text if dice.random() < 0.04 else f"<{text}>"

    def some(self, forms):
        return [self._dice.choice(forms)
                for _ in range(self._dice.randint(2, 5))]


def split(address):
    """Returns (local part without quotes, domain) of an address on the
    wire."""
    local, _, domain = address.rpartition("@")
    if local.startswith('"') and local.endswith('"') and len(local) > 1:
        plain, quoted = "", False
        for c in local[1:-1]:
            if c == "\\" and not quoted:
                quoted = True
                continue
            plain, quoted = plain + c, False
        local = plain
    return local, domain


def key(address):
    local, domain = split(address)
    return f"{local}@{domain.rstrip('.')}".lower()


def become(address):
    """Returns the keys that a delivered address must become; its own without a
    rule."""
    local, domain = split(address)
    domain = domain.lower().rstrip(".")
    own = [key(address)]
    if not domain:
        return own
    user = USERS.get(key(address))
    if user:
        return [key(target) for target in user]
    at = local.find("+", 1)
    user = at > 0 and USERS.get(f"{local[:at]}@{domain}".lower())
    if user:
        extension = local[at:]
        if user == ["keep@old.example"] or set(extension) & set("%!@"):
            return own
        return [key(target.replace("@", f"{extension}@", 1))
                for target in user]
    target = DOMAINS.get(domain)
    if target is None:
        target = next((to for parent, to in PARENTS.items()
                       if domain.endswith("." + parent)), None)
    if target is None:
        return own
    if not target.startswith("@"):
        return [key(target)]
    return own if set(local) & set("%!@") else [key(local + target)]


def expected(delivered):
    """Returns what the rules make of what Postfix delivers without them: {key:
    how often}. An address that no rule changes may have several copies, as
    Postfix makes them. An address that is added is added once, and not beside
    one that was there."""
    copies = collections.Counter(map(key, delivered))
    after = collections.Counter()
    for address in delivered:
        for to in become(address):
            after[to] = copies[to] or 1
    return after


class Relay:
    """One Postfix with two services: with the milter and without it."""

    def __init__(self):
        self.here = lab.Lab()
        self.arrived = collections.defaultdict(list)
        self.lock = threading.Lock()
        self.sink = self.here.sink(on_delivery=self._keep)
        self.postfix = self.here.postfix(
            default_transport=self.sink, relay_transport=self.sink,
            mynetworks="127.0.0.0/8", allow_untrusted_routing="yes",
            # So that what is delivered tells what Postfix holds.
            smtpd_milters="unix:readdress/milter.sock",
            milter_default_action="tempfail", default_process_limit="100",
            resolve_numeric_domain="yes", recipient_delimiter="+",
            smtp_destination_concurrency_limit="50",
            default_destination_recipient_limit="1")
        self.postfix.service("mx")
        self.postfix.service("plain", smtpd_milters="")
        self.readdress = self.here.readdress(self.postfix)
        rules = [f"{source};{','.join(to)}".replace("a b@", '"a b"@').replace(
                     "b,c@", '"b,c"@') for source, to in USERS.items()]
        rules += [f"@{domain};{to}" for domain, to in DOMAINS.items()]
        rules += [f"@*.{domain};{to}" for domain, to in PARENTS.items()]
        self.readdress.load("inbound", "\n".join(rules))
        self.readdress.start()
        self.postfix.start()

    def _keep(self, sink, delivery):
        [name] = delivery.header("X-Id")
        with self.lock:
            self.arrived[smtp.text(name).strip()] += delivery.recipients
        sink.deliveries = []

    def send(self, mails):
        """Sends {name: [RCPT TO...]} through both services. Returns
        {service/name: reply}."""
        replies = {}
        jobs = [(service, name, rcpt) for name, rcpt in mails.items()
                for service in ("plain", "mx")]
        parts = [jobs[at:at + PER_CONNECTION]
                 for at in range(0, len(jobs), PER_CONNECTION)]
        problems = []

        def work():
            while parts:
                try:
                    part = parts.pop()
                except IndexError:
                    return
                try:
                    self._send_some(part, replies)
                except (OSError, smtp.Refused) as problem:
                    problems.append(problem)

        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if problems:
            raise lab.LabError(f"{problems[0]}")
        return replies

    def _send_some(self, part, replies):
        clients = {}
        try:
            for service, name, rcpt in part:
                client = clients.get(service)
                if not client:
                    client = clients[service] = self.postfix.client(service)
                try:
                    replies[f"{service}/{name}"] = client.send(
                        "<alice@out.example>", rcpt,
                        f"X-Id: {service}/{name}\r\n\r\nhi\r\n")
                except smtp.Refused as refused:
                    replies[f"{service}/{name}"] = refused.reply
                    client.command("RSET", 250)
        finally:
            for client in clients.values():
                client.close()


def compare(figures, relay, mails, what):
    """Compares the mails that were taken without the milter."""
    replies = relay.send(mails)
    relay.postfix.drain()
    taken, rewritten, differ, otherwise = [], 0, [], []
    for name, rcpt in mails.items():
        plain, ours = replies[f"plain/{name}"], replies[f"mx/{name}"]
        if plain.code != ours.code:
            otherwise.append(f"{rcpt}: {plain} and {ours}")
        if plain.code >= 400:
            continue
        taken.append(name)
        delivered = relay.arrived[f"plain/{name}"]
        wanted = expected(delivered)
        found = collections.Counter(map(key, relay.arrived[f"mx/{name}"]))
        rewritten += wanted != collections.Counter(map(key, delivered))
        if found != wanted:
            differ.append(f"{rcpt}: without {delivered}, with "
                          f"{relay.arrived[f'mx/{name}']}")
    figures.note(f"{what}", len(mails))
    figures.must("  taken by Postfix", len(taken), ">=", len(mails) // 4)
    figures.must("  rewritten", rewritten, ">=", len(mails) // 10)
    figures.none("  answered otherwise than without the milter", otherwise)
    figures.none("  delivered otherwise than the rules say", differ)
    return taken


def run(figures, forms, several):
    seed = random.randrange(1 << 32)
    figures.note("seed", seed)
    dice = Random(seed)
    relay = Relay()
    try:
        # Each form once: {text: None} keeps the order.
        texts = {}
        while len(texts) < forms:
            texts[dice.form()] = None
        mails = {f"f{number}": [text] for number, text in enumerate(texts)}
        good = [mails[name][0] for name in compare(
            figures, relay, mails, "forms of one recipient")]
        compare(figures, relay, {
            f"s{number}": dice.some(good) for number in range(several)},
            "messages to several of them")
    finally:
        relay.here.close()
