"""The parts of WhatsApp's webhooks that we read, as Meta documents them."""

from collections.abc import Callable
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)


class Part(BaseModel):
    """Reads leniently: an empty field is one left out, a number where text is due is its digits."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None}


class Profile(Part):
    name: str = ""


class Contact(Part):
    """Who writes: a number, which may be kept from us, and an id of this business' own."""

    wa_id: str = ""
    user_id: str = ""
    profile: Profile = Field(default_factory=Profile)


class Reply(Part):
    """A press of a button or of a row of a list."""

    id: str
    title: str = ""
    description: str = ""


class Interactive(Part):
    button_reply: Reply | None = None
    list_reply: Reply | None = None


class Words(Part):
    body: str = ""


class Button(Part):
    text: str = ""


class Media(Part):
    id: str = ""
    caption: str = ""
    filename: str = ""
    voice: bool = False


class Place(Part):
    latitude: float | None = None
    longitude: float | None = None
    name: str = ""
    address: str = ""


class CardName(Part):
    formatted_name: str = ""


class CardPhone(Part):
    phone: str = ""


class Card(Part):
    """A contact that somebody shares."""

    name: CardName = Field(default_factory=CardName)
    phones: list[CardPhone] = Field(default_factory=list)


class Reaction(Part):
    """To a message of either side; without an emoji it is taken back."""

    message_id: str = ""
    emoji: str = ""


class Content(Part):
    """What a message says or shows, whoever sent it."""

    type: str = ""
    text: Words | None = None
    button: Button | None = None
    interactive: Interactive | None = None
    image: Media | None = None
    video: Media | None = None
    document: Media | None = None
    audio: Media | None = None
    sticker: Media | None = None
    location: Place | None = None
    contacts: list[Card] = Field(default_factory=list)

    @property
    def kind(self) -> str:
        """A recording made in the chat is a voice note, a file of sound is not."""
        return "voice" if self.type == "audio" and self.media.voice else self.type

    @property
    def reply(self) -> Reply | None:
        if self.interactive is None:
            return None
        return self.interactive.button_reply or self.interactive.list_reply

    @property
    def words(self) -> str:
        """What was written: the text, the label of a template's button, or a caption."""
        if self.text is not None:
            return self.text.body
        if self.button is not None:
            return self.button.text
        return self.media.caption

    @property
    def media(self) -> Media:
        kinds = (self.image, self.video, self.document, self.audio, self.sticker)
        return next(filter(None, kinds), Media())


class Edited(Part):
    """An earlier message as its writer left it."""

    original_message_id: str = Field(min_length=1, max_length=300)
    message: Content = Field(default_factory=Content)


class Revoked(Part):
    """An earlier message that its writer took back."""

    original_message_id: str = ""


class Context(Part):
    """The message that this one answers."""

    id: str = ""


class Referral(Part):
    """The ad or post from which somebody opened the chat."""

    source_type: str = ""
    source_id: str = ""
    source_url: str = ""
    headline: str = ""
    body: str = ""
    ctwa_clid: str = ""


class System(Part):
    """What WhatsApp itself says of who writes: their new number, their new id."""

    type: str = ""
    body: str = ""
    wa_id: str = ""
    user_id: str = ""


class Message(Content):
    id: str = Field(min_length=1, max_length=300)
    timestamp: str = ""
    sender: str = Field(default="", alias="from")
    from_user_id: str = ""
    to: str = ""
    to_user_id: str = ""
    reaction: Reaction | None = None
    edit: Edited | None = None
    revoke: Revoked | None = None
    context: Context = Field(default_factory=Context)
    referral: Referral = Field(default_factory=Referral)
    system: System | None = None

    @field_validator("context", "referral", mode="wrap")
    @classmethod
    def _forgiven(cls, given: Any, read: Callable[[Any], Any], info: ValidationInfo) -> Any:
        """What only goes with a message does not keep it out for being strange."""
        try:
            return read(given)
        except ValidationError:
            field = cls.model_fields[str(info.field_name)]
            return field.get_default(call_default_factory=True)

    @property
    def unedited(self) -> "Message":
        """An edit whose message never came, as that message."""
        assert self.edit is not None
        seen = {"id": self.edit.original_message_id, "edit": None, **dict(self.edit.message)}
        return self.model_copy(update=seen)


class Renaming(Part):
    previous: str = ""
    current: str = ""


class Renamed(Part):
    """Somebody's business-scoped id changed, with their number."""

    wa_id: str = ""
    user_id: Renaming = Field(default_factory=Renaming)


class Preference(Part):
    """What somebody set in WhatsApp about this business."""

    wa_id: str = ""
    user_id: str = ""
    category: str = ""
    value: str = ""
    detail: str = ""
    timestamp: str = ""


class Failure(Part):
    code: int | None = None


class Status(Part):
    id: str = ""
    status: str = ""
    biz_opaque_callback_data: str = ""
    errors: list[Failure] = Field(default_factory=list)

    @property
    def error_code(self) -> int | None:
        return self.errors[0].code if self.errors else None


class Number(Part):
    phone_number_id: str = ""


class Value(Part):
    """One change: its lists are read item by item, so that a strange one spoils only itself."""

    metadata: Number = Field(default_factory=Number)
    contacts: list[Any] = Field(default_factory=list)
    messages: list[Any] = Field(default_factory=list)
    message_echoes: list[Any] = Field(default_factory=list)
    statuses: list[Any] = Field(default_factory=list)
    user_id_update: list[Any] = Field(default_factory=list)
    user_preferences: list[Any] = Field(default_factory=list)

    @property
    def phone_number_id(self) -> str:
        return self.metadata.phone_number_id


class Explanation(Part):
    """What Meta adds in words, where a template was rejected, paused or released."""

    reason: str = ""
    recommendation: str = ""
    description: str = ""


class TemplateEvent(Part):
    """What became of a template: of its approval, its quality, or its category."""

    message_template_id: str = ""
    message_template_name: str = ""
    message_template_language: str = ""
    event: str = ""
    reason: str = ""
    rejection_info: Explanation = Field(default_factory=Explanation)
    other_info: Explanation = Field(default_factory=Explanation)
    new_quality_score: str = ""
    new_category: str = ""
