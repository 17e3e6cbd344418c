"""Addresses under /api/v1/ of leads, conversations, templates and the pipeline."""

from rest_framework.routers import SimpleRouter

from leads import rights_views, views

router = SimpleRouter()
router.register("leads", views.Leads, basename="lead")
router.register("conversations", views.Conversations, basename="conversation")
router.register("templates", views.Templates, basename="template")
router.register("pipeline", views.Pipeline, basename="pipeline")
router.register("suppressions", rights_views.Suppressions, basename="suppression")
router.register("rights", rights_views.RightsRequests, basename="right")

urlpatterns = router.urls
