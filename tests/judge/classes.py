"""The classes of difference, and why each is right as it is.

EXPLAINED: {class: (why, {judge: the ways in which it may differ})}. A class is
a fault of lint.faults_of. A header's difference is laid at the first of its
faults, in this order, that explains it; what none explains is an error.
"""

from judges import OTHER, OURS, THEIRS

EXPLAINED = {}


def explain(name, why, **judges):
    EXPLAINED[name] = (" ".join(why.split()), judges)


# RFC 5322 has them, and some judge has not

explain("route-list", """obs-route may have empty elements ("<@a,,@b:c@d>",
"<,@a:c@d>"). Exim knows no empty ones, GMime none in front.""",
        gmime={OURS}, exim={OURS})
explain("blank-in-literal", """White space in a domain literal is no part of it
(RFC 5322 section 3.4.1). Exim refuses it; Python ends the address at a blank
in the middle.""",
        python={OURS, OTHER}, exim={OURS})
explain("odd-domain", """atext that no host name has ("x_y.example"): RFC 5322
allows it in a domain, and a sub-domain rule finds it. Exim refuses it.""",
        exim={OURS})

# readdress leaves what a judge guesses

explain("quote-not-closed", """A quote without its end: nobody can know where
it should have ended, so readdress leaves that element and all behind it. GMime
and Python end the quote somewhere and read on; Exim reads to the end of the
element.""",
        gmime={THEIRS, OURS, OTHER}, python={THEIRS, OURS, OTHER},
        exim={THEIRS, OURS, OTHER})
explain("comment-not-closed", """A comment without its end: the same. GMime
takes what stands before it (or, elsewhere in the header, gives up); Exim and
Python take the address before the parenthesis.""",
        gmime={THEIRS, OURS, OTHER}, python={THEIRS, OURS, OTHER},
        exim={THEIRS, OURS, OTHER})
explain("angle-not-closed", """"<" without ">": the element is left, its
neighbours are not. GMime and Python supply the ">"; Exim's element goes on
behind the comma.""",
        gmime={THEIRS, OURS, OTHER}, python={THEIRS, OURS, OTHER},
        exim={OURS, OTHER})
explain("angle-not-opened", """">" without "<": a stray octet in a display name
does no harm, in an address it does. GMime ends the address there.""",
        gmime={THEIRS, OURS, OTHER}, python={THEIRS, OURS, OTHER},
        exim={OURS})
explain("angle-in-angle", """"<" within "<>": which address is meant is
anyone's guess. GMime takes the inner one.""",
        gmime={THEIRS, OURS, OTHER}, python={THEIRS, OURS, OTHER},
        exim={OURS})
explain("two-angles", """Two "<>" in one element: the same. GMime and Python
take the first.""",
        gmime={THEIRS, OTHER}, python={THEIRS}, exim={OURS})
explain("separator-in-angle", """"," ";" or ":" within "<>" that is no route.
readdress takes "<>" as one element and leaves it; others cut it in two.""",
        gmime={THEIRS, OURS, OTHER}, python={THEIRS, OURS, OTHER},
        exim={OURS})
explain("text-behind-angle", """Text between ">" and the next separator: left,
for the separator that is missing may belong before or behind it. GMime and
Python drop the text. After a backslash Exim does not see the comma that ends
it.""",
        gmime={THEIRS, OURS, OTHER}, python={THEIRS, OURS, OTHER},
        exim={OURS})
explain("text-behind-address", """Text behind an address without "<>": left,
for the same reason. GMime and Python drop the text.""",
        gmime={THEIRS, OURS, OTHER}, python={THEIRS, OURS, OTHER},
        exim={OURS})
explain("words-in-local", """Several words before "@", without "<>": left. "bob
eve@x" may be a name and an address or a local part with a blank. Python takes
the last word.""",
        gmime={THEIRS, OURS}, python={THEIRS, OTHER}, exim={OURS})
explain("two-ats", """More than one "@" in an address: left. GMime stops at the
second one.""",
        gmime={THEIRS}, python={THEIRS, OURS, OTHER}, exim={OURS})
explain("no-domain", """No "@": no address. GMime and Python may look for one
in quotes or in the next element; Exim, when it has refused a member, no longer
knows that a group is open, and refuses its ";" too.""",
        gmime={THEIRS, OURS, OTHER}, python={THEIRS, OURS, OTHER},
        exim={OURS})
explain("latin1-in-local", """Octets over 0x7F that are no UTF-8 make an
addr-spec unparsable (RFC 6532). Exim and Python take any octet. What GMime and
Exim refuse may cost them a neighbour.""",
        python={THEIRS, OTHER}, exim={THEIRS, OURS, OTHER},
        gmime={THEIRS, OURS})
