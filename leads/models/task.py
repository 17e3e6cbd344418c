"""What somebody is to do about a lead next: when, what, and who."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import one_of
from leads.enums import Actor, Repeat, TaskKind, TaskState
from leads.models.lead import Lead, LeadOwned


class Task(LeadOwned):
    """One next action. The row is the reminder too: due at ``remind_at`` until ``reminded_at``.

    ``series_from`` is the first moment of a series that repeats: a put-off shifts one occurrence,
    never the ones after it.
    """

    admin_can: ClassVar[str] = "cru"
    agent_can: ClassVar[str] = "cru"

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="tasks", verbose_name=_("lead")
    )
    kind = models.CharField(
        _("qué"), max_length=20, choices=TaskKind.choices, default=TaskKind.OTHER
    )
    note = models.CharField(_("nota"), max_length=500, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("a cargo de"),
    )
    due_at = models.DateTimeField(_("para cuándo"))
    state = models.CharField(
        _("estado"), max_length=20, choices=TaskState.choices, default=TaskState.OPEN
    )
    remind_at = models.DateTimeField(_("recordar"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("recordada"), null=True, blank=True)
    repeat = models.CharField(
        _("se repite"), max_length=20, choices=Repeat.choices, default=Repeat.NEVER
    )
    series_from = models.DateTimeField(_("serie desde"))
    # Of a series: the hour that is its own, wherever ``due_at`` was moved to.
    occurrence_at = models.DateTimeField(_("hora de la serie"), editable=False)
    actor = models.CharField(_("quién la creó"), max_length=20, choices=Actor.choices)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("creada por"),
    )
    closed_at = models.DateTimeField(_("cerrada"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cerrada por"),
    )

    class Meta:
        db_table = "tasks"
        verbose_name = _("tarea")
        verbose_name_plural = _("tareas")
        ordering = ["due_at", "id"]
        constraints = [
            one_of("kind", TaskKind, "tasks"),
            one_of("state", TaskState, "tasks"),
            one_of("repeat", Repeat, "tasks"),
            one_of("actor", Actor, "tasks"),
            models.CheckConstraint(
                condition=Q(state=TaskState.OPEN, closed_at__isnull=True)
                | (~Q(state=TaskState.OPEN) & Q(closed_at__isnull=False)),
                name="tasks_open_or_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["broker", "due_at", "id"], name="tasks_broker_due"),
            models.Index(fields=["broker", "state", "due_at", "id"], name="tasks_broker_state"),
            models.Index(fields=["broker", "kind", "due_at", "id"], name="tasks_broker_kind"),
            models.Index(fields=["owner", "state", "due_at", "id"], name="tasks_owner"),
            models.Index(fields=["lead", "state", "due_at", "id"], name="tasks_lead"),
            models.Index(
                fields=["remind_at"],
                condition=Q(state="open", reminded_at__isnull=True),
                name="tasks_to_remind",
            ),
        ]

    def __str__(self) -> str:
        kind = str(self.get_kind_display()).capitalize()
        return f"{kind}: {self.note}" if self.note else kind
