"""An address before a server: connections are carried there and back, until it is moved away."""

import socket
import threading
from contextlib import suppress

from crm.embedded.processes import LOOPBACK, free_port


class Relay:
    """Closed at first; ``open`` and ``close`` as often as wanted, on the same port."""

    def __init__(self, target: int) -> None:
        self.port, self._target = free_port(), target
        self._door: socket.socket | None = None
        self._lines: list[socket.socket] = []

    def __enter__(self) -> "Relay":
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        self._door = socket.create_server((LOOPBACK, self.port))
        threading.Thread(target=self._welcome, args=(self._door,), daemon=True).start()

    def close(self) -> None:
        """Nobody is let in any more, and who is in is cut off."""
        door, self._door = self._door, None
        for line in [door, *self._lines]:
            if line is not None:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
                line.close()
        self._lines.clear()

    def _welcome(self, door: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = door.accept()
                try:
                    far = socket.create_connection((LOOPBACK, self._target))
                except OSError:  # nobody is there: whoever came is told so by the end of the line
                    near.close()
                    continue
                self._lines += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while word := source.recv(65536):
                target.sendall(word)
        for line in (source, target):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
