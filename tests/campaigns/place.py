"""Where campaigns run."""

import os
import shutil
import tempfile

MEMORY = "/dev/shm"


def choose():
    """Queues in memory: no campaign but the power cuts, which have a file
    system of their own, is about the disk; and mail waits for fsync."""
    if os.path.ismount(MEMORY) and shutil.disk_usage(MEMORY).free > 2 << 30:
        tempfile.tempdir = MEMORY
