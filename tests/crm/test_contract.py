"""The OpenAPI schema, put to the proof by four callers: what it allows is taken, what it forbids refused.

``CONTRACT_CASES`` and ``CONTRACT_EXAMPLES`` put more requests to each operation than a usual run.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from schemathesis import Case, GenerationMode

from tests.crm import contract
from tests.crm.contract import Ask

pytestmark = pytest.mark.django_db
AREAS = sorted({path.split("/")[3] for path in contract.ROUTES})
Drawn = tuple[Any, list[Case[Any]]]


@pytest.fixture(scope="module", params=AREAS)
def drawn_requests(request: pytest.FixtureRequest, schema: Any) -> list[Drawn]:
    """Of a whole area, before the test's transaction begins: drawing takes long."""
    return [
        (operation, [*contract.edges(operation, mode), *contract.examples(operation, mode)])
        for operation in contract.operations(schema, area=f"{request.param}/")
        for mode in GenerationMode
    ]


def test_the_api_does_what_its_schema_says(
    drawn_requests: list[Drawn], ask: Ask, rows: dict[Any, Any]
) -> None:
    lies: dict[str, str] = {}
    for operation, drawn in drawn_requests:
        for place, case in enumerate(drawn):
            contract.point_at_rows(case, contract.route_of(operation), rows)
            for caller in contract.callers(case, place):
                for kind, text in _lies(ask, case, caller, rows):
                    lies.setdefault(f"{operation.label}, {caller}: {kind}", text)
    assert lies == {}


def _lies(
    ask: Ask, case: Case[Any], caller: str, rows: dict[Any, Any]
) -> Iterator[tuple[str, str]]:
    if caller == "superadmin" and case.meta.generation.mode.is_positive:
        contract.for_superadmins(case, rows)
    answer = ask.undone(case, caller)
    for kind, text in ask.problems(case, answer, caller).items():
        yield kind, f"{text}\n{case.as_curl_command()}\n{answer.status_code} {answer.text[:500]}"
