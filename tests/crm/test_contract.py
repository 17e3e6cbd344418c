"""The OpenAPI schema, put to the proof by every kind of caller: what it says is what happens."""

from typing import Any

import pytest
from schemathesis import GenerationMode

from tests.crm.contract import CALLERS, ROUTES, Ask, cases, for_superadmins, operations

AREAS = sorted({path.split("/")[3] for path in ROUTES})


@pytest.mark.parametrize("area", AREAS)
def test_what_the_schema_says_is_what_happens(
    area: str, schema: Any, rows: dict[Any, Any], ask: Ask
) -> None:
    wrong: dict[str, Any] = {}
    for operation in operations(schema, area=f"{area}/"):
        for mode in GenerationMode:
            for number, case in enumerate(cases(operation, mode, rows)):
                # All of them with the first; then the admin with each, and the others in turn.
                turn = ("admin", CALLERS[number % len(CALLERS)])
                for caller in CALLERS if number == 0 else dict.fromkeys(turn):
                    if caller == "superadmin" and mode == GenerationMode.POSITIVE:
                        for_superadmins(case, rows)
                    answer = ask.undone(case, caller)
                    for kind, why in ask.problems(case, answer).items():
                        told = (
                            caller,
                            answer.status_code,
                            why,
                            case.as_curl_command(),
                            answer.text,
                        )
                        wrong.setdefault(f"{operation.label} {mode.value} {kind}", told)
    assert wrong == {}
