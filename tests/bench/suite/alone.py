"""Milters without Postfix: send_messages speaks the protocol as Postfix does."""

from . import milters, programs, samples, table

CONNECTIONS = 4
# title, options of send_messages, edits of a message
SHAPES = (
    ("one message a session", ("-s", 1), 3),
    ("many messages a session", (), 3),
    ("ten recipients", ("-r", 10), 21),
    ("outbound", ("-w", "outbound"), 2),
    ("no match", ("-w", "neither"), 0),
)


class Sender:
    def __init__(self, bench, rules, messages):
        self.program = bench.program("send_messages")
        self.users = rules.count
        self.messages = messages

    def send(self, name, milter, options, edits):
        words = [] if name == milters.BARE else ["-e", edits]
        with programs.Meter(milter.cpu) as meter:
            _, seconds, middle, late, _ = programs.output(
                self.program, "-n", self.messages, "-c", CONNECTIONS, "-u",
                self.users, *words, *options, milter.address)
        return meter.sample(self.messages, seconds,
                            {"p50, µs": middle, "p99, µs": late})


def section(bench, title, found, about=""):
    return table.Section(f"Milter alone, {title}", "message", milters.FLOOR,
                         found, rate="messages/s", about=about)


def sections(bench):
    sizes = bench.sizes
    with bench.lab(memory=True) as here:
        rules = milters.Rules(here, sizes.rules)
        sender = Sender(bench, rules, sizes.alone)
        every = milters.start(bench, here, rules, bare=True)
        for title, options, edits in SHAPES:
            found = samples.measure(
                {name: lambda name=name: sender.send(name, every[name],
                                                     options, edits)
                 for name in every},
                sizes.rounds, title, bench.tell)
            yield section(bench, title, found)
        name, build = next(iter(bench.builds.items()))
        other = {milters.FLOOR: every[milters.FLOOR], name: every[name]}
        for words, options in (("usage = false", {"usage": False}),
                               ("log_level = error", {"log_level": "error"}),
                               ("inet socket", {"inet": True})):
            other[f"{name}, {words}"] = milters.Ours(
                bench, here, words, rules, build=build, **options)
        found = samples.measure(
            {name: lambda name=name: sender.send(name, other[name], (), 3)
             for name in other}, sizes.rounds, "settings", bench.tell)
        yield section(bench, "by settings", found,
                      "Many messages a session, one recipient.")
