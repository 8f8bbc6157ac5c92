"""The look-up service, beside a table of Postfix's own."""

import os
import random

import lab

from . import milters, programs, samples, table

SHAPES = ((10, 32), (10, 1), (1, 32), (1, 1))  # connections, requests under way


def ask(bench, milter, path, keys, connections, depth):
    seconds = bench.sizes.lookup_seconds
    with programs.Meter(milter.cpu) as meter:
        rate, middle, late, _, found = programs.output(
            bench.program("ask_lookups"), path, "recipients", keys,
            connections, depth, seconds)
    if found != 1:
        raise programs.Failed("an address was not found")
    return meter.sample(rate * seconds, seconds,
                        {"p50, µs": middle, "p99, µs": late})


def sections(bench):
    sizes = bench.sizes
    with bench.lab(memory=True) as here:
        rules = milters.Rules(here, sizes.rules)
        names = [f"{n}user@old.example" for n in range(1, rules.count + 1)]
        kind = lab.run("postconf", "-h", "default_database_type").stdout.strip()
        own = here.path("table")
        lab.write(own, "".join(f"{name}\tOK\n" for name in names))
        lab.run("postmap", f"{kind}:{own}")
        random.Random(20261129).shuffle(names)
        keys = lab.write(here.path("keys"), "\n".join(names) + "\n")
        base = f"postmap -q - {kind}:"
        contenders = {base: lambda: programs.command(
            rules.count, "postmap", "-q", "-", f"{kind}:{own}", stdin=keys)}
        for name, build in bench.builds.items():
            path = os.path.join(
                milters.socket_place(here, f"lookup-{len(contenders)}"),
                "lookup.sock")
            milter = milters.Ours(bench, here, name, rules, build=build,
                                  lookup_socket="unix:" + path)
            for connections, depth in SHAPES:
                words = (f"{name}, {connections} "
                         f"connection{'s' * (connections > 1)} × {depth}")
                contenders[words] = (
                    lambda milter=milter, path=path, c=connections, d=depth:
                    ask(bench, milter, path, keys, c, d))
        yield table.Section(
            "Look-up service", "look-up", base, samples.measure(
                contenders, sizes.few_rounds, "lookups", bench.tell),
            rate="look-ups/s", about=f"{rules.count:,} user rules, random "
            "ones asked for; × 32: so many requests under way on each "
            "connection. The baseline is one process that opens the table once "
            "and asks no server; CPU is its own, or the milter's.")
