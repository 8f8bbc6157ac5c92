"""Samples, and what they say together.

Contenders are measured side by side: each round measures all of them once, in
an order of its own, so that whatever else the machine does hits them alike. A
ratio is taken within a round, and the median of the rounds counts. Its interval
is the bootstrap's: of 2,000 draws with replacement from the rounds, 95 % have
their median there.
"""

import collections
import random
import statistics

DRAWS = 2000

# work: how many units were done; wall: seconds; cpu: seconds, exactly; user and
# system: the parts of cpu, as coarse as the kernel counts them; more: other
# figures, {name: number}.
Sample = collections.namedtuple("Sample", "work wall cpu user system more",
                                defaults=({},))

Interval = collections.namedtuple("Interval", "median low high")


def measure(contenders, rounds, seed, tell=lambda text: None):
    """Measures the contenders, {name: function that returns a Sample}. Returns
    {name: [the sample of each round]}. A contender whose function returns None
    cannot run here and is left out."""
    order = random.Random(seed)
    found = {name: [] for name in contenders}
    for number in range(rounds):
        names = list(found)
        order.shuffle(names)
        for name in names:
            tell(f"round {number + 1} of {rounds}: {name}")
            sample = contenders[name]()
            if sample is None:
                del found[name]
            else:
                found[name].append(sample)
    return found


def interval(values, seed=1):
    """Returns the median of the values with its interval."""
    draw = random.Random(seed)
    medians = sorted(statistics.median(draw.choices(values, k=len(values)))
                     for _ in range(DRAWS if len(values) > 1 else 1))
    margin = len(medians) // 40
    return Interval(statistics.median(values), medians[margin],
                    medians[-1 - margin])


def wall(sample):
    """Seconds of time for one unit of work."""
    return sample.wall / sample.work


def cpu(sample):
    """Seconds of CPU time for one unit of work."""
    return sample.cpu / sample.work


def ratio(samples, base, what):
    """Returns how many times as much as the baseline's `what` it took."""
    return interval([what(one) / what(other)
                     for one, other in zip(samples, base)])


def user_and_system(samples):
    """Returns the medians of user and system CPU seconds for one unit. The
    kernel counts the two coarsely, so that all rounds together say how the
    exact sum is shared."""
    total = statistics.median(map(cpu, samples))
    user = sum(sample.user for sample in samples)
    system = sum(sample.system for sample in samples)
    share = user / (user + system) if user + system else 0
    return total * share, total * (1 - share)
