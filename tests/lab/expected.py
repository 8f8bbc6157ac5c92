"""What must become of an envelope, worked out apart from lib and as simply as
possible: what tests of many envelopes hold the milter against.

Addresses here are plain: local parts of letters and digits, ASCII domains.
"""

NOTIFY = ("SUCCESS", "FAILURE", "DELAY")


def key(address):
    return address.lower()


def union(values):
    """The NOTIFY of a recipient that several became (None: not given, which
    stands for FAILURE, and DELAY where the server likes)."""
    if all(value == "NEVER" for value in values):
        return "NEVER"
    values = [value for value in values if value != "NEVER"]
    words = {word for value in values if value for word in value.split(",")}
    if None in values:
        if "SUCCESS" not in words:
            return None
        words.update(NOTIFY)
    return ",".join(word for word in NOTIFY if word in words)


def asked(notify):
    """What a NOTIFY asks for, as a set."""
    return ({"FAILURE", "DELAY"} if notify is None else
            set(notify.split(",")) - {"NEVER"})


def xtext(text):
    """RFC 3461 section 4"""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}"
                   for c in text)


class Recipient:
    def __init__(self, address, notify=None, orcpt=None):
        self.address = address
        self.notify = notify
        self.orcpt = orcpt

    def command(self):
        """RCPT TO's argument."""
        return " ".join([f"<{self.address}>",
                         *([f"NOTIFY={self.notify}"] if self.notify else []),
                         *([f"ORCPT={self.orcpt}"] if self.orcpt else [])])

    def at_next_hop(self):
        """(address, sorted parameters); Postfix tells ORCPT always."""
        notify = self.notify and (
            self.notify if self.notify == "NEVER" else ",".join(
                word for word in NOTIFY if word in self.notify.split(",")))
        return self.address, sorted(
            ([f"NOTIFY={notify}"] if notify else [])
            + [f"ORCPT={self.orcpt or 'rfc822;' + xtext(self.address)}"])


def rewritten(rules, recipients):
    """What is delivered. rules: {key: [target, ...]}. recipients: as given, no
    two of one key."""
    before = {key(recipient.address): recipient for recipient in recipients}
    after = {}  # key: [(target, where it comes from)]
    for address, recipient in before.items():
        for target in rules.get(address, [recipient.address]):
            after.setdefault(key(target), []).append((target, recipient))
    become = []
    for address, sources in after.items():
        target, first = sources[0]
        together = union([source.notify for _, source in sources])
        if address in before:
            if asked(together) == asked(before[address].notify):
                become.append(before[address])  # neither added nor deleted
                continue
            target = before[address].address
        become.append(Recipient(
            target, together,
            first.orcpt or "rfc822;" + xtext(first.address)))
    return become