explain("latin1-in-domain", """The same in a domain, where Exim refuses them,
with the rest of a group.""",
        python={THEIRS, OTHER}, exim={THEIRS, OURS}, gmime={THEIRS, OURS})

# readdress reads what a judge cannot

explain("name-with-at", """"bob@a.example <bob@a.example>", unquoted, is
everywhere: whatever stands before the one "<>" is display name. Exim refuses
the element; GMime and Python take the name for the address, or nothing. Of
"@ Friends: bob@a.example" Exim makes a route.""",
        gmime={THEIRS, OURS, OTHER}, python={THEIRS, OURS, OTHER},
        exim={OURS, OTHER})
explain("name-with-paren", """")" that closes nothing, in a display name: no
harm. The judges refuse the element; GMime goes on behind the next comma, one
inside quotes too.""",
        gmime={OURS, OTHER}, python={OURS, OTHER}, exim={OURS})
explain("name-with-bracket", """"[EXT] Bob <...>", as gateways mark mail from
outside: no harm. The judges refuse the element, as with name-with-paren.""",
        gmime={OURS, OTHER}, python={OURS, OTHER}, exim={OURS})
explain("name-with-backslash", """A backslash in an unquoted display name: no
harm. GMime and Python refuse it, and may find an address inside quotes then;
Exim takes it as an escape, so that a separator behind it is none.""",
        gmime={THEIRS, OURS, OTHER}, python={THEIRS, OURS, OTHER},
        exim={THEIRS, OURS, OTHER})
explain("name-with-dot", """A display name that begins with a dot, which even
obs-phrase has not: no harm. GMime refuses it.""",
        gmime={OURS}, exim={OURS})
explain("control", """A control octet in a display name: no harm; in an
address: left. GMime and Exim refuse the element; Python takes it
everywhere.""",
        gmime={OURS, OTHER}, exim={THEIRS, OURS, OTHER})
explain("name-in-latin1", """Octets over 0x7F that are no UTF-8, in a display
name, are text. The judges agree, but where the octet breaks one of their
words.""",
        gmime={OURS}, python={OURS}, exim={OURS})
explain("dots-in-local", """"a..b@", ".a@", "a.@": Japanese mobile operators
hand them out; but a dot alone is no local part. GMime refuses them; Exim takes
the dot alone, too.""",
        gmime={OURS, OTHER}, python={THEIRS, OURS, OTHER},
        exim={THEIRS, OURS, OTHER})
explain("dot-behind-domain", """"@a.example.": the same domain, and the dot goes
with it. Exim refuses it; Python leaves the dot out of the domain and reads it
as something else.""",
        gmime={OURS, OTHER}, python={OTHER}, exim={OURS})
explain("dots-in-domain", """An empty label: left. A judge stops there.""",
        gmime={THEIRS, OURS}, python={THEIRS, OURS, OTHER}, exim={OURS})
explain("semicolon", """";" outside a group separates (Outlook). GMime and
Python do the same; Exim reads the two elements as one. Where the ";" ends a
list Python reads on into what is behind it.""",
        gmime={OURS, OTHER}, python={THEIRS, OURS, OTHER}, exim={OURS})
explain("text-behind-group", """Text directly behind a group's ";": a new
element. Exim refuses it.""",
        exim={OURS})
explain("group-in-group", """A group within a group: its members are elements
as others. Exim and Python know one level.""",
        gmime={OURS}, python={OURS}, exim={OURS, OTHER})
explain("group-without-name", """":" with no name before it: the beginning of a
group all the same.""",
        gmime={THEIRS, OURS, OTHER}, exim={THEIRS})
explain("group-not-closed", """A group without its ";" ("Re: Bob <...>",
"mailto:..."): its members are elements as others.""",
        gmime={OURS}, python={OTHER}, exim={OURS})
explain("special-in-address", """A backslash, bracket or ")" in an address:
left. GMime and Exim stop before it or skip it; GMime gives up what is behind a
bracket that is not closed.""",
        gmime={THEIRS, OURS, OTHER}, python={THEIRS, OTHER},
        exim={THEIRS, OURS, OTHER})
explain("bracket-in-domain", """A literal among the labels of a domain: left. A
judge stops before or behind it.""",
        gmime={THEIRS})
explain("no-local", """"@x.example" without a local part: left. Exim takes it
for the beginning of a route that ends in the next element.""",
        exim={OURS})
explain("angle-empty", """"<>": left.""",
        exim={OURS})
explain("route-odd", """A route that is none: left. (One of octets that are no
UTF-8 is one, and stays.)""",
        exim={OURS})
explain("encoded-word-in-address", """"=?utf-8?q?bob?=@x": RFC 2047 forbids it,
and an address's octets are what they are. Python decodes them, with what looks
like one and stands before an address.""",
        python={OTHER})
