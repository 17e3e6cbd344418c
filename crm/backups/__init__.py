"""Backups of everything that cannot be made anew: the database and the files, with a manifest."""
