"""Where voice providers report: verified over the raw bytes, stored once, answered at once."""

import logging

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from brokers.models import BrokerVoiceConfig
from crm import correlation, rowsecurity
from voice import events
from voice.providers.base import known

logger = logging.getLogger(__name__)


@csrf_exempt  # providers have no session; their signature or secret is the proof
@require_POST
def receive(request: HttpRequest, provider: str, key: str) -> JsonResponse:
    adapter = known(provider)
    if adapter is None:
        raise Http404
    configs = BrokerVoiceConfig.objects.select_related("broker")
    config = rowsecurity.find(
        lambda: get_object_or_404(configs, webhook_key=key, broker__is_active=True)
    )
    correlation.bind(broker_id=config.broker_id)
    try:
        body = request.body
    except RequestDataTooBig:
        return JsonResponse({"detail": "too large"}, status=413)
    if not adapter.verify(config, request.headers, body):
        logger.warning("a %s webhook of broker %s is not signed", provider, config.broker_id)
        return JsonResponse({"detail": "not verified"}, status=403)
    try:
        told = adapter.parse(body, at=timezone.now())
    except ValueError:
        logger.warning("a %s webhook of broker %s is not readable", provider, config.broker_id)
        return JsonResponse({"detail": "not understood"}, status=400)
    for event in told:
        events.receive(config.broker, provider, event)
    return JsonResponse({})
