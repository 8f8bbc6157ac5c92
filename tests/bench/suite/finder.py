"""The header finder, beside GMime's parser."""

import os
import subprocess

from . import programs, samples, table

GMIME = "GMime"


def find(program, name, cases, seconds):
    done = subprocess.run([program, name, cases, str(seconds)], check=False,
                          stdout=subprocess.PIPE)
    if done.returncode == os.EX_UNAVAILABLE:
        return None
    if done.returncode:
        raise programs.Failed(f"find_addresses: exit {done.returncode}")
    size, spent, count = map(float, done.stdout.split())
    return samples.Sample(size / 1e6, spent, spent, spent, 0,
                          {"addresses, million/s": count / spent / 1e6})


def sections(bench):
    cases = str(bench.here.parent / "cases")
    contenders = {GMIME: "GMime", **dict.fromkeys(bench.builds, "readdress")}
    programs_of = {name: bench.program("find_addresses", build)
                   for name, build in bench.builds.items()}
    found = samples.measure(
        {name: lambda name=name, what=what: find(
            programs_of.get(name) or bench.program("find_addresses"), what,
            cases, bench.sizes.finder_seconds)
         for name, what in contenders.items()
         if name == GMIME or programs_of[name]},
        bench.sizes.rounds, "finder", bench.tell)
    yield table.Section(
        "Addresses in headers", "MB", GMIME, found, rate="MB/s",
        about="The headers of tests/cases, one processor; readdress gives "
              "places in the bytes, GMime makes objects.")
