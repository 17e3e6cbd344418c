"""The public web chat's addresses."""

from django.urls import path

from leads import chat

urlpatterns = [
    path("<slug:slug>/", chat.page, name="chat"),
    path("<slug:slug>/messages/", chat.messages, name="chat-messages"),
]
