"""Addresses under /api/v1/ of the knowledge base."""

from rest_framework.routers import SimpleRouter

from crm.web.bodies import takes_files
from knowledge import documents, match_views, views
from knowledge.affordability_views import Affordability

router = SimpleRouter()
router.register("knowledge/documents", views.Documents, basename="knowledge-document")
router.register("knowledge/gaps", views.Gaps, basename="knowledge-gap")
router.register("knowledge", views.Entries, basename="knowledge")
router.register("affordability", Affordability, basename="affordability")
router.register("leads", match_views.LeadMatches, basename="lead-match")

takes_files(documents.MAX_BYTES, "knowledge-document-list", "admin:knowledge_knowledgedocument_add")

urlpatterns = router.urls
