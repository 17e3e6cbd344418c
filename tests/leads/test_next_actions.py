"""Tasks: planned on a lead, reminded of once, put off, done, repeated, and gone with their lead."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from brokers.models import Broker, User
from leads import alerts, assignment, erasing, merging, next_actions
from leads.enums import Actor, AlertKind, Repeat
from leads.errors import NotTheirLead, TaskClosed
from leads.models import ActivityLog, Lead, LeadAlert, Notification, Task
from leads.tasks import sweep_reminders
from tests.api import codes, signed_in
from tests.factories import ConversationFactory, LeadFactory, TaskFactory, UserFactory
from tests.racing import race

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SANTIAGO = ZoneInfo("America/Santiago")
TASKS = "/api/v1/tasks/"


def next_of(lead: Lead) -> datetime | None:
    return Lead.objects.get(pk=lead.pk).next_action_at


def events(lead: Lead) -> list[str]:
    found = ActivityLog.objects.filter(lead=lead, action_type__startswith="task_")
    return list(found.order_by("id").values_list("action_type", flat=True))


def test_a_task_is_for_who_looks_after_the_lead_and_is_the_leads_next_action(
    lead: Lead, admin: User, agent: User, at: datetime
) -> None:
    task = next_actions.add(lead, due_at=at + DAY, note="Pedir liquidaciones", by=admin, at=at)
    assert (task.owner, task.remind_at, task.actor) == (agent, at + DAY, "human")
    assert next_of(lead) == at + DAY
    next_actions.add(lead, due_at=at + HOUR, by=admin, at=at)
    assert next_of(lead) == at + HOUR
    assert events(lead) == ["task_created", "task_created"]


def test_the_assistant_plans_one_too(lead: Lead, at: datetime) -> None:
    task = next_actions.add(lead, due_at=at + DAY, at=at, actor=Actor.ASSISTANT)
    assert (task.actor, task.created_by) == ("assistant", None)
    assert ActivityLog.objects.filter(actor="assistant", action_type="task_created").exists()


def test_an_owner_who_does_not_see_the_lead_is_refused(
    lead: Lead, agent: User, agent2: User, rival_admin: User, admin: User, at: datetime
) -> None:
    for stranger in (agent2, rival_admin):
        with pytest.raises(NotTheirLead):
            next_actions.add(lead, due_at=at, owner=stranger, by=admin, at=at)
    pool = LeadFactory(broker=lead.broker)
    assert next_actions.add(pool, due_at=at, owner=agent2, by=admin, at=at).owner == agent2
    assert next_actions.add(lead, due_at=at, owner=admin, by=admin, at=at).owner == admin


def test_done_once_whoever_presses(lead: Lead, agent: User, admin: User, at: datetime) -> None:
    task = TaskFactory(broker=lead.broker, lead=lead)
    assert next_actions.complete(task, by=agent, at=at) is None
    with pytest.raises(TaskClosed):
        next_actions.complete(task, by=admin, at=at)
    with pytest.raises(TaskClosed):
        next_actions.put_off(task, by=admin, at=at)
    task.refresh_from_db()
    assert (task.state, task.closed_by, next_of(lead)) == ("done", agent, None)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_plans_the_next_of_a_series(lead: Lead, at: datetime) -> None:
    task = TaskFactory(broker=lead.broker, lead=lead, due_at=at, repeat="weekly", series_from=at)

    answers = race(2, lambda _: next_actions.complete(task, by=None, at=at))
    assert sorted(type(each).__name__ for each in answers) == ["Task", "TaskClosed"]
    assert list(Task.objects.filter(state="open").values_list("due_at", flat=True)) == [
        at + 7 * DAY
    ]
    assert next_of(lead) == at + 7 * DAY


def test_put_off_without_a_moment_is_the_same_hour_tomorrow(lead: Lead, at: datetime) -> None:
    coming = TaskFactory(broker=lead.broker, lead=lead, due_at=at + 2 * HOUR)
    assert next_actions.put_off(coming, by=None, at=at).due_at == at + DAY + 2 * HOUR
    late = TaskFactory(broker=lead.broker, lead=lead, due_at=at - 9 * DAY)
    assert next_actions.put_off(late, by=None, at=at).due_at == at + DAY
    assert next_of(lead) == at + DAY


def test_a_reminder_moves_with_its_task_as_far_ahead_as_it_was(lead: Lead, at: datetime) -> None:
    task = TaskFactory(broker=lead.broker, lead=lead, due_at=at + DAY, remind_at=at + 23 * HOUR)
    moved = next_actions.put_off(task, by=None, at=at, until=at + 3 * DAY)
    assert moved.remind_at == at + 3 * DAY - HOUR
    silent = TaskFactory(broker=lead.broker, lead=lead, due_at=at + DAY, remind_at=None)
    assert next_actions.put_off(silent, by=None, at=at).remind_at is None


# --- Series --------------------------------------------------------------------------------------


def test_a_series_counts_from_its_first_so_that_the_31st_survives_february() -> None:
    first = datetime(2026, 1, 31, 9, 30, tzinfo=SANTIAGO)
    seen, after = [], first
    for _ in range(3):
        after = next_actions.next_of_series(first, Repeat.MONTHLY, after=after, zone=SANTIAGO)
        seen.append(after.astimezone(SANTIAGO).strftime("%d-%m %H:%M"))
    assert seen == ["28-02 09:30", "31-03 09:30", "30-04 09:30"]


def test_a_series_keeps_its_hour_when_the_clocks_change() -> None:
    first = datetime(2026, 9, 5, 9, 0, tzinfo=SANTIAGO)  # the clocks go forward that night
    following = next_actions.next_of_series(first, Repeat.DAILY, after=first, zone=SANTIAGO)
    assert following.astimezone(SANTIAGO).strftime("%d-%m %H:%M") == "06-09 09:00"
    assert following - first == timedelta(hours=23)


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),
    st.timedeltas(timedelta(0), timedelta(days=900)),
    st.sampled_from([Repeat.DAILY, Repeat.WEEKLY, Repeat.MONTHLY]),
)
def test_the_next_of_a_series_is_later_and_none_between_is_left_out(first, later, repeat) -> None:
    begun = first.replace(tzinfo=UTC)
    after = begun + later
    found = next_actions.next_of_series(begun, repeat, after=after, zone=SANTIAGO)
    most = timedelta(days={"daily": 1, "weekly": 7, "monthly": 31}[repeat], hours=2)
    assert after < found <= after + most


def test_missed_occurrences_are_not_made_up_for(lead: Lead, at: datetime) -> None:
    begun = at - 10 * DAY - HOUR
    task = TaskFactory(
        broker=lead.broker, lead=lead, due_at=begun, series_from=begun, repeat="daily"
    )
    following = next_actions.complete(task, by=None, at=at)
    assert following is not None
    assert following.due_at == at + DAY - HOUR


@pytest.mark.parametrize("by", [-30 * DAY, -DAY, -HOUR, HOUR, DAY])
@pytest.mark.parametrize("repeat", [Repeat.DAILY, Repeat.WEEKLY, Repeat.MONTHLY])
def test_an_occurrence_that_was_moved_never_comes_twice(
    lead: Lead, at: datetime, repeat: Repeat, by: timedelta
) -> None:
    task = next_actions.add(lead, due_at=at + 31 * DAY, repeat=repeat, at=at)
    own = task.due_at
    for _ in range(3):
        next_actions.put_off(task, until=task.due_at + by, by=None, at=at)
        following = next_actions.complete(task, by=None, at=at)
        assert following is not None
        assert following.due_at > max(own, own + by)
        assert following.due_at.astimezone(SANTIAGO).hour == own.astimezone(SANTIAGO).hour
        task, own = following, following.due_at


def test_a_reminder_of_the_evening_before_stays_one_when_the_clocks_change(lead: Lead) -> None:
    due = datetime(2027, 4, 3, 10, 0, tzinfo=SANTIAGO)  # the clocks go back the night after
    evening = datetime(2027, 4, 2, 18, 0, tzinfo=SANTIAGO)
    task = next_actions.add(lead, due_at=due, remind_at=evening, repeat="daily", at=evening - DAY)
    following = next_actions.complete(task, by=None, at=due)
    assert following is not None
    assert following.remind_at is not None
    assert following.remind_at.astimezone(SANTIAGO) == datetime(2027, 4, 3, 18, 0, tzinfo=SANTIAGO)


def test_a_cancelled_series_is_over(lead: Lead, at: datetime) -> None:
    task = TaskFactory(broker=lead.broker, lead=lead, repeat="daily")
    next_actions.cancel(task, by=None, at=at)
    assert not Task.objects.filter(state="open").exists()


# --- Reminders -----------------------------------------------------------------------------------


def test_a_reminder_comes_once_to_its_owner(
    lead: Lead, agent: User, admin: User, at: datetime
) -> None:
    task = next_actions.add(
        lead, due_at=at + HOUR, kind="call", note="Cerrar precio", by=agent, at=at
    )
    assert [sweep_reminders(moment.isoformat()) for moment in (at, at + HOUR, at + 2 * HOUR)] == [
        0, 1, 0,
    ]  # fmt: skip
    alert = LeadAlert.objects.get(kind=AlertKind.TASK_DUE)
    assert alert.details["title"] == "Llamar: Cerrar precio"
    assert Notification.objects.filter(kind="task_due").get().user == agent
    later = next_actions.put_off(task, by=agent, at=at + 2 * HOUR)
    assert later.reminded_at is None
    assert sweep_reminders(later.due_at.isoformat()) == 1
    assert LeadAlert.objects.filter(kind=AlertKind.TASK_DUE).count() == 2


def test_a_reminder_is_mailed_to_its_owner_alone(lead: Lead, admin: User, at: datetime) -> None:
    lead.broker.brokerleadconfig.alert_email = "oficina@andes.cl"
    lead.broker.brokerleadconfig.save()
    next_actions.add(lead, due_at=at, note="Enviar contrato", owner=admin, by=admin, at=at)
    sweep_reminders(at.isoformat())
    alerts.deliver(LeadAlert.objects.get().pk, at=at)
    assert [letter.to for letter in mail.outbox] == [[admin.email]]
    assert "Enviar contrato" in mail.outbox[0].subject


def test_what_is_done_or_of_a_merged_lead_is_not_reminded_of(lead: Lead, at: datetime) -> None:
    TaskFactory(broker=lead.broker, lead=lead, state="done", closed_at=at, due_at=at)
    TaskFactory(
        broker=lead.broker, lead=LeadFactory(broker=lead.broker, merged_into=lead), due_at=at
    )
    TaskFactory(broker=lead.broker, lead=lead, due_at=at, remind_at=None)
    assert sweep_reminders(at.isoformat()) == 0


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_remind_once(lead: Lead, at: datetime) -> None:
    for _ in range(5):
        TaskFactory(broker=lead.broker, lead=lead, due_at=at)
    assert sum(race(2, lambda _: next_actions.remind_due(at=at))) == 5
    assert LeadAlert.objects.filter(kind=AlertKind.TASK_DUE).count() == 5


# --- Who has them --------------------------------------------------------------------------------


def test_open_tasks_of_an_agent_go_along_with_the_lead(
    lead: Lead, agent: User, agent2: User, admin: User, at: datetime
) -> None:
    own, shared = (
        next_actions.add(lead, due_at=at, owner=owner, by=admin, at=at) for owner in (agent, admin)
    )
    past = TaskFactory(broker=lead.broker, lead=lead, owner=agent, state="done", closed_at=at)
    assignment.assign(lead, to=agent2, by=admin, at=at)
    owners = dict(Task.objects.values_list("pk", "owner"))
    assert owners == {own.pk: agent2.pk, shared.pk: admin.pk, past.pk: agent.pk}
    assignment.assign(lead, to=None, by=admin, at=at)
    assert Task.objects.get(pk=own.pk).owner is None


def test_the_tasks_of_who_left_are_for_who_looks_after_each_lead(
    lead: Lead, agent: User, admin: User, at: datetime
) -> None:
    TaskFactory(broker=lead.broker, lead=lead, owner=admin)
    assert next_actions.open_of(admin).count() == 1
    next_actions.hand_on(admin)
    assert Task.objects.get().owner == agent


# --- Merged and erased ---------------------------------------------------------------------------


def test_tasks_move_with_a_merge_and_come_back(lead: Lead, admin: User, at: datetime) -> None:
    loser = LeadFactory(broker=lead.broker)
    for each in (lead, loser):
        ConversationFactory(broker=lead.broker, lead=each)
    next_actions.add(loser, due_at=at + HOUR, by=admin, at=at)
    next_actions.add(lead, due_at=at + DAY, by=admin, at=at)
    done = merging.merge(loser, lead, by=admin, at=at)
    assert (next_of(lead), next_of(loser)) == (at + HOUR, None)
    merging.undo(done, by=admin, at=at)
    assert (next_of(lead), next_of(loser)) == (at + DAY, at + HOUR)


def test_tasks_and_notifications_go_with_an_erased_person(
    lead: Lead, admin: User, at: datetime
) -> None:
    next_actions.add(lead, due_at=at, note="Hablar con su señora", by=admin, at=at)
    sweep_reminders(at.isoformat())
    erasing.erase(lead, by=admin, at=at)
    assert (Task.objects.count(), Notification.objects.count(), LeadAlert.objects.count()) == (
        0, 0, 0,
    )  # fmt: skip


# --- API -----------------------------------------------------------------------------------------


def test_a_client_plans_changes_and_closes_a_task(lead: Lead, agent: User) -> None:
    client = signed_in(agent)
    made = client.post(
        f"/api/v1/leads/{lead.pk}/tasks/",
        {"kind": "call", "note": "Llamar", "due_at": "2031-05-06T10:00:00-04:00"},
    )
    assert made.status_code == 201
    task = made.json()
    assert (task["owner"], task["state"], task["owner_name"]) == (agent.pk, "open", agent.name)
    changed = client.patch(f"{TASKS}{task['id']}/", {"note": "Llamar temprano"})
    assert changed.json()["note"] == "Llamar temprano"
    past = client.post(f"{TASKS}{task['id']}/put-off/", {"due_at": "2020-01-01T10:00:00-04:00"})
    assert (past.status_code, codes(past)) == (400, [("due_at", "in_the_past")])
    later = client.post(f"{TASKS}{task['id']}/put-off/", {"due_at": "2031-05-09T10:00:00-04:00"})
    assert later.json()["due_at"].startswith("2031-05-09")
    done = client.post(f"{TASKS}{task['id']}/done/")
    assert (done.json()["task"]["state"], done.json()["following"]) == ("done", None)
    again = client.post(f"{TASKS}{task['id']}/done/")
    assert (again.status_code, codes(again)) == (409, [(None, "task_closed")])


def test_the_same_key_plans_once(lead: Lead, agent: User) -> None:
    client = signed_in(agent)
    body = {"lead": lead.pk, "due_at": "2031-05-06T10:00:00-04:00"}
    answers = [client.post(TASKS, body, headers={"Idempotency-Key": "t-1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Task.objects.count() == 1


def test_tasks_are_found_by_owner_due_state_and_lead(
    broker: Broker, lead: Lead, admin: User, agent: User
) -> None:
    now = timezone.now()
    midnight = now.astimezone(SANTIAGO).replace(hour=0, minute=0, second=0, microsecond=0)
    tonight = midnight + timedelta(hours=23, minutes=59)
    pool = LeadFactory(broker=broker)
    late = TaskFactory(broker=broker, lead=lead, owner=agent, due_at=midnight - DAY)
    today = TaskFactory(broker=broker, lead=lead, owner=admin, due_at=tonight)
    soon = TaskFactory(broker=broker, lead=pool, owner=None, due_at=tonight + 3 * DAY)
    done = TaskFactory(broker=broker, lead=pool, due_at=now, state="done", closed_at=now)
    client = signed_in(admin)

    def found(**asked: Any) -> set[int]:
        return {row["id"] for row in client.get(TASKS, asked).json()["results"]}

    assert found(owner=agent.pk) == {late.pk}
    assert found(owner="none") == {soon.pk, done.pk}
    assert found(state="open") == {late.pk, today.pk, soon.pk}
    assert found(due="overdue") == {late.pk}
    assert found(due="today") == {today.pk}
    assert found(due="tomorrow") == set()
    assert found(due="week") == {today.pk, soon.pk}
    assert found(lead=pool.pk, state="done,cancelled") == {done.pk}
    assert found(due_from=(tonight + 2 * DAY).isoformat()) == {soon.pk}


# --- Admin ---------------------------------------------------------------------------------------


def test_the_leads_page_shows_what_is_to_be_done_and_closes_it_by_one_click(
    lead: Lead, agent: User, client: Client, at: datetime
) -> None:
    task = next_actions.add(lead, due_at=at, note="Enviar brochure", by=agent, at=at)
    client.force_login(agent)
    page = reverse("admin:leads_lead_change", args=[lead.pk])
    assert "Enviar brochure" in client.get(page).content.decode()
    pressed = client.post(reverse("admin:leads_task_put_off", args=[task.pk]))
    assert (pressed.status_code, pressed.headers["Location"]) == (302, page)
    task.refresh_from_db()
    assert task.due_at > at
    client.post(reverse("admin:leads_task_done", args=[task.pk]))
    task.refresh_from_db()
    assert (task.state, task.closed_by) == ("done", agent)
    assert "Enviar brochure" in client.get(page).content.decode()  # in the story


def test_a_task_is_added_and_changed_by_its_form(
    lead: Lead, admin: User, agent: User, client: Client
) -> None:
    client.force_login(admin)
    form = {
        "lead": lead.pk, "owner": "", "kind": "visit", "repeat": "weekly", "note": "Mostrar piloto",
        "due_at_0": "06-05-2031", "due_at_1": "10:00", "remind_at_0": "", "remind_at_1": "",
    }  # fmt: skip
    answer = client.post(reverse("admin:leads_task_add"), form)
    assert answer.status_code == 302
    task = Task.objects.get()
    assert (task.owner, task.repeat, task.remind_at) == (agent, "weekly", task.due_at)
    page = reverse("admin:leads_task_change", args=[task.pk])
    changed = {**form, "owner": admin.pk, "remind_at_0": "06-05-2031", "remind_at_1": "09:00"}
    assert client.post(page, changed).status_code == 302
    task.refresh_from_db()
    assert (task.owner, task.due_at - task.remind_at) == (admin, HOUR)


def test_chosen_tasks_are_closed_together(lead: Lead, admin: User, client: Client) -> None:
    tasks = TaskFactory.create_batch(3, broker=lead.broker, lead=lead)
    client.force_login(admin)
    chosen = {"action": "complete_chosen", "_selected_action": [task.pk for task in tasks]}
    client.post(reverse("admin:leads_task_changelist"), chosen)
    assert Task.objects.filter(state="done", closed_by=admin).count() == 3


def test_a_deactivated_owner_is_not_reminded(lead: Lead, admin: User, at: datetime) -> None:
    gone = UserFactory(broker=lead.broker, is_active=False)
    TaskFactory(broker=lead.broker, lead=lead, owner=gone, due_at=at)
    sweep_reminders(at.isoformat())
    assert "user" not in LeadAlert.objects.get().details
