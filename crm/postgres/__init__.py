"""Django's PostgreSQL backend, with each statement told whose rows it may see."""
