"""The OpenAPI document: built once, the same for everybody, and not sent to who has it."""

import gzip
import json
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from brokers.models import User
from crm.api import openapi
from tests.api import signed_in
from tests.racing import race

SCHEMA = "/api/schema/?format=json"


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time that the library builds the document."""
    made: list[str] = []
    original = SchemaGenerator.get_schema

    def counted(self: Any, *args: Any, **options: Any) -> Any:
        made.append("built")
        return original(self, *args, **options)

    monkeypatch.setattr(SchemaGenerator, "get_schema", counted)
    openapi._documents.clear()
    return made


def test_of_eight_who_ask_at_once_one_builds_it(built: list[str]) -> None:
    answers = race(8, lambda _: Client().get(SCHEMA))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer["ETag"] for answer in answers}) == 1
    assert built == ["built"]


def test_who_has_it_is_not_sent_it_again(client: Client) -> None:
    first = client.get(SCHEMA)
    again = client.get(SCHEMA, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    other = client.get(SCHEMA, headers={"If-None-Match": '"another"'})
    assert (other.status_code, other.content) == (200, first.content)
    assert {"Accept-Encoding", "Accept-Language"} <= set(first["Vary"].split(", "))


def test_it_comes_compressed_under_a_tag_of_its_own(client: Client) -> None:
    plain = client.get(SCHEMA)
    packed = client.get(SCHEMA, headers={"Accept-Encoding": "br, gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) * 8 < len(plain.content)
    assert packed["ETag"] != plain["ETag"]


def test_each_language_has_its_own(client: Client) -> None:
    spanish = client.get(SCHEMA)
    english = client.get(SCHEMA, headers={"Accept-Language": "en"})
    assert client.get(f"{SCHEMA}&lang=en").content == english.content != spanish.content
    assert client.get(f"{SCHEMA}&lang=xx").content == spanish.content
    assert client.head(SCHEMA)["ETag"] == spanish["ETag"]


def test_it_asks_the_database_nothing(client: Client) -> None:
    document = json.loads(client.get(SCHEMA).content)  # a query would be refused in this test
    assert document["openapi"].startswith("3.")
    assert "/api/v1/leads/" in document["paths"]


@pytest.mark.django_db
def test_a_signed_in_caller_gets_no_other_one(client: Client, admin: User) -> None:
    assert signed_in(admin).get(SCHEMA).content == client.get(SCHEMA).content
