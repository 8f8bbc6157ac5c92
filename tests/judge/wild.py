"""What is no RFC 5322, and is sent all the same; one form in each header.

A form returns the pieces of an element (see grammar). An Address in it is one
that readdress must rewrite; text that only looks like one must stay.
"""

import re

from grammar import joined, render

A = "eve@x.old.example"  # where it must stay as it is
LATIN1 = "B\xf6b"        # one octet over 0x7F that is no UTF-8


def name_with_at(maker):
    """bob@a.example <bob@a.example>: everywhere"""
    return [maker.pick(A, "a@b c@d", "Bob @ Home", "@bob") + " ",
            *maker.angle()]


def name_with_quote_inside(maker):
    """O"Brien" <a@b>"""
    return ['O"Brien"' + maker.pick("", " x") + " ", *maker.angle()]


def name_with_bracket(maker):
    """[EXT] Bob <a@b>: what gateways put in front"""
    return [maker.pick("[EXT] Bob ", "Bob [a@b] ", "Bob [x ", "x] "),
            *maker.angle()]


def name_with_colon(maker):
    """Re: Bob <a@b>: the name of a group that never ends"""
    return ["Re: Bob ", *maker.angle()]


def name_with_comma(maker):
    """Smith, Bob <a@b>: an element without an address, and one with"""
    return ["Smith, Bob ", *maker.angle()]


def encoded_word_with_comma(maker):
    """RFC 2047 section 5 (3) wants it encoded: an element ends there"""
    return ["=?iso-8859-1?Q?B=F6b,=20Eve?= ", *maker.angle()]


def name_with_backslash(maker):
    """Bob\\ Smith <a@b>"""
    return [maker.pick("Bob\\ Smith ", "Bob\\@x ", "DOM\\bob "),
            *maker.angle()]


def name_with_apostrophes(maker):
    """'a@b' <a@b>: Outlook"""
    return [maker.pick(f"'{A}' ", "'Bob, Eve' "), *maker.angle()]


def name_in_latin1(maker):
    return [LATIN1 + " ", *maker.angle()]


def name_in_quoted_latin1(maker):
    return [f'"{LATIN1}" ', *maker.angle()]


def name_with_control(maker):
    return [maker.pick("B\x01b ", "B\x7fb "), *maker.angle()]


def name_with_paren(maker):
    """a ")" that closes nothing"""
    return ["Bob) ", *maker.angle()]


def no_space(maker):
    """Bob<a@b>"""
    return ["Bob", *maker.angle()]


def text_behind_angle(maker):
    return [f"Bob <{A}> " + maker.pick("Bob", "x.y", '"Bob"', "@", A)]


def two_angles(maker):
    return [f"Bob <{A}>" + maker.pick("", " ", " x ") + f"<{A}>"]


def double_angle(maker):
    return [f"<<{A}>>"]


def angle_in_angle(maker):
    return [f"Bob <x <{A}>"]


def angle_not_closed(maker):
    return [f"Bob <{A}"]


def angle_not_opened(maker):
    return [f"Bob {A}>"]


def angle_empty(maker):
    return [maker.pick("<>", "Bob <>", "< >", "<()>")]


def angle_with_two(maker):
    return [f"Bob <{A}, {A}>"]


def angle_with_mailto(maker):
    return [f"Bob <mailto:{A}>"]


def angle_with_name(maker):
    return [f"<Bob {A}>"]


def angle_with_quotes(maker):
    return [maker.pick(f'<"{A}">', f"<'{A}'>")]


def mailto(maker):
    """a group of the name mailto, to every parser"""
    return ["mailto:", maker.address()]


def two_ats(maker):
    return [maker.pick(f"bob@{A}", "bob@@x.old.example", f"<bob@{A}>",
                       f"<@{A}>")]


def no_local(maker):
    return [maker.pick("@x.old.example", "<@x.old.example>")]


def no_domain(maker):
    return [maker.pick("bob", "Bob <bob>", "bob@", "<bob@>", "Bob Smith")]


def words_in_local(maker):
    return [maker.pick(f"bob {A}", f'"Bob" {A}')]


def text_behind_address(maker):
    return [f"{A} " + maker.pick("Bob", "x.y", '"Bob"')]


def dots_in_local(maker):
    """a..b@docomo.example: Japanese mobile operators hand them out"""
    address = maker.address()
    address.user = False
    address.local = maker.pick("a..b", ".a", "a.", "a...", "..a.")
    return [address] if maker.chance(50) else ["Bob <", address, ">"]


def dot_behind_domain(maker):
    address = maker.address()
    address.user = False
    address.domain = "x.old.example."
    return [address] if maker.chance(50) else ["Bob <", address, ">"]


def dots_in_domain(maker):
    return [maker.pick("a@x..old.example", "a@.x.old.example",
                       "<a@x..old.example>")]


