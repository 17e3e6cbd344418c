"""Addresses under /api/v1/ of prompts and model calls."""

from rest_framework.routers import SimpleRouter

from llm import views

router = SimpleRouter()
router.register("prompts", views.Prompts, basename="prompt")
router.register("llm/replays", views.Replays, basename="llm-replay")
router.register("llm/calls", views.Calls, basename="llm-call")
router.register("llm", views.Costs, basename="llm")

urlpatterns = router.urls
