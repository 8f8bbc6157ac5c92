"""An MTA's side of the milter protocol, version 6, to speak with a milter
directly.

    with milterclient.Connection("/run/x.sock") as mta:
        mta.negotiate()
        mta.connect("client.example", "192.0.2.1", daemon_name="OUTBOUND")
        mta.mail("<a@b.example>", "BODY=8BITMIME")
        mta.rcpt("<c@d.example>", rcpt_addr="c@d.example")
        mta.header("To", " <c@d.example>")
        answer = mta.end("4F2A91C03")
        answer.verdict, answer.added, answer.deleted, answer.headers

or, for whole messages, mta.message(...). Commands that the milter does not want
to see are not sent, and a reply is not awaited where the milter sends none.
send() and receive() are for peers that do not follow the protocol.
"""

import math
import socket
import struct

from .smtp import TIMEOUT

VERSION = 6

# Actions that an MTA may offer.
ADDHDRS = 0x01
CHGBODY = 0x02
ADDRCPT = 0x04
DELRCPT = 0x08
CHGHDRS = 0x10
QUARANTINE = 0x20
CHGFROM = 0x40
ADDRCPT_PAR = 0x80
SETSYMLIST = 0x100
ALL_ACTIONS = 0x1FF

# Steps of the protocol that an MTA may offer.
NOCONNECT = 0x01
NOHELO = 0x02
NOMAIL = 0x04
NORCPT = 0x08
NOBODY = 0x10
NOHDRS = 0x20
NOEOH = 0x40
NR_HDR = 0x80
NOUNKNOWN = 0x100
NODATA = 0x200
SKIP = 0x400
RCPT_REJ = 0x800
NR_CONN = 0x1000
NR_HELO = 0x2000
NR_MAIL = 0x4000
NR_RCPT = 0x8000
NR_DATA = 0x10000
NR_UNKN = 0x20000
NR_EOH = 0x40000
NR_BODY = 0x80000
HDR_LEADSPC = 0x100000
ALL_STEPS = 0x1FFFFF  # what Postfix offers

# command: (do not send it, do not wait for the reply)
STEPS = {
    b"C": (NOCONNECT, NR_CONN),
    b"H": (NOHELO, NR_HELO),
    b"M": (NOMAIL, NR_MAIL),
    b"R": (NORCPT, NR_RCPT),
    b"T": (NODATA, NR_DATA),
    b"L": (NOHDRS, NR_HDR),
    b"N": (NOEOH, NR_EOH),
    b"B": (NOBODY, NR_BODY),
    b"E": (0, 0),
}
# In the order of their numbers in a milter's requests for lists of macros.
MACRO_STEPS = ("connect", "helo", "mail", "rcpt", "data", "end", "eoh")

VERDICTS = {b"c": "continue", b"a": "accept", b"t": "tempfail",
            b"r": "reject", b"d": "discard", b"y": "reply", b"s": "skip",
            b"4": "shutdown"}


class Closed(Exception):
    """The milter has closed the connection."""


def octets(text):
    """Returns the text as bytes. A str is encoded in UTF-8; its surrogates
    stand for bytes that are not UTF-8."""
    if isinstance(text, bytes):
        return text
    return text.encode("utf-8", "surrogateescape")


def string(data):
    return data.decode("utf-8", "surrogateescape")


def strings(*texts):
    return b"".join(octets(text) + b"\0" for text in texts)


class Answer:
    """What a milter answers to a command: its verdict, and at the end of a
    message the edits that it sent before."""

    def __init__(self):
        self.verdict = None  # a value of VERDICTS
        self.reply = ""      # "451 4.3.0 text", of verdict "reply"
        self.edits = []      # all of them, in order: (command, ...)
        self.added = []      # (address, ESMTP arguments or "")
        self.deleted = []
        self.sender = None   # (address, ESMTP arguments or "")
        self.headers = []    # (name, instance, value)

    def take(self, command, data):
        """Takes one packet. True if it is the last one of the answer."""
        if command in VERDICTS:
            self.verdict = VERDICTS[command]
            if command == b"y":
                self.reply = string(data.rstrip(b"\0"))
            return True
        if command == b"p":
            return False
        if command == b"m":
            (instance,) = struct.unpack(">I", data[:4])
            name, value = data[4:].split(b"\0")[:2]
            edit = (string(name), instance, string(value))
            self.headers.append(edit)
        else:
            parts = [string(part) for part in data.split(b"\0")[:-1]]
            if command in b"+2":
                edit = (parts[0], parts[1] if command == b"2" else "")
                self.added.append(edit)
            elif command == b"-":
                edit = (parts[0],)
                self.deleted.append(parts[0])
            elif command == b"e":
                edit = (parts[0], parts[1] if len(parts) > 1 else "")
                self.sender = edit
            else:
                raise AssertionError(f"unexpected answer {command!r}")
        self.edits.append((string(command), *edit))
        return False

    def __repr__(self):
        return f"Answer({self.verdict}, {self.reply!r}, {self.edits})"


