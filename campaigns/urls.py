"""Addresses under /api/v1/ of campaigns."""

from rest_framework.routers import SimpleRouter

from campaigns import views

router = SimpleRouter()
router.register("campaigns", views.Campaigns, basename="campaign")

urlpatterns = router.urls
