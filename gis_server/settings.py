"""All settings in one file.  What can be set from outside is read through `env`, which refuses bad
values, and stands in docs/settings.md (a test compares the two)."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from gis_server import geolibs
from gis_server.env import (
    broker_of,
    env_bool,
    env_choice,
    env_choices,
    env_clock,
    env_database,
    env_endpoint,
    env_hosts,
    env_int,
    env_list,
    env_mapping,
    env_networks,
    env_origin,
    env_redis,
    env_secret,
    env_str,
    env_token,
    env_vault_keys,
    env_weights,
)
from gis_server.roles import Role

BASE_DIR = Path(__file__).resolve().parent.parent
# Of an installation /var/lib/gis-server, and named so in messages.
VAR_DIR = (BASE_DIR / "var").resolve()

# Django itself -----------------------------------------------------------------------------------
DEBUG = env_bool("DEBUG", False)
SECRET_KEY = env_secret("SECRET_KEY")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("TRUSTED_ORIGINS", "")
ROOT_URLCONF = "gis_server.urls"
WSGI_APPLICATION = "gis_server.wsgi.application"
# In front of all middleware: answers tiles for whoever has just been let through.
DOOR = "maps.door.TileDoor"
AUTH_USER_MODEL = "gis_server.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "gis_server.apps.GisServerConfig",
    "grids",
    "patrols",
    "cameras",
    "events",
    "maps",
    "fixtures",
    "django.contrib.gis",
    "django.contrib.postgres",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "axes",
    "gis_server.apps.StaticFiles",
]
MIDDLEWARE = [
    "gis_server.logs.RequestLog",
    "gis_server.edge.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "gis_server.edge.BodyLimit",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
    "gis_server.edge.Gate",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Where things are kept ---------------------------------------------------------------------------
# Threads keep their connection for ever (a connection per request is 15 to 22 times slower) and
# ask whether it still lives before they use it, so that a restart of PostgreSQL costs no request.
# A pool that hands a connection on after each transaction (pgbouncer) knows neither cursors that
# outlive one nor options at the start; docs/scale.md tells what to set in PostgreSQL instead.
DATABASE_POOLED = env_bool("DATABASE_POOLED", False)
# And PostgreSQL gives up a client that vanished as soon: for two hours, as it is by itself, the
# locks of a machine that was cut off would keep all others waiting.
SESSION = (
    "-c jit=off -c lock_timeout=10s -c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5"
    " -c tcp_keepalives_count=3 -c tcp_user_timeout=30s"
)
DATABASES = {
    "default": env_database("DATABASE_URL")
    | {
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": DATABASE_POOLED,
        # A server that vanished without a word (no power, no line) is given up after half a minute.
        "OPTIONS": {
            "connect_timeout": 5,
            "keepalives_idle": 15,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
        }
        | ({} if DATABASE_POOLED else {"options": SESSION}),
    }
}
REDIS_URL = env_redis("REDIS_URL")
# One that hangs is as good as away: whoever asks goes on without it after this.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}
MEDIA_ROOT = Path(env_str("MEDIA_ROOT", str(VAR_DIR / "media")))
STATIC_ROOT = Path(env_str("STATIC_ROOT", str(VAR_DIR / "static")))
STATIC_URL = "/static/"
STATICFILES_DIRS = [
    ("vendor/maplibre-gl", BASE_DIR / "node_modules" / "maplibre-gl" / "dist"),
    ("vendor/ol", BASE_DIR / "node_modules" / "ol" / "dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "gis_server.static_files.HashedStatic"},
}

# Which of its processes run on this machine; none named: all of them ------------------------------
ONLY = env_choices(
    "ONLY", ("web", "live", "positions", "poller", "pictures", "cover", "jobs")
)  # fmt: skip
LIVE_RUNS_HERE = not ONLY or "live" in ONLY

# Where it is reached -----------------------------------------------------------------------------
WEB_HOST = env_str("WEB_HOST", "127.0.0.1")
WEB_PORT = env_int("WEB_PORT", 8000, 1, 65535)
LIVE_PORT = env_int("LIVE_PORT", 8001, 1, 65535)
LIVE_URL = env_origin("LIVE_URL")
POSITIONS_PORT = env_int("POSITIONS_PORT", 8002, 1, 65535)
POSITIONS_URL = env_origin("POSITIONS_URL")
BEHIND_TLS = env_bool("BEHIND_TLS", False)
CSRF_FAILURE_VIEW = "gis_server.edge.refuse_csrf"
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/wall/"
LOGOUT_REDIRECT_URL = "/sign-in/"
# In the database alone: a cache in front saves one query, and signs everybody out, or fails every
# page, when Redis is away.
SESSION_ENGINE = "gis_server.accounts.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
# A browser that has come by TLS once comes by nothing else for a year.  Whoever comes without is
# led there; but not the checks of this machine, which ask the process itself.
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if BEHIND_TLS else 0
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
# `check --deploy`: lists of preloaded names are for the internet, and what else a district runs
# below this name (W005, W021) is not ours to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PASSWORD_KINDS = env_int("PASSWORD_KINDS", 3, 1, 4)
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": "gis_server.accounts.passwords.LongEnough",
        "OPTIONS": {"min_length": env_int("PASSWORD_LENGTH", 10, 8, 64)},
    },
    {"NAME": "gis_server.accounts.passwords.KindsOfCharacters"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Failed sign-ins: see docs/design/sign-in.md.  Axes refuses before Django looks at the password.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "gis_server.accounts.second_factor.CodeBackend",
]
SECOND_FACTOR_ROLES = env_choices("SECOND_FACTOR_ROLES", tuple(Role))
AXES_FAILURE_LIMIT = env_int("SIGN_IN_TRIES", 5, 3, 100)
AXES_COOLOFF_TIME = timedelta(minutes=env_int("SIGN_IN_WAIT_MIN", 15, 1, 1440))
# Neither alone: one stranger could lock a user out everywhere, or an office behind one address.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "gis_server.sign_in.Tries"
AXES_CLIENT_IP_CALLABLE = "gis_server.origin.address_of"
AXES_CLIENT_STR_CALLABLE = "gis_server.sign_in.client_in_logs"
AXES_LOCKOUT_CALLABLE = "gis_server.sign_in.answer_lockout"
AXES_RESET_ON_SUCCESS = True
# Who keeps trying while locked out is neither counted nor kept out for longer.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_WHITELIST_CALLABLE = "gis_server.accounts.oidc.not_counted"
# The district's own sign-in: there when OIDC_ISSUER is set.  See docs/design/sign-in.md.
OIDC_ISSUER = env_endpoint("OIDC_ISSUER")
OIDC_ON = bool(OIDC_ISSUER)
OIDC_OP_AUTHORIZATION_ENDPOINT = env_endpoint("OIDC_AUTHORIZATION_URL", OIDC_ON)
OIDC_OP_TOKEN_ENDPOINT = env_endpoint("OIDC_TOKEN_URL", OIDC_ON)
OIDC_OP_USER_ENDPOINT = env_endpoint("OIDC_USERINFO_URL", OIDC_ON)
OIDC_OP_JWKS_ENDPOINT = env_endpoint("OIDC_JWKS_URL", OIDC_ON)
OIDC_RP_CLIENT_ID = env_str("OIDC_CLIENT_ID", "gis-server")
OIDC_RP_CLIENT_SECRET = env_secret("OIDC_CLIENT_SECRET", "") if OIDC_ON else ""
OIDC_RP_SCOPES = env_str("OIDC_SCOPES", "openid profile")
OIDC_RP_SIGN_ALGO = env_choice("OIDC_ALGORITHM", "RS256", ("RS256", "ES256"))
OIDC_USE_PKCE = True
OIDC_TIMEOUT = 10
OIDC_CLAIM = env_str("OIDC_CLAIM", "sub")
OIDC_UNKNOWN_USERS = env_choice("OIDC_UNKNOWN_USERS", "refuse", ("refuse", "create"))
OIDC_CREATE_USER = OIDC_UNKNOWN_USERS == "create"
OIDC_ROLE_CLAIM = env_str("OIDC_ROLE_CLAIM", "")
OIDC_ROLES = env_mapping("OIDC_ROLES", tuple(Role))
OIDC_SCOPE_CLAIM = env_str("OIDC_SCOPE_CLAIM", "")
LOGIN_REDIRECT_URL_FAILURE = LOGIN_URL
if OIDC_ON:
    AUTHENTICATION_BACKENDS.append("gis_server.accounts.oidc.OidcBackend")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Of one account in one minute, and of one address that signs in: see gis_server/throttle.py.
RATES = {
    "files": env_int("RATE_FILES", 60, 1, 100_000),
    "imports": env_int("RATE_IMPORTS", 30, 1, 100_000),
    "searches": env_int("RATE_SEARCHES", 600, 1, 100_000),
    "figures": env_int("RATE_FIGURES", 120, 1, 100_000),
    "devices": env_int("RATE_DEVICES", 60, 1, 100_000),
    "sign_ins": env_int("RATE_SIGN_INS", 60, 1, 100_000),
}

# Words and time ----------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# Space -------------------------------------------------------------------------------------------
# CGCS2000, 3-degree zone 114°E by default: the zone edge at 112.5°E cuts Taiyuan, and the model
# district lies east of it.
METRIC_SRID = env_int("METRIC_SRID", 4547, 1024, 998999)
TILE_STORE = Path(env_str("TILE_STORE", str(VAR_DIR / "tiles")))
TILE_STORE_MB = env_int("TILE_STORE_MB", 2048, 0, 1_000_000)
BASE_MAP = env_choice("BASE_MAP", "none", ("none", "tiles", "pmtiles"))
BASE_MAP_URL = env_str("BASE_MAP_URL", "")
BASE_MAP_SERVERS = env_list("BASE_MAP_SERVERS", "")
BASE_MAP_KEY = (
    env_secret("BASE_MAP_KEY", "") if BASE_MAP == "tiles" and "{key}" in BASE_MAP_URL else ""
)
BASE_MAP_FILE = env_str("BASE_MAP_FILE", "")
BASE_MAP_FRAME = env_str("BASE_MAP_FRAME", "wgs84").lower()
BASE_MAP_ZOOMS = (env_int("BASE_MAP_MIN_ZOOM", 3, 0, 22), env_int("BASE_MAP_MAX_ZOOM", 18, 0, 22))
BASE_MAP_CREDIT = env_str("BASE_MAP_CREDIT", "")
GEOS_LIBRARY_PATH = geolibs.geos_library()
GDAL_LIBRARY_PATH = geolibs.gdal_library()

# Files and hand-over -----------------------------------------------------------------------------
PDF_FONT = env_str("PDF_FONT", "")
DELIVERY_HOSTS = env_hosts("DELIVERY_HOSTS", "qyapi.weixin.qq.com,oapi.dingtalk.com")
DELIVERY_CA_FILE = env_str("DELIVERY_CA_FILE", "")
# Django's own names for the mail server; no host means that no mail is sent.
EMAIL_HOST = env_str("EMAIL_HOST", "")
EMAIL_PORT = env_int("EMAIL_PORT", 465, 1, 65535)
EMAIL_HOST_USER = env_str("EMAIL_USER", "")
EMAIL_HOST_PASSWORD = env_secret("EMAIL_PASSWORD", "") if EMAIL_HOST_USER else ""
EMAIL_SECURITY = env_choice("EMAIL_SECURITY", "tls", ("tls", "starttls", "none"))
EMAIL_USE_SSL, EMAIL_USE_TLS = EMAIL_SECURITY == "tls", EMAIL_SECURITY == "starttls"
DEFAULT_FROM_EMAIL = env_str("EMAIL_FROM", EMAIL_HOST_USER)
EMAIL_TIMEOUT = 10

# Cameras -----------------------------------------------------------------------------------------
PICTURE_DAYS = env_int("PICTURE_DAYS", 30, 1, 3650)
PICTURE_FAULT_DAYS = env_int("PICTURE_FAULT_DAYS", 180, 1, 3650)
PROBE_INTERVAL_S = env_int("PROBE_INTERVAL_S", 60, 5, 3600)
CLOCK_INTERVAL_S = env_int("CLOCK_INTERVAL_S", 600, 60, 86_400)
DEVICE_INTERVAL_S = env_int("DEVICE_INTERVAL_S", 86_400, 3600, 2_592_000)
PROBE_NETWORKS = env_networks("PROBE_NETWORKS", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16")
VAULT_KEY = env_vault_keys("VAULT_KEY")
CAMERA_FARM = env_str("CAMERA_FARM", "")

# Events ------------------------------------------------------------------------------------------
EVENT_REPORTS_PER_MINUTE = env_int("EVENT_REPORTS_PER_MINUTE", 60, 1, 100_000)
EVENT_PHOTOS_PER_MINUTE = env_int("EVENT_PHOTOS_PER_MINUTE", 120, 1, 100_000)
EVENT_TOKEN_REPORTS_PER_MINUTE = env_int("EVENT_TOKEN_REPORTS_PER_MINUTE", 3000, 1, 1_000_000)

# Patrols -----------------------------------------------------------------------------------------
PATROL_KEPT_DAYS = env_int("PATROL_KEPT_DAYS", 90, 1, 3650)

# Boundary plans ----------------------------------------------------------------------------------
# How many households a grid should have, and what its load counts (`grids.impact`).
PLAN_HOUSEHOLDS_LOW = env_int("PLAN_HOUSEHOLDS_LOW", 300, 0, 100_000)
PLAN_HOUSEHOLDS_HIGH = env_int("PLAN_HOUSEHOLDS_HIGH", 500, PLAN_HOUSEHOLDS_LOW, 1_000_000)
PLAN_LOAD_WEIGHTS = env_weights(
    "PLAN_LOAD_WEIGHTS",
    "households=1,shops=1,service_points=2,street_km=15,open_events=5",
    (
        "households", "buildings", "shops", "service_points", "cameras", "street_km",
        "open_events",
    ),
)  # fmt: skip

# Backups -----------------------------------------------------------------------------------------
BACKUP_DIR = Path(env_str("BACKUP_DIR", str(VAR_DIR / "backups")))
BACKUP_AT = env_clock("BACKUP_AT", "02:30")
BACKUP_DAYS = env_int("BACKUP_DAYS", 14, 1, 3650)
BACKUP_LEAVE_MB = env_int("BACKUP_LEAVE_MB", 2048, 0, 10_000_000)
BACKUP_VERIFY = env_bool("BACKUP_VERIFY", True)

# Background work ---------------------------------------------------------------------------------
CELERY_BROKER_URL = broker_of(REDIS_URL)
# A Redis that vanished without a word (no power, no line): whoever waits for it tries anew.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
}
# A worker takes no more than it can begin: what it has taken when it dies waits for an hour.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Processes of jobs are replaced every quarter of an hour or so: what the largest job of each once
# needed is not held for months.
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # else Celery sends a job of its own at four, which forgets results
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# What lies on one machine is done there: by the one of several that has all processes.
CELERY_TASK_ROUTES = {"gis_server.jobs.back_up": {"queue": "first"}}
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "gis_server.job_times:Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "run" / "beat")
CELERY_BEAT_SCHEDULE = {
    "events: briefings of what is over": {
        "task": "events.jobs.make_briefings",
        "schedule": 120.0,
        "options": {"expires": 120},
    },
    "cameras: call what nobody asked unknown": {
        "task": "cameras.jobs.mark_stale_cameras",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "cameras: tend the repair orders": {
        "task": "cameras.jobs.tend_repairs",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "cameras: drop what need not be kept": {
        "task": "cameras.jobs.prune",
        "schedule": 300.0,
    },
    "cameras: drop results that need not be kept": {
        "task": "cameras.jobs.drop_old_probes",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "cameras: deliver the offline list": {
        "task": "cameras.jobs.hand_over",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "cameras: drop files that no picture names": {
        "task": "cameras.jobs.drop_stray_files",
        "schedule": 24 * 3600.0,
    },
    "cameras: report the month that is over": {
        "task": "cameras.jobs.report_last_month",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "patrols: work the day that is over out as a whole": {
        "task": "patrols.jobs.keep_seen",
        "schedule": 24 * 3600.0,
        "options": {"expires": 12 * 3600},
    },
    "patrols: make days for positions, drop old ones": {
        "task": "patrols.jobs.keep_days",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "events: drop photos that nothing has named": {
        "task": "events.jobs.drop_unused_photos",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "events: forget calls that nobody repeats": {
        "task": "events.jobs.forget_calls",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "events: drop files that no photo names": {
        "task": "events.jobs.drop_stray_photos",
        "schedule": 24 * 3600.0,
    },
    "events: tell of deadlines that have passed": {
        "task": "events.jobs.keep_deadlines",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    # Shapes begin at midnight; asked all day long, so that a night without power costs nothing.
    "grids: put points into the grids of today": {
        "task": "grids.jobs.follow_today",
        "schedule": 600.0,
    },
    # Asked all day long too, so that a plan is in force a minute after the server is back.
    "grids: let boundary plans come into force": {
        "task": "grids.jobs.publish_plans",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "grids: set imports back whose job is gone": {
        "task": "grids.jobs.pick_up_imports",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "grids: drop files of imports that are over": {
        "task": "grids.jobs.drop_old_imports",
        "schedule": 24 * 3600.0,
    },
    "maps: simplify what has changed of the territory": {
        "task": "maps.jobs.draw_territory",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "maps: count places that stand together": {
        "task": "maps.jobs.count_places",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "maps: drop tiles that nobody asks for": {
        "task": "maps.jobs.prune_tiles",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "maps: forget who took alarms that are long over": {
        "task": "maps.jobs.prune_alarms",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "gis_server: say that jobs are done": {
        "task": "gis_server.jobs.say_alive",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    # Asked all day long: a night without power is made up for, and what failed is tried again.
    "gis_server: make the nightly backup": {
        "task": "gis_server.jobs.back_up",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "gis_server: enter the holidays of years that are announced": {
        "task": "gis_server.jobs.load_calendar",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "gis_server: shorten the change feed": {
        "task": "gis_server.jobs.prune_changes",
        "schedule": 3600.0,
    },
    "gis_server: drop sessions that have run out": {
        "task": "gis_server.jobs.drop_old_sessions",
        "schedule": 6 * 3600.0,
    },
    "gis_server: forget failed sign-ins that no longer count": {
        "task": "gis_server.jobs.prune_sign_ins",
        "schedule": 300.0,
    },
    "gis_server: make what can be found agree with what there is": {
        "task": "gis_server.jobs.refresh_search",
        "schedule": 6 * 3600.0,
    },
}

# Watching the server itself ----------------------------------------------------------------------
# Parts that are looked at, each by the app that knows it: this package imports no app.
WATCHES = (
    "gis_server.watch.database.WATCHES",
    "gis_server.watch.queue.WATCHES",
    "gis_server.watch.parts.WATCHES",
    "cameras.watching.WATCHES",
    "gis_server.watch.web.WATCHES",
    "gis_server.watch.disks.WATCHES",
    "gis_server.watch.backups.WATCHES",
)
METRICS_TOKEN = env_token("METRICS_TOKEN", 24)
METRICS_NETWORKS = env_networks("METRICS_NETWORKS", "")
_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder made there is ours alone, and is looked at
METRICS_DIR = Path(
    env_str(
        "METRICS_DIR",
        str((_MEMORY if _MEMORY.is_dir() else VAR_DIR / "run") / f"gis-server-{os.geteuid()}"),
    )
)
# The name by which the library knows it, which reads it once, when it is first imported.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)
SLOW_STATEMENT_MS = env_int("SLOW_STATEMENT_MS", 1000, 10, 600_000)

# Logs --------------------------------------------------------------------------------------------
LOG_FORMAT = env_choice("LOG_FORMAT", "json", ("json", "text"))
LOG_LEVEL = env_choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "gis_server.logs.AddRequestId"}},
    "formatters": {
        "json": {
            "()": "gis_server.logs.Lines",
            "format": (
                "%(asctime)s %(levelname)s %(part)s %(process)d %(name)s %(request_id)s %(message)s"
            ),
            "rename_fields": {
                "asctime": "at",
                "levelname": "level",
                "process": "pid",
                "name": "logger",
            },
        },
        "text": {
            "class": "gis_server.logs.Text",
            "format": "%(asctime)s %(levelname)-7s %(name)s %(message)s",
        },
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # Servers bring handlers of their own, which write no JSON: their lines go the way of ours.
    # Django's own lines about refused requests repeat what RequestLog writes.
    # Celery tells of every job that came and went, axes of every step of a sign-in, the
    # makers of PDF files of every table of a font.
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR"},
        "celery": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "fpdf": {"level": "WARNING"},
        **{
            name: {"handlers": [], "propagate": True}
            for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "_granian")
        },
    },
}
