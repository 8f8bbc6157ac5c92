"""Who reads the headers: readdress, and those who judge it.

A judge is given what went into readdress and what came out, and says what its
own parser sees in both. The strings are octets as latin-1, as in grammar.
"""

import collections
import ctypes
import email.policy
import os
import re
import subprocess

from grammar import NEW, RULES, USER

Mailbox = collections.namedtuple("Mailbox", "name local domain")

# What a judge may see: agreement, or
AGREE = "agree"
THEIRS = "judge-only"  # an address under the rules that readdress left
OURS = "readdress-only"  # one that readdress rewrote and the judge cannot see
OTHER = "other"        # both, or its reading of the rest changed
FAILS = "judge-fails"  # the judge's program failed


def under_rules(mailbox):
    """What the rules make of a mailbox that some judge sees; None: nothing."""
    domain = mailbox.domain.lower().removesuffix(".")
    if domain.startswith("["):
        domain = re.sub(r"\s", "", domain)
    if not (domain == "[192.0.2.1]" or re.fullmatch(
            r"(?:[a-z0-9_\x80-\U0010ffff-]+\.)+old\.example", domain)):
        return None
    if domain == "u.old.example" and mailbox.local.lower() == "bob":
        return mailbox._replace(local=USER.partition("@")[0], domain=NEW)
    return mailbox._replace(domain=NEW)


class Readdress:
    """`readdress rewrite inbound`, some thousand headers at a time."""

    def __init__(self, build, directory):
        self.tool = os.path.join(build, "readdress")
        self.config = os.path.join(directory, "readdress.conf")
        state = os.path.join(directory, "state")
        os.mkdir(state, 0o750)
        with open(self.config, "w", encoding="ascii") as file:
            file.write(f'state_dir = "{state}"\nruntime_dir = "{directory}"\n')
        self.run("load", "inbound", "-", given=RULES.encode())

    def run(self, *arguments, given):
        done = subprocess.run([self.tool, "-c", self.config, *arguments],
                              input=given, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        if done.returncode or re.search(b"Sanitizer|runtime error",
                                        done.stderr):
            raise RuntimeError(f"readdress {' '.join(arguments)}: exit "
                               f"{done.returncode}\n{done.stderr.decode()}")
        return done.stdout

    def rewrite(self, texts):
        """Each header's text behind the colon, after rewriting."""
        given = "".join(f"To:{text}\r\n" for text in texts) + "\r\n"
        out = self.run("rewrite", "inbound", given=given.encode("latin-1"))
        lines = re.split(r"\r\n(?![ \t])", out.decode("latin-1"))
        if len(lines) != len(texts) + 2 or any(
                not line.startswith("To:") for line in lines[:-2]):
            raise RuntimeError("readdress lost or made a header")
        return [line[3:] for line in lines[:-2]]


class Reader:
    """A judge that can read a header, and knows nothing of rewriting."""

    name = ""

    def read(self, text):
        """Its mailboxes, in order."""
        raise NotImplementedError

    def verdicts(self, texts, outs):
        """How each header went, in its eyes."""
        for text, out in zip(texts, outs):
            try:
                before = self.read(text)
                after = before if out == text else self.read(out)
            except Exception:  # whatever a parser throws at odd input
                yield FAILS
                continue
            yield self.compare(before, after, out.count(NEW))

    @staticmethod
    def compare(before, after, rewritten):
        if len(before) != len(after):
            return OTHER
        left = 0
        for old, new in zip(before, after):
            expected = under_rules(old)
            if expected and new[1:] == expected[1:]:
                rewritten -= 1
            elif new[1:] != old[1:]:
                return OTHER
            elif expected:
                left += 1
            if new.name != old.name and not rewritten:
                return OTHER
        if left and rewritten:
            return OTHER
        return THEIRS if left else OURS if rewritten else AGREE


class Python(Reader):
    """The email package of Python's standard library."""

    name = "python"

    def read(self, text):
        text = text.encode("latin-1").decode("utf-8", "surrogateescape")
        header = email.policy.default.header_factory(
            "To", re.sub("[\r\n]+", "", text))
        return [Mailbox(address.display_name, address.username, address.domain)
                for address in header.addresses]


class GMime(Reader):
    """GMime 3, in C, as GNOME's mail programs use it."""

    name = "gmime"

    def __init__(self):
        self.mime = ctypes.CDLL("libgmime-3.0.so.0")
        self.object = ctypes.CDLL("libgobject-2.0.so.0")
        pointer, mime = ctypes.c_void_p, self.mime
        for name, result, *arguments in (
                ("internet_address_list_parse", pointer, pointer,
                 ctypes.c_char_p),
                ("internet_address_list_length", ctypes.c_int, pointer),
                ("internet_address_list_get_address", pointer, pointer,
                 ctypes.c_int),
                ("internet_address_group_get_members", pointer, pointer),
                ("internet_address_get_name", ctypes.c_char_p, pointer),
                ("internet_address_mailbox_get_addr", ctypes.c_char_p, pointer),
                ("internet_address_group_get_type", ctypes.c_size_t)):
            function = getattr(mime, name)
            function.restype, function.argtypes = result, arguments
        self.object.g_object_unref.argtypes = [pointer]
        self.object.g_type_check_instance_is_a.argtypes = [pointer,
                                                           ctypes.c_size_t]
        mime.g_mime_init()
        self.group = mime.internet_address_group_get_type()

    def read(self, text):
        found = []
        parsed = self.mime.internet_address_list_parse(
            None, text.encode("latin-1"))
        if parsed:
            self._collect(parsed, found)
            self.object.g_object_unref(parsed)
        return found

    def _collect(self, parsed, found):
        for number in range(self.mime.internet_address_list_length(parsed)):
            address = self.mime.internet_address_list_get_address(parsed,
                                                                  number)
            if self.object.g_type_check_instance_is_a(address, self.group):
                self._collect(self.mime.internet_address_group_get_members(
                    address), found)
                continue
            name = self.mime.internet_address_get_name(address) or b""
            spec = self.mime.internet_address_mailbox_get_addr(address) or b""
            spec = spec.decode("utf-8", "surrogateescape")
            # Without "@" it is a local part that has no domain.
            local, _, domain = (spec if "@" in spec
                                else spec + "@").rpartition("@")
            if re.fullmatch(r'".*"', local, re.S):
                local = re.sub(r"\\(.)", r"\1", local[1:-1])
            found.append(Mailbox(name, local, domain))


def available(names, directory):
    """The judges that are here, and why others are not."""
    import exim  # it builds on this module

    judges, missing = [], {}
    for name in names:
        try:
            judges.append({"python": Python, "gmime": GMime,
                           "exim": lambda: exim.Exim(directory)}[name]())
        except (OSError, RuntimeError) as problem:
            missing[name] = str(problem)
    return judges, missing
