"""served/usage, as lib/usage/usagefile.h describes it."""

import collections
import hashlib
import struct

MAGIC = b"readdress usage 1\n"
WHATS = ("rule", "unruled", "leak", "day", "domain")
COUNTS = (6, 2, 2, 2, 2)
TABLES = ("inbound", "outbound")
Entry = collections.namedtuple("Entry", "hashed first last counts")


def parse(data):
    """Reads a file. Returns the entries, {(what, table, name...): Entry}, and
    since when each kind is incomplete."""
    body, digest = data[:-32], data[-32:]
    assert hashlib.sha256(body).digest() == digest
    assert body.startswith(MAGIC), body[:20]
    incomplete = dict(zip(WHATS, struct.unpack_from("<5I", body, len(MAGIC))))
    (count,) = struct.unpack_from("<Q", body, len(MAGIC) + 20)
    at, entries = len(MAGIC) + 28, {}
    for _ in range(count):
        what, table, hashed, _, size, first, last = struct.unpack_from(
            "<BBBBHII", body, at)
        counts = struct.unpack_from(f"<{COUNTS[what]}Q", body, at + 14)
        at += 14 + 8 * COUNTS[what]
        name = body[at:at + size].decode().split("\0")
        at += size
        entries[(WHATS[what], TABLES[table], *name)] = Entry(
            bool(hashed), first, last, counts)
    assert at == len(body)
    return entries, incomplete


def make(entries, **incomplete):
    """Makes a file of such entries. Counts that are missing are 0."""
    body = MAGIC + struct.pack("<5I", *(incomplete.get(what, 0)
                                        for what in WHATS))
    body += struct.pack("<Q", len(entries))
    for (what, table, *name), entry in entries.items():
        what = WHATS.index(what)
        name = "\0".join(name).encode()
        counts = (*entry.counts, *(0,) * COUNTS[what])[:COUNTS[what]]
        body += struct.pack("<BBBBHII", what, TABLES.index(table),
                            entry.hashed, 0, len(name), entry.first,
                            entry.last)
        body += struct.pack(f"<{COUNTS[what]}Q", *counts) + name
    return body + hashlib.sha256(body).digest()
