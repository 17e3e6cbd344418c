"""Settings of every environment, read from the environment with defaults for a laptop."""

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import urlsplit

from celery.schedules import crontab
from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured
from django.http.request import split_domain_port
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from crm import database, files, keys, logs, theme
from crm.embedded import running_urls
from crm.environment import Env, load

BASE_DIR = Path(__file__).resolve().parent.parent
load(BASE_DIR / ".env")
for _name, _value in running_urls(BASE_DIR).items():
    os.environ.setdefault(_name, _value)
env = Env()

# --- The process -----------------------------------------------------------------------------
DEBUG: bool = env.flag("DEBUG", default=False)
PORT: int = env.whole("PORT", default=8000, most=65_535)
PUBLIC_URL: str = env.origin("PUBLIC_URL", default=f"http://localhost:{PORT}")
HTTPS = PUBLIC_URL.startswith("https://")
# Whoever guesses it signs in as anybody: a short one is for a laptop.
SECRET_KEY: str = env.text("SECRET_KEY", least=1 if DEBUG else 32)
SECRET_KEY_FALLBACKS: list[str] = env.words("SECRET_KEY_FALLBACKS")
FIELD_ENCRYPTION_KEYS: list[str] = keys.checked(env.words("FIELD_ENCRYPTION_KEYS"))
_NEEDED = {"SECRET_KEY": SECRET_KEY, "FIELD_ENCRYPTION_KEYS": FIELD_ENCRYPTION_KEYS}
_MISSING = [name for name, value in _NEEDED.items() if not value]
if _MISSING and not DEBUG:
    raise ImproperlyConfigured(
        f"Set {' and '.join(_MISSING)}: production does not start without (.env.example tells how"
        " to make them); on a laptop set DEBUG=true instead."
    )
