"""The cache of a test: in the memory of its process, with the counters of ours."""

from collections.abc import Mapping, Sequence

from django.core.cache.backends.locmem import LocMemCache


class Memory(LocMemCache):
    def count(self, counters: Mapping[str, tuple[int, int]]) -> list[int]:
        for key, (seconds, _) in counters.items():
            self.add(key, 0, seconds)
        return [self.incr(key, amount) for key, (_, amount) in counters.items()]

    def tally(
        self, key: str, amounts: Mapping[str, float], notes: Mapping[str, Mapping[str, str]]
    ) -> None:
        sums = self.get(key, {})
        self.set(key, sums | {field: sums.get(field, 0.0) + n for field, n in amounts.items()})
        for note, fields in notes.items():
            self.set(note, {**self.get(note, {}), **fields})

    def tallies(self, *keys: str) -> list[dict[str, str]]:
        return [{field: str(value) for field, value in self.get(key, {}).items()} for key in keys]

    def drop(self, key: str, fields: Sequence[str]) -> None:
        self.set(key, {name: n for name, n in self.get(key, {}).items() if name not in fields})
