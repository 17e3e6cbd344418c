"""The cache on a real Redis: its clients are kept, its counters count in one round trip."""

import uuid

from django.conf import settings

from crm.caching import CountingCache


def test_counters_begin_at_nothing_count_together_and_end() -> None:
    cache = CountingCache(settings.REDIS_URL, {"KEY_PREFIX": uuid.uuid4().hex})
    counted = [
        cache.count({"minute": (60, 1), "day": (86_400, 1)}),
        cache.count({"minute": (60, 3), "hour": (3600, 1)}),
    ]
    assert counted == [[1, 1], [4, 1]]
    client = cache._cache.get_client(write=True)
    left = [client.ttl(cache.make_key(key)) for key in ("minute", "day", "hour")]
    assert [59 <= left[0] <= 60, 86_390 <= left[1] <= 86_400, 3590 <= left[2] <= 3600] == [True] * 3
    assert cache._cache.get_client("minute") is client
    cache.delete_many(["minute", "day", "hour"])