SECRET_KEY = SECRET_KEY or "django-insecure-only-for-a-laptop-with-DEBUG-set"
_PUBLIC_HOST = split_domain_port(urlsplit(PUBLIC_URL).netloc)[0]
ALLOWED_HOSTS: list[str] = env.hosts(
    "ALLOWED_HOSTS", default=sorted({"localhost", "127.0.0.1", _PUBLIC_HOST})
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "crm.responses.forged"
ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"

INSTALLED_APPS = [
    "crm",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "crm.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "corsheaders",
    "axes",
    "brokers",
    "leads",
    "llm",
    "knowledge",
    "scheduling",
    "voice",
    "campaigns",
]

MIDDLEWARE = [
    "crm.access.AccessMiddleware",
    "crm.middleware.OneShapeMiddleware",
    "crm.middleware.NulMiddleware",
    "crm.middleware.DatabaseMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "crm.middleware.LanguageMiddleware",
    "crm.middleware.AddressLimitMiddleware",
    "crm.web.bodies.BodyLimitMiddleware",
    "crm.middleware.HostMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crm.middleware.TenantMiddleware",
    "crm.middleware.BrokerTimezoneMiddleware",
    "crm.middleware.RateLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "brokers.entrance.DeviceMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Data ------------------------------------------------------------------------------------
_ADDRESS: dict[str, Any] = env.postgres("DATABASE_URL", default="postgres://crm@127.0.0.1:5432/crm")
DB_POOLED: str = env.choice("DB_POOLED", of=[database.TRANSACTION], default="")

DB_LIMITS = database.limits(
    statement=env.seconds("DB_STATEMENT_TIMEOUT", web=15, worker=60, long=0),
    lock=env.seconds("DB_LOCK_TIMEOUT", web=5, worker=10, long=60),
    idle=env.seconds("DB_IDLE_IN_TRANSACTION_TIMEOUT", web=15, worker=60, long=600),
)
DB_STARTED_WITH = {
    kind: database.started_with(_ADDRESS, limits) for kind, limits in DB_LIMITS.items()
}
DATABASES: dict[str, Any] = {
    "default": database.joined(_ADDRESS, started_with=DB_STARTED_WITH["long"], pooled=DB_POOLED)
}
# Requests that a web process works on at a time, and how many of them may be at the database: a
# thread is left for what needs none.
WEB_THREADS: int = env.whole("WEB_THREADS", default=6, most=1000)
DB_PLACES: int = env.whole("DB_PLACES", default=4, most=1000)
# Who owns the tables and migrates them. The application joins as another role, which the database's
# row-level security holds to its broker; the owner's address may also go past a pooler.
_OWNER: dict[str, Any] = env.postgres("MIGRATE_DATABASE_URL")
DATABASE_OWNER: dict[str, Any] = {
    name: _OWNER[name] for name in ("USER", "PASSWORD", "HOST", "PORT") if _OWNER
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL: str = env.redis("REDIS_URL", default="redis://127.0.0.1:6379/0")
REDIS_TIMEOUTS: dict[str, Any] = {
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    "retry": Retry(NoBackoff(), 0),  # its default of several seconds would hold a request up
}
CACHES = {
    "default": {
        "BACKEND": "crm.caching.CountingCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "crm",
        "OPTIONS": REDIS_TIMEOUTS,
    }
}

# --- People ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "brokers.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "brokers.auth.EmailBackend"]
PASSWORD_HASHERS = ["brokers.auth.BCryptHasher"]
if DEBUG:
    PASSWORD_HASHERS.append("brokers.auth.DemoHasher")
BCRYPT_ROUNDS: int = env.whole("BCRYPT_ROUNDS", default=12, least=4, most=16)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "brokers.auth.MixedCharactersValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_HANDLER = "brokers.entrance.Handler"
AXES_LOCKOUT_CALLABLE = "brokers.entrance.locked_out"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "crm.limits.address_of"
PROXY_COUNT: int = env.whole("PROXY_COUNT", default=0, least=0, most=100)
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "UPDATE_LAST_LOGIN": False,
}

# --- Language and time -----------------------------------------------------------------------
LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Español")), ("en", _("Inglés"))]
LOCALE_PATHS = [BASE_DIR / "crm" / "locale"]
FORMAT_MODULE_PATH = ["crm.formats"]
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
USE_TZ = True
TIME_ZONE = "America/Santiago"

# --- Static files and security ---------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".local" / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = False
MEDIA_ROOT = BASE_DIR / ".local" / "media"
_S3: dict[str, str] = {
    name: (env.name if name in files.PLAIN else env.text)(name) for name in files.NAMES
}
_ATTACHMENTS_ROOT: str = env.text("ATTACHMENTS_ROOT")
files.refuse_half(_S3, folder=_ATTACHMENTS_ROOT)
STORAGES: dict[str, Any] = {
    **(files.in_bucket(_S3) if _S3["S3_BUCKET"] else files.on_disk(MEDIA_ROOT, _ATTACHMENTS_ROOT)),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Backups hold everybody's data: a folder of their own, that nothing serves.
BACKUPS_ROOT: str = env.text("BACKUPS_ROOT", default=str(BASE_DIR / ".local" / "backups"))
ATTACHMENT_MAX_BYTES: int = env.whole("ATTACHMENT_MAX_BYTES", default=25 * 1024 * 1024)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

# --- API -------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["brokers.auth.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["crm.api.permissions.TenantPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["crm.api.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["crm.api.throttling.GeneralThrottle"],
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "crm.api.filters.SearchFilter",
        "crm.api.filters.OrderingFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "crm.api.pagination.Pagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "crm.api.schema.Schema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "URL_FORMAT_OVERRIDE": None,  # else a filter could not be called ``format``
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
}
API_THROTTLE_RATES: dict[str, str] = {
    "general": env.rate("API_RATE", default="600/minute"),
    "sign_in": env.rate("API_SIGN_IN_RATE", default="60/minute"),
    "password_reset": env.rate("API_PASSWORD_RESET_RATE", default="10/hour"),
}
# Which sites' scripts may call the API and the web form: none, unless named.
CORS_ALLOWED_ORIGINS: list[str] = env.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/(api|forms)/"
CORS_ALLOW_CREDENTIALS = False  # callers bring a token; cookies are for pages of our own
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-none-match"]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
]
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_FORMATTER_CLASS": "crm.api.errors.ExceptionFormatter",
    "EXCEPTION_HANDLER_CLASS": "crm.api.errors.ExceptionHandler",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Lead CRM API",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "crm.tenancy.Role.choices",
        "TeamRoleEnum": "brokers.serializers.TEAM",
        "LeadStatusEnum": "leads.stages.Status.choices",
        "StageEnum": "leads.stages.Stage.choices",
        "ChannelEnum": "leads.enums.Channel.choices",
        "AlertKindEnum": "leads.enums.AlertKind.choices",
        "TaskKindEnum": "leads.enums.TaskKind.choices",
        "RightEnum": "leads.enums.Right.choices",
        "PurposeEnum": "leads.enums.Purpose.choices",
        "ConsentPurposeEnum": "leads.enums.ConsentPurpose.choices",
        "SourceEnum": "leads.stages.Source.choices",
        "ScopeEnum": "leads.models.consent.SCOPES",
        "DeliveryEnum": "leads.enums.Delivery.choices",
        "CallStatusEnum": "voice.models.CallStatus.choices",
        "VoiceProviderEnum": "brokers.models.VoiceProvider.choices",
        "EmbedStatusEnum": "knowledge.models.EmbedStatus.choices",
        "AppointmentStatusEnum": "scheduling.models.AppointmentStatus.choices",
        "CampaignStatusEnum": "campaigns.models.CampaignStatus.choices",
        "CampaignChannelEnum": "campaigns.models.CampaignChannel.choices",
        "EnrollmentStateEnum": "campaigns.models.EnrollmentState.choices",
        "EnrolOutcomeEnum": "campaigns.serializers.OUTCOMES",
        "StepActionEnum": "campaigns.models.StepAction.choices",
        "StepStatusEnum": "campaigns.models.LogStatus.choices",
        "AppointmentTypeEnum": "scheduling.models.AppointmentType.choices",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "crm.api.examples.add_examples",  # last: it reads what the others wrote
    ],
}

