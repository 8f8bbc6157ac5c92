"""Tables: loading them, edits, and commands that read them."""

import itertools
import os
import random
import shutil

import lab

from . import programs, samples, table

BARE = "bare_load"
COPY = "cp and sha256sum of the map"


def write_csv(path, rows, target, back=False):
    """Rows in random order, the same ones each time."""
    order = list(range(rows))
    random.Random(20261121).shuffle(order)
    with open(path, "w", encoding="ascii") as file:
        file.write("Source;Target\n")
        for n in order:
            row = f"user{n:07}@old.example", f"user{n:07}@{target}"
            file.write(";".join(reversed(row) if back else row) + "\n")
    return path


class Host:
    """A state directory, and the command of one build on it."""

    def __init__(self, here, name, build):
        self.tool = os.path.join(build, "readdress")
        self.directory = here.path(name)
        self.state = os.path.join(self.directory, "state")
        os.mkdir(self.directory)
        self.conf = os.path.join(self.directory, "readdress.conf")
        lab.write(self.conf, f'state_dir = "{self.state}"\n'
                             f'runtime_dir = "{self.directory}"\n'
                             "history = 100\n")
        self.map = os.path.join(self.state, "map.mdb")
        self.number = itertools.count()

    def run(self, work, *words, codes=(0,)):
        return programs.command(work, self.tool, "-q", "-c", self.conf, *words,
                                codes=codes)

    def add(self):
        """Adds one row more each time."""
        return self.run(1, "add", "inbound",
                        f"more{next(self.number)}@old.example",
                        "more@new.example")

    def empty(self):
        shutil.rmtree(self.state, ignore_errors=True)


class Build:
    """What one build does. Each measurement begins with the state that it needs:
    `fresh` is emptied before each load, `edited` gets one row more each time,
    `other` has two generations that differ in every row, and both tables."""

    def __init__(self, bench, here, name, build, files):
        short = f"build-{len(os.listdir(here.dir))}"
        self.rows = bench.sizes.rows
        self.files = files
        self.fresh, self.edited, self.other = (
            Host(here, f"{short}-{part}", build)
            for part in ("fresh", "edited", "other"))
        self.edited.run(1, "load", "inbound", files["first"])
        self.edited.add()
        self.earlier = itertools.cycle((1, 2))
        self.other.run(1, "load", "inbound", files["first"])
        self.other.run(1, "load", "inbound", files["second"])
        self.exported = here.path(f"{short}-exported.mdb")
        try:
            self.other.run(1, "export", "--map", self.exported)
        except programs.Failed:
            self.exported = None  # a build that has no such option
        self.other.run(1, "load", "outbound", files["back"])

    def load(self):
        self.fresh.empty()
        return self.fresh.run(self.rows, "load", "inbound",
                              self.files["first"])

    def rollback(self):
        """Puts another earlier generation in force each time."""
        return self.edited.run(1, "rollback", str(next(self.earlier)))

    def adopt(self):
        if not self.exported:
            return None
        self.fresh.empty()
        return self.fresh.run(1, "adopt", self.exported)

    def diff(self):
        return self.other.run(1, "diff", "1", "2", codes=(1,))

    def check(self):
        return self.other.run(1, "check", codes=(0, 1))

    def lookup(self):
        return self.other.run(1, "lookup", "inbound",
                              "user0000007@old.example")


def postmap(here, files):
    """Returns what builds a table of Postfix's own, and its name."""
    kind = lab.run("postconf", "-h", "default_database_type").stdout.strip()
    path = here.path("postfix-table")
    with open(files["first"], encoding="ascii") as rows:
        next(rows)
        lab.write(path, rows.read().replace(";", "\t"))
    return f"postmap {kind}:", lambda rows: programs.command(
        rows, "postmap", f"{kind}:{path}")


def copy_and_hash(here, path):
    """The least that writing a new sealed file can cost."""
    copy = here.path("copy")
    return programs.together(programs.command(1, "cp", path, copy),
                             programs.command(1, "sha256sum", copy))


def sections(bench):
    rows = bench.sizes.rows
    with bench.lab() as here:
        files = {"first": write_csv(here.path("first.csv"), rows,
                                    "new.example"),
                 "second": write_csv(here.path("second.csv"), rows,
                                     "third.example"),
                 "back": write_csv(here.path("back.csv"), rows,
                                   "third.example", back=True)}
        builds = {name: Build(bench, here, name, build, files)
                  for name, build in bench.builds.items()}
        postmap_name, run_postmap = postmap(here, files)
        loads = {BARE: lambda: programs.command(
                     rows, bench.program("bare_load"), files["first"],
                     here.path("bare.mdb")),
                 postmap_name: lambda: run_postmap(rows)}
        loads.update((f"load, {name}", build.load)
                     for name, build in builds.items())
        yield table.Section(
            "Loading a table", "row", BARE, samples.measure(
                loads, bench.sizes.few_rounds, "load", bench.tell),
            about=f"{rows:,} rows in random order.")
        first = next(iter(builds.values()))
        edits = {COPY: lambda: copy_and_hash(here, first.edited.map)}
        for name, build in builds.items():
            edits[f"add, {name}"] = build.edited.add
            edits[f"rollback, {name}"] = build.rollback
        yield table.Section(
            "A single edit", "row", COPY, samples.measure(
                edits, bench.sizes.few_rounds, "edits", bench.tell),
            about=f"In a table of {rows:,} rows.")
        base = f"load, {next(iter(builds))}"
        commands = {base: lambda: first.load()._replace(work=1)}
        for name, build in builds.items():
            for what in ("adopt", "diff", "check", "lookup"):
                commands[f"{what}, {name}"] = getattr(build, what)
        yield table.Section(
            "Commands on a whole table", "command", base, samples.measure(
                commands, bench.sizes.few_rounds, "commands", bench.tell),
            about=f"{rows:,} rows; `diff`: every row differs; `check`: both "
                  "tables.")
