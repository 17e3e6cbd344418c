"""Local HTTP servers that speak the vendors' APIs well enough for the real client libraries."""
