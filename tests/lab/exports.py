"""Exports of directories with invented people, as Exchange, Google and LDAP
write them, and the rules that they must make. The same number and seed give
the same bytes on every machine."""

import base64
import dataclasses
import io
import csv
import random

PUBLIC = ("warmsushi.example", "drypizza.example")
TENANT = "dpnew.onmicrosoft.example"
ORGANISATION = ("/o=Warm Sushi/ou=Exchange Administrative Group "
                "(FYDIBOHF23SPDLT)/cn=Recipients/cn=")
FIRST = ("Ada Bob Chloe Dana Emil Fatima Greta Hugo Ines Jörg Kofi Lena Mads Nuria "
         "Ole Pia Quentin Renée Sven Tamar Uwe Vera Wanda Xaver Yusuf Zoë").split()
LAST = ("Owen Tan Müller O'Neill Garcia Sørensen Petit Rossi Novák Ito Kaya "
        "Lindqvist Okafor de_Vries Schmidt-Braun Abadi").split()
FOLD = str.maketrans({"ö": "oe", "ü": "ue", "é": "e", "ë": "e", "ø": "oe",
                      "á": "a", "'": "'"})


@dataclasses.dataclass
class Person:
    """A mailbox: its names, and its addresses in the three domains."""
    number: int
    name: str
    primary: str  # in a public domain
    aliases: list  # further ones there
    outside: str  # where the mailbox is; "": nowhere yet
    marked: bool  # the directory marks primary as the primary address
    x500: list
    sip: bool


def people(count, seed=7):
    """count mailboxes, each with an address of its own."""
    dice = random.Random(seed)
    for number in range(count):
        first, last = dice.choice(FIRST), dice.choice(LAST)
        local = f"{first}.{last}{number}".lower().translate(FOLD)
        domain = PUBLIC[dice.random() < 0.3]
        aliases = []
        if dice.random() < 0.4:
            aliases.append(f"{first[0].lower()}{number}@{domain}".translate(FOLD))
        if dice.random() < 0.2:
            aliases.append(f"{local}@{PUBLIC[domain == PUBLIC[0]]}")
        yield Person(
            number, f"{last}, {first}", f"{local}@{domain}", aliases,
            "" if number % 50 == 3 else f"{local}@{TENANT}",
            number % 40 != 5,
            [f"{ORGANISATION}{local}-{number:04x}"] if dice.random() < .25 else [],
            dice.random() < .5)


def inbound(persons):
    """The rules as a set of rows."""
    return {f"{source};{person.outside}" for person in persons if person.outside
            for source in (person.primary, *person.aliases)}


def outbound(persons):
    return {f"{person.outside};{person.primary}" for person in persons
            if person.outside and person.marked}


def exchange(persons, separator=" ", powershell=7):
    """Get-Mailbox | Select-Object ... | Export-Csv: every field in quotes,
    separated by commas. PowerShell 5 with -Encoding Unicode writes UTF-16."""
    text = io.StringIO()
    if powershell == 5:
        text.write("#TYPE Selected.System.Management.Automation.PSCustomObject\r\n")
    out = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    out.writerow(["DisplayName", "PrimarySmtpAddress", "EmailAddresses",
                  "RecipientTypeDetails"])
    for person in persons:
        mark = "SMTP:" if person.marked else "smtp:"
        addresses = [*(f"smtp:{alias}" for alias in person.aliases),
                     *(f"X500:{dn}" for dn in person.x500),
                     f"{mark}{person.primary}"]
        if person.sip:
            addresses.insert(0, f"SIP:{person.primary}")
        if person.outside:
            addresses.append(f"smtp:{person.outside}")
        out.writerow([person.name, person.primary if person.marked else "",
                      separator.join(addresses), "UserMailbox"])
    if powershell == 5:
        return b"\xff\xfe" + text.getvalue().encode("utf-16-le")
    return text.getvalue().encode()


def google(persons):
    """gam print users aliases. Who is not marked has a primary address that is
    not public."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["primaryEmail", "aliasesCount", "aliases.0", "aliases.1",
                  "aliases.2", "nonEditableAliases.0"])
    for person in persons:
        primary, aliases = person.primary, [*person.aliases]
        editable = "" if not person.outside else person.outside
        if not person.marked and person.outside:
            primary, editable = person.outside, ""
            aliases.insert(0, person.primary)
        out.writerow([primary, len(aliases), *aliases,
                      *[""] * (3 - len(aliases)), editable])
    return text.getvalue().encode()


def ldif(persons):
    """ldapsearch: base64 where RFC 2849 asks for it, lines folded at 76."""
    lines = ["version: 1", "", "# extended LDIF", "#", "# filter: (mail=*)"]

    def put(name, value):
        raw = value.encode()
        plain = raw.isascii() and raw[:1] not in (b" ", b":", b"<")
        line = (f"{name}: {value}" if plain else
                f"{name}:: {base64.b64encode(raw).decode()}")
        lines.append(line[:76])
        lines.extend(" " + line[at:at + 75] for at in range(76, len(line), 75))

    for person in persons:
        lines.append("")
        put("dn", f"CN={person.name},OU=Everybody in a rather long unit,"
            "DC=warmsushi,DC=example")
        put("cn", person.name)
        put("objectClass", "user")
        if person.marked:
            put("mail", person.primary)
        for alias in person.aliases if person.marked else (
                person.primary, *person.aliases):
            put("proxyAddresses", f"smtp:{alias}")
        for dn in person.x500:
            put("proxyAddresses", f"X500:{dn}")
        if person.outside:
            put("targetAddress", f"SMTP:{person.outside}")
    return ("\n".join(lines) + "\n").encode()
