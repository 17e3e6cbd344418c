"""Every beat entry names a task that exists."""

from crm.celery import app


def test_every_beat_entry_names_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    entries = app.conf.beat_schedule
    assert {entry["task"] for entry in entries.values()} - set(app.tasks) == set()
    assert len(entries) >= 5
