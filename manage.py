#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from crm import rowsecurity
from crm.starting import in_one_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    with in_one_line(), rowsecurity.across("command"):
        execute_from_command_line(sys.argv)
