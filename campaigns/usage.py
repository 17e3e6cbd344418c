"""What of campaigns uses rows of the apps below: steps that send a template."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from campaigns.models import CampaignStatus, CampaignStep
from crm.usage import Use, finds
from leads.models import MessageTemplate


@finds(MessageTemplate)
def steps_that_send_it(template: MessageTemplate) -> Iterator[Use]:
    """Steps of every campaign that may still run; a finished one keeps what it sent."""
    steps = CampaignStep.objects.filter(message_template=template).exclude(
        campaign__status=CampaignStatus.FINISHED
    )
    for step in steps.select_related("campaign").order_by("campaign", "step_number"):
        words = {"name": step.campaign.name, "number": step.step_number}
        text = _("la campaña «%(name)s», paso %(number)s") % words
        yield Use("campaign_step", step.pk, text)
