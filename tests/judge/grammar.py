"""Address headers from a grammar, each with what readdress must make of it.

A Header is what a seed gives: its text, and the text that must come out (None
where only the judges can tell). Strings hold octets, as latin-1.

strict    RFC 5322 sections 3.2 and 3.4, without the obsolete forms
obsolete  the same with those of section 4.4
utf8      strict with RFC 6532
wild      a strict or obsolete list in which one element, or the way that the
          elements are put together, is one of wild.FORMS
noise     any of these after one to three octets were lost, doubled or put in
"""

import collections
import random
import re

# The rules that a header meets: a sub-domain rule, a user rule, and one for an
# address literal. NEW stands in no header that is generated.
NEW = "hit.test"
USER = "robert.tables@" + NEW
RULES = f"""\
Source;Target
@*.old.example;@{NEW}
bob@u.old.example;{USER}
@[192.0.2.1];@{NEW}
"""

Header = collections.namedtuple("Header", "kind text expected")

ATEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
ODD_ATEXT = "!#$%&'*+-/=?^_`{|}~"
UTF8 = [text.encode().decode("latin-1")
        for text in ("ü", "é", "ß", "ñandú", "日本", "Ω", "ж", "😀", "e\u0301")]


class Address:
    """An addr-spec with the CFWS inside it. user: the user rule's?"""

    def __init__(self, local, domain, user=False, before="", after=""):
        self.local, self.domain, self.user = local, domain, user
        self.before, self.after = before, after  # around "@"

    def old(self):
        return f"{self.local}{self.before}@{self.after}{self.domain}"

    def new(self):
        if not self.user:
            return f"{self.local}{self.before}@{self.after}{NEW}"
        between = self.before + "@" + self.after
        if "(" in between or "\n" in between:  # the two parts separately
            return between.join(USER.split("@"))
        return USER


