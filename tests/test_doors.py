"""One door per state: nothing else in the product writes it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = ("crm", "brokers", "leads", "llm", "knowledge", "scheduling", "voice", "campaigns")

# What only its door writes, by the names that its rows go under.
DOORS = {
    ("pipeline_stage", ""): {"leads/pipeline.py"},
    ("stage_entered_at", ""): {
        "leads/pipeline.py",
        "leads/identity.py",
        "leads/identity_batch.py",
    },
    ("lead_score", ""): {"leads/scoring.py"},
    ("lead_score_components", ""): {"leads/scoring.py"},
    ("holder", ""): {"leads/handoff.py"},
    ("held_by", ""): {"leads/handoff.py"},
    ("status", "Lead"): {"leads/pipeline.py", "leads/scoring.py"},
    ("status", "ChatMessage"): {"leads/delivery.py", "leads/outbox.py", "leads/inbox.py"},
    ("status", "Appointment"): {"scheduling/booking.py"},
    ("status", "VoiceCall"): {"voice/calls.py"},
    ("approval", ""): {"leads/approval.py"},
    ("state", "Attachment"): {"leads/attachments.py"},
    ("state", "AgentCard"): {"leads/cards.py"},
    ("state", "Task"): {"leads/next_actions.py"},
    ("read_at", "Notification"): {"leads/notifications.py"},
    ("telegram_user_id", "User"): {"brokers/linking.py"},
}
NAMES = {
    "Lead": {"lead", "leads", "locked", "survivor", "loser"},
    "ChatMessage": {"message", "messages", "pending", "mine", "moved", "due", "reply", "stored"},
    "Appointment": {"appointment", "appointments", "visit", "booked", "standing"},
    "Attachment": {"attachment", "attachments", "row", "file"},
    "AgentCard": {"card", "cards"},
    "Task": {"task", "tasks"},
    "Notification": {"notification", "notifications"},
    "User": {"user", "users", "person", "agent"},
    "VoiceCall": {"call", "calls", "undialled", "behind", "again"},
}


@cache
def sources() -> list[tuple[str, ast.Module]]:
    """Every module but migrations and the demo's past, which never went through a channel."""
    paths = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    named = {path.relative_to(ROOT).as_posix(): path for path in paths}
    return [
        (name, ast.parse(path.read_text()))
        for name, path in named.items()
        if not {"demo.py", "demo", "migrations"} & set(path.parts)
    ]


def root_name(node: ast.AST) -> str:
    """The name that a chain starts with: Lead in Lead.objects.filter(...).update."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def owner(node: ast.AST) -> str:
    """What an attribute hangs on: ``lead`` in ``turn.lead.status``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return root_name(node)


def is_of(model: str, name: str) -> bool:
    return not model or name == model or name in NAMES[model]


def writes(tree: ast.Module, field: str, model: str) -> Iterator[int]:
    """The lines that assign the attribute, update the column, or make a row with it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            assigned = [each for target in targets(node) for each in ast.walk(target)]
            if any(_names(each, field, model) for each in assigned):
                yield node.lineno
        elif isinstance(node, ast.Call) and _makes(node, field, model):
            yield node.lineno


def targets(node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _names(node: ast.AST, field: str, model: str) -> bool:
    return (
        isinstance(node, ast.Attribute) and node.attr == field and is_of(model, owner(node.value))
    )


def _makes(call: ast.Call, field: str, model: str) -> bool:
    function = call.func
    if not any(word.arg == field for word in call.keywords):
        return False
    if isinstance(function, ast.Attribute):
        return function.attr in ("update", "create") and is_of(model, root_name(function))
    return isinstance(function, ast.Name) and function.id == (model or "Lead")


def others(field: str, model: str) -> list[str]:
    allowed = DOORS[field, model]
    return [
        f"{name}:{line}"
        for name, tree in sources()
        if name not in allowed
        for line in writes(tree, field, model)
    ]


@pytest.mark.parametrize(("field", "model"), sorted(DOORS))
def test_only_its_door_writes(field: str, model: str) -> None:
    assert others(field, model) == []


@pytest.mark.parametrize(
    ("code", "field", "model"),
    [
        ("lead.pipeline_stage = 'ganado'", "pipeline_stage", ""),
        ("turn.lead.lead_score = 3", "lead_score", ""),
        ("a.x, lead.lead_score = 1, 2", "lead_score", ""),
        ("Lead.objects.filter(pk=1).update(pipeline_stage='x')", "pipeline_stage", ""),
        ("lead.status = 'hot'", "status", "Lead"),
        ("Lead.objects.visible_to(user).update(status='hot')", "status", "Lead"),
        ("Conversation.objects.update(holder='user')", "holder", ""),
        ("message.status = 'sent'", "status", "ChatMessage"),
        ("ChatMessage.objects.create(status='sent')", "status", "ChatMessage"),
        ("ChatMessage(status='sent')", "status", "ChatMessage"),
        ("turn.appointment.status = 'confirmed'", "status", "Appointment"),
        ("Appointment.objects.filter(pk=1).update(status='x')", "status", "Appointment"),
        ("call.status = 'completed'", "status", "VoiceCall"),
    ],
)
def test_the_scan_sees_a_writer(code: str, field: str, model: str) -> None:
    assert list(writes(ast.parse(code), field, model)) == [1]
