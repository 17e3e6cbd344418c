"""Addresses under /api/v1/ of calls."""

from rest_framework.routers import SimpleRouter

from voice import views

router = SimpleRouter()
router.register("calls", views.Calls, basename="call")

urlpatterns = router.urls