def underscore_in_domain(maker):
    address = maker.address()
    address.user = False
    address.domain = maker.pick("x_y.old.example", "_x.old.example")
    return [address]


def latin1_in_local(maker):
    return [maker.pick(f"{LATIN1}@x.old.example", f"<{LATIN1}@x.old.example>",
                       f'"{LATIN1}"@x.old.example')]


def latin1_in_domain(maker):
    return ["a@b\xfccher.old.example"]


def control_in_address(maker):
    return [maker.pick("b\x01b@x.old.example", "bob@x\x7f.old.example")]


def encoded_word_in_address(maker):
    address = maker.address()
    address.user = False
    address.local = "=?utf-8?q?bob?="
    return [address] if maker.chance(50) else ["Bob <", address, ">"]


def comment_for_address(maker):
    return [maker.pick(f"Bob (<{A}>)", f"({A})")]


def quoted_for_address(maker):
    return [f'"{A}"']


def apostrophes_for_address(maker):
    return [f"'{A}'"]


def old_gateways(maker):
    """bang paths, the percent hack, X.400 in a local part"""
    address = maker.address()
    address.user = False
    address.local = maker.pick("host!bob", "bob%far.example",
                               "/G=Bob/S=Owen/O=x/", "bob=x.y")
    return [address]


def quote_not_closed(maker):
    return [maker.pick(f'"Bob <{A}>', f'Bob "x <{A}>, {A}', f'" {A}')]


def comment_not_closed(maker):
    return [maker.pick(f"(Bob <{A}>", f"Bob (x (y) <{A}>, {A}", f"( {A}")]


def literal_not_closed(maker):
    return [maker.pick("a@[192.0.2.1", "<a@[192.0.2.1>")]


def group_not_closed(maker):
    return ["Friends: ", *maker.mailbox(), ",", *maker.mailbox()]


def group_in_group(maker):
    return ["A: B:", *maker.mailbox(), ";", ";"]


FORMS = [
    name_with_at, name_with_quote_inside, name_with_bracket, name_with_colon,
    name_with_comma, encoded_word_with_comma, name_with_backslash,
    name_with_apostrophes, name_in_latin1,
    name_in_quoted_latin1, name_with_control, name_with_paren, no_space,
    text_behind_angle, two_angles, double_angle, angle_in_angle,
    angle_not_closed, angle_not_opened, angle_empty, angle_with_two,
    angle_with_mailto, angle_with_name, angle_with_quotes, mailto, two_ats,
    no_local, no_domain, words_in_local, text_behind_address, dots_in_local,
    dot_behind_domain, dots_in_domain, underscore_in_domain, latin1_in_local,
    latin1_in_domain, control_in_address, encoded_word_in_address,
    comment_for_address, quoted_for_address, apostrophes_for_address,
    old_gateways, quote_not_closed, comment_not_closed, literal_not_closed,
    group_not_closed, group_in_group,
]
# They swallow what is behind them.
LAST = {quote_not_closed, comment_not_closed, angle_not_closed,
        group_not_closed, name_with_colon, mailto}


def make(maker):
    """The pieces of a header with one form in it."""
    maker.obsolete = maker.chance(20)
    elements = maker.elements(0, 3)
    number = maker.dice.randrange(len(FORMS) + 2)
    if number >= len(FORMS):
        # Outlook's ";" between elements, or commas that separate nothing
        semicolon = number == len(FORMS)
        elements += maker.elements(1, 2)
        return joined(elements, ";" if semicolon else ",,") + [
            maker.pick("", ";") if semicolon else maker.pick("", ",", " ,,")]
    form = FORMS[number]
    place = (len(elements) if form in LAST
             else maker.dice.randint(0, len(elements)))
    elements.insert(place, [" ", *form(maker)])
    return joined(elements)


def noise(maker):
    """A header's text with one to three octets lost, doubled or put in."""
    maker.obsolete = maker.chance(30)
    if maker.chance(30):
        pieces = make(maker)
    else:
        pieces = joined(maker.elements(1, 2))
    text = " " + render(pieces, False)
    for _ in range(maker.pick(1, 1, 1, 2, 3)):
        places = [match.start() for match in re.finditer(
            r'[<>()"\\,;:@.\[\] ]', text) if match.start() > 0]
        if places and maker.chance(50):
            place = maker.dice.choice(places)
            special = text[place]
            doubled = maker.chance(30)
            text = text[:place] + special * 2 * doubled + text[place + 1:]
        else:
            place = maker.dice.randint(1, len(text))
            special = maker.pick(*'<>()"\\,;:@.[] \xff')
            text = text[:place] + special + text[place:]
    text = re.sub(r"\r\n(?![ \t])|\r(?!\n)|(?<!\r)\n", " ", text)
    return re.sub(r"\r\n[ \t]*$", "", text)
