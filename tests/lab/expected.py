"""What must become of an envelope, computed without the library and as simply as
possible: tests of many envelopes compare the milter with it.

Addresses here are plain: local parts of letters and digits, ASCII domains.
"""

NOTIFY = ("SUCCESS", "FAILURE", "DELAY")


def key(address):
    return address.lower()


def union(values):
    """Returns the NOTIFY of a recipient that several recipients became. None
    means that none was given, which stands for FAILURE, and for DELAY if the
    server likes."""
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
    """Returns the set of what a NOTIFY asks for."""
    return ({"FAILURE", "DELAY"} if notify is None else
            set(notify.split(",")) - {"NEVER"})


def xtext(text):
    """Encodes a text as xtext (RFC 3461, section 4)."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}"
                   for c in text)


class Recipient:
    def __init__(self, address, notify=None, orcpt=None):
        self.address = address
        self.notify = notify
        self.orcpt = orcpt

    def command(self):
        """Returns the argument of RCPT TO."""
        return " ".join([f"<{self.address}>",
                         *([f"NOTIFY={self.notify}"] if self.notify else []),
                         *([f"ORCPT={self.orcpt}"] if self.orcpt else [])])

    def at_next_hop(self):
        """Returns (address, sorted parameters). Postfix always sends ORCPT."""
        notify = self.notify and (
            self.notify if self.notify == "NEVER" else ",".join(
                word for word in NOTIFY if word in self.notify.split(",")))
        return self.address, sorted(
            ([f"NOTIFY={notify}"] if notify else [])
            + [f"ORCPT={self.orcpt or 'rfc822;' + xtext(self.address)}"])


def rewritten(rules, recipients):
    """Returns the recipients that are delivered. rules: {key: [target, ...]}.
    recipients: as the client gives them; no two have the same key."""
    before = {key(recipient.address): recipient for recipient in recipients}
    after = {}  # key: [(target, the recipient that became it)]
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