# --- Background work -------------------------------------------------------------------------
SWEEP_SECONDS: int = env.whole("SWEEP_SECONDS", default=60, most=86_400)
IMPORT_KEEP_DAYS: int = env.whole("IMPORT_KEEP_DAYS", default=30, most=36_500)
CAMPAIGN_TRIGGER_SECONDS: int = env.whole("CAMPAIGN_TRIGGER_SECONDS", default=600, most=86_400)
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# What nobody waits for goes behind everything else; 0 is usual, and Redis' steps are 0, 3, 6, 9.
CELERY_BULK_PRIORITY = 6
# What is written leaves before more is thought of: a burst of turns holds up nobody's reply.
CELERY_TURN_PRIORITY = 3
CELERY_TASK_ROUTES = {"llm.tasks.take_turn": {"priority": CELERY_TURN_PRIORITY}} | {
    task: {"priority": CELERY_BULK_PRIORITY}
    for task in (
        "campaigns.tasks.run_step",
        "knowledge.tasks.embed_document",
        "knowledge.tasks.embed_entry",
        "knowledge.tasks.embed_pending",
        "knowledge.tasks.refresh_index",
        "knowledge.tasks.split_document",
        "leads.tasks.rescore_all",
        "leads.tasks.sync_templates",
        "leads.tasks.work_on_import",
        "llm.tasks.summarise",
    )
}
CELERY_TASK_TIME_LIMIT = 300
# Of each brokerage and kind of work, so many pieces are in the queue and at work at once.
WORK_AT_ONCE: int = env.whole("WORK_AT_ONCE", default=8)
CELERY_TIMEZONE = "UTC"
CELERY_TASK_SERIALIZER = "json"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# With Redis gone a task goes on: cut off in the middle of a send, nobody would know what left. It
# comes again, and finds its row done or taken.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 0.5,
    "max_retries": 1,
    "interval_start": 0,
    "interval_max": 0.2,
}
CELERY_BEAT_SCHEDULER = "crm.beat:LeadingScheduler"
# Where worker and beat leave word for their container's check.
ALIVE_FOLDER: str = env.text("ALIVE_FOLDER", default=f"{gettempdir()}/lead-crm-{os.getuid()}")
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "heartbeat": {"task": "crm.tasks.heartbeat", "schedule": min(15, SWEEP_SECONDS)},
    # Replies first: what an outage left without a task is answered within half a minute.
    "due-turns": {"task": "llm.tasks.sweep_turns", "schedule": min(15, SWEEP_SECONDS)},
    "due-messages": {"task": "leads.tasks.sweep_messages", "schedule": min(15, SWEEP_SECONDS)},
    "due-reminders": {"task": "scheduling.tasks.sweep_reminders", "schedule": SWEEP_SECONDS},
    "due-calendars": {"task": "scheduling.tasks.sweep_calendars", "schedule": SWEEP_SECONDS},
    "costs-of-today": {"task": "llm.tasks.sweep_costs", "schedule": SWEEP_SECONDS},
    "costs-compared": {"task": "llm.tasks.repair_all_costs", "schedule": crontab(hour=7, minute=5)},
    "due-alerts": {"task": "leads.tasks.sweep_alerts", "schedule": SWEEP_SECONDS},
    "due-task-reminders": {"task": "leads.tasks.sweep_reminders", "schedule": SWEEP_SECONDS},
    "due-erasures": {"task": "leads.tasks.sweep_erasures", "schedule": SWEEP_SECONDS},
    "waiting-handoffs": {"task": "leads.tasks.sweep_handoffs", "schedule": SWEEP_SECONDS},
    "left-duties": {"task": "brokers.tasks.sweep_duties", "schedule": SWEEP_SECONDS},
    "expired-offers": {"task": "scheduling.tasks.sweep_offers", "schedule": SWEEP_SECONDS},
    "due-calls": {"task": "voice.tasks.sweep_calls", "schedule": SWEEP_SECONDS},
    "pending-embeddings": {"task": "knowledge.tasks.sweep_embeddings", "schedule": SWEEP_SECONDS},
    "due-steps": {"task": "campaigns.tasks.sweep_steps", "schedule": SWEEP_SECONDS},
    "step-outcomes": {"task": "campaigns.tasks.sweep_outcomes", "schedule": SWEEP_SECONDS},
    "due-forecasts": {"task": "campaigns.tasks.sweep_forecasts", "schedule": SWEEP_SECONDS},
    "due-replays": {"task": "llm.tasks.sweep_replays", "schedule": SWEEP_SECONDS},
    "old-replays": {"task": "llm.tasks.forget_replays", "schedule": crontab(hour=7, minute=35)},
    "campaign-triggers": {
        "task": "campaigns.tasks.sweep_triggers",
        "schedule": CAMPAIGN_TRIGGER_SECONDS,
    },
    "pending-documents": {"task": "knowledge.tasks.sweep_documents", "schedule": SWEEP_SECONDS},
    "vector-index": {
        "task": "knowledge.tasks.refresh_index",
        "schedule": crontab(hour=8, minute=15),
    },
    "due-attachments": {
        "task": "leads.tasks.sweep_attachments",
        "schedule": min(15, SWEEP_SECONDS),
    },
    "due-removals": {"task": "leads.tasks.sweep_removals", "schedule": SWEEP_SECONDS},
    "due-cards": {"task": "leads.tasks.sweep_cards", "schedule": SWEEP_SECONDS},
    "telegram-webhooks": {"task": "leads.tasks.sweep_telegram", "schedule": crontab(minute="*/15")},
    "whatsapp-templates": {"task": "leads.tasks.sweep_templates", "schedule": crontab(minute=20)},
    "due-imports": {"task": "leads.tasks.sweep_imports", "schedule": SWEEP_SECONDS},
    "old-imports": {"task": "leads.tasks.forget_imports", "schedule": crontab(hour=7, minute=20)},
    "nightly-rescore": {"task": "leads.tasks.rescore_all", "schedule": crontab(hour=6, minute=30)},
    "old-webhooks": {"task": "leads.tasks.forget_webhooks", "schedule": crontab(hour=7, minute=25)},
    "old-notifications": {
        "task": "leads.tasks.forget_notifications",
        "schedule": crontab(hour=7, minute=30),
    },
    "expired-keys": {"task": "leads.tasks.forget_keys", "schedule": crontab(hour=7, minute=15)},
    "expired-tokens": {"task": "brokers.tasks.flush_tokens", "schedule": crontab(hour=7, minute=0)},
}