class Connection:
    """A connection to the milter. to: the path of a unix socket, or (host,
    port)."""

    def __init__(self, to, timeout=TIMEOUT):
        if isinstance(to, str):
            self.socket = socket.socket(socket.AF_UNIX)
            # Only a blocking connect waits for room in the backlog.
            self.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                struct.pack("ll", math.ceil(timeout), 0))
            self.socket.connect(to)
            self.socket.settimeout(timeout)
        else:
            self.socket = socket.create_connection(to, timeout)
        self.actions = 0
        self.steps = 0
        self.macros = {}  # asked for: {step: "names"}
        self._pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Closes the connection without a word, as when an MTA dies."""
        self.socket.close()

    def quit(self):
        self.send(b"Q")
        self.close()

    # The lowest layer: packets.

    @staticmethod
    def packet(command, data=b""):
        return struct.pack(">I", len(data) + 1) + command + data

    def send(self, command, data=b""):
        self.socket.sendall(self.packet(command, data))

    def _read(self, size):
        while len(self._pending) < size:
            got = self.socket.recv(65536)
            if not got:
                raise Closed()
            self._pending += got
        data, self._pending = self._pending[:size], self._pending[size:]
        return data

    def receive(self):
        """Returns the next packet: (command, data)."""
        (size,) = struct.unpack(">I", self._read(4))
        data = self._read(size)
        return data[:1], data[1:]

    def answer(self):
        answer = Answer()
        while not answer.take(*self.receive()):
            pass
        return answer

    # The steps of a session.

    def negotiate(self, actions=ALL_ACTIONS, steps=ALL_STEPS, version=VERSION):
        """Offers these actions and steps, and keeps what the milter chose.
        Returns its version."""
        self.send(b"O", struct.pack(">III", version, actions, steps))
        command, data = self.receive()
        if command != b"O":
            raise AssertionError(f"negotiation: {command!r}")
        theirs, self.actions, self.steps = struct.unpack(">III", data[:12])
        data = data[12:]
        while len(data) > 4:
            (step,) = struct.unpack(">I", data[:4])
            names, _, data = data[4:].partition(b"\0")
            self.macros[MACRO_STEPS[step]] = string(names)
        return theirs

    def define(self, command, **macros):
        """Sends macros for the command that follows. A one-letter name is sent
        as it is, others in braces; a macro that is None is not sent."""
        pairs = []
        for name, value in macros.items():
            if value is not None:
                pairs += [name if len(name) == 1 else "{" + name + "}", value]
        if pairs:
            self.send(b"D", command + strings(*pairs))

    def _step(self, command, data=b"", macros=None):
        """Sends the command if the milter wants it. Returns the answer, or
        None."""
        unwanted, silent = STEPS[command]
        self.define(command, **(macros or {}))
        if self.steps & unwanted:
            return None
        self.send(command, data)
        return None if self.steps & silent else self.answer()

    def connect(self, host="client.example", address="192.0.2.1", port=40000,
                **macros):
        """address: IPv4, IPv6, the path of a unix socket, or None."""
        if address is None:
            place = b"U"
        else:
            family = (b"L" if "/" in address else
                      b"6" if ":" in address else b"4")
            place = family + struct.pack(">H", port) + strings(address)
        return self._step(b"C", strings(host) + place, macros)

    def helo(self, name="client.example", **macros):
        return self._step(b"H", strings(name), macros)

    def mail(self, sender, *parameters, **macros):
        return self._step(b"M", strings(sender, *parameters), macros)

    def rcpt(self, recipient, *parameters, **macros):
        return self._step(b"R", strings(recipient, *parameters), macros)

    def data(self, **macros):
        return self._step(b"T", b"", macros)

    def header(self, name, value, **macros):
        """Sends a header. value: all after the colon, with its leading space;
        folds are LF."""
        return self._step(b"L", strings(name, value), macros)

    def eoh(self, **macros):
        return self._step(b"N", b"", macros)

    def body(self, chunk, **macros):
        return self._step(b"B", octets(chunk), macros)

    def end(self, queue_id="4F2A91C03", **macros):
        """Ends the message. Returns the answer with the edits."""
        return self._step(b"E", b"", {"i": queue_id, **macros})

    def abort(self):
        self.send(b"A")

    def message(self, sender, recipients, headers=(), body="Text.\r\n",
                queue_id="4F2A91C03", parameters=(), **macros):
        """Sends a whole message. Returns the answer to the first step that the
        milter did not let pass, or to the end. recipients: addresses, or
        tuples of an address and its ESMTP parameters. macros: those of
        MAIL."""
        def stopped(answer):
            return answer and answer.verdict != "continue"

        answer = self.mail(sender, *parameters, **macros)
        if stopped(answer):
            return answer
        for recipient in recipients:
            if isinstance(recipient, (str, bytes)):
                recipient = (recipient,)
            plain = string(octets(recipient[0])).strip("<>").lower()
            answer = self.rcpt(*recipient, rcpt_addr=plain)
            if stopped(answer):
                return answer
        self.data()
        for name, value in headers:
            answer = self.header(name, value, i=queue_id)
            if stopped(answer):
                return answer
        self.eoh()
        self.body(body)
        return self.end(queue_id)
