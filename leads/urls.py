"""Addresses under /api/v1/ of leads, conversations, templates and the pipeline."""

from django.conf import settings
from rest_framework.routers import SimpleRouter

from crm.web.bodies import takes_files
from leads import (
    conversation_views,
    import_views,
    importing,
    merge_views,
    rights_views,
    suppressing,
    task_views,
    views,
)

router = SimpleRouter()
router.register("leads/import", import_views.Imports, basename="lead-import")
router.register("leads", import_views.Exports, basename="lead-export")
router.register("leads", views.Leads, basename="lead")
router.register("merge-suggestions", merge_views.MergeSuggestions, basename="merge-suggestion")
router.register("merges", merge_views.Merges, basename="merge")
router.register("conversations", conversation_views.Conversations, basename="conversation")
router.register("alerts", conversation_views.Alerts, basename="alert")
router.register("tasks", task_views.Tasks, basename="task")
router.register("notifications", task_views.Notifications, basename="notification")
router.register("attachments", conversation_views.Attachments, basename="attachment")
router.register("templates", conversation_views.Templates, basename="template")
router.register("pipeline", views.Pipeline, basename="pipeline")
router.register("suppressions", rights_views.Suppressions, basename="suppression")
router.register("rights", rights_views.RightsRequests, basename="right")

takes_files(importing.MAX_BYTES, "lead-import-list", "admin:leads_leadimport_add")
takes_files(suppressing.MAX_BYTES, "suppression-take-in", "admin:leads_suppression_take_in")
takes_files(
    settings.ATTACHMENT_MAX_BYTES,
    "lead-messages",
    "conversation-messages",
    "admin:leads_lead_reply",
    "admin:leads_conversation_inbox_answer",
)

urlpatterns = router.urls
