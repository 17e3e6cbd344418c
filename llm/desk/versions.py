"""What the assistant is told: a draft that people edit, and the versions that are saved of it.

The active version is what leads are answered with, and nothing else is. The draft lies in the
columns of the configuration; a broker without a version is answered with them as they came, and
the first change to them keeps them as a version before it.
"""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokers.models import Broker, BrokerPromptConfig
from crm.errors import Conflict, DomainError
from llm import prompts
from llm.desk import sections
from llm.desk.sections import Sections
from llm.models import PromptReplay, PromptVersion


class NothingToSay(DomainError):
    code = "empty"
    message = gettext_lazy("El texto está vacío: escribe al menos una sección.")


class SameAsBefore(Conflict):
    code = "unchanged"
    message = gettext_lazy("Es igual a una versión que ya existe: puedes activarla.")


def draft_of(config: BrokerPromptConfig) -> dict[str, Any]:
    return sections.tidy(prompts.draft(config))


def unsaved(broker: Broker, given: Sections) -> PromptVersion:
    """A version that is not stored, to be tried."""
    tidied = sections.tidy(given)
    return PromptVersion(
        broker=broker, version_tag="", content=prompts.compose(tidied), sections_json=tidied
    )


def is_in_force(config: BrokerPromptConfig, active: PromptVersion | None) -> bool:
    """Whether the draft is what leads are answered with."""
    return active is None or prompts.compose(draft_of(config)) == active.content


@transaction.atomic
def edit_draft(config: BrokerPromptConfig, given: Sections, *, by: Any) -> None:
    keep_first(config, by)
    tidied = sections.tidy(given)
    for name, value in tidied.items():
        setattr(config, name, value)
    config.save(update_fields=[*tidied, "updated_at"])


@transaction.atomic
def save(
    config: BrokerPromptConfig, given: Sections, *, notes: str, by: Any, activate: bool = False
) -> PromptVersion:
    """Save the draft as a version; raises NothingToSay and SameAsBefore."""
    broker = _queued(config)
    version = unsaved(broker, given)
    if not version.content:
        raise NothingToSay
    same = PromptVersion.objects.filter(broker=broker, content=version.content).first()
    if same is not None:
        raise SameAsBefore(_("Es igual a la versión %s: puedes activarla.") % same, version=same.pk)
    edit_draft(config, given, by=by)
    version.version_tag, version.notes, version.created_by = _next_tag(broker), notes, by
    version.save()
    PromptReplay.objects.filter(broker=broker, version=None, content=version.content).update(
        version=version
    )  # it was replayed as a draft: the result is kept with the version
    return prompts.activate(version) if activate else version


def keep_first(config: BrokerPromptConfig, by: Any = None) -> None:
    """Make the texts that a broker is answered with a version, where none is active."""
    with transaction.atomic():
        broker = _queued(config)
        if prompts.active_version(broker) is not None:
            return
        stored = BrokerPromptConfig.objects.get(pk=config.pk)  # not as a form has changed it
        version = unsaved(broker, draft_of(stored))
        if not version.content:
            return
        version.version_tag, version.created_by = _next_tag(broker), by
        version.notes = _("Los textos con que se respondía hasta ahora")
        version.save()
        prompts.activate(version)


@transaction.atomic
def take_as_draft(version: PromptVersion, *, by: Any) -> None:
    """Go on from an older version: its texts become the draft."""
    config = BrokerPromptConfig.objects.get(broker=version.broker_id)
    edit_draft(config, prompts.sections_of(version), by=by)


def _queued(config: BrokerPromptConfig) -> Broker:
    """One writer of versions a broker: two saved at once get different names."""
    broker: Broker = Broker.objects.select_for_update(no_key=True).get(pk=config.broker_id)
    return broker


def _next_tag(broker: Broker) -> str:
    used = set(PromptVersion.objects.filter(broker=broker).values_list("version_tag", flat=True))
    number = len(used) + 1
    while f"v{number}" in used:
        number += 1
    return f"v{number}"
