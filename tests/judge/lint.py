"""What is wrong with a header: where it leaves RFC 5322 (its obsolete forms are
no fault), in names like those of wild.FORMS.

It parses nothing for an address's sake, and shares no idea with readdress's
finder: it only says which rules of the grammar the text breaks, so that a
difference between two parsers can be laid at the door of one of them.
"""

import re

TOKEN = re.compile(r"""
    (?P<space>[ \t\r\n]+)
  | (?P<quoted>"(?:[^"\\]|\\.)*")
  | (?P<literal>\[[^\[\]\\<>,;@"()]*\])
  | (?P<word>[^\x00-\x20\x7f()<>\[\]:;@\\,."]+)
  | (?P<special>[()<>\[\]:;@\\,."])
  | (?P<control>.)
""", re.X | re.S)


# obs-route by letters
ROUTE = re.compile(
    r"(?i)(?:,*@(?:w(?:\.w)*|l))(?:,+(?:@(?:w(?:\.w)*|l))?)*:")
# A label behind "@" that is none of a host name: other atext, a "-" at an end.
ODD_DOMAIN = re.compile(
    r"@\s*(?:-|[^,;:<>()\"@\[]*"
    r"(?:[!#$%&'*+/=?^_`{|}~]|\.\s*-|-\s*(?:[.,;>]|$)))")
BLANK_IN_LITERAL = re.compile(r"@\s*\[[^\]]*\s")
ENCODED_WORD = re.compile(r"=\?[^? ]+\?[QqBb]\?[^? ]*\?=[^<>,;:]*@")


def no_utf8(text):
    try:
        text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def end_of_comment(text, at):
    """Where the comment at that place ends; None: nowhere."""
    depth = 0
    for match in re.finditer(r"\\.|[()]", text[at:], re.S):
        depth += {"(": 1, ")": -1}.get(match.group(0), 0)
        if not depth:
            return at + match.end()
    return None


def tokens(text, faults):
    """One letter for each token: w word, q quoted string, l literal (in
    capitals where it is no UTF-8), and the specials themselves. And the text
    without comments."""
    found, bare, at = [], "", 0
    while at < len(text):
        if text[at] == "(":
            end = end_of_comment(text, at)
            if end is None:
                faults.add("comment-not-closed")
                break
            at = end
            continue
        match = TOKEN.match(text, at)
        kind, token = match.lastgroup, match.group(0)
        bare += token
        at = match.end()
        if kind == "special" and token == '"':
            faults.add("quote-not-closed")
            break
        if kind == "control":
            faults.add("control")
            found.append("w")
        elif kind == "special":
            found.append(token)
        elif kind != "space":
            found.append(kind[0].upper() if no_utf8(token) else kind[0])
    return "".join(found), bare


def addr_spec(text, faults):
    """addr-spec by letters: (word|quoted, dots)@(word, dots | literal)"""
    local, at, domain = text.partition("@")
    for part, name in ((local, "latin1-in-local"),
                       (domain, "latin1-in-domain")):
        if part != part.lower():
            faults.add(name)
    text, local, domain = text.lower(), local.lower(), domain.lower()
    if re.search(r"[\\)\[\]]", text):
        faults.add("special-in-address")
    if not at:
        faults.add("no-domain" if text else "no-address")
        return
    if "@" in domain:
        faults.add("two-ats")
    if not local:
        faults.add("no-local")
    if not domain:
        faults.add("no-domain")
    if re.search(r"^\.|\.\.|\.$", local):
        faults.add("dots-in-local")
    if re.search(r"[wql]{2}", local):
        faults.add("words-in-local")
    if "l" in local:
        faults.add("bracket-in-local")
    if re.search(r"[wl]{2}|[wl]q|q", domain):
        faults.add("text-behind-address")
    if re.search(r"^\.|\.\.", domain):
        faults.add("dots-in-domain")
    if re.search(r"[^.]\.$", domain):
        faults.add("dot-behind-domain")
    if "l" in domain and domain != "l":
        faults.add("bracket-in-domain")


def element(text, faults):
    """A mailbox by letters."""
    if "<" not in text:
        if ">" in text:
            faults.add("angle-not-opened")
        addr_spec(text.replace(">", ""), faults)
        return
    name, _, rest = text.partition("<")
    inside, close, behind = rest.partition(">")
    if not close:
        faults.add("angle-not-closed")
    if "<" in inside:
        faults.add("angle-in-angle")
    if ">" in behind:
        faults.add("angle-not-opened")
    if "<" in behind:
        faults.add("two-angles")
    elif behind:
        faults.add("text-behind-angle")
    words(name, faults)
    if re.match(r"[@,]", inside):
        route = ROUTE.match(inside)
        if not route:
            faults.add("route-odd")
        elif route.group(0) != route.group(0).lower():  # not UTF-8
            faults.add("route-odd")
        elif "," in route.group(0):
            faults.add("route-list")
        inside = inside[route.end() if route else 0:]
    if re.search(r"[,;:]", inside):
        faults.add("separator-in-angle")
    if not inside:
        faults.add("angle-empty")
    else:
        addr_spec(inside, faults)


def words(text, faults):
    """A phrase by letters, obs-phrase's dots in it."""
    for special, fault in (("@", "name-with-at"), ("\\", "name-with-backslash"),
                           ("[", "name-with-bracket"),
                           ("]", "name-with-bracket"),
                           ("l", "name-with-bracket"),
                           (")", "name-with-paren"),
                           (">", "angle-not-opened")):
        if special in text:
            faults.add(fault)
    if text.startswith("."):
        faults.add("name-with-dot")
    if text != text.lower():
        faults.add("name-in-latin1")


def faults_of(text):
    """The rules of RFC 5322 that a header's text breaks: a set of names."""
    faults = set()
    letters, bare = tokens(text, faults)
    in_group = False
    # Elements end at separators outside angle brackets.
    for part in re.finditer(r"((?:<[^>]*>|[^,;:])*)([,;:]|$)", letters):
        body, separator = part.groups()
        if separator == ":":
            if in_group:
                faults.add("group-in-group")
            if not body:
                faults.add("group-without-name")
            if "<" in body:
                faults.add("text-behind-angle")
            words(body, faults)
            in_group = True
            continue
        if body:
            element(body, faults)
        if separator == ";":
            if not in_group:
                faults.add("semicolon")
            in_group = False
            rest = letters[part.end():]
            if rest and rest[0] not in ",;":
                faults.add("text-behind-group")
    if in_group:
        faults.add("group-not-closed")
    for pattern, where, name in (
            (ODD_DOMAIN, bare, "odd-domain"),
            (BLANK_IN_LITERAL, bare, "blank-in-literal"),
            (ENCODED_WORD, text, "encoded-word-in-address")):
        if pattern.search(where):
            faults.add(name)
    return faults
