"""Addresses under /api/v1/ of the knowledge base."""

from rest_framework.routers import SimpleRouter

from knowledge import views

router = SimpleRouter()
router.register("knowledge/documents", views.Documents, basename="knowledge-document")
router.register("knowledge/gaps", views.Gaps, basename="knowledge-gap")
router.register("knowledge", views.Entries, basename="knowledge")

urlpatterns = router.urls
