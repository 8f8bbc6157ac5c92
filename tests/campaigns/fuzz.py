"""fuzz: libFuzzer on every parser and the milter; headers before judges."""

import os
import re
import subprocess
import sys
import tempfile

import lab

sys.path.append(os.path.join(lab.TOP, "tests", "fuzz"))

import fuzzing  # noqa: E402

# Executions of each target, the longest first: 10^8 in all in as little time as
# it takes. A round of header and address is 20 us, of the milter 600 us.
EXECUTIONS = {"header": 25_000_000, "address": 70_000_000, "csv": 1_500_000,
              "milter": 400_000, "config": 300_000, "map": 1_500_000,
              "decide": 1_000_000, "mbox": 300_000, "socketmap": 300_000,
              "autoroutes": 300_000}
SLICE = {"executions": None, "headers": 500, "judges": "python,gmime"}
FULL = {"executions": EXECUTIONS, "headers": 1_000_000,
        "judges": "python,gmime,exim"}
JOBS = os.cpu_count() or 1


def fuzz(figures, executions):
    problem = fuzzing.prepare()
    if problem:
        raise lab.LabError(problem)
    figures.none("targets without a number of executions",
                 set(fuzzing.names()) - set(executions))
    total, reports = 0, []
    with tempfile.TemporaryDirectory(prefix="readdress-fuzzing-") as directory:
        fuzzers = fuzzing.Fuzzers(directory, JOBS)
        try:
            for result in fuzzers.run([(name, [f"-runs={count}"])
                                       for name, count in executions.items()]):
                figures.note(f"{result.name}: executions", result.executions)
                total += result.executions
                reports += [f"{result.name}: {text}"
                            for text in map(told, result.reports)]
        finally:
            fuzzers.close()
    figures.must("executions in all", total, ">=", sum(executions.values()))
    figures.none("reports", reports)


def told(report):
    """Returns the report, with its input in a form that can be written to a
    file again: the file is gone when the campaign ends."""
    if not os.path.isfile(report):
        return report
    with open(report, "rb") as file:
        return f"{os.path.basename(report)}: {file.read()!r}"


def replay(figures):
    """Runs the corpora through the targets that the build has; no input is
    mutated."""
    build = lab.build_directory()
    with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as file:
        mutates = "READDRESS_FUZZ:BOOL=ON" in file.read()
    figures.note("mutated inputs", "none: the corpora alone, in the targets of "
                 + build)
    failed, inputs = [], 0
    for name in fuzzing.names():
        done = lab.run(fuzzing.program(name, build),
                       *(["-runs=0"] if mutates else []),
                       fuzzing.corpus(name), check=False)
        inputs += len(os.listdir(fuzzing.corpus(name)))
        if done.returncode:
            failed.append(f"{name}: {(done.stdout + done.stderr)[-500:]}")
    figures.note("targets", len(fuzzing.names()))
    figures.must("inputs of the corpora", inputs, ">=", 200)
    figures.none("targets that failed", failed)


def judge(figures, headers, judges):
    done = subprocess.run(
        [os.path.join(lab.TOP, "tests", "judge", "run"), f"--count={headers}",
         f"--jobs={JOBS}", f"--judges={judges}",
         f"--python-every={20 if headers > 10000 else 1}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, env={**os.environ,
                          "READDRESS_BUILD": lab.build_directory()})
    for missing in re.findall(r"^not here: (.*)$", done.stdout, re.M):
        figures.skip("a judge", missing)
    if done.returncode == 77:
        return
    made = re.search(r"^seed \d+: ([\d,]+) headers", done.stdout, re.M)
    errors = re.search(r"^(\d+) errors?$", done.stdout, re.M)
    if not made or not errors:
        raise lab.LabError(done.stdout)
    figures.must("generated headers before the judges", int(
        made.group(1).replace(",", "")), ">=", headers)
    figures.note("classes of difference, explained in tests/judge/README.md",
                 len(set(re.findall(r"^([a-z0-9-]+) +(?:python|gmime|exim) +"
                                    r"(?:readdress-only|judge-only|other) ",
                                    done.stdout, re.M))))
    figures.must("headers not rewritten as their grammar says, or unexplained "
                 "disagreement", int(errors.group(1)), "=", 0,
                 done.stdout[-2000:])


def run(figures, executions, headers, judges):
    if executions:
        fuzz(figures, executions)
    else:
        replay(figures)
    judge(figures, headers, judges)