class Maker:
    """One header after the other. Pieces are strings and Addresses."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.obsolete = False
        self.utf8 = False

    def chance(self, percent):
        return self.dice.random() * 100 < percent

    def pick(self, *choices):
        return self.dice.choice(choices)

    # 3.2.2: folding white space and comments

    def fws(self):
        return self.pick(" ", " ", "  ", "\t", "\r\n ", "\r\n\t", " \r\n  ")

    def comment(self, depth=0):
        text = "("
        for _ in range(self.dice.randint(0, 3)):
            what = self.dice.randint(0, 9)
            if what < 5:
                text += self.text(1, 6)
            elif what == 5:
                text += self.pick('"', "'", "@", ",", ";", ":", "<", ">", "[",
                                  ".", "bob@u.old.example")
            elif what == 6:
                text += "\\" + self.pick("(", ")", "\\", '"', "x")
            elif what == 7 and depth < 3:
                text += self.comment(depth + 1)
            else:
                text += self.fws()
        return text + ")"

    def cfws(self, percent=12):
        """[CFWS]: mostly nothing."""
        if not self.chance(percent):
            return ""
        if self.chance(50):
            return self.fws()
        text = self.comment()
        if self.chance(15):
            text += self.pick("", " ") + self.comment()
        return self.pick("", " ", self.fws()) + text + self.pick("", " ")

    # 3.2.3 to 3.2.5: atoms, quoted strings, phrases

    def text(self, least, most):
        found = "".join(self.dice.choice(ATEXT)
                        for _ in range(self.dice.randint(least, most)))
        if self.utf8 and self.chance(30):
            found += self.pick(*UTF8)
        return found

    def atom(self):
        text = self.text(1, 7)
        if self.chance(12):
            text += self.dice.choice(ODD_ATEXT) + self.text(0, 2)
        return text

    def quoted(self):
        text = '"'
        for _ in range(self.dice.randint(1, 4)):
            what = self.dice.randint(0, 9)
            if what < 6:
                text += self.text(1, 6)
            elif what == 6:
                text += self.pick(",", ";", ":", "<", ">", "@", "(", ")", "[",
                                  ".", "..")
            elif what == 7:
                text += "\\" + self.pick('"', "\\", "x", " ")
            else:
                text += self.fws()
        return text + '"'

    def phrase(self):
        words = []
        for number in range(self.dice.randint(1, 3)):
            if self.chance(25):
                words.append(self.quoted())
            elif self.chance(8):
                words.append(self.pick(
                    "=?utf-8?q?B=C3=B6b?=", "=?iso-8859-1?Q?=40=2C=22?=",
                    "=?utf-8?B?Ym9iQHUub2xkLmV4YW1wbGU=?="))
            else:
                words.append(self.atom())
            if self.obsolete and number and self.chance(20):
                words[-1] = self.pick(".", words[-1] + ".")
        text = self.cfws(5) + words[0]
        for word in words[1:]:
            text += self.pick(" ", " ", self.fws()) + self.cfws(5) + word
        return text + self.cfws(5)

    # 3.4.1: addr-spec

    def local(self):
        if self.chance(15):
            return self.quoted()
        words = [self.atom() for _ in range(self.pick(1, 1, 1, 2, 3))]
        if not self.obsolete or self.chance(60):
            return ".".join(words)
        text = words[0]
        for word in words[1:]:  # obs-local-part = word *("." word)
            if self.chance(30):
                word = self.quoted()
            around = self.cfws(25), self.cfws(25)
            text += around[0] + "." + around[1] + word
        return text

    def domain(self):
        if self.chance(4):
            return self.pick("[192.0.2.1]", "[192.0.2.1]", "[ 192.0.2.1 ]",
                             "[192.0.2.1\r\n ]", "[192.0 .2.1]")
        labels = [self.pick("a", "B", "mail-1", "xn--bcher-kva", "x9")
                  for _ in range(self.pick(1, 1, 2))]
        if self.utf8 and self.chance(30):
            labels[0] = "b\u00fccher".encode().decode("latin-1")
        labels += self.pick(["old", "example"], ["Old", "EXAMPLE"])
        if not self.obsolete or self.chance(70):
            return ".".join(labels)
        text = labels[0]
        for label in labels[1:]:  # obs-domain = atom *("." atom)
            around = self.cfws(25), self.cfws(25)
            text += around[0] + "." + around[1] + label
        return text

    def address(self):
        """addr-spec without the CFWS around it."""
        around = self.cfws(6), self.cfws(6)
        if self.chance(15):
            local = self.pick("bob", "BOB", '"bob"', '"b\\ob"')
            return Address(local, self.pick("u.old.example", "U.Old.Example"),
                           True, *around)
        return Address(self.local(), self.domain(), False, *around)

    # 3.4: mailboxes, groups, lists

    def angle(self):
        """angle-addr / obs-angle-addr"""
        if self.obsolete and self.chance(12):
            route = "@" + self.pick("relay.example", "u.old.example")
            if self.chance(30):
                route += self.pick(",@b.example", ", @b.example", ",,@b")
            return ["<", self.cfws(), route + ":", self.cfws(),
                    self.address(), self.cfws(), ">"]
        return ["<", self.cfws(), self.address(), self.cfws(), ">"]

    def mailbox(self):
        if self.chance(40):
            return [self.cfws(), self.address(), self.cfws()]
        name = self.phrase() + self.pick(" ", " ", "") if self.chance(85) \
            else ""
        return [name, self.cfws(), *self.angle(), self.cfws()]

    def empty(self):
        """What an obsolete list may have between its commas."""
        if not self.obsolete or not self.chance(12):
            return ""
        return self.cfws() + ","

    def group(self):
        pieces = [self.phrase(), ":"]
        count = self.dice.randint(0, 3)
        for number in range(count):
            pieces += [self.empty(), *self.mailbox(),
                       "," if number < count - 1 else ""]
        return pieces + [self.cfws(), ";", self.cfws()]

    def element(self):
        if self.chance(8):
            return self.group()
        return self.mailbox()

    def elements(self, least, most):
        return [[self.empty(), self.pick("", " ", " "), *self.element()]
                for _ in range(self.dice.randint(least, most))]


def render(pieces, new):
    """The text. No line of white space alone: that is obsolete too."""
    text = "".join((piece.new() if new else piece.old())
                   if isinstance(piece, Address) else piece
                   for piece in pieces)
    text = re.sub(r"[ \t]*\r\n[ \t]+(?=\r\n[ \t])", "", text)
    return re.sub(r"\r\n[ \t]*$", "", text)


def joined(elements, separator=","):
    pieces = []
    for number, element in enumerate(elements):
        pieces += ([separator] if number else []) + element
    return pieces


def make(kind, number, seed):
    """Header `number` of that kind."""
    import wild  # it builds on this module

    maker = Maker(f"{seed}/{kind}/{number}")
    maker.obsolete = kind == "obsolete"
    maker.utf8 = kind == "utf8"
    if kind == "wild":
        pieces = wild.make(maker)
    elif kind == "noise":
        return Header(kind, wild.noise(maker), None)
    else:
        pieces = joined(maker.elements(1, 4))
    return Header(kind, " " + render(pieces, False), " " + render(pieces, True))
