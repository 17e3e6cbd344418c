"""The message templates of a WhatsApp Business Account: listed from Meta, and handed in for approval."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crm.errors import ProviderError
from leads import templating
from leads.channels import whatsapp_api as api
from leads.enums import Parameters, TemplateApproval, TemplateCategory
from leads.models import MessageTemplate

FIELDS = (
    "id,name,language,status,category,components,parameter_format,rejected_reason,quality_score"
)
PAGE = 100
MOST_PAGES = 60
STATES = {
    "APPROVED": TemplateApproval.APPROVED,
    "REINSTATED": TemplateApproval.APPROVED,
    "UNARCHIVED": TemplateApproval.APPROVED,
    "FLAGGED": TemplateApproval.APPROVED,  # at risk, but taken all the same
    "PENDING": TemplateApproval.PENDING,
    "IN_APPEAL": TemplateApproval.PENDING,
    "REJECTED": TemplateApproval.REJECTED,
    "PAUSED": TemplateApproval.PAUSED,
    "DISABLED": TemplateApproval.DISABLED,
    "ARCHIVED": TemplateApproval.DISABLED,
    "DELETED": TemplateApproval.DISABLED,
    "PENDING_DELETION": TemplateApproval.DISABLED,
    "LIMIT_EXCEEDED": TemplateApproval.REJECTED,
}
SAMPLES = {
    "name": "Camila Rojas",
    "first_name": "Camila",
    "broker": "Propiedades Andes",
    "assistant": "Sofía",
    "agent": "Ana Soto",
    "location": "Ñuñoa",
    "property_type": "departamento",
    "stage": "Agendado",
    "when": "mañana a las 11:00",
}


class Part(BaseModel):
    """A header, body, footer or row of buttons."""

    model_config = ConfigDict(extra="ignore")

    type: str = ""
    format: str = "TEXT"
    text: str | None = None
    buttons: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def needs_more_than_text(self) -> bool:
        """Whether sending it needs a picture or a value that we would not know."""
        if self.type == "HEADER":
            return self.format != "TEXT" or bool(templating.VENDORS.search(self.text or ""))
        if self.type == "BUTTONS":
            return any(
                button.get("type") in ("OTP", "COPY_CODE", "CATALOG", "MPM", "FLOW")
                or "{{" in str(button.get("url", ""))
                for button in self.buttons
            )
        return self.type in ("CAROUSEL", "LIMITED_TIME_OFFER")


class Score(BaseModel):
    score: str = ""


class Remote(BaseModel):
    """A template as Meta lists it."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    id: str = Field(min_length=1, max_length=50)
    name: str = Field(min_length=1, max_length=200)
    language: str = Field(min_length=1, max_length=10)
    status: str = ""
    category: str = ""
    parameter_format: str = "POSITIONAL"
    rejected_reason: str | None = None
    quality_score: Score | None = None
    components: list[Part] = Field(default_factory=list)

    @property
    def body(self) -> str:
        return next((part.text or "" for part in self.components if part.type == "BODY"), "")

    @property
    def parameters(self) -> Parameters:
        named = self.parameter_format.upper() == "NAMED"
        return Parameters.NAMED if named else Parameters.POSITIONAL

    @property
    def approval(self) -> TemplateApproval:
        state = STATES.get(self.status.upper(), TemplateApproval.DISABLED)
        unusable = any(part.needs_more_than_text for part in self.components) or not self.body
        if state == TemplateApproval.APPROVED and unusable:
            return TemplateApproval.UNSUPPORTED
        return state

    @property
    def quality(self) -> str:
        return self.quality_score.score[:20] if self.quality_score else ""


@dataclass(frozen=True)
class Account:
    """Whose templates: the business account and the token that opens it."""

    id: str
    token: str


def listed(account: Account) -> Iterator[Remote]:
    """Every template of the account, page by page; raises ProviderError.

    Only the cursor of Meta's next page is followed, never its address.
    """
    after = ""
    for _ in range(MOST_PAGES):
        asked = {"fields": FIELDS, "limit": str(PAGE), **({"after": after} if after else {})}
        page = api.call("GET", f"{account.id}/message_templates", account.token, params=asked)
        yield from _read(page)
        after = _next(page)
        if not after:
            return
    raise ProviderError(retryable=False, reason="too_many_pages")


def _read(page: Any) -> Iterator[Remote]:
    if not isinstance(page, dict) or not isinstance(page.get("data"), list):
        raise ProviderError(retryable=True, reason="not_a_list")
    for item in page["data"]:
        try:
            yield Remote.model_validate(item)
        except ValidationError:
            continue  # of a kind that we could not send either


def _next(page: dict[str, Any]) -> str:
    paging = page.get("paging") or {}
    return str((paging.get("cursors") or {}).get("after") or "") if paging.get("next") else ""


def submit(account: Account, template: MessageTemplate) -> str:
    """Hand a new template in, or the new text of a known one; Meta's id. Raises ProviderError."""
    body = _component(template)
    if template.whatsapp_id:
        changed = {"category": template.category.upper(), "components": [body]}
        api.call("POST", template.whatsapp_id, account.token, json=changed)
        return template.whatsapp_id
    made = {
        "name": template.whatsapp_name,
        "language": template.whatsapp_language,
        "category": template.category.upper(),
        "parameter_format": template.parameters.upper(),
        "components": [body],
    }
    answer = api.call("POST", f"{account.id}/message_templates", account.token, json=made)
    return str(answer.get("id") or "") if isinstance(answer, dict) else ""


def body_of(template: MessageTemplate) -> str:
    """The text as it is handed in."""
    by_name = template.parameters == Parameters.NAMED
    return templating.to_vendor(template.content, by_name=by_name).strip()


def _component(template: MessageTemplate) -> dict[str, Any]:
    body: dict[str, Any] = {"type": "BODY", "text": body_of(template)}
    samples = {name: SAMPLES.get(name, "ejemplo") for name in template.variables}
    if samples and template.parameters == Parameters.NAMED:
        named = [{"param_name": name, "example": sample} for name, sample in samples.items()]
        body["example"] = {"body_text_named_params": named}
    elif samples:
        body["example"] = {"body_text": [list(samples.values())]}
    return body


def category_of(word: str) -> TemplateCategory | None:
    return TemplateCategory(word.lower()) if word.lower() in TemplateCategory.values else None
