"""SMTP at both ends of a mail server under test.

Sink    takes mail and keeps what came: the envelope with its parameters, and
        the bytes of the message.
Client  sends exactly what it is given, and returns the replies.

Neither uses smtplib: a test of byte-exact rewriting must see and send what is
on the wire, odd forms included.

As a program, smtp.py HOST:PORT SENDER RECIPIENT... sends a message with these
addresses in envelope and header, and prints the reply.
"""

import base64
import collections
import contextlib
import os
import re
import socket
import sys
import threading
import time

# Seconds. Tests wait so long for what never comes, because a machine may be
# slow and busy. The mutation campaign sets a shorter time.
TIMEOUT = int(os.environ.get("READDRESS_TIMEOUT", "300"))

Reply = collections.namedtuple("Reply", "code text")


class Refused(Exception):
    """The server gave another reply than the one that was needed."""

    def __init__(self, command, reply):
        super().__init__(f"{command} -> {reply.code} {reply.text}")
        self.reply = reply


def text(octets):
    return octets.decode("utf-8", "surrogateescape")


def octets(string):
    return (string if isinstance(string, bytes)
            else string.encode("utf-8", "surrogateescape"))


def split_path(argument):
    """'<a@b> X=1 Y' -> ('a@b', ['X=1', 'Y']); quoted strings are honoured."""
    match = re.match(r'\s*<((?:[^">]|"(?:[^"\\]|\\.)*")*)>\s*(.*)$', argument)
    if not match:
        raise ValueError(f"not a path: {argument!r}")
    return match.group(1), match.group(2).split()


def header_end(data):
    """Returns the end of the header section: the index of the empty line."""
    if data.startswith(b"\r\n"):
        return 0
    end = data.find(b"\r\n\r\n")
    return len(data) if end < 0 else end + 2


def headers(data):
    """Returns the header section as [(name, value)]: bytes, with folds,
    without the line break at the end of a header."""
    found = []
    for line in re.split(rb"\r\n(?![ \t])", data[:header_end(data)]):
        name, colon, value = line.partition(b":")
        if colon:
            found.append((name, value))
    return found


class Delivery:
    """One message as it came over the wire."""

    def __init__(self, mail, recipients, data):
        self.mail = mail
        self.sender, self.sender_args = split_path(mail)
        self.recipient_lines = recipients
        self.recipients = [split_path(line)[0] for line in recipients]
        self.data = data

    def args(self, recipient):
        """Returns the ESMTP parameters of a recipient."""
        for line in self.recipient_lines:
            address, args = split_path(line)
            if address == recipient:
                return sorted(args)
        raise KeyError(recipient)

    def header(self, name):
        """Returns the values of the headers of that name, with their folds."""
        return [value for found, value in headers(self.data)
                if found.lower() == octets(name).lower()]

    def sent(self):
        """Returns the message without the Received: headers that were added on
        top."""
        data = self.data
        while data.startswith(b"Received:"):
            data = re.sub(rb"\AReceived:[^\r]*\r\n(?:[ \t][^\r]*\r\n)*", b"",
                          data)
        return data

    def __repr__(self):
        return f"<{self.mail} {self.recipient_lines} {len(self.data)} octets>"


