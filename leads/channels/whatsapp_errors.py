"""What WhatsApp's error numbers mean to us, and which of them pass by themselves."""

MARKETING_STOPPED = "marketing_stopped_by_lead"
REASONS = {
    0: "bad_credentials",
    3: "bad_credentials",
    10: "bad_credentials",
    190: "bad_credentials",
    **dict.fromkeys(range(200, 300), "bad_credentials"),
    131005: "bad_credentials",
    33: "number_not_registered",
    100: "rejected",
    131008: "rejected",
    131009: "rejected",
    131051: "rejected",
    131062: "needs_phone_number",
    368: "account_restricted",
    130497: "account_restricted",
    131031: "account_restricted",
    4: "rate_limited",
    80007: "rate_limited",
    130429: "rate_limited",
    131056: "rate_limited",
    131048: "number_limited_for_spam",
    1: "rejected",
    2: "vendor_error",
    131000: "vendor_error",
    131016: "vendor_error",
    131057: "vendor_error",
    133004: "vendor_error",
    135000: "rejected",
    131021: "own_number",
    131026: "not_on_whatsapp",
    131030: "number_not_allowed_yet",
    131037: "display_name_pending",
    131042: "account_unpaid",
    131045: "number_not_registered",
    133000: "number_not_registered",
    133006: "number_not_registered",
    133010: "number_not_registered",
    133015: "number_not_registered",
    131047: "whatsapp_window_closed",
    131049: "limited_by_whatsapp",
    130472: "limited_by_whatsapp",
    131050: MARKETING_STOPPED,
    131052: "media_not_available",
    131053: "media_rejected",
    132000: "template_values",
    132001: "template_missing",
    132005: "template_too_long",
    132007: "template_rejected",
    132012: "template_values",
    132015: "template_paused",
    132016: "template_disabled",
    132018: "template_values",
    132068: "template_rejected",
    132069: "template_rejected",
}

# Seconds until the next attempt; None: the outbox's own steps. All others are final: nothing but a
# person's hand, or the lead's, changes the answer.
RETRYABLE: dict[int, int | None] = {
    4: 900,  # an hour's budget: five such waits outlast it
    80007: 900,
    130429: None,
    131056: None,  # after a burst to one person Meta takes nothing for some minutes
    2: None,
    131000: None,
    131016: None,
    131057: 300,
    133004: 60,
}


def reason_of(code: int | None, status: int | None = None) -> str:
    """Our reason for an error number, or at least for the HTTP status that came with it."""
    if code in REASONS:
        return REASONS[code]
    if status in (401, 403):
        return "bad_credentials"
    if status == 429:
        return "rate_limited"
    return "vendor_error" if status is not None and status >= 500 else "rejected"
