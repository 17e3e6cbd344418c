"""The public web chat's addresses."""

from django.urls import path

from leads import chat

urlpatterns = [
    path("<slug:slug>/", chat.page, name="chat"),
    path("<slug:slug>/widget.js", chat.widget_script, name="chat-widget"),
    path("<slug:slug>/messages/", chat.messages, name="chat-messages"),
]