class Sink:
    """An SMTP server that keeps everything.

    refuse: (pattern, reply) pairs; the first whose pattern is found in a
    command gives the reply instead of 250.
    """

    EXTENSIONS = ("PIPELINING", "SIZE 52428800", "8BITMIME", "DSN",
                  "SMTPUTF8", "ENHANCEDSTATUSCODES")

    def __init__(self, address, port=0, extensions=EXTENSIONS, refuse=(),
                 on_delivery=None):
        self.extensions = extensions
        self.refuse = list(refuse)
        self.deliveries = []
        self.on_delivery = on_delivery
        self._changed = threading.Condition()
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((address, port))
        self._socket.listen(200)
        self.address, self.port = self._socket.getsockname()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self):
        # An accept() that is still waiting would keep the port.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def clear(self):
        with self._changed:
            self.deliveries = []

    def wait(self, count, seconds=TIMEOUT):
        """Returns the deliveries as soon as there are that many, or those that
        came in time."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.deliveries) >= count,
                                   seconds)
            return list(self.deliveries)

    def _accept(self):
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,),
                             daemon=True).start()

    def _serve(self, peer):
        try:
            with peer, peer.makefile("rb") as stream:
                self._converse(peer, stream)
        except OSError:
            pass

    def _refusal(self, line):
        for pattern, reply in self.refuse:
            if re.search(pattern, line):
                return reply
        return None

    def _converse(self, peer, stream):
        def say(line):
            peer.sendall(octets(line) + b"\r\n")

        say("220 sink.example ESMTP")
        mail, recipients = None, []
        while True:
            raw = stream.readline()
            if not raw:
                return
            line = text(raw.rstrip(b"\r\n"))
            verb = line[:4].upper()
            refusal = self._refusal(line)
            if verb == "QUIT":
                say("221 2.0.0 bye")
                return
            if refusal and verb in ("MAIL", "RCPT"):
                say(refusal)
            elif verb == "EHLO":
                lines = ["sink.example", *self.extensions]
                for number, word in enumerate(lines, 1):
                    say(f"250{' ' if number == len(lines) else '-'}{word}")
            elif verb == "MAIL":
                mail, recipients = line[len("MAIL FROM:"):], []
                say("250 2.1.0 ok")
            elif verb == "RCPT":
                recipients.append(line[len("RCPT TO:"):])
                say("250 2.1.5 ok")
            elif verb == "DATA":
                if not recipients:
                    say("554 5.5.1 no recipients")
                    continue
                say("354 go ahead")
                data = self._read_data(stream)
                if data is None:
                    return
                self._keep(Delivery(mail, recipients, data))
                say("250 2.0.0 taken")
                mail, recipients = None, []
            else:
                if verb == "RSET":
                    mail, recipients = None, []
                say("250 2.0.0 ok")

    @staticmethod
    def _read_data(stream):
        lines = []
        while True:
            line = stream.readline()
            if not line:
                return None
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)

    def _keep(self, delivery):
        with self._changed:
            self.deliveries.append(delivery)
            self._changed.notify_all()
        if self.on_delivery:
            self.on_delivery(self, delivery)


class Client:
    """A connection to an SMTP server. Arguments are sent as they are:
    mail("<a@b> RET=HDRS"), rcpt("<@hop:u@d>")."""

    def __init__(self, address, port, source=None, hello="client.example",
                 xclient=None, login=None, before=""):
        """login: (user, password); before: what is sent first, as a proxy in
        front of the server would ("PROXY ...")."""
        self._socket = socket.create_connection(
            (address, port), TIMEOUT,
            source_address=(source, 0) if source else None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rb")
        try:
            self._begin(hello, xclient, login, before)
        except BaseException:
            self.close()
            raise

    def _begin(self, hello, xclient, login, before):
        self._socket.sendall(octets(before))
        self.need(self.reply(), 220, "connect")
        self.command(f"EHLO {hello}", 250)
        if xclient:
            self.command(f"XCLIENT {xclient}", 220)
            self.command(f"EHLO {hello}", 250)
        if login:
            self.login(*login)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def login(self, user, password, code=235):
        """Logs in (RFC 4616)."""
        said = base64.b64encode(octets(f"\0{user}\0{password}"))
        return self.command(f"AUTH PLAIN {text(said)}", code)

    def starttls(self, context, name, hello="client.example"):
        """Turns encryption on (RFC 3207), with this ssl.SSLContext and a server
        of that name. Returns the reply to EHLO."""
        self.command("STARTTLS", 220)
        self._socket = context.wrap_socket(self._socket, server_hostname=name)
        self._stream = self._socket.makefile("rb")
        return self.command(f"EHLO {hello}", 250)

    def close(self):
        self._stream.close()
        self._socket.close()

    def quit(self):
        try:
            self.command("QUIT")
        finally:
            self.close()

    @staticmethod
    def need(reply, code, command):
        if code is not None and reply.code != code:
            raise Refused(command, reply)
        return reply

    def reply(self):
        lines = []
        while True:
            line = self._stream.readline()
            if not line:
                raise ConnectionError("the server closed the connection")
            lines.append(text(line.rstrip(b"\r\n")))
            if line[3:4] != b"-":
                return Reply(int(lines[-1][:3]),
                             "\n".join(line[4:] for line in lines))

    def command(self, line, code=None):
        """Sends the line. Returns the reply, which must have that code if one
        is given."""
        self._socket.sendall(octets(line) + b"\r\n")
        return self.need(self.reply(), code, line)

    def mail(self, argument, code=250):
        return self.command("MAIL FROM:" + argument, code)

    def rcpt(self, argument, code=250):
        return self.command("RCPT TO:" + argument, code)

    def data(self, message, code=250):
        self.command("DATA", 354)
        stuffed = re.sub(rb"(?m)^\.", b"..", octets(message))
        if not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"
        self._socket.sendall(stuffed + b".\r\n")
        return self.need(self.reply(), code, "(message)")

    def send(self, mail, recipients, message, code=250):
        """Sends a whole message with its envelope. Returns the reply to the
        message."""
        self.mail(mail)
        for recipient in recipients:
            self.rcpt(recipient)
        return self.data(message, code)


def wait_until(condition, seconds=TIMEOUT, step=0.02):
    """Waits until the condition is true, or the time is over. Returns its last
    value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(step)


def main(server, sender, *recipients):
    host, port = server.rsplit(":", 1)
    lines = [f"From: {sender}", "To: " + ",\r\n ".join(recipients),
             "Subject: A test", "", "Hello.", ""]
    with Client(host, int(port)) as client:
        reply = client.send(f"<{sender}>",
                            [f"<{address}>" for address in recipients],
                            "\r\n".join(lines))
        print(reply.code, reply.text)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("usage: smtp.py HOST:PORT SENDER RECIPIENT...")
    try:
        main(*sys.argv[1:])
    except (OSError, Refused) as problem:
        sys.exit(f"smtp.py: {problem}")
