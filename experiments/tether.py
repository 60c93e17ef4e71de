"""Run a command that ends when its parent does: ``python -I -S tether.py PARENT_PID COMMAND...``.

The load generator and Chaos Toolkit are started through it, so that a game day killed with SIGKILL leaves neither
behind: the kernel sends them SIGTERM, on which the generator saves what it has and Chaos Toolkit plays its rollbacks.
A start hook in the parent would do the same, but is unsafe in a process with threads. Standard library only, and no
import of ours: it must be quick, since it stands before every start.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h; the setting survives execve


def main() -> None:
    """Ask the kernel for SIGTERM at the parent's death, then become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            raise SystemExit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
