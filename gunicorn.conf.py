"""What gunicorn reads beside its command line: its own lines are written as ours are."""

import os
from pathlib import Path

import environ

from crm import logs

environ.Env.read_env(Path(__file__).parent / ".env")
logconfig_dict = logs.config(
    os.environ.get("LOG_FORMAT", logs.LINE), os.environ.get("LOG_LEVEL", "INFO").upper()
)
