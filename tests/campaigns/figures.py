"""What a campaign measured, and what it must be."""

import operator
import sys
import time

COMPARE = {"=": operator.eq, ">=": operator.ge, "<=": operator.le,
           "<": operator.lt}


class Figures:
    """Prints each figure as it comes. failed lists those that are not met."""

    def __init__(self, name, clocks=True):
        """clocks: True if figures of time must be met, too. A slice runs
        beside other tests, and a test never fails because of a clock."""
        self.name = name
        self.clocks = clocks
        self.failed = []
        self.skipped = []
        self._begun = time.monotonic()

    def _say(self, text):
        print(f"{self.name}: {text}", flush=True)

    def must(self, what, value, how, bound, detail=""):
        """A figure that must be = >= <= < bound."""
        met = COMPARE[how](value, bound)
        shown = f"{value:.2f}" if isinstance(value, float) else value
        self._say(f"{what}: {shown} ({how} {bound})"
                  + ("" if met else "  NOT MET"))
        if not met:
            self.failed.append(what)
            if detail:
                self._say(f"  {detail}")
        return met

    def clock(self, what, value, how, bound):
        """The same as must(), for a figure of time."""
        if self.clocks:
            self.must(what, value, how, bound)
        else:
            self.note(what, value)

    def none(self, what, problems):
        """A list that must be empty; some of its items are shown."""
        problems = list(problems)
        self.must(what, len(problems), "=", 0,
                  "\n  ".join(str(problem) for problem in problems[:8]))

    def note(self, what, value):
        """A figure without a bound."""
        shown = f"{value:.2f}" if isinstance(value, float) else value
        self._say(f"{what}: {shown}")

    def skip(self, what, reason):
        self.skipped.append(what)
        self._say(f"{what}: NOT RUN: {reason}")

    def end(self):
        said = "NOT MET: " + ", ".join(self.failed) if self.failed else "met"
        self._say(f"{said} in {time.monotonic() - self._begun:.0f} s")
        sys.stdout.flush()
        return not self.failed
