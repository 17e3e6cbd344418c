"""The OpenAPI document: built once in a process for each language, then served from memory."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from threading import Lock

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.encoding import force_str
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

CONTENT_TYPE = "application/vnd.oai.openapi+json"
MAX_AGE = 300
LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)

# Building takes over a second of CPU: of callers that arrive together one builds, the others wait
# for it, instead of each keeping a core busy with the same document.
_building = Lock()
_documents: dict[str, "Document"] = {}


@dataclass(frozen=True)
class Document:
    """The document as bytes, plain and compressed, and the tag by which a client knows it."""

    plain: bytes
    compressed: bytes
    tag: str


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The same for everybody, so nobody signs in for it; a known ETag is answered with 304."""
    asked = request.GET.get("lang", "")
    document = _document(asked if asked in LANGUAGES else _language())
    accepts_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(
        document.compressed if accepts_gzip else document.plain, content_type=CONTENT_TYPE
    )
    if accepts_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["ETag"] = f'"{document.tag}{"-gz" if accepts_gzip else ""}"'
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    response.headers["Content-Disposition"] = 'inline; filename="openapi.json"'
    patch_vary_headers(response, ["Accept-Encoding", "Accept-Language"])
    answer = get_conditional_response(request, etag=response["ETag"], response=response)
    return answer or response


def _language() -> str:
    language = translation.get_language() or ""
    return language if language in LANGUAGES else settings.LANGUAGE_CODE


def _document(language: str) -> Document:
    found = _documents.get(language)
    if found is None:
        with _building:
            found = _documents.get(language) or _documents.setdefault(language, _build(language))
    return found


def _build(language: str) -> Document:
    with translation.override(language):
        described = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        plain = json.dumps(described, default=force_str, ensure_ascii=False).encode()
    tag = hashlib.sha256(plain).hexdigest()[:32]
    return Document(plain, gzip.compress(plain, mtime=0), tag)
