"""How much is measured."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Sizes:
    rounds: int           # of most parts
    few_rounds: int       # of those that take long
    rules: int            # that milters have
    mail_one: int         # messages through Postfix, one recipient
    mail_ten: int         # the same, ten recipients
    alone: int            # messages to a milter alone
    rows: int             # of the tables that are loaded and edited
    reload_rows: int
    large_rows: int       # of the table of the part "large"
    reload_seconds: int
    lookup_seconds: float
    finder_seconds: float


FULL = Sizes(rounds=15, few_rounds=9, rules=100_000, mail_one=400,
             mail_ten=150, alone=2000, rows=1_000_000, reload_rows=1_000_000,
             large_rows=10_000_000,
             reload_seconds=6, lookup_seconds=1, finder_seconds=0.5)
QUICK = Sizes(rounds=5, few_rounds=3, rules=10_000, mail_one=100, mail_ten=40,
              alone=400, rows=50_000, reload_rows=50_000, large_rows=200_000, reload_seconds=2,
              lookup_seconds=0.2, finder_seconds=0.1)
# For ctest: that everything runs, not how fast.
SLICE = Sizes(rounds=1, few_rounds=1, rules=200, mail_one=4, mail_ten=4,
              alone=40, rows=1000, reload_rows=1000, large_rows=200_000, reload_seconds=1,
              lookup_seconds=0.05, finder_seconds=0.01)
