"""hup: signals without end, reloads of two maps in turn, while mail flows."""

import subprocess
import sys
import time

import lab
import traffic

SLICE = {"signals": 40000, "seconds": 3, "reloads": 10, "messages": 300,
         "approvals": 4}
FULL = {"signals": 1000000, "seconds": 60, "reloads": 1000, "messages": 50000,
        "approvals": 200}

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


def descriptors(pid):
    """Returns all descriptors except sockets: connections come and go with
    mail."""
    return sum(not target.startswith("socket:")
               for target in lab.descriptors(pid))


def deferred(relay):
    return relay.postfix.log("milter-reject|status=deferred|Milter.*error")


def storm(figures, signals, seconds):
    # root: for lab.descriptors
    with traffic.Relay({"user": "root"}) as relay:
        relay.start()
        pid = relay.readdress.process.pid
        with traffic.Clients(relay, again=False) as clients:
            # Warm: as many threads and arenas as there will be.
            for _ in range(10):
                relay.readdress.hup()
                clients.wait(8)
            # A reload that is under way has some more.
            files = min(descriptors(pid) for _ in range(50))
            memory = lab.private_memory(pid)
            done = subprocess.run(
                [sys.executable, "-c", STORM, str(pid), str(signals),
                 str(seconds)], stdout=subprocess.PIPE, check=False)
            clients.wait(10 * seconds)
            alive = relay.readdress.process.poll() is None
            given_back = alive and lab.wait_until(
                lambda: descriptors(pid) <= files)
            memory = lab.private_memory(pid) - memory
        audit = traffic.Audit(relay, clients.accepted)
        figures.must("SIGHUP sent", int(done.stdout or 0), ">=", signals)
        figures.must("alive", alive, "=", True)
        figures.note("reloads made of them",
                     int(relay.readdress.metric(
                         'readdress_reloads_total{result="ok"}') or 0))
        figures.must("reloads that failed", int(relay.readdress.metric(
            'readdress_reloads_total{result="failed"}') or 0), "=", 0)
        figures.must("no more descriptors than before", given_back, "=", True)
        figures.must("growth in private memory, KiB", memory, "<=", 4096)
        figures.must("messages accepted", len(clients.accepted), ">=",
                     10 * seconds)
        figures.none("tempfails, refusals, broken connections",
                     clients.problems + deferred(relay))
        audit.tell(figures)


def alternate(figures, reloads, messages):
    lost = []
    with traffic.Relay() as relay:
        relay.start()
        ok = 'readdress_reloads_total{result="ok"}'
        done, slowest = 0, 0.0
        with traffic.Clients(relay, again=False) as clients:
            while ((done < reloads or len(clients.accepted) < messages)
                   and not clients.problems):
                before = relay.readdress.metric(ok)
                begun = time.monotonic()
                relay.load((done + 1) % 2)
                relay.readdress.hup()
                if not lab.wait_until(
                        lambda: relay.readdress.metric(ok) != before):
                    lost.append(done)
                slowest = max(slowest, time.monotonic() - begun)
                done += 1
                # So that each map has some mail.
                clients.wait(messages // reloads // 2)
        audit = traffic.Audit(relay, clients.accepted)
        figures.must("reloads, maps A and B in turn", done, ">=", reloads)
        figures.none("reloads that never came", lost)
        figures.clock("slowest load and reload, s", slowest, "<", 10.0)
        figures.must("messages accepted", len(clients.accepted), ">=",
                     messages)
        figures.none("tempfails, refusals, broken connections",
                     clients.problems + deferred(relay))
        figures.must("messages by the rarer map",
                     min(audit.versions[0], audit.versions[1]), ">=",
                     messages // 10)
        audit.tell(figures)


def approve(figures, approvals):
    """Two generations are approved in turn, every second one for a time two
    seconds ahead, while edits, SIGHUPs and now and then a crash of the milter
    would have others served."""
    wrong, early = [], []
    with traffic.Relay() as relay:
        relay.start()
        relay.load(1)
        generations = 2, 4  # both tables of version 0, and of version 1
        with traffic.Clients(relay) as clients:
            for number in range(approvals):
                wanted = generations[number % 2]
                before = relay.readdress.metric("readdress_generation")
                words = ["reload", "--generation", str(wanted)]
                at = int(time.time()) + 2
                if number % 2:
                    words += ["--at", time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                                    time.gmtime(at))]
                relay.readdress.command(*words)
                relay.readdress.command(
                    "add", "--replace", "routes", "@old.example",
                    f"smtp:[h{number}.example]")
                while number % 2 and time.time() < at - .3:
                    relay.readdress.hup()
                    if relay.readdress.metric(
                            "readdress_generation") not in (before, None):
                        early.append(number)
                    time.sleep(.1)
                if number % 10 == 9:
                    relay.readdress.kill()
                    relay.readdress.start()
                for _ in range(3):
                    relay.readdress.hup()
                if not lab.wait_until(lambda w=wanted: relay.readdress.metric(
                        "readdress_generation") == w):
                    wrong.append(f"{number}: not {wanted}")
                clients.wait(8)
        audit = traffic.Audit(relay, clients.accepted)
        figures.must("approvals of two generations in turn", approvals, ">=",
                     approvals)
        figures.none("approvals that did not come, or did not stay", wrong)
        figures.none("approvals that came before their time", early)
        figures.must("messages by the rarer map",
                     min(audit.versions[0], audit.versions[1]), ">=",
                     approvals)
        figures.none("refusals, broken connections", clients.problems)
        audit.tell(figures)


def run(figures, signals, seconds, reloads, messages, approvals):
    storm(figures, signals, seconds)
    alternate(figures, reloads, messages)
    approve(figures, approvals)
