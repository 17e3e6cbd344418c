"""The cache of a test: in the memory of its process, with the counters of ours."""

from collections.abc import Mapping

from django.core.cache.backends.locmem import LocMemCache


class Memory(LocMemCache):
    def count(self, counters: Mapping[str, tuple[int, int]]) -> list[int]:
        for key, (seconds, _) in counters.items():
            self.add(key, 0, seconds)
        return [self.incr(key, amount) for key, (_, amount) in counters.items()]
