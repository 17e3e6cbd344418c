"""Hosts of their own on this machine: network namespaces with cables between them that can be pulled."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
DATA, WEB, WORK = "data", "web", "work"
HOSTS = (DATA, WEB, WORK)
NAMESPACES = Path("/var/run/netns")


class NoNetwork(Exception):
    """Why this machine cannot have such hosts."""


class Network:
    """The servers' host in the middle; web and workers on a cable each; visitors reach the web alone.

    Whoever tests stands outside, and has a cable of their own to the servers, to look at rows.
    """

    def __init__(self) -> None:
        # Several runs on one machine; the addresses are those set aside for tests of networks.
        number = os.getpid() % 250 + 1
        self._prefix = f"crm{os.getpid()}"
        self._back, self._front = f"198.18.{number}", f"198.19.{number}"

    @property
    def servers(self) -> str:
        return f"{self._back}.1"

    @property
    def servers_network(self) -> str:
        return f"{self._back}.0/24"

    @property
    def web(self) -> str:
        """Where visitors find the web."""
        return f"{self._front}.2"

    def __enter__(self) -> "Network":
        if os.geteuid() != 0:
            raise NoNetwork("network namespaces need root")
        if shutil.which("ip") is None:
            raise NoNetwork("network namespaces need iproute2 (ip)")
        _clear_after_the_dead()
        try:
            self._lay()
        except subprocess.CalledProcessError as error:
            self.__exit__(None, None, None)
            raise NoNetwork(f"this machine allows no network namespaces: {error.stderr}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for cable in (f"{self._prefix}-b", f"{self._prefix}-f"):
            if (Path("/sys/class/net") / cable).exists():
                _ip(f"link del {cable}")
        for host in HOSTS:  # a namespace takes its own cables along
            if self._path(host).exists():
                _ip(f"netns del {self._name(host)}")

    def _lay(self) -> None:
        for host in HOSTS:
            _ip(f"netns add {self._name(host)}")
            self._ip(host, "link set lo up")
        self._ip(DATA, "link add switch type bridge")
        self._ip(DATA, f"addr add {self._back}.1/24 dev switch")
        self._ip(DATA, "link set switch up")
        for number, host in ((2, WEB), (3, WORK)):
            self._ip(DATA, f"link add to-{host} type veth peer name back netns {self._name(host)}")
            self._ip(DATA, f"link set to-{host} master switch up")
            self._ip(host, f"addr add {self._back}.{number}/24 dev back")
            self._ip(host, "link set back up")
        self._lay_to_us(DATA, "back", f"{self._back}.9")
        self._lay_to_us(WEB, "front", f"{self._front}.1")
        self._ip(WEB, f"addr add {self._front}.2/24 dev to-us")

    def _lay_to_us(self, host: str, name: str, address: str) -> None:
        ours = f"{self._prefix}-{name[0]}"
        self._ip(host, f"link add to-us type veth peer name {ours} netns {os.getpid()}")
        _ip(f"addr add {address}/24 dev {ours}")
        _ip(f"link set {ours} up")
        self._ip(host, "link set to-us up" if host == WEB else "link set to-us master switch up")

    def cut_off(self, host: str) -> None:
        """As if the cable to the servers were pulled: nobody is told, packets are lost."""
        self._ip(DATA, f"link set to-{host} down")

    def let_back(self, host: str) -> None:
        self._ip(DATA, f"link set to-{host} up")

    @contextmanager
    def on(self, host: str) -> Iterator[None]:
        """Within it this thread is on that host, and so is what it starts or listens with."""
        with open("/proc/thread-self/ns/net") as home, open(self._path(host)) as there:
            _move_to(there.fileno())
            try:
                yield
            finally:
                _move_to(home.fileno())

    def _name(self, host: str) -> str:
        return f"{self._prefix}-{host}"

    def _path(self, host: str) -> Path:
        return NAMESPACES / self._name(host)

    def _ip(self, host: str, command: str) -> None:
        _ip(f"-n {self._name(host)} {command}")


def _clear_after_the_dead() -> None:
    """What a run that was killed has left."""
    for path in NAMESPACES.glob("crm*-*"):
        pid = path.name.removeprefix("crm").partition("-")[0]
        if pid.isdecimal() and not (Path("/proc") / pid).exists():
            _ip(f"netns del {path.name}")


def _ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True, capture_output=True, text=True)


def _move_to(namespace: int) -> None:
    if _LIBC.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
