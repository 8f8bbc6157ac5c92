"""Sections of the report, as Markdown with lines of at most 120 columns."""

import math
import statistics
import textwrap

from . import samples

# How many of these make a second, the largest first.
UNITS = ((1, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns"))


def number(value):
    """Three digits that count, at least all before the point."""
    size = abs(value)
    return f"{value:,.{2 if size < 10 else 1 if size < 100 else 0}f}"


def times(found):
    """A ratio with its interval."""
    return f"{number(found.median)} ({number(found.low)}–{number(found.high)})"


def wrap(text, indent=""):
    return textwrap.fill(" ".join(text.split()), 118, break_long_words=False,
                         break_on_hyphens=False, subsequent_indent=indent)


def pick_unit(seconds):
    """The unit in which the least of these is 1 or more."""
    least = min(second for second in seconds if second > 0)
    for factor, name in UNITS:
        if least * factor >= 1:
            return factor, name
    return UNITS[-1]


def markdown(head, rows):
    """A table: the first column is text, the others are numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def rounds(found):
    number = max(map(len, found.values()))
    return f"{number} round{'s' * (number > 1)}"


class Section:
    """One table: contenders beside a baseline."""

    def __init__(self, title, unit, base, found, *, about="", rate=None):
        """unit: of the work, in singular; base: the name of the baseline;
        found: what samples.measure returned; rate: what is counted a second
        ("messages/s"), instead of the time of one."""
        self.title = title
        self.unit = unit
        self.base = base
        self.found = {name: some for name, some in found.items() if some}
        self.about = about
        self.rate = rate

    def head(self):
        first = self.rate or f"time, {self.wall_unit[1]}"
        of_cpu = self.cpu_unit[1]
        return ["", first, "× baseline", f"user, {of_cpu}", f"system, {of_cpu}",
                "CPU × baseline", *self.more]

    def row(self, name):
        some = self.found[name]
        base = self.found.get(self.base)
        median = statistics.median(map(samples.wall, some))
        first = 1 / median if self.rate else median * self.wall_unit[0]
        user, system = samples.user_and_system(some)
        cells = [name, number(first), "", number(user * self.cpu_unit[0]),
                 number(system * self.cpu_unit[0]), ""]
        if name == self.base:
            cells[2] = cells[5] = "1"
        elif base:
            how = samples.ratio(base, some, samples.wall) if self.rate else \
                samples.ratio(some, base, samples.wall)
            cells[2] = times(how)
            cells[5] = times(samples.ratio(some, base, samples.cpu))
        return cells + [self.other(some, what) for what in self.more]

    @staticmethod
    def other(some, what):
        values = [one.more[what] for one in some if what in one.more]
        return number(statistics.median(values)) if values else ""

    def text(self):
        every = [one for some in self.found.values() for one in some]
        self.wall_unit = pick_unit(list(map(samples.wall, every)))
        self.cpu_unit = pick_unit(list(map(samples.cpu, every)))
        self.more = list(dict.fromkeys(what for one in every
                                       for what in one.more))
        return (f"### {self.title}\n\n"
                + wrap(f"For one {self.unit}; baseline: {self.base}; "
                       f"{rounds(self.found)}. {self.about}") + "\n\n"
                + markdown(self.head(), map(self.row, self.found)))


class Latency:
    """One table of latencies, in milliseconds: contenders beside a baseline.
    Samples have them in `more`."""

    COLUMNS = ("p50", "p99", "max")

    def __init__(self, title, base, found, about=""):
        self.title = title
        self.base = base
        self.found = found
        self.about = about

    def row(self, name):
        some = self.found[name]
        cells = [name]
        for what in self.COLUMNS:
            cells.append(times(samples.interval(
                [one.more[what] for one in some])))
        later = samples.interval(
            [one.more["p99"] - base.more["p99"]
             for one, base in zip(some, self.found[self.base])])
        return cells + ["" if name == self.base else times(later)]

    def text(self):
        return (f"### {self.title}\n\n"
                + wrap(f"In milliseconds; baseline: {self.base}; "
                       f"{rounds(self.found)}. {self.about}") + "\n\n"
                + markdown(["", *self.COLUMNS, "p99, later than baseline"],
                           map(self.row, self.found)))


class Sizes:
    """One table of sizes in memory beside that of a file."""

    def __init__(self, title, base, size, lines, rows, about):
        """lines: {name: bytes}; rows: how many rows of a map that is for."""
        self.title = title
        self.base = base
        self.size = size
        self.lines = {base: size, **lines}
        self.rows = rows
        self.about = about

    def row(self, name):
        size = self.lines[name]
        return [name, number(size / 1e6), number(size / self.rows),
                "1" if name == self.base else number(size / self.size)]

    def text(self):
        return (f"### {self.title}\n\n"
                + wrap(f"Baseline: {self.base}; 1 round. {self.about}") + "\n\n"
                + markdown(["", "MB", "bytes a row", "× baseline"],
                           map(self.row, self.lines)))


class Scale:
    """How many relays carry how much, reckoned from sections of mail through
    Postfix."""

    CORES = 2
    LOAD = .5  # the share of its processors that a relay is planned for
    RATES = (1000, 10_000, 100_000)

    def __init__(self, name, measured):
        """measured: {words: section}."""
        self.title = "Scale on paper"
        self.name = name
        self.measured = measured

    def row(self, words, section):
        some = section.found[self.name]
        spent = statistics.median(map(samples.cpu, some))
        most = self.CORES / spent
        return [words, number(1 / statistics.median(map(samples.wall, some))),
                number(spent * 1e3), number(most),
                *(f"{math.ceil(rate / (most * self.LOAD)):,}"
                  for rate in self.RATES)]

    def text(self):
        head = ["", "measured: messages/s", "CPU, ms",
                "reckoned: messages/s", *(f"relays, {rate:,}/s"
                                          for rate in self.RATES)]
        return (f"### {self.title}\n\n"
                + wrap(f"{self.name} in Postfix. Measured: above, with the "
                       "sender and the next hop on the same machine. Reckoned: "
                       f"a relay whose {self.CORES} cores do nothing but this, "
                       "and relays that are planned for half of it.")
                + "\n\n" + markdown(head, [
                    self.row(*pair) for pair in self.measured.items()]))


def at_a_glance(sections, builds):
    """The CPU time of ours in all sections, beside the baseline, and beside the
    second build if there is one."""
    first, *other = builds
    head = ["", "CPU × baseline"]
    if other:
        head += [other[0], f"{first} ÷ {other[0]}"]
    rows = []
    for section in sections:
        if not isinstance(section, Section):
            continue
        base = section.found.get(section.base)
        for name, some in section.found.items():
            if first not in name or name == section.base or not base:
                continue
            cells = [f"{section.title}: {name}", times(samples.ratio(some, base, samples.cpu))]
            old = section.found.get(name.replace(first, other[0])
                                    if other else None)
            if old:
                cells += [times(samples.ratio(one, two, samples.cpu))
                          for one, two in ((old, base), (some, old))]
            rows.append(cells + [""] * (len(head) - len(cells)))
    return "### At a glance\n\n" + markdown(head, rows)
