"""Messages while the milter reloads its map."""

import functools
import threading
import time

from . import milters, programs, samples, table, tables

NONE = "no reload"
HASH = "sha256sum of the map a second"
CONNECTIONS = 4
PAUSE = 8000  # microseconds between two messages of a connection


class Beside(threading.Thread):
    """Does something once a second beside the messages."""

    def __init__(self, work):
        """work: what is done; None for nothing."""
        super().__init__()
        self.work = work
        self.over = threading.Event()
        self.seconds = []

    def run(self):
        while self.work and not self.over.wait(.5):
            begun = time.monotonic()
            self.work()
            self.seconds.append(time.monotonic() - begun)
            self.over.wait(.5)

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def __enter__(self):
        self.start()
        return self


def send(bench, milter, rules, work):
    each = int(bench.sizes.reload_seconds * 1e6 / PAUSE)
    with programs.Meter(milter.cpu) as meter, Beside(work) as beside:
        _, _, *late = programs.output(
            bench.program("send_messages"), "-n", CONNECTIONS * each, "-c",
            CONNECTIONS, "-i", PAUSE, "-u", rules.count, "-e", 3,
            milter.address)
    if work and not beside.seconds:
        raise programs.Failed("nothing was done beside the messages")
    more = {name: value / 1e3
            for name, value in zip(table.Latency.COLUMNS, late)}
    return meter.sample(max(1, len(beside.seconds)), sum(beside.seconds),
                        more)


def reload(milter):
    """A reload that nothing else disturbs, from the signal to the new map."""
    readdress = milter.readdress
    name = 'readdress_reloads_total{result="ok"}'
    before = readdress.metric(name)
    with programs.Meter(milter.cpu) as meter:
        readdress.hup()
        while readdress.metric(name) == before:
            time.sleep(.001)
    return meter.sample(1)


def sections(bench):
    sizes = bench.sizes
    with bench.lab() as here:
        rules = milters.Rules(here, sizes.reload_rows)
        ours = {name: milters.Ours(bench, here, name, rules, build=build)
                for name, build in bench.builds.items()}
        first = next(iter(ours.values()))
        yield table.Section(
            "A reload", "reload", tables.COPY, samples.measure(
                {tables.COPY: lambda: tables.copy_and_hash(here, first.map),
                 **{f"reload, {name}": lambda milter=milter: reload(milter)
                    for name, milter in ours.items()}},
                sizes.few_rounds, "reload", bench.tell),
            about=f"Two tables of {rules.count:,} rows each; from the signal "
                  "to the metrics that count it.")
        contenders = {}
        for name, milter in ours.items():
            works = {NONE if milter is first else f"{NONE}, {name}": None,
                     f"a reload a second, {name}":
                     functools.partial(reload, milter)}
            if milter is first:
                works[HASH] = functools.partial(
                    programs.command, 1, "sha256sum", milter.map)
            contenders.update(
                (words, functools.partial(send, bench, milter, rules, work))
                for words, work in works.items())
        yield table.Latency(
            "Messages during reloads", NONE, samples.measure(
                contenders, sizes.few_rounds, "reloads", bench.tell),
            f"{CONNECTIONS * 1_000_000 // PAUSE} messages a second to the "
            "milter alone; what is late counts from when it was due. sha256sum "
            "shows what another process costs that reads the same bytes.")
