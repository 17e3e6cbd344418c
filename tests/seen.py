"""A day with distinctive people, driven through every way in: nothing of it may be seen outside."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from brokers.models import Broker, ChannelHook, User
from crm.celery import app
from leads import importing
from tests import payloads
from tests.api import signed_in
from tests.channels import TELEGRAM, WHATSAPP, connect, signature

NAME, SURNAME, EMAIL, PHONE = "Xiomara", "Quillahuasi", "xiomara.q@correo-raro.cl", "912345678"
WORD, PASSWORD, KEY = "guacamayo", "Clave-Rarisima-77", "llave-rarisima"
OF_PAYLOADS = ("Camila", "Ñuñoa", "987654321")
NEVER = (
    *(NAME, SURNAME, EMAIL, PHONE, WORD, PASSWORD, KEY, "correo-raro"),
    *OF_PAYLOADS,
    *TELEGRAM.values(),
    *list(WHATSAPP.values())[:3],
)
PROOF = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM["secret"]}


class Broken(Exception):
    """What a library might raise, with somebody's data in its text."""


@contextmanager
def at_once() -> Iterator[None]:
    """Tasks run where they are queued."""
    app.conf.task_always_eager = True
    try:
        yield
    finally:
        app.conf.task_always_eager = False


def live_through_a_day(broker: Broker, admin: User) -> None:
    """Chat, webhooks, form, import, sign-ins, pages and failing tasks, with what they start."""
    connect(broker)
    for hook in ChannelHook.objects.filter(broker=broker):
        ChannelHook.objects.filter(pk=hook.pk).update(key=f"{KEY}-{hook.channel}")
    with at_once():
        for act in (_chats, _webhooks, _forms, _imports, _signs_in, _looks_around):
            act(broker, admin)
    _fails()


def _chats(broker: Broker, _: User) -> None:
    text = f"Hola, soy {NAME} {SURNAME}, mi {WORD} y yo buscamos, {EMAIL}, +56{PHONE}"
    posted = Client().post(
        f"/chat/{broker.slug}/messages/", {"text": text}, content_type="application/json"
    )
    assert posted.status_code in (200, 201), posted.content


def _webhooks(broker: Broker, _: User) -> None:
    update, event = payloads.load("telegram/message"), payloads.load("whatsapp/text")
    _hook("telegram", update, PROOF)
    _hook("telegram", update, {"X-Telegram-Bot-Api-Secret-Token": PASSWORD})
    signed = {"X-Hub-Signature-256": signature(json.dumps(event).encode())}
    _hook("whatsapp", event, signed)
    _hook("whatsapp", {"entry": OF_PAYLOADS}, {})
    unreadable = {**update["message"], "date": f"ayer en Ñuñoa con el {WORD}"}
    _hook("telegram", {**update, "update_id": 9, "message": unreadable}, PROOF)


def _hook(channel: str, payload: Any, headers: dict[str, str]) -> None:
    body = json.dumps(payload)
    address = f"/hooks/{channel}/{KEY}-{channel}/"
    Client().post(address, body, content_type="application/json", headers=headers)


def _forms(broker: Broker, _: User) -> None:
    filled = {"name": f"{NAME} {SURNAME}", "phone": PHONE, "email": EMAIL, "message": WORD}
    address = f"/forms/{broker.slug}/?utm_source={EMAIL}"
    assert Client().post(address, filled).status_code == 200
    assert Client().post(address, {**filled, "email": WORD}).status_code == 400


def _imports(broker: Broker, admin: User) -> None:
    rows = f"Nombre;Teléfono;Correo\n{NAME} {SURNAME};{PHONE};{EMAIL}\n{WORD};1;x\n"
    job = importing.upload(broker, chunks=[rows.encode()], filename=f"{NAME}.csv", by=admin)
    importing.set_columns(job, job.mapping, at=timezone.now())
    importing.work(job.pk, clock=timezone.now, seconds=60)


def _signs_in(broker: Broker, admin: User) -> None:
    for email in (admin.email, EMAIL, WORD):
        given = {"email": email, "username": email, "password": PASSWORD}
        Client().post("/api/v1/auth/token/", given, content_type="application/json")
        Client().post("/admin/login/", given)
    Client().get("/api/v1/leads/", headers={"Authorization": f"Bearer eyJ.{WORD}.{PASSWORD}"})


def _looks_around(broker: Broker, admin: User) -> None:
    api, stranger = signed_in(admin), Client(raise_request_exception=False)
    api.get(f"/api/v1/leads/?search={NAME}")
    api.get(f"/api/v1/{NAME}/{EMAIL}/")
    api.post("/api/v1/leads/", {"name": NAME, "phone": WORD, "email": SURNAME})
    stranger.get(f"/visit/{KEY}/?x={WORD}")
    stranger.get(f"/cal/{KEY}.ics")
    stranger.get(f"/{NAME}/", headers={"X-Request-ID": EMAIL, "Host": WORD})


def _fails() -> None:
    """Tasks whose errors quote what they worked on, one of them the database's own."""
    own = Celery("test", task_cls="crm.tasks:BaseTask", broker="memory://", set_as_current=False)
    own.conf.update(task_always_eager=True, task_ignore_result=True)

    @own.task(name="test.breaks")
    def breaks(name: str) -> None:
        raise Broken(f"{name} wrote {WORD} to {EMAIL} from +56{PHONE}")

    @own.task(name="test.is_refused")
    def is_refused(phone: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::text::integer", [f"{phone} {EMAIL}"])

    breaks.apply(args=[NAME])
    is_refused.apply(args=[PHONE])
    own.close()
