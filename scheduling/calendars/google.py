"""Google Calendar over HTTP: consent, tokens, events with Meet, and what changed since."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from crm import http
from crm.errors import ProviderError
from scheduling.availability import meeting
from scheduling.calendars.wording import describe, page_of, title
from scheduling.models import Appointment, CalendarConnection

SCOPE = "https://www.googleapis.com/auth/calendar.events"
EARLY = timedelta(minutes=1)
GONE, CONFLICT, UNAUTHORIZED = 410, 409, 401
NOT_THERE = (404, GONE)
RATE_LIMITED = 403  # Google's quota answer; without access it is 404


class Revoked(ProviderError):
    """The agent took our access away, or never gave it: they have to connect again."""

    code = "calendar_revoked"

    def __init__(self) -> None:
        super().__init__(retryable=False)


class SyncTokenGone(ProviderError):
    """Google forgot where we were: everything has to be read again."""

    code = "sync_token_gone"

    def __init__(self) -> None:
        super().__init__(retryable=False)


def is_configured() -> bool:
    return bool(settings.GOOGLE_CLIENT_ID and settings.GOOGLE_CLIENT_SECRET)


# --- Consent and tokens -----------------------------------------------------------------------


def consent_url(state: str) -> str:
    """Where an agent gives us access; ``prompt=consent`` makes Google send a refresh token."""
    asked = {
        "client_id": settings.GOOGLE_CLIENT_ID,
        "redirect_uri": redirect_uri(),
        "response_type": "code",
        "scope": SCOPE,
        "access_type": "offline",
        "prompt": "consent",
        "state": state,
    }
    return f"{settings.GOOGLE_OAUTH_URL}?{urlencode(asked)}"


def start_url() -> str:
    return f"{settings.PUBLIC_URL}{reverse('google-start')}"


def redirect_uri() -> str:
    return f"{settings.PUBLIC_URL}{reverse('google-callback')}"


def hook_url() -> str:
    return f"{settings.PUBLIC_URL}{reverse('google-hook')}"


def exchange(code: str) -> dict[str, Any]:
    """The credentials for an authorization code."""
    given = _token(grant_type="authorization_code", code=code, redirect_uri=redirect_uri())
    if not given.get("refresh_token"):
        raise Revoked
    return given


def _token(**asked: str) -> dict[str, Any]:
    client = {
        "client_id": settings.GOOGLE_CLIENT_ID,
        "client_secret": settings.GOOGLE_CLIENT_SECRET,
    }
    try:
        answer = http.request("POST", settings.GOOGLE_TOKEN_URL, data={**client, **asked})
    except ProviderError as error:
        if error.data.get("vendor_status") in (400, UNAUTHORIZED):
            raise Revoked from error
        raise
    seconds = int(answer.get("expires_in", 3600))
    expires = timezone.now() + timedelta(seconds=seconds)
    kept = {name: answer[name] for name in ("access_token", "refresh_token") if name in answer}
    return {**kept, "expires_at": expires.isoformat()}


class Account:
    """One agent's calendar: every call carries a valid token, renewed when Google refuses it."""

    def __init__(self, connection: CalendarConnection) -> None:
        self.connection = connection
        calendar = quote(connection.calendar_id, safe="")
        self.events_url = (
            f"{settings.GOOGLE_CALENDAR_API_URL}/calendar/v3/calendars/{calendar}/events"
        )

    def insert(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._call("POST", "", json=body, params=_WITH_MEET)

    def patch(self, event_id: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._call("PATCH", f"/{event_id}", json=body, params=_WITH_MEET)

    def delete(self, event_id: str) -> None:
        self._call("DELETE", f"/{event_id}", params={"sendUpdates": "none"})

    def watch(self, channel: str, token: str) -> datetime | None:
        """Ask Google to tell us of changes; until when it will."""
        asked = {"id": channel, "type": "web_hook", "address": hook_url(), "token": token}
        expires = self._call("POST", "/watch", json=asked).get("expiration")
        return datetime.fromtimestamp(int(expires) / 1000, UTC) if expires else None

    def everything(self, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        """Pages of what lies in ``[start, end)``. The last one has the token to go on from."""
        span = {"timeMin": _rfc3339(start), "timeMax": _rfc3339(end)}
        return self._pages(span)

    def changes(self, sync_token: str) -> Iterator[dict[str, Any]]:
        """Pages of what changed since; Google takes the token with the same options only."""
        return self._pages({"syncToken": sync_token})

    def _pages(self, which: dict[str, str]) -> Iterator[dict[str, Any]]:
        asked = {**_EACH_DAY, **which}
        while True:
            page = self._page(asked)
            yield page
            if not page.get("nextPageToken"):
                return
            asked["pageToken"] = page["nextPageToken"]

    def _page(self, asked: dict[str, str]) -> dict[str, Any]:
        try:
            return self._call("GET", "", params=asked)
        except ProviderError as error:
            if error.data.get("vendor_status") == GONE:
                raise SyncTokenGone from error
            raise

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        token = self._token()
        try:
            return self._send(method, path, token, **options)
        except ProviderError as error:
            if error.data.get("vendor_status") != UNAUTHORIZED:
                raise
        try:
            return self._send(method, path, self._renew(), **options)
        except ProviderError as error:
            if error.data.get("vendor_status") == UNAUTHORIZED:
                raise Revoked from error
            raise

    def _send(self, method: str, path: str, token: str, **options: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = http.request(method, f"{self.events_url}{path}", headers=headers, **options)
        return answer or {}

    def _token(self) -> str:
        held = self.connection.credentials
        expires = held.get("expires_at")
        if expires and timezone.now() < datetime.fromisoformat(expires) - EARLY:
            return str(held["access_token"])
        return self._renew()

    def _renew(self) -> str:
        """A new access token, kept for the next worker unless the agent reconnected meanwhile."""
        held = self.connection.credentials
        if not held.get("refresh_token"):
            raise Revoked
        given = _token(grant_type="refresh_token", refresh_token=held["refresh_token"])
        self._keep({**held, **given})
        return str(given["access_token"])

    @transaction.atomic
    def _keep(self, credentials: dict[str, Any]) -> None:
        stored = CalendarConnection.objects.select_for_update(of=("self",)).get(
            pk=self.connection.pk
        )
        self.connection.credentials = credentials
        if stored.credentials.get("refresh_token") == credentials["refresh_token"]:
            self.connection.save(update_fields=["credentials", "updated_at"])


# Google mails nobody: the lead gets our own invitation, whose UID is that of this event, so that
# the two are one entry in their calendar.
_WITH_MEET = {"conferenceDataVersion": "1", "sendUpdates": "none"}
# A repeating event comes as the days it takes place on, and what was deleted as cancelled.
_EACH_DAY = {"maxResults": "1000", "showDeleted": "true", "singleEvents": "true"}


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def body_of(appointment: Appointment, event_id: str) -> dict[str, Any]:
    """The event as it should stand. Repeating it changes nothing: ids and requests are ours."""
    zone = appointment.lead.broker.timezone
    body: dict[str, Any] = {
        "summary": title(appointment),
        "description": describe(appointment),
        "source": {"title": "CRM", "url": page_of(appointment)},
        "location": appointment.location,
        "start": {"dateTime": appointment.start_time.isoformat(), "timeZone": zone},
        "end": {"dateTime": appointment.end_time.isoformat(), "timeZone": zone},
        "status": "confirmed",
    }
    if invites(appointment):
        body["attendees"] = [guest_of(appointment)]
    if not appointment.meet_url:
        meet = {"requestId": event_id, "conferenceSolutionKey": {"type": "hangoutsMeet"}}
        body["conferenceData"] = {"createRequest": meet}
    return body


def invites(appointment: Appointment) -> bool:
    """Whether the lead stands in the event as a guest: they have an address, the broker agrees."""
    lead = appointment.lead
    return bool(lead.email) and meeting(lead.broker).invites_lead


def guest_of(appointment: Appointment) -> dict[str, Any]:
    lead = appointment.lead
    return {"email": lead.email, "displayName": str(lead)}


def says_the_same(event: dict[str, Any], said: dict[str, Any]) -> bool:
    """Whether an event still tells the visit as our own words for it do."""
    words = all(event.get(name, "") == said[name] for name in ("summary", "location", "status"))
    return words and all(_when(event, side) == _when(said, side) for side in ("start", "end"))


def _when(event: dict[str, Any], side: str) -> datetime | None:
    try:
        return datetime.fromisoformat(event[side]["dateTime"])
    except (KeyError, TypeError, ValueError):
        return None


def meet_url(event: dict[str, Any]) -> str:
    """The event's own link; none is made up."""
    return str(event.get("hangoutLink") or "")


def is_meet_pending(event: dict[str, Any]) -> bool:
    request = event.get("conferenceData", {}).get("createRequest", {})
    return bool(request.get("status", {}).get("statusCode") == "pending")
