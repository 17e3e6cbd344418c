"""What WhatsApp's error numbers mean to us."""

REASONS = {
    0: "bad_credentials",
    3: "bad_credentials",
    10: "bad_credentials",
    190: "bad_credentials",
    100: "rejected",
    368: "account_restricted",
    131031: "account_restricted",
    4: "rate_limited",
    80007: "rate_limited",
    130429: "rate_limited",
    131048: "rate_limited",
    131056: "rate_limited",
    131000: "vendor_error",
    131016: "vendor_error",
    131021: "not_on_whatsapp",
    131026: "not_on_whatsapp",
    131030: "not_on_whatsapp",
    131042: "account_unpaid",
    131045: "number_not_registered",
    131047: "whatsapp_window_closed",
    131049: "limited_by_whatsapp",
    130472: "limited_by_whatsapp",
    131050: "marketing_stopped_by_lead",
    131051: "rejected",
    132000: "template_rejected",
    132001: "template_rejected",
    132005: "template_rejected",
    132007: "template_rejected",
    132012: "template_rejected",
    132015: "template_paused",
    132016: "template_paused",
    133010: "number_not_registered",
}
RETRYABLE = frozenset({4, 80007, 130429, 131056, 131000, 131016})


def reason_of(code: int | None, status: int | None = None) -> str:
    """Our reason for an error number, or at least for the HTTP status that came with it."""
    if code in REASONS:
        return REASONS[code]
    if status in (401, 403):
        return "bad_credentials"
    if status == 429:
        return "rate_limited"
    return "vendor_error" if status is not None and status >= 500 else "rejected"
