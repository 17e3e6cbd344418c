"""The page of the sweeps: each beat entry's last run, how late it is, and what it failed with."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from brokers.models import User
from crm.models import PeriodicRun
from crm.tasks import BaseTask, lateness, list_periodic, periodic_names

pytestmark = pytest.mark.django_db
PAGE = "/admin/crm/periodicrun/"
MESSAGES, ALERTS, STEPS, NIGHTLY = (
    "leads.tasks.sweep_messages",
    "leads.tasks.sweep_alerts",
    "campaigns.tasks.sweep_steps",
    "leads.tasks.rescore_all",
)


def ran(task: str, *, ago: timedelta, **fields: Any) -> PeriodicRun:
    at = timezone.now() - ago
    told = {"started_at": at, "finished_at": at, "error": "", "succeeded": True, **fields}
    return PeriodicRun.objects.update_or_create(task=task, defaults=told)[0]


def rows(superadmin: User) -> list[str]:
    client = Client()
    client.force_login(superadmin)
    page = client.get(PAGE)
    assert page.status_code == 200
    return re.findall(r"<tr[^>]*>.*?</tr>", page.content.decode(), re.DOTALL)[1:]


def place(shown: list[str], task: str) -> int:
    return next(number for number, row in enumerate(shown) if task in row)


def test_every_beat_entry_is_listed_also_what_never_ran(superadmin: User) -> None:
    PeriodicRun.objects.all().delete()
    shown = rows(superadmin)
    assert all(any(name in row for row in shown) for name in periodic_names())
    assert all("nunca se ha ejecutado" in row for row in shown)


def test_the_worst_comes_first(superadmin: User) -> None:
    list_periodic()
    PeriodicRun.objects.update(started_at=timezone.now(), finished_at=timezone.now())
    ran(MESSAGES, ago=timedelta(minutes=31))
    ran(ALERTS, ago=timedelta(seconds=5), succeeded=False, error="OperationalError")
    PeriodicRun.objects.filter(task=STEPS).update(started_at=None, finished_at=None)
    shown = rows(superadmin)
    assert [place(shown, task) for task in (STEPS, ALERTS, MESSAGES)] == [0, 1, 2]
    assert "OperationalError" in shown[1]
    assert "0:30:" in shown[2]  # half an hour late, and more where its period is short


def test_a_nightly_run_of_today_is_not_late() -> None:
    late = lateness(ran(NIGHTLY, ago=timedelta(minutes=1)))
    assert late is not None
    assert late < timedelta()
    late = lateness(ran(NIGHTLY, ago=timedelta(days=3)))
    assert late is not None
    assert late > timedelta(days=1)


def test_a_run_that_fails_leaves_its_error_and_the_next_one_clears_it() -> None:
    task = BaseTask()
    task.name = MESSAGES
    PeriodicRun.objects.create(task=MESSAGES, started_at=timezone.now())
    task.after_return("FAILURE", ValueError("private"), "1", (), {}, None)
    run = PeriodicRun.objects.get(task=MESSAGES)
    assert (run.succeeded, run.error) == (False, "ValueError")
    task.after_return("SUCCESS", 3, "2", (), {}, None)
    run.refresh_from_db()
    assert (run.succeeded, run.error) == (True, "")
