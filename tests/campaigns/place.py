"""Where campaigns run: the tests' lab, many times in one process."""

import itertools
import os
import shutil
import tempfile

import lab

MEMORY = "/dev/shm"


def choose():
    """Queues in memory: no campaign but the power cuts, which have a file
    system of their own, is about the disk; and mail waits for fsync."""
    if os.path.ismount(MEMORY) and shutil.disk_usage(MEMORY).free > 2 << 30:
        tempfile.tempdir = MEMORY


class Lab(lab.Lab):
    """Its ports go on where the last lab's ended: a sink's port is not free as
    soon as the sink is closed."""

    _ports_of_all = itertools.count(2525)

    def port(self):
        return next(Lab._ports_of_all)
