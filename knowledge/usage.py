"""What uses knowledge: the document that an entry is a part of."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from crm.usage import Use, finds
from knowledge.models import KnowledgeEntry


@finds(KnowledgeEntry)
def its_document(entry: KnowledgeEntry) -> Iterator[Use]:
    """The rest of the document stays, and the part comes back when that is uploaded anew."""
    if entry.document is not None:
        words = {"name": entry.document.title, "number": entry.part + 1}
        text = _("el documento «%(name)s», del que es la parte %(number)s") % words
        yield Use("knowledge_document", entry.document.pk, text, blocks=False)
