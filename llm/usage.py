"""What uses a prompt version: the assistant, while it is the active one."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from crm.usage import Use, finds
from llm.models import PromptVersion


@finds(PromptVersion)
def the_assistant(version: PromptVersion) -> Iterator[Use]:
    if version.is_active:
        yield Use("assistant", version.pk, _("el asistente, que responde con esta versión"))
