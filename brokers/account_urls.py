"""Addresses of the pages of people who forgot their password, were invited, or choose another."""

from django.urls import path

from brokers import pages

urlpatterns = [
    path("admin/password_reset/", pages.Forgotten.as_view(), name="admin_password_reset"),
    path("admin/password_change/", pages.OwnPassword.as_view(), name="own_password"),
    path("password/sent/", pages.Sent.as_view(), name="password_reset_done"),
    path("password/done/", pages.Chosen.as_view(), name="password_reset_complete"),
    path("password/<uidb64>/<token>/", pages.Choose.as_view(), name="password_reset_confirm"),
]
