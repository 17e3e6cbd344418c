"""What the rules look up, answered from memory for a whole audience, with what is foreseen added."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from brokers.models import Broker, BrokerVoiceConfig
from campaigns import ledger
from campaigns.models import Campaign
from leads import gate, parts
from leads.enums import Channel
from leads.models import ChannelIdentity, Conversation, Lead, Suppression
from scheduling import availability
from voice import calls
from voice.errors import CallRefused
from voice.models import UNDER_WAY, VoiceCall

YEAR = timedelta(days=366)
DAY = timedelta(days=1)
CHUNK = 1_000
COLUMNS = (
    "broker_id", "name", "phone", "phone_e164", "email", "status", "lead_score", "pipeline_stage",
    "tags", "timezone", "treatment_type", "merged_into_id", "assigned_to_id",
)  # fmt: skip


class Foresight(gate.Records):
    """The records of an audience as they are at ``at``, and every contact foreseen so far."""

    def __init__(self, campaign: Campaign, leads: Sequence[Lead], *, at: datetime) -> None:
        self.broker = _broker(campaign.broker_id)
        self.voice: BrokerVoiceConfig = self.broker.brokervoiceconfig
        self.campaign, self.at = campaign, at
        self._identities: dict[tuple[int, str], list[ChannelIdentity]] = defaultdict(list)
        self._marks: dict[tuple[str, str], datetime] = {}
        self._contacts: dict[int, list[datetime]] = defaultdict(list)
        self._others: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
        self._calls: dict[int, list[datetime]] = defaultdict(list)
        self._free_days: dict[str, bool] = {}
        self._ringing: set[int] = set()
        self._read_marks()
        for start in range(0, len(leads), CHUNK):
            self._read(leads[start : start + CHUNK])

    def _read_marks(self) -> None:
        marks = Suppression.objects.filter(broker=self.broker).order_by("created_at")
        self._marks = {
            (identifier, channel): since
            for identifier, channel, since in marks.values_list(
                "identifier", "channel", "created_at"
            ).iterator(chunk_size=5_000)
        }

    def _read(self, leads: Sequence[Lead]) -> None:
        ids, since = [lead.pk for lead in leads], self.at - DAY
        held = Conversation.objects.filter(lead__in=ids)
        conversations = {row.lead_id: row for row in held.defer("summary", "brief")}
        for lead in leads:
            lead.broker = self.broker
            known = conversations.get(lead.pk)
            lead.conversation = known or Conversation(lead=lead, broker_id=lead.broker_id)
        for each in ChannelIdentity.objects.filter(lead__in=ids).order_by("-id"):
            self._identities[each.lead_id, each.channel].append(each)
        until = self.at + YEAR
        for lead_id, moment in gate.messages(ids, since, until):
            self._contacts[lead_id].append(moment)
        for part in parts.parts():
            if part.contacts:
                for lead_id, moment in part.contacts(ids, since, until, None):
                    self._contacts[lead_id].append(moment)
        self._read_other_campaigns(ids)
        ringing = VoiceCall.objects.filter(lead__in=ids, status__in=UNDER_WAY)
        self._ringing |= set(ringing.values_list("lead_id", flat=True))

    def _read_other_campaigns(self, ids: Sequence[int]) -> None:
        """Their steps that are due: contacts of that day, as far as anybody knows today."""
        steps = ledger.coming().filter(lead__in=ids).exclude(campaign=self.campaign)
        reach = steps.exclude(step__action="update_stage")
        for lead_id, due, other in reach.values_list("lead_id", "due_at", "campaign_id"):
            moment = max(due, self.at)
            self._others[lead_id].append((moment, other))
            self._contacts[lead_id].append(moment)

    # --- What the gate asks ---

    def identities(self, lead: Lead, channel: Channel | str) -> list[ChannelIdentity]:
        return self._identities[lead.pk, str(channel)]

    def suppressed_since(
        self, lead: Lead, identifiers: Sequence[str], scope: str
    ) -> datetime | None:
        found = [
            since
            for identifier in identifiers
            for channel in ("", str(scope))
            if (since := self._marks.get((identifier, channel)))
        ]
        return max(found, default=None)

    def contacts(
        self,
        lead: Lead,
        since: datetime,
        until: datetime,
        ignore_message: int | None,
        ignore_call: int | None,
    ) -> int:
        return sum(since <= moment < until for moment in self._contacts[lead.pk])

    # --- What is foreseen ---

    def add_contact(self, lead: Lead, at: datetime) -> None:
        self._contacts[lead.pk].append(at)

    def add_call(self, lead: Lead, at: datetime) -> None:
        self._calls[lead.pk].append(at)

    def refuses_call(self, lead: Lead, at: datetime, *, calling: int) -> CallRefused | None:
        """What a broker's lines say of one more call, beyond the gate."""
        begun = calls.midnight(lead, at)
        try:
            calls.require_line(
                lead,
                self.voice,
                at,
                under_way=lead.pk in self._ringing and at <= self.at,
                today=sum(moment >= begun for moment in self._calls[lead.pk]),
                calling=calling,
            )
        except CallRefused as refusal:
            return refusal
        return None

    def other_campaign(self, lead: Lead, at: datetime) -> int | None:
        """Another campaign that means to contact the lead on the same day of theirs."""
        others = self._others.get(lead.pk)
        if not others:
            return None
        begun = calls.midnight(lead, at)
        return next((pk for due, pk in others if begun <= due < begun + DAY), None)

    def has_hours(self, at: datetime) -> bool:
        """Whether an hour could be offered on that day, as the diary is now: asked once a day."""
        day = at.astimezone(self.broker.zone).date().isoformat()
        if day not in self._free_days:
            end = at + availability.meeting(self.broker).horizon
            free = availability.free_slots(self.broker, start=at, end=end, at=at)
            self._free_days[day] = bool(free)
        return self._free_days[day]


def _broker(pk: int) -> Broker:
    related = (
        "brokerleadconfig", "brokerchatconfig", "brokerpromptconfig", "brokervoiceconfig",
    )  # fmt: skip
    broker: Broker = Broker.objects.select_related(*related).get(pk=pk)
    return broker
