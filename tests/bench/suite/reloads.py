"""Messages while the milter reloads its map."""

import threading
import time
import types

from . import milters, programs, samples, table, tables

NONE = "no reload"
CONNECTIONS = 4
PAUSE = 8000  # microseconds between two messages of a connection


class Reloader(threading.Thread):
    """Sends SIGHUP once a second, and counts reloads by the milter's metrics."""

    def __init__(self, readdress, active):
        super().__init__()
        self.readdress = readdress
        self.active = active
        self.over = threading.Event()
        self.seconds = []

    def _done(self):
        return self.readdress.metric('readdress_reloads_total{result="ok"}')

    def run(self):
        while self.active and not self.over.wait(.5):
            before = self._done()
            begun = time.monotonic()
            self.readdress.hup()
            while self._done() == before and not self.over.is_set():
                time.sleep(.002)
            self.seconds.append(time.monotonic() - begun)
            self.over.wait(.5)

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def __enter__(self):
        self.start()
        return self


def send(bench, milter, rules, active):
    each = int(bench.sizes.reload_seconds * 1e6 / PAUSE)
    with programs.Meter(milter.cpu) as meter, \
            Reloader(milter.readdress, active) as reloader:
        _, _, *late = programs.output(
            bench.program("send_messages"), "-n", CONNECTIONS * each, "-c",
            CONNECTIONS, "-i", PAUSE, "-u", rules.count, "-e", 3,
            milter.address)
    if active and not reloader.seconds:
        raise programs.Failed("no reload was done")
    more = {name: value / 1e3
            for name, value in zip(table.Latency.COLUMNS, late)}
    return meter.sample(max(1, len(reloader.seconds)), sum(reloader.seconds),
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
            for active in (False, True):
                words = f"a reload a second, {name}" if active else (
                    NONE if milter is first else f"{NONE}, {name}")
                contenders[words] = types.MethodType(
                    lambda _, milter=milter, active=active: send(
                        bench, milter, rules, active), bench)
        yield table.Latency(
            "Messages during reloads", NONE, samples.measure(
                contenders, sizes.few_rounds, "reloads", bench.tell),
            f"{CONNECTIONS * 1_000_000 // PAUSE} messages a second to the "
            "milter alone; what is late counts from when it was due.")
