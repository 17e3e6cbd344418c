"""An S3-compatible server on this machine (moto's) with one bucket, which can go away and come back."""

import logging
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from crm.embedded.processes import LOOPBACK, free_port

ACCESS, SECRET = "la-llave-de-acceso", "la-llave-secreta"
NAME = "archivos"


class FakeBucket:
    """Empty at first; what it holds outlives its being away."""

    def __init__(self, address: str = LOOPBACK) -> None:
        self._address, self._port = address, free_port()
        self._server: ThreadedMotoServer | None = None

    @property
    def url(self) -> str:
        return f"http://{self._address}:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a product that keeps its files here."""
        return {
            "S3_BUCKET": NAME,
            "S3_ENDPOINT_URL": self.url,
            "S3_ACCESS_KEY": ACCESS,
            "S3_SECRET_KEY": SECRET,
        }

    def __enter__(self) -> "FakeBucket":
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self.come_back()
        self._client.create_bucket(Bucket=NAME)
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is None:
            self.come_back()
        self.empty()
        self._client.delete_bucket(Bucket=NAME)
        self.go_away()

    def come_back(self) -> None:
        if self._server is None:
            self._server = ThreadedMotoServer(self._address, self._port, verbose=False)
            self._server.start()

    def go_away(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def empty(self) -> None:
        for key in self.contents:
            self._client.delete_object(Bucket=NAME, Key=key)

    @property
    def contents(self) -> dict[str, bytes]:
        found = self._client.list_objects_v2(Bucket=NAME).get("Contents", [])
        return {each["Key"]: self._get(each["Key"])["Body"].read() for each in found}

    def type_of(self, key: str) -> str:
        return str(self._get(key)["ContentType"])

    def readers_of(self, key: str) -> list[str]:
        """Whom the object itself lets read it, besides its owner."""
        grants = self._client.get_object_acl(Bucket=NAME, Key=key)["Grants"]
        return [each["Grantee"]["URI"] for each in grants if "URI" in each["Grantee"]]

    def _get(self, key: str) -> Any:
        return self._client.get_object(Bucket=NAME, Key=key)

    @property
    def _client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=ACCESS,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )
