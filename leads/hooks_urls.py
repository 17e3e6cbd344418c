"""The addresses that the channels' vendors post to."""

from django.urls import path

from leads import webhooks

urlpatterns = [
    path("telegram/<str:key>/", webhooks.telegram, name="hook-telegram"),
    path("whatsapp/<str:key>/", webhooks.whatsapp, name="hook-whatsapp"),
]
