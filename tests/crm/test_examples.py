"""The examples of the OpenAPI document: one of every body and answer, each as its own schema asks."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

# Bytes of a file: whatever stood there would say nothing.
OF_BYTES = {"application/octet-stream", "application/zip", "text/csv"}


def _contents(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            places = {"body": operation.get("requestBody", {})}
            places |= {code: each for code, each in operation["responses"].items() if code < "300"}
            for place, described in places.items():
                for kind, content in described.get("content", {}).items():
                    yield f"{method.upper()} {path} {place} {kind}", content


def _plain(schema: Any) -> Any:
    """OpenAPI 3.0's ``nullable`` in the words of JSON Schema."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: _plain(each) for name, each in schema.items()}
    nullable = plain.pop("nullable", False) is True
    return {"anyOf": [plain, {"type": "null"}]} if nullable else plain


def test_every_body_and_answer_has_an_example(drawn: Any) -> None:
    """Found in the document: a new one is covered the day it is written."""
    places = list(_contents(drawn))
    assert len(places) > 200
    without = [place for place, content in places if "example" not in content]
    assert [place for place in without if place.rpartition(" ")[2] not in OF_BYTES] == []


def test_every_example_is_as_its_schema_asks(drawn: Any) -> None:
    components = _plain(drawn["components"])
    wrong = {}
    for place, content in _contents(drawn):
        if "example" in content:
            asked = Draft202012Validator({**_plain(content["schema"]), "components": components})
            if errors := [error.message for error in asked.iter_errors(content["example"])]:
                wrong[place] = errors
    assert wrong == {}


@pytest.mark.parametrize(
    ("path", "method", "fields"),
    [
        ("/api/v1/leads/", "post", {"name": "Camila Rojas", "phone": "+56987654321"}),
        ("/api/v1/auth/token/", "post", {"email": "camila.rojas@example.com"}),
    ],
)
def test_an_example_reads_as_a_brokerage_writes(
    drawn: Any, path: str, method: str, fields: dict[str, Any]
) -> None:
    body = drawn["paths"][path][method]["requestBody"]["content"]["application/json"]["example"]
    assert body.items() >= fields.items()
