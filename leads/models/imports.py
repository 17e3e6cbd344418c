"""Imports of leads: the file, what became of each of its rows, and who exported how many."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import BrokerOwned, one_of
from leads.models.lead import Lead
from leads.stages import Source


class ImportState(models.TextChoices):
    MAPPING = "mapping", _("por confirmar columnas")
    CHECKING = "checking", _("revisando filas")
    READY = "ready", _("lista para importar")
    COMMITTING = "committing", _("importando")
    DONE = "done", _("terminada")
    FAILED = "failed", _("fallida")


class Verdict(models.TextChoices):
    CREATED = "created", _("nuevo")
    MATCHED = "matched", _("ya existe")
    SUPPRESSED = "suppressed", _("no contactar")
    DUPLICATE = "duplicate", _("repetido en el archivo")
    REFUSED = "refused", _("rechazado")


class LeadImport(BrokerOwned):
    """One uploaded file on its way to leads; ``mapping`` gives each column its target, or none."""

    admin_can: ClassVar[str] = "crud"

    filename = models.CharField(_("archivo"), max_length=255)
    size = models.PositiveBigIntegerField(_("tamaño"), default=0, editable=False)
    encoding = models.CharField(_("codificación"), max_length=20, editable=False)
    delimiter = models.CharField(_("separador"), max_length=1, editable=False)
    header = models.JSONField(_("títulos"), default=list, editable=False)
    samples = models.JSONField(_("ejemplos"), default=list, blank=True, editable=False)
    mapping = models.JSONField(_("columnas"), default=list, blank=True, editable=False)
    source = models.CharField(
        _("origen"), max_length=20, choices=Source.choices, default=Source.IMPORT
    )
    tags = models.JSONField(_("etiquetas"), default=list, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asignar a"),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("subida por"),
    )
    state = models.CharField(
        _("estado"),
        max_length=20,
        choices=ImportState.choices,
        default=ImportState.MAPPING,
        editable=False,
    )
    counts = models.JSONField(_("filas por resultado"), default=dict, blank=True, editable=False)
    done = models.PositiveIntegerField(_("avance"), default=0, editable=False)
    total = models.PositiveIntegerField(_("total"), default=0, editable=False)
    reached = models.PositiveIntegerField(_("última fila"), default=0, editable=False)
    error = models.CharField(_("error"), max_length=300, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("intentos"), default=0, editable=False)
    worker = models.UUIDField(_("proceso"), null=True, editable=False)
    lease_until = models.DateTimeField(_("reservada hasta"), null=True, editable=False)
    finished_at = models.DateTimeField(_("terminada"), null=True, editable=False)

    class Meta:
        db_table = "lead_imports"
        verbose_name = _("importación de leads")
        verbose_name_plural = _("importaciones de leads")
        ordering = ["-id"]
        constraints = [
            one_of("state", ImportState, "lead_imports"),
            one_of("source", Source, "lead_imports"),
        ]
        indexes = [
            models.Index(fields=["broker", "-id"], name="lead_imports_broker"),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state__in=["checking", "committing"]),
                name="lead_imports_at_work",
            ),
        ]

    def __str__(self) -> str:
        return self.filename


class LeadImportPart(BrokerOwned):
    """A piece of an uploaded file: every worker can read it, wherever it runs."""

    job = models.ForeignKey(
        LeadImport, on_delete=models.CASCADE, related_name="parts", verbose_name=_("importación")
    )
    number = models.PositiveIntegerField(_("parte"))
    content = models.BinaryField(_("contenido"))

    class Meta:
        db_table = "lead_import_parts"
        verbose_name = _("trozo de archivo")
        verbose_name_plural = _("trozos de archivo")
        ordering = ["job", "number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="lead_import_parts_once")
        ]

    def __str__(self) -> str:
        return f"{self.job_id}·{self.number}"


class LeadImportRow(BrokerOwned):
    """A row of the file as it came (``values``), as it was understood (``told``), and its verdict.

    ``problems`` are [column, reason] pairs: of a refused row why, of another what was left out.
    What it says of a person goes with their lead.
    """

    job = models.ForeignKey(
        LeadImport, on_delete=models.CASCADE, related_name="rows", verbose_name=_("importación")
    )
    number = models.PositiveIntegerField(_("fila"))
    values = models.JSONField(_("valores"), default=list, blank=True)
    told = models.JSONField(_("datos"), default=dict, blank=True)
    phone_e164 = models.CharField(_("teléfono"), max_length=16, null=True, blank=True)
    email = models.CharField(_("correo"), max_length=100, null=True, blank=True)
    verdict = models.CharField(_("resultado"), max_length=20, choices=Verdict.choices)
    problems = models.JSONField(_("problemas"), default=list, blank=True)
    lead = models.ForeignKey(
        Lead,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="import_rows",
        verbose_name=_("lead"),
    )

    class Meta:
        db_table = "lead_import_rows"
        verbose_name = _("fila importada")
        verbose_name_plural = _("filas importadas")
        ordering = ["job", "number"]
        constraints = [
            one_of("verdict", Verdict, "lead_import_rows"),
            models.UniqueConstraint(fields=["job", "number"], name="lead_import_rows_once"),
        ]
        indexes = [
            models.Index(
                fields=["job", "phone_e164"],
                condition=models.Q(phone_e164__isnull=False),
                name="lead_import_rows_phone",
            ),
            models.Index(
                fields=["job", "email"],
                condition=models.Q(email__isnull=False),
                name="lead_import_rows_email",
            ),
            models.Index(fields=["job", "verdict", "number"], name="lead_import_rows_verdict"),
        ]

    def __str__(self) -> str:
        return f"{self.job_id}·{self.number}"


class LeadExport(BrokerOwned):
    """Who took how many leads out, chosen how; written before the first row leaves."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("quién"),
    )
    filters: Any = models.JSONField(_("filtros"), default=dict, blank=True)
    count = models.PositiveIntegerField(_("leads"), default=0)
    finished_at = models.DateTimeField(_("terminada"), null=True, blank=True)

    class Meta:
        db_table = "lead_exports"
        verbose_name = _("exportación de leads")
        verbose_name_plural = _("exportaciones de leads")
        ordering = ["-id"]
        indexes = [models.Index(fields=["broker", "-id"], name="lead_exports_broker")]

    def __str__(self) -> str:
        return f"{self.count} · {self.created_at:%Y-%m-%d}"
