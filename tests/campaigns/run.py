#!/usr/bin/env python3
"""Runs campaigns. See tests/campaign."""

import importlib
import os
import platform
import signal
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import figures  # noqa: E402
import place  # noqa: E402

NAMES = ("kill", "hup", "mapfiles", "tool", "hostile", "relay", "relays",
         "rehearsal", "forms", "lookups", "hardening", "fuzz", "mutations")


def run(name, size):
    """Runs one campaign. True if all its figures are met. A campaign is a
    module with SLICE and FULL (arguments of run) and run(figures, **size)."""
    module = importlib.import_module(name)
    found = figures.Figures(name, clocks=size == "FULL")
    try:
        module.run(found, **getattr(module, size))
    except Exception:
        traceback.print_exc()
        found.failed.append("it ended before its time")
    return found.end()


def main(arguments):
    size = "FULL"
    while arguments and arguments[0].startswith("--"):
        option = arguments.pop(0)
        if option not in ("--slice", "--full"):
            sys.exit(f"campaign: unknown option {option}")
        size = option[2:].upper()
    # Either side of the names.
    for option in ("--slice", "--full"):
        if option in arguments:
            arguments.remove(option)
            size = option[2:].upper()
    if arguments == ["all"]:
        arguments = list(NAMES)
    for name in arguments:
        if name not in NAMES:
            sys.exit(f"campaign: {name!r} is none of {', '.join(NAMES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    os.umask(0o022)
    place.choose()
    print(f"campaign: {time.strftime('%Y-%m-%d')}, {platform.system()} "
          f"{platform.release()}, {os.cpu_count()} processors, {size.lower()}",
          flush=True)
    failed = [name for name in arguments if not run(name, size)]
    print("campaign:", "NOT MET: " + " ".join(failed) if failed else "all met")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
