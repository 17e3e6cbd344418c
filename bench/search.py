"""Searching leads by name and by phone in the list, for one client and for eight."""

from typing import Any

from bench import leads_list, timing
from bench.leads_list import Caller

CALLS = 60
QUERIES = {
    "by_name": "/api/v1/leads/?search=Rojas+9876",
    "by_part_of_a_name": "/api/v1/leads/?search=camil",
    "by_phone": "/api/v1/leads/?search=009876",
}


def run() -> dict[str, Any]:
    with leads_list.served() as (port, token):
        caller = Caller(port, token)
        caller.get("/api/v1/leads/")
        alone = {
            name: timing.timed(lambda _, path=path: caller.get(path), CALLS)  # type: ignore[misc]
            for name, path in QUERIES.items()
        }
        eight = {name: leads_list.measure(port, token, path) for name, path in QUERIES.items()}
    return {
        "one_client": {name: timing.summary(each, sum(each)) for name, each in alone.items()},
        "eight_clients": eight,
    }
