"""Django's Redis cache with clients that are kept, and counters counted in one round trip."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import ConnectionPool, Redis


class KeptClients(RedisCacheClient):  # type: ignore[misc]
    """Making a client costs more than asking it: there is one for each pool of connections."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._kept: dict[ConnectionPool, Redis] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Redis:
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]
        if pool not in self._kept:
            self._kept[pool] = Redis(connection_pool=pool)
        return self._kept[pool]

    def count(self, counters: Mapping[str, tuple[int, int]]) -> list[int]:
        with self.get_client(write=True).pipeline(transaction=False) as pipe:
            for key, (seconds, amount) in counters.items():
                pipe.set(key, 0, ex=seconds, nx=True)
                pipe.incrby(key, amount)
            return [int(count) for count in pipe.execute()[1::2]]

    def tally(
        self, key: str, amounts: Mapping[str, float], notes: Mapping[str, Mapping[str, str]]
    ) -> None:
        with self.get_client(write=True).pipeline(transaction=False) as pipe:
            for field, amount in amounts.items():
                pipe.hincrbyfloat(key, field, amount)
            for note, fields in notes.items():
                values: Any = dict(fields)
                pipe.hset(note, mapping=values)
            pipe.execute()

    def tallies(self, *keys: str) -> list[dict[str, str]]:
        with self.get_client().pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hgetall(key)
            return [
                {field.decode(): value.decode() for field, value in found.items()}
                for found in pipe.execute()
            ]

    def drop(self, key: str, fields: Sequence[str]) -> None:
        self.get_client(write=True).hdel(key, *fields)


class CountingCache(RedisCache):  # type: ignore[misc]
    """The default cache of every process."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClients

    def count(self, counters: Mapping[str, tuple[int, int]]) -> list[int]:
        """The counts under each key, which lasts so many seconds, after so many more."""
        full = {self.make_and_validate_key(key): told for key, told in counters.items()}
        client: Any = self._cache
        return list(client.count(full))

    def tally(
        self, key: str, amounts: Mapping[str, float], notes: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Add amounts to the fields under a key, and put notes beside them: one round trip."""
        client: Any = self._cache
        full = {self.make_and_validate_key(note): told for note, told in notes.items()}
        client.tally(self.make_and_validate_key(key), amounts, full)

    def tallies(self, *keys: str) -> list[dict[str, str]]:
        """The fields under each key."""
        client: Any = self._cache
        return list(client.tallies(*map(self.make_and_validate_key, keys)))

    def drop(self, key: str, fields: Sequence[str]) -> None:
        client: Any = self._cache
        client.drop(self.make_and_validate_key(key), fields)
