"""fuzzing: runs the targets of tests/fuzz with libFuzzer. See tests/fuzz/run;
tests/campaigns/fuzz.py runs them, too."""

import argparse
import concurrent.futures
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SOURCES = os.path.join(TOP, "tests", "fuzz")
BUILD = os.path.join(TOP, "build", "fuzz")

# The longest input, in octets: what one round needs to show, not more, for the
# time of a round grows with it.
LONGEST = {"address": 400, "header": 1024, "csv": 1024, "mbox": 1024,
           "config": 2048, "decide": 2048, "map": 4096, "milter": 4096,
           "socketmap": 2600,
           "autoroutes": 1024, "sizes": 1024}
ROUND = 60      # seconds; whoever takes longer hangs
MEMORY = 2560   # MB
# What was freed stays poisoned up to 32 MB: more is slow, and tells no more of
# rounds that take so little.
SANITIZERS = {"ASAN_OPTIONS": "quarantine_size_mb=32:handle_abort=1",
              "UBSAN_OPTIONS": "print_stacktrace=1"}
REPORTS = ("crash", "leak", "timeout", "oom")


def names():
    return sorted(os.path.basename(path)[len("fuzz_"):-len(".c")]
                  for path in glob.glob(os.path.join(SOURCES, "fuzz_*.c")))


def corpus(name):
    return os.path.join(SOURCES, "corpus", name)


def program(name, build=BUILD):
    return os.path.join(build, "tests", "fuzz", f"fuzz_{name}")


def prepare():
    """Installs clang and builds; why that failed, or None. What tests/packages
    lists has to be there."""
    script = """
    . contrib/install-packages.sh
    install_packages tests/packages.clang &&
        cmake --preset fuzz && cmake --build build/fuzz --target "$@"
    """
    done = subprocess.run(
        ["sh", "-c", script, "sh", *(f"fuzz_{name}" for name in names())],
        cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout if done.returncode else None


class Result:
    """What a target did. reports: inputs that it stopped at, or why it failed
    without one."""

    def __init__(self, name, directory, code, seconds):
        self.name = name
        self.seconds = seconds
        self.log = os.path.join(directory, "log")
        with open(self.log, encoding="utf-8", errors="replace") as file:
            text = file.read()
        found = re.search(r"number_of_executed_units: (\d+)", text)
        self.executions = int(found.group(1)) if found else 0
        self.reports = [path for kind in REPORTS for path in
                        glob.glob(os.path.join(directory, kind + "-*"))]
        if code and not self.reports:
            self.reports = [f"exit {code}: {self.log}"]


class Fuzzers:
    """Runs targets, so many at once; what they find is kept in directory, a
    corpus for each. close() ends those that still run."""

    def __init__(self, directory, jobs):
        self.directory = directory
        self.pool = concurrent.futures.ThreadPoolExecutor(jobs)
        self.running = set()
        self.closed = False

    def close(self):
        self.closed = True
        for process in list(self.running):
            process.kill()
        self.pool.shutdown(cancel_futures=True)

    def _run(self, name, limits):
        directory = os.path.join(self.directory, name)
        found = os.path.join(directory, "corpus")
        os.makedirs(found, exist_ok=True)
        command = [program(name), *limits, "-print_final_stats=1",
                   f"-max_len={LONGEST.get(name, 4096)}",
                   f"-timeout={ROUND}", f"-rss_limit_mb={MEMORY}",
                   f"-artifact_prefix={directory}/",
                   f"-dict={os.path.join(SOURCES, name + '.dict')}",
                   found, corpus(name)]
        begun = time.monotonic()
        with open(os.path.join(directory, "log"), "wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **SANITIZERS})
            self.running.add(process)
            if self.closed:
                process.kill()
            code = process.wait()
            self.running.discard(process)
        return Result(name, directory, code, time.monotonic() - begun)

    def run(self, work):
        """work: (name, [limits for libFuzzer]) each, the longest first. A
        Result for each as it ends."""
        futures = [self.pool.submit(self._run, *one) for one in work]
        for future in concurrent.futures.as_completed(futures):
            yield future.result()


def main():
    parser = argparse.ArgumentParser(prog="tests/fuzz/run")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--corpus")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    for name in options.names:
        if name not in names():
            print(f"tests/fuzz/run: {name!r} is none of {', '.join(names())}",
                  file=sys.stderr)
            return 64
    problem = prepare()
    if problem:
        print(problem, "tests/fuzz/run: the build failed", sep="",
              file=sys.stderr)
        return 70
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    directory = options.corpus or tempfile.mkdtemp(prefix="readdress-fuzzing-")
    fuzzers = Fuzzers(os.path.abspath(directory), options.jobs)
    limit = f"-max_total_time={max(1, round(options.minutes * 60))}"
    reports = 0
    try:
        for result in fuzzers.run([(name, [limit]) for name in
                                   options.names or names()]):
            print(f"{result.name:8} {result.seconds / 60:6.1f} minutes "
                  f"{result.executions:>12,} executions "
                  f"{len(result.reports)} reports", flush=True)
            for report in result.reports:
                print(f"  {report}\n  see {result.log}", flush=True)
            reports += len(result.reports)
    finally:
        fuzzers.close()
        if not reports and not options.corpus:
            shutil.rmtree(directory)
    return 1 if reports else 0


if __name__ == "__main__":
    sys.exit(main())
