"""Errors keep their code, data and words on the way from a worker."""

import pickle

import pytest

from crm.errors import Conflict, DomainError, ProviderError, TooMany
from leads.errors import ChannelError, StageNotAllowed


@pytest.mark.parametrize(
    "error",
    [
        DomainError("No se pudo.", code="x", field="name"),
        Conflict(source="a"),
        TooMany(retry_after=60),
        ProviderError(retryable=True, vendor_status=503),
        ChannelError(permanent=True, reason="blocked", retry_after=2.5),
        StageNotAllowed(source="entrada", target="ganado"),
    ],
)
def test_an_error_comes_whole_through_a_pickle(error: DomainError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (again.code, again.status, again.data, str(again), again.args) == (
        error.code,
        error.status,
        error.data,
        str(error),
        error.args,
    )
    assert vars(again).keys() == vars(error).keys()
