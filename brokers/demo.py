"""The demo's brokers and the people who sign in."""

from django.contrib.auth.hashers import make_password

from brokers.auth import DemoHasher
from brokers.models import Broker, BrokerChatConfig, BrokerLeadConfig, ChannelHook, User
from brokers.onboarding import open_broker
from crm.demo import PASSWORD, TELEGRAM_HOOK, Context
from crm.tenancy import Role

TELEGRAM = {"token": "1:demo", "secret": "demo-secret"}


def seed(context: Context) -> None:
    context.broker = _andes(context)
    context.rival = _costa_norte(context)
    _users(context)


def _andes(context: Context) -> Broker:
    broker = open_broker(
        name="Andes Propiedades",
        slug="demo",
        phone="+56 2 2555 0142",
        email="contacto@andespropiedades.example",
        website="https://andespropiedades.example",
        address="Avenida Providencia 1650, oficina 1203, Providencia, Santiago",
        subscription_plan="profesional",
    )
    chat = BrokerChatConfig.objects.get(broker=broker)
    chat.enabled_providers = ["webchat", "telegram", "whatsapp", "email"]
    chat.provider_configs = {"telegram": TELEGRAM}
    chat.save()
    broker.brokerchatconfig = chat
    BrokerLeadConfig.objects.filter(broker=broker).update(alert_email="admin@demo.test")
    ChannelHook.objects.create(broker=broker, channel="telegram", key=TELEGRAM_HOOK)
    return broker


def _costa_norte(context: Context) -> Broker:
    return open_broker(
        name="Costa Norte Corredores",
        slug="rival",
        phone="+56 2 2555 0177",
        email="hola@costanorte.example",
        address="Avenida Apoquindo 4500, Las Condes, Santiago",
    )


def _users(context: Context) -> None:
    demo, rival = context.broker, context.rival
    # Hashing is slow on purpose; one hash serves all.
    password = make_password(PASSWORD, hasher=DemoHasher())
    people: list[tuple[str, str, str, str, Broker | None, int | None]] = [
        ("root", "root@demo.test", "Rocío Tapia", Role.SUPERADMIN, None, None),
        ("admin", "admin@demo.test", "Marcela Undurraga", Role.ADMIN, demo, None),
        ("ana", "ana@demo.test", "Ana Sepúlveda", Role.AGENT, demo, 1),
        ("luis", "luis@demo.test", "Luis Cárcamo", Role.AGENT, demo, 2),
        ("rival", "admin@rival.test", "Gonzalo Irarrázaval", Role.ADMIN, rival, None),
    ]
    for key, email, name, role, broker, priority in people:
        user = User(
            email=email,
            name=name,
            role=role,
            broker=broker,
            assignment_priority=priority,
            password=password,
        )
        user.full_clean()
        user.save()
        context.users[key] = user
