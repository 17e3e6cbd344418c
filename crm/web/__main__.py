"""`python -m crm.web`: the web server, with the settings that production and a laptop share."""

import argparse
import os
import resource
import signal
import socket
from functools import partial
from typing import Any

from crm.asgi import application

# isort: split
from django.conf import settings
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from crm.embedded.processes import die_with

# A connection costs a file, not a thread; the rest of the files are for the database and bodies.
CONNECTIONS, OTHER_FILES = 2000, 400
HEADER_SECONDS = 10  # for the head of a request, and between two of a kept connection
LARGEST_HEAD = 64 * 1024


def main() -> None:
    asked = _arguments()
    Server(
        "crm.asgi",
        address=_address(asked.host),
        port=asked.port,
        interface=Interfaces.ASGINL,
        workers=asked.workers,
        http=HTTPModes.http1,
        websockets=False,
        backpressure=_connections(),
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=LARGEST_HEAD
        ),
        log_level=LogLevels.warning,
        log_dictconfig=settings.LOGGING,
        respawn_failed_workers=True,
        # What is under way is answered; connections that lead nowhere are not waited for.
        workers_kill_timeout=asked.stop_seconds,
    ).serve(target_loader=partial(_load, os.getpid()), wrap_loader=False)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crm.web", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--stop-seconds", type=int, default=25, help="for what is under way")
    return parser.parse_args()


def _address(host: str) -> str:
    """The server takes addresses only."""
    return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])


def _connections() -> int:
    """As many as we want, where the system lets a process open that many files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = CONNECTIONS + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        files = min(files, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(files - OTHER_FILES, 1)


def _load(parent: int) -> Any:
    """In each worker, which has the application from its parent: it was imported once for all.

    A parent that is killed would leave it holding the port.
    """
    die_with(parent, signal.SIGTERM)
    return application


if __name__ == "__main__":
    main()
