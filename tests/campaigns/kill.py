"""kill: the milter is killed, and stopped and started, while mail flows."""

import random
import signal
import subprocess
import time

import lab
import traffic

SLICE = {"messages": 400, "kills": 12, "stops": 2}
FULL = {"messages": 20000, "kills": 200, "stops": 50}

STOP_MAX = 6.0  # seconds


def crash(figures, messages, kills):
    """In the middle of mail, wherever that is: how long a message takes is the
    machine's affair."""
    done = 0
    with traffic.Relay() as relay:
        relay.start()
        with traffic.Clients(relay) as clients:
            while ((len(clients.accepted) < messages or done < kills)
                   and not clients.problems):
                clients.wait(random.randint(1, 2 * messages // kills))
                time.sleep(random.uniform(0, 0.1))
                relay.readdress.kill()
                done += 1
                relay.readdress.start()
        audit = traffic.Audit(relay, clients.accepted)
        figures.must("kill -9", done, ">=", kills)
        figures.must("messages accepted", len(clients.accepted), ">=",
                     messages)
        figures.must("attempts that were deferred", clients.deferred, ">=", 1)
        figures.none("refusals and broken connections", clients.problems)
        audit.tell(figures)


def stop(figures, stops):
    slowest, codes = 0.0, set()
    with traffic.Relay() as relay:
        relay.start()
        with traffic.Clients(relay) as clients:
            for _ in range(stops):
                clients.wait(8)
                time.sleep(random.uniform(0, 0.4))
                begun = time.monotonic()
                process = relay.readdress.process
                process.send_signal(signal.SIGTERM)
                try:
                    codes.add(process.wait(lab.TIMEOUT))
                    relay.readdress.process = None
                except subprocess.TimeoutExpired:
                    codes.add(f"none within {lab.TIMEOUT} s")
                    relay.readdress.kill()
                slowest = max(slowest, time.monotonic() - begun)
                relay.readdress.start()
        audit = traffic.Audit(relay, clients.accepted)
        figures.note("SIGTERM and start under load", stops)
        figures.must("exit codes other than 0", len(codes - {0}), "=", 0)
        figures.clock("slowest stop, s", slowest, "<", STOP_MAX)
        figures.must("messages accepted", len(clients.accepted), ">=", stops)
        figures.none("refusals and broken connections", clients.problems)
        audit.tell(figures)


def run(figures, messages, kills, stops):
    crash(figures, messages, kills)
    stop(figures, stops)
