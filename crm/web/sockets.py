"""What the kernel does for our connections, which the server has no option for."""

import os
import socket
import stat
from contextlib import suppress

UNSENT_BYTES = 128 * 1024  # of an answer in the kernel: its own limit is 4 MB a connection


def bound_unread(port: int, seconds: float) -> None:
    """Bound what waits for clients that do not read: its bytes, and after a while the connection.

    Connections inherit both from the listening socket; those that came before this get them too.
    """
    for descriptor in map(int, os.listdir("/proc/self/fd")):
        with suppress(OSError):  # closed meanwhile
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                with socket.socket(fileno=os.dup(descriptor)) as ours:
                    _bound(ours, port, int(seconds * 1000))


def _bound(ours: socket.socket, port: int, milliseconds: int) -> None:
    if ours.family in (socket.AF_INET, socket.AF_INET6) and ours.getsockname()[1] == port:
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
