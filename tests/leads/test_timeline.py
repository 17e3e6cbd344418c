"""The story of a lead: one list, stable pages, the kinds that people ask for."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads import timeline
from leads.models import ActivityLog, ChatMessage
from tests.api import codes, signed_in
from tests.factories import ActivityLogFactory, ChatMessageFactory

pytestmark = pytest.mark.django_db


def say(lead, at, text="hola") -> ChatMessage:
    return ChatMessageFactory(broker=lead.broker, lead=lead, at=at, message_text=text)


def happen(lead, at, what="assigned") -> ActivityLog:
    return ActivityLogFactory(broker=lead.broker, lead=lead, timestamp=at, action_type=what)


def rows(page: timeline.Page) -> list[Any]:
    return [moment.message or moment.activity for moment in page.moments]


def every_page(lead, size, **more) -> list[Any]:
    found, cursor = [], ""
    while True:
        page = timeline.page(lead, cursor=cursor, size=size, **more)
        found += rows(page)
        if page.next is None:
            return found
        cursor = page.next


def test_messages_and_events_stand_in_one_list_newest_first(lead, at) -> None:
    first, second = say(lead, at), happen(lead, at + timedelta(minutes=1))
    third = say(lead, at + timedelta(minutes=2))
    assert rows(timeline.page(lead, size=10)) == [third, second, first]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    moments=st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=14),
    size=st.integers(1, 6),
)
def test_pages_of_any_size_give_each_moment_once_however_many_are_at_once(
    lead, at, moments, size
) -> None:
    ChatMessage.objects.filter(lead=lead).delete()
    ActivityLog.objects.filter(lead=lead).delete()
    for is_message, minute in moments:
        (say if is_message else happen)(lead, at + timedelta(minutes=minute))
    whole = rows(timeline.page(lead, size=100))
    assert len(whole) == len(moments) == timeline.count(lead)
    assert every_page(lead, size) == whole


def test_what_happens_meanwhile_does_not_shift_the_pages(lead, at) -> None:
    made = [say(lead, at + timedelta(minutes=n)) for n in range(4)]
    page = timeline.page(lead, size=2)
    say(lead, at + timedelta(hours=1))
    happen(lead, at + timedelta(hours=1))
    following = timeline.page(lead, cursor=page.next or "", size=2)
    assert rows(page) + rows(following) == made[::-1]


def test_the_list_narrows_to_the_kinds_asked_for(lead, at) -> None:
    message = say(lead, at)
    moved, booked, odd = (
        happen(lead, at, what) for what in ("stage_changed", "appointment_booked", "novelty")
    )
    asked = {
        kinds: set(rows(timeline.page(lead, kinds=kinds, size=9)))
        for kinds in [("message",), ("activity",), ("stage",), ("appointment", "message"),
                      ("other",), ("call",)]
    }  # fmt: skip
    assert asked == {
        ("message",): {message},
        ("activity",): {moved, booked, odd},
        ("stage",): {moved},
        ("appointment", "message"): {booked, message},
        ("other",): {odd},
        ("call",): set(),
    }
    assert timeline.count(lead, ("appointment", "message")) == 2


def test_the_api_pages_by_cursor_and_names_what_makes_no_sense(
    lead, agent, rival_admin, at
) -> None:
    for n in range(3):
        say(lead, at + timedelta(minutes=n), f"mensaje {n}")
    happen(lead, at, "opted_out")
    url, client = f"/api/v1/leads/{lead.pk}/timeline/", signed_in(agent)
    page = client.get(f"{url}?page_size=3").json()
    assert (page["count"], page["previous"]) == (4, None)
    told = [(row["kind"], row["topic"]) for row in page["results"]]
    assert told == [("message", "message")] * 3
    rest = client.get(page["next"]).json()
    assert ([row["topic"] for row in rest["results"]], rest["next"]) == (["consent"], None)
    for query, field in (("kind=nada", "kind"), ("cursor=%%%", "cursor"), ("cursor=W10=", "cursor"),
                         ("cursor=ñ", "cursor"), ("page_size=x", "page_size"),
                         ("kind=", "kind"), ("kind=call,", "kind"), ("cursor=", "cursor"),
                         ("page_size=-1", "page_size"), ("page_size=201", "page_size")):  # fmt: skip
        answer = client.get(f"{url}?{query}")
        assert (answer.status_code, codes(answer)[0][0]) == (400, field), query
    assert signed_in(rival_admin).get(url).status_code == 404


def test_a_page_is_read_from_the_indexes(lead, at) -> None:
    """With sorting and scanning switched off for the planner, only the indexes are left to use."""
    say(lead, at)
    cursor = timeline._write((at + timedelta(days=1), 1, 5))
    with CaptureQueriesContext(connection) as captured:
        timeline.page(lead, cursor=cursor, size=50)
    with connection.cursor() as db:
        db.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        plans = []
        for query in captured.captured_queries[::2]:  # between them come the message's files
            db.execute("EXPLAIN " + query["sql"])
            plans.append("\n".join(row[0] for row in db.fetchall()))
    assert "chat_messages_story" in plans[0]
    assert "activity_log_story" in plans[1]
    assert [plan for plan in plans if "Sort" in plan] == []