# A tick that nobody took for so long is no promise any more: the next ones are there. An hour's
# outage would leave hundreds.
TICK_EXPIRES_SECONDS = 600
for _entry in CELERY_BEAT_SCHEDULE.values():
    if isinstance(_entry["schedule"], int):
        _entry["options"] = {"expires": TICK_EXPIRES_SECONDS}

# --- Assistant and vendors -------------------------------------------------------------------
os.environ.setdefault("PTB_TIMEDELTA", "true")  # python-telegram-bot tells pauses as timedeltas
TELEGRAM_API_URL: str = env.address("TELEGRAM_API_URL", default="https://api.telegram.org")
WHATSAPP_API_URL: str = env.address("WHATSAPP_API_URL", default="https://graph.facebook.com")
TURN_DELAY_SECONDS: float = env.number("TURN_DELAY_SECONDS", default=2.0, least=0, most=600)
TURN_LEASE_SECONDS: int = env.whole("TURN_LEASE_SECONDS", default=60, most=86_400)
TURNS_PER_MINUTE: int = env.whole("TURNS_PER_MINUTE", default=20)
TURNS_PER_DAY: int = env.whole("TURNS_PER_DAY", default=300)
GEMINI_API_KEY: str = env.text("GEMINI_API_KEY")
GEMINI_API_URL: str = env.address("GEMINI_API_URL")
OPENAI_API_KEY: str = env.text("OPENAI_API_KEY")
OPENAI_BASE_URL: str = env.address("OPENAI_BASE_URL")
ANTHROPIC_API_KEY: str = env.text("ANTHROPIC_API_KEY")
ANTHROPIC_BASE_URL: str = env.address("ANTHROPIC_BASE_URL")
_VENDORS = ("google", "openai", "openai-responses", "anthropic")
LLM_MODEL: str = env.model("LLM_MODEL", default="google:gemini-3.8-flash", vendors=_VENDORS)
LLM_FALLBACK_MODEL: str = env.model("LLM_FALLBACK_MODEL", default="", vendors=_VENDORS)
LLM_WRITING_MODEL: str = env.model("LLM_WRITING_MODEL", default="", vendors=_VENDORS)
LLM_TEMPERATURE: float | None = (
    env.number("LLM_TEMPERATURE", default=0.0, least=0, most=2)
    if env.text("LLM_TEMPERATURE")
    else None
)
LLM_MAX_OUTPUT_TOKENS: int = env.whole("LLM_MAX_OUTPUT_TOKENS", default=8192)
EMBEDDING_MODEL: str = env.text("EMBEDDING_MODEL", default="gemini-embedding-001")
VAPI_API_URL: str = env.address("VAPI_API_URL", default="https://api.vapi.ai").rstrip("/")
BLAND_API_URL: str = env.address("BLAND_API_URL", default="https://api.bland.ai").rstrip("/")
# A turn takes about 2,500 tokens: 5,000 turns a month, and as many summaries beside them.
LLM_UNPRICED_MONTHLY_TOKENS: int = env.whole(
    "LLM_UNPRICED_MONTHLY_TOKENS", default=15_000_000, least=0, most=10**15
)
LLM_TURN_SECONDS: float = env.number("LLM_TURN_SECONDS", default=45.0, least=1, most=600)
LLM_REQUEST_TIMEOUT_SECONDS: float = env.number(
    "LLM_REQUEST_TIMEOUT_SECONDS", default=15.0, least=0.1, most=600
)
CLP_PER_USD: Decimal = env.exact("CLP_PER_USD", default="950", least="1", most="1000000")
GOOGLE_CLIENT_ID: str = env.text("GOOGLE_CLIENT_ID")
GOOGLE_CLIENT_SECRET: str = env.text("GOOGLE_CLIENT_SECRET")
GOOGLE_CALENDAR_API_URL: str = env.address(
    "GOOGLE_CALENDAR_API_URL", default="https://www.googleapis.com"
).rstrip("/")
GOOGLE_OAUTH_URL: str = env.address(
    "GOOGLE_OAUTH_URL", default="https://accounts.google.com/o/oauth2/v2/auth"
)
GOOGLE_TOKEN_URL: str = env.address(
    "GOOGLE_TOKEN_URL", default="https://oauth2.googleapis.com/token"
)
EMAIL_CONFIG = env.mail("EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost:25")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT: int = env.whole("EMAIL_TIMEOUT_SECONDS", default=10, most=600)
DEFAULT_FROM_EMAIL: str = env.mailbox("DEFAULT_FROM_EMAIL", default="crm@localhost")

UNFOLD = theme.UNFOLD

# --- Logs ------------------------------------------------------------------------------------
LOG_FORMAT: str = env.choice("LOG_FORMAT", of=logs.FORMATS, default=logs.LINE)
LOG_LEVEL: str = env.choice("LOG_LEVEL", of=logs.LEVELS, default="INFO")
LOGGING = logs.config(LOG_FORMAT, LOG_LEVEL)
METRICS_TOKEN: str = env.text("METRICS_TOKEN")
OTEL_EXPORTER_OTLP_ENDPOINT: str = env.address("OTEL_EXPORTER_OTLP_ENDPOINT")
SENTRY_DSN: str = env.dsn("SENTRY_DSN")
SENTRY_ENVIRONMENT: str = env.text("SENTRY_ENVIRONMENT", default="production")
