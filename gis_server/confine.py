"""What a process gives up before it touches what a device has sent, and its ties.  No Django."""

import contextlib
import ctypes
import os
import resource
import signal

MAX_MEMORY_BYTES = 2 * 1024**3
MAX_CPU_S = 20
NOBODY = 65534
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38


def confine() -> None:
    """No files written, no core, memory and time limited; dies with the parent, gains no rights."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    allow_cpu()
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end_with(parent: int) -> None:
    """Ask Linux to stop this process when its parent ends (prctl(2)); it may have ended already."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def allow_cpu() -> None:
    """From now on MAX_CPU_S of processor time, then the system ends us."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent_s = int(used.ru_utime + used.ru_stime) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (spent_s + MAX_CPU_S, hard))


def seal() -> None:
    """Nobody's rights, no new process or thread, and nothing opened any more: no file, no socket,
    no pipe.  For a process that has loaded all it needs.
    """
    parent = os.getppid()
    if os.geteuid() == 0:
        # In a container root may lack the right to become somebody else; the rest holds anyway.
        with contextlib.suppress(PermissionError):
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
    # A change of user takes the wish to die with the parent away.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    if os.getppid() != parent:
        os._exit(1)
