"""The diary in other people's calendars: Google Calendar, and .ics for everybody else."""
