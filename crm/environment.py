"""Settings from the environment; one that cannot be read is named, with what it takes."""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

TAKES = {int: "a whole number", float: "a number"}


class Env(environ.Env):  # type: ignore[misc]
    """django-environ's, whose errors do not say which variable was wrong."""

    def get_value(self, var: str, cast: Any = None, *given: Any, **named: Any) -> Any:
        try:
            return super().get_value(var, cast, *given, **named)
        except ValueError as error:  # its text quotes the value, which may be a secret
            takes = TAKES.get(cast, "something else: .env.example tells what")
            raise ImproperlyConfigured(f"{var} takes {takes}.") from error
