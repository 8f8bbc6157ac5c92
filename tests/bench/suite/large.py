"""A large table: memory, a single edit, a reload."""

import os

from . import milters, programs, reloads, samples, table, tables

FILE = "the file of the map"
# The most anonymous memory of a command, in bytes for each row, and of any
# command besides.
BOUNDS = {"load": 120, "load, all changed": 120, "add": 1, "diff": 1,
          "diff, all changed": 1, "check": 20, "check, both tables": 40,
          "export --map": 1, "adopt": 1}
BESIDES = 16e6


class Memory:
    """The memory of commands, one after the other on the same host."""

    def __init__(self, bench, host, rows):
        self.bench = bench
        self.host = host
        self.rows = rows
        self.lines = {}

    def command(self, name, *words, codes=(0,), host=None):
        self.bench.tell(f"memory: {name}")
        host = host or self.host
        peak = programs.anonymous_peak(host.tool, "-q", "-c", host.conf, *words,
                                       codes=codes)
        bound = BOUNDS[name]
        if peak > bound * self.rows + BESIDES:
            raise programs.Failed(
                f"{name} takes {peak / 1e6:.0f} MB for {self.rows:,} rows, "
                f"expected at most {bound} bytes a row")
        self.lines[name] = peak


def measure_commands(bench, here, name, build, rows):
    """Returns the memory of each command, and the size of the map with the first
    table."""
    first = tables.write_csv(here.path("first.csv"), rows, "new.example")
    second = tables.write_csv(here.path("second.csv"), rows, "third.example")
    back = tables.write_csv(here.path("back.csv"), rows, "third.example",
                            back=True)
    exported = here.path("exported.mdb")
    host, there = (tables.Host(here, words, build)
                   for words in (f"{name}-large", f"{name}-there"))
    memory = Memory(bench, host, rows)
    memory.command("load", "load", "inbound", first)
    size = os.path.getsize(host.map)
    memory.command("check", "check", codes=(0, 1))
    memory.command("export --map", "export", "--map", exported)
    memory.command("adopt", "adopt", exported, host=there)
    memory.command("load, all changed", "load", "inbound", second)
    memory.command("diff, all changed", "diff", codes=(1,))
    memory.command("add", "add", "inbound", "@a.example", "@b.example")
    memory.command("diff", "diff", codes=(1,))
    host.run(1, "load", "outbound", back)
    memory.command("check, both tables", "check", codes=(0, 1))
    host.empty()
    there.empty()
    return memory.lines, size


def sections(bench):
    sizes = bench.sizes
    rows = sizes.large_rows
    name, build = next(iter(bench.builds.items()))
    with bench.lab() as here:
        lines, size = measure_commands(bench, here, name, build, rows)
        rules = milters.Rules(here, rows, both=False)
        milter = milters.Ours(bench, here, name, rules, build=build)
        pid = milter.readdress.process.pid
        lines["the milter, without the map"] = programs.anonymous(pid)
        copy = programs.memory_files(pid)
        if copy is not None:
            lines["the milter, its copy of the map"] = copy
        yield table.Sizes(
            "Memory of a large table", FILE, size, lines, rows,
            f"{rows:,} rows in one table. Of a command: the most anonymous "
            "memory at a time, without the pages of files that it reads.")
        yield table.Section(
            "A reload of a large table", "reload", tables.COPY, samples.measure(
                {tables.COPY: lambda: tables.copy_and_hash(here, milter.map),
                 f"reload, {name}": lambda: reloads.reload(milter)},
                sizes.few_rounds, "large reload", bench.tell),
            about=f"{rows:,} rows in one table; from the signal to the metrics "
                  "that count it.")
        milter.readdress.stop()
        host = tables.Host(here, f"{name}-edited", build)
        host.run(1, "load", "inbound", rules.files["inbound"])
        yield table.Section(
            "A single edit of a large table", "row", tables.COPY,
            samples.measure(
                {tables.COPY: lambda: tables.copy_and_hash(here, host.map),
                 f"add, {name}": host.add},
                sizes.few_rounds, "large edits", bench.tell),
            about=f"`add` to {rows:,} rows.")
