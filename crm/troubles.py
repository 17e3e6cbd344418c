"""What may be wrong with the installation: its processes, servers, disk, and work that is owed."""

import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from crm import health, outage, queues, secrecy, storage
from crm.models import FailedTask, PeriodicRun
from crm.tasks import READY_WITHIN, lateness, list_periodic, shared_heartbeat
from crm.watching import THRESHOLDS, Trouble, register

BACKUP = "manage.py backup"  # the row in which a backup notes that it ended
CONNECTIONS = """
    SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
           current_setting('max_connections')::int
"""


def _page(name: str, query: str = "") -> str:
    return reverse(f"admin:{name}_changelist") + query


@register
def background(at: datetime) -> Iterator[Trouble]:
    """The pulse that goes through beat, queue and worker; without it each sweep would lag too."""
    list_periodic()
    runs = {run.task: run for run in PeriodicRun.objects.exclude(task=BACKUP)}
    pulse = runs.pop(shared_heartbeat.name, None)
    ended = pulse.finished_at if pulse else None
    if ended is None or at - ended > READY_WITHIN:
        yield Trouble(
            "background",
            _("Nada trabaja en segundo plano: no hay pulso de beat y worker."),
            _("Levanta worker y beat, y mira sus registros. Los mensajes salen cuando vuelvan."),
            _page("crm_periodicrun"),
            ended,
        )
        return
    yield from (trouble for run in runs.values() for trouble in _sweep(run))


def _sweep(run: PeriodicRun) -> Iterable[Trouble]:
    late = lateness(run)
    page = _page("crm_periodicrun", f"?q={run.task}")
    if late is None or late > THRESHOLDS.sweep_late:
        what = _("El barrido %s no se ejecuta a tiempo.") % run.task
        todo = _("Si es el único, reinicia beat; si son varios, los workers no dan abasto: agrega.")
        # One that has never run is new, or its turn is yet to come, by night perhaps.
        if late is not None:
            yield Trouble("sweep_late", what, todo, page, run.started_at)
    elif not run.succeeded:
        what = _("El barrido %(task)s falló: %(error)s.") % {"task": run.task, "error": run.error}
        todo = _("Se repite solo. Si sigue, busca el error en los registros del worker.")
        yield Trouble("sweep_failed", what, todo, page, run.finished_at)


@register
def owed_work(at: datetime) -> Iterator[Trouble]:
    for depth in queues.depths(at):
        if depth.oldest and depth.waits(at) > depth.queue.patience:
            rows = f"{depth.rows}+" if depth.rows >= queues.MOST else depth.rows
            words = {"queue": depth.queue.title, "rows": rows}
            yield Trouble(
                "queue",
                _("Se acumulan %(queue)s: %(rows)s sin atender a tiempo.") % words,
                _("Mira si los workers dan abasto y si el proveedor responde."),
                _page(depth.queue.page),
                depth.oldest,
            )


@register
def failed_tasks(at: datetime) -> Iterator[Trouble]:
    waiting = FailedTask.objects.filter(state=FailedTask.State.FAILED).order_by()
    for row in waiting.values("broker_id").annotate(rows=Count("pk"), since=Min("created_at")):
        broker = row["broker_id"]
        query = "?state__exact=failed" + (f"&broker__id__exact={broker}" if broker else "")
        yield Trouble(
            "failed_tasks",
            _("Tareas que se dieron por vencidas: %d.") % row["rows"],
            _("Ábrelas: «Reintentar» las ejecuta otra vez, «Descartar» las deja de lado."),
            _page("crm_failedtask", query),
            row["since"],
            broker,
        )


@register
def redis(at: datetime) -> Iterator[Trouble]:
    try:
        with outage.watched():
            cache.set("health", 1, 10)
    except (RedisError, OSError):
        yield Trouble(
            "redis",
            _("Redis no responde: el trabajo espera a los barridos y no hay límites de uso."),
            _("Levántalo o revisa REDIS_URL. Nada se pierde: se retoma cuando vuelva."),
        )


@register
def disk(at: datetime) -> Iterator[Trouble]:
    for place in sorted(_places()):
        usage = shutil.disk_usage(place)
        if usage.free < usage.total * THRESHOLDS.disk_free_share:
            words = {"place": place, "free": usage.free // 2**20}
            yield Trouble(
                "disk",
                _("Queda poco disco en %(place)s: %(free)s MB.") % words,
                _("Libera espacio o agranda el disco, antes de que se rechacen archivos."),
            )


def _places() -> set[Path]:
    """Where files of leads lie on a disk, or will: the folder is made with the first."""
    folder = storage.disk()
    found = {Path(settings.BASE_DIR)}
    return found | {folder} if folder and folder.exists() else found


@register
def files(at: datetime) -> Iterator[Trouble]:
    if not storage.can_be_had():
        yield Trouble(
            "files",
            _("No se pueden guardar ni leer archivos de los leads."),
            _("Revisa ATTACHMENTS_ROOT, o los datos S3_ y ese servidor. Los que faltan, esperan."),
        )


@register
def connections(at: datetime) -> Iterator[Trouble]:
    with connection.cursor() as cursor:
        cursor.execute(CONNECTIONS)
        used, most = cursor.fetchone()
    if used > most * THRESHOLDS.connections_share:
        yield Trouble(
            "connections",
            _("La base de datos tiene %(used)s de %(most)s conexiones en uso.")
            % {"used": used, "most": most},
            _("Baja procesos o hilos, sube max_connections, o pon PgBouncer delante."),
        )


@register
def release(at: datetime) -> Iterator[Trouble]:
    if not health._migrated():
        yield Trouble(
            "migrations",
            _("Hay migraciones sin aplicar: esta versión espera otras tablas."),
            _("Ejecuta «python manage.py migrate» y reinicia los procesos."),
        )
    if isinstance(staticfiles_storage, ManifestFilesMixin) and not staticfiles_storage.hashed_files:
        yield Trouble(
            "static",
            _("Faltan los archivos estáticos: las páginas se ven sin estilo o fallan."),
            _("Ejecuta «python manage.py collectstatic --no-input» y reinicia el web."),
        )


@register
def secrets(at: datetime) -> Iterator[Trouble]:
    """For the installation, and for each brokerage whose credentials are not to be read."""
    closed = secrecy.closed()
    for broker_id in {None, *closed} if closed else ():
        yield Trouble(
            "secrets",
            _("Hay credenciales guardadas que ninguna clave abre: esos canales no funcionan."),
            _(
                "Agrega la clave que falta a FIELD_ENCRYPTION_KEYS, o ingresa las credenciales otra vez."
            ),
            "",
            None,
            broker_id,
        )


@register
def backup(at: datetime) -> Iterator[Trouble]:
    """Of who makes them with ours; others have their own way of knowing."""
    run = PeriodicRun.objects.filter(task=BACKUP).first()
    ended = run.finished_at if run and run.succeeded else None
    if run and (ended is None or at - ended > THRESHOLDS.backup_age):
        yield Trouble(
            "backup",
            _("El último respaldo es antiguo o falló."),
            _("Ejecuta «python manage.py backup» y mira por qué no corrió solo."),
            "",
            ended or run.started_at,
        )


def told_since(since: datetime | None, at: datetime) -> str:
    """How long it lasts, as people say it."""
    if since is None:
        return ""
    seconds = max(int((at - since) / timedelta(seconds=1)), 0)
    if seconds >= 2 * 86_400:
        return _("hace %d días") % (seconds // 86_400)
    if seconds >= 2 * 3600:
        return _("hace %d horas") % (seconds // 3600)
    return _("hace %d minutos") % (seconds // 60)
