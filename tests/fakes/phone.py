"""An agent's phone: their own chat with the broker's bot, with its cards and buttons."""

from dataclasses import dataclass
from html import escape

from tests.fakes.people import TelegramUser
from tests.fakes.telegram import FakeTelegram

LINK = "?start="  # a t.me link ends with the word that Telegram sends to the bot
HINT = "/vincular CÓDIGO, o el enlace que mostró «Vincular mi Telegram»"

HOURS = (
    "De noche, en domingo y en festivo solo llega quien espera a una persona: pruébalo como lead."
)


@dataclass
class Phone:
    """What one person sees and does; ``toast`` is what their latest press was answered."""

    person: TelegramUser
    telegram: FakeTelegram
    toast: str = ""

    def write(self, text: str) -> None:
        _address, is_link, word = text.strip().partition(LINK)
        self.person.write(f"/start {word}" if is_link else text)
        self.telegram.obey(self.person.answered)
        self.toast = ""

    def press(self, code: str, under: int | None) -> None:
        self.person.press(code, under)
        self.toast = str(self.person.answered.get("text", ""))

    def under(self, code: str) -> int | None:
        """The message that has the button."""
        standing = self.telegram.chat(self.person.number)
        return next(
            (number for number, each in standing if code in dict(each["buttons"]).values()), None
        )

    def page(self) -> str:
        """The frame with the chat, and a line to write."""
        name = escape(self.person.first_name)
        return f"""<h1>El teléfono de {name}</h1>
<form method="post" action="/agent"><input type="hidden" name="name" value="{name}">
<input name="text" size="60" aria-label="Mensaje" placeholder="{HINT}" autofocus>
<button>Enviar</button></form>
<p>{HOURS}</p>
<iframe src="/chat?name={name}" title="Chat"></iframe>"""

    def chat(self) -> str:
        """The messages as they stand, the newest first."""
        toast = f"<p><mark>{escape(self.toast)}</mark></p>" if self.toast else ""
        shown = [self._message(*each) for each in reversed(self.telegram.chat(self.person.number))]
        return toast + ("".join(shown) or "<p>Aún no hay mensajes.</p>")

    def _message(self, number: int, message: dict[str, object]) -> str:
        buttons = message["buttons"]
        assert isinstance(buttons, list)
        pressed = [self._button(number, label, code) for label, code in buttons]
        return f"<article><pre>{escape(str(message['text']))}</pre>{''.join(pressed)}</article>"

    def _button(self, number: int, label: str, code: str) -> str:
        hidden = {"name": self.person.first_name, "under": str(number), "code": code}
        fields = [
            f'<input type="hidden" name="{name}" value="{escape(value)}">'
            for name, value in hidden.items()
        ]
        return f'<form method="post" action="/agent">{"".join(fields)}<button>{escape(label)}</button></form>'
