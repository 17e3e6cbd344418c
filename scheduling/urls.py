"""Addresses under /api/v1/ of appointments, availability and calendars."""

from rest_framework.routers import SimpleRouter

from scheduling import views

router = SimpleRouter()
router.register("appointments", views.Appointments, basename="appointment")
router.register("calendars/events", views.CalendarEvents, basename="calendar-event")
router.register("calendars", views.Calendars, basename="calendar")
router.register("availability/windows", views.Windows, basename="window")
router.register("availability/blocks", views.Blocks, basename="block")
router.register("availability/slots", views.Slots, basename="slot")

urlpatterns = router.urls
