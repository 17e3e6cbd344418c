"""A mail server that takes everything, or refuses the recipient as the test says."""

import email
import email.policy
import socketserver
from email.message import EmailMessage
from typing import Any

from tests.fakes.server import OnThread


class FakeMail(OnThread):
    """SMTP on a thread; ``next`` holds answers to the next recipients (250 when empty)."""

    def __init__(self) -> None:
        self.next: list[str] = []
        self.letters: list[EmailMessage] = []
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        super().__init__(server)

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        fake = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.say("220 fake")
                while line := self.rfile.readline().decode().strip():
                    verb = line.split(" ")[0].upper()
                    if verb == "DATA":
                        self.take_letter()
                    elif verb == "QUIT":
                        self.say("221 bye")
                        return
                    elif verb == "RCPT" and fake.next:
                        self.say(fake.next.pop(0))
                    else:
                        self.say("250 ok")

            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def take_letter(self) -> None:
                self.say("354 go on")
                lines: list[bytes] = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                letter: Any = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                fake.letters.append(letter)
                self.say("250 taken")

        return Handler
