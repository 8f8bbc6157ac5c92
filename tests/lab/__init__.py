"""A private mail system on loopback: Postfix, readdress-milter, sinks.

    with lab.Lab() as here:
        outside = here.sink()
        postfix = here.postfix(default_transport=outside)
        readdress = here.readdress(postfix)
        readdress.load("inbound", "@old.example;@new.example")
        readdress.start()
        postfix.start()

An installed Postfix is not touched: every instance has its own configuration,
queue, data and log below one temporary directory, and needs no DNS, no syslog
and no chroot. Each Lab has an address of its own in 127/8, so that tests can
run at the same time and ports never collide.

Whoever imports this package puts the directory tests/ into sys.path.

Environment: READDRESS_BUILD is the directory with the two programs (default:
the newest build/* that has them); KEEP=1 keeps the temporary directory.
"""

# What most tests need is in the package itself. The modules smtp, milterclient,
# situation, tool, manpage, csource, expected and requeue are imported by tests
# that need them.
from .base import (MILTER_USER, NO_GROUND, TOP, LabError, alive,
                   build_directory, can_trace, descriptors, private_memory,
                   processor_time, read, run, write)
from .lab import SKIPPED, Ended, Lab, Readdress, main
from .postfix import MASTER_CF, entries, parameters
from .smtp import TIMEOUT, wait_until
