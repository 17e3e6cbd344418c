"""Addresses under /api/v1/ of sign-in, the team, the brokers and their configurations."""

from typing import Any

from django.urls import path
from rest_framework.routers import SimpleRouter

from brokers import views

router = SimpleRouter()
router.register("users", views.Users, basename="user")
router.register("brokers", views.Brokers, basename="broker")

ONE: dict[str, Any] = {"get": "retrieve", "patch": "partial_update"}

urlpatterns = [
    path("auth/token/", views.Token.as_view(), name="auth-token"),
    path("auth/refresh/", views.Refresh.as_view(), name="auth-refresh"),
    path("auth/logout/", views.Logout.as_view(), name="auth-logout"),
    path("auth/me/", views.Me.as_view(), name="auth-me"),
    path("auth/me/telegram/", views.MyTelegram.as_view(), name="auth-me-telegram"),
    path("auth/password/reset/", views.PasswordReset.as_view(), name="auth-password-reset"),
    path(
        "auth/password/reset/confirm/",
        views.PasswordResetConfirm.as_view(),
        name="auth-password-reset-confirm",
    ),
    path("broker/", views.OwnBroker.as_view(ONE), name="own-broker"),
    path("broker/config/prompt/", views.PromptConfig.as_view(ONE), name="config-prompt"),
    path("broker/config/leads/", views.LeadConfig.as_view(ONE), name="config-leads"),
    path("broker/config/voice/", views.VoiceConfig.as_view(ONE), name="config-voice"),
    path("broker/config/chat/", views.ChatConfig.as_view(ONE), name="config-chat"),
    *router.urls,
]
