"""hup: signals without end, reloads of two maps in turn, while mail flows."""

import os
import subprocess
import sys
import time

import lab
import smtp
import traffic

SLICE = {"signals": 40000, "seconds": 3, "reloads": 10, "messages": 300}
FULL = {"signals": 1000000, "seconds": 60, "reloads": 1000, "messages": 50000}

# A process of its own, so that our clients do not slow it down: as many HUPs,
# and to each ten one USR1 and one CHLD, spread over the seconds.
STORM = """
import os, signal, sys, time
pid, count, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
begun, sent = time.monotonic(), 0
while sent < count:
    due = min(count, int((time.monotonic() - begun) / seconds * count) + 100)
    while sent < due:
        os.kill(pid, signal.SIGHUP)
        if sent % 10 == 0:
            os.kill(pid, signal.SIGUSR1)
            os.kill(pid, signal.SIGCHLD)
        sent += 1
    time.sleep(.002)
print(sent)
"""


def memory(pid):
    """Private memory in KiB."""
    return sum(int(line.split()[1])
               for line in lab.read(f"/proc/{pid}/smaps_rollup").splitlines()
               if line.startswith("Private"))


def descriptors(pid):
    """All but sockets: connections come and go with mail."""
    names = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if not target.startswith("socket:"):
            names.append(target)
    return len(names)


def deferred(relay):
    return relay.postfix.log("milter-reject|status=deferred|Milter.*error")


def storm(figures, signals, seconds):
    with traffic.Relay() as relay:
        relay.start()
        pid = relay.readdress.process.pid
        with traffic.Clients(relay, again=False) as clients:
            # Warm: as many threads and arenas as there will be.
            for _ in range(10):
                relay.readdress.hup()
                time.sleep(0.15)
            before = descriptors(pid), memory(pid)
            done = subprocess.run(
                [sys.executable, "-c", STORM, str(pid), str(signals),
                 str(seconds)], stdout=subprocess.PIPE, check=False)
            time.sleep(0.5)
            alive = relay.readdress.process.poll() is None
            after = descriptors(pid), memory(pid)
        audit = traffic.Audit(relay, clients.accepted)
        figures.must("SIGHUP sent", int(done.stdout or 0), ">=", signals)
        figures.must("alive", alive, "=", True)
        figures.note("reloads made of them",
                     int(relay.readdress.metric(
                         'readdress_reloads_total{result="ok"}') or 0))
        figures.must("reloads that failed", int(relay.readdress.metric(
            'readdress_reloads_total{result="failed"}') or 0), "=", 0)
        figures.must("growth in descriptors", after[0] - before[0], "<=", 0)
        figures.must("growth in private memory, KiB", after[1] - before[1],
                     "<=", 4096)
        figures.must("messages accepted", len(clients.accepted), ">=",
                     10 * seconds)
        figures.none("tempfails, refusals, broken connections",
                     clients.problems + deferred(relay))
        audit.tell(figures)


def alternate(figures, reloads, messages):
    slow = []
    with traffic.Relay() as relay:
        relay.start()
        ok = 'readdress_reloads_total{result="ok"}'
        done = 0
        with traffic.Clients(relay, again=False) as clients:
            while ((done < reloads or len(clients.accepted) < messages)
                   and not clients.problems):
                before = relay.readdress.metric(ok)
                relay.load((done + 1) % 2)
                relay.readdress.hup()
                if not smtp.wait_until(
                        lambda: relay.readdress.metric(ok) != before, 10):
                    slow.append(done)
                done += 1
        audit = traffic.Audit(relay, clients.accepted)
        figures.must("reloads, maps A and B in turn", done, ">=", reloads)
        figures.none("reloads that took over 10 s", slow)
        figures.must("messages accepted", len(clients.accepted), ">=",
                     messages)
        figures.none("tempfails, refusals, broken connections",
                     clients.problems + deferred(relay))
        figures.must("messages by the rarer map",
                     min(audit.versions[0], audit.versions[1]), ">=",
                     messages // 10)
        audit.tell(figures)


def run(figures, signals, seconds, reloads, messages):
    storm(figures, signals, seconds)
    alternate(figures, reloads, messages)
