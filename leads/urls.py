"""Addresses under /api/v1/ of leads, conversations and the pipeline."""

from rest_framework.routers import SimpleRouter

from leads import views

router = SimpleRouter()
router.register("leads", views.Leads, basename="lead")
router.register("conversations", views.Conversations, basename="conversation")
router.register("pipeline", views.Pipeline, basename="pipeline")

urlpatterns = router.urls
