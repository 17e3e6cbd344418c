"""What a hostile client sends, for every address alike."""

from collections.abc import Iterator

DEEP = b"[" * 100_000
HUGE_INTEGER = b'{"id": ' + b"9" * 5_000 + b"}"
JSON_BODIES: tuple[bytes, ...] = (
    b"",
    b"{",
    b"[]",
    b'""',
    b"null",
    b"0",
    DEEP,
    b'{"a":' * 3_000,
    b'{"text": "\x00", "visitor": "\x00"}',
    b'{"text": "\\u0000", "name": "\\u0000", "phone": "\\u0000"}',
    b'{"text": "\\ud800", "visitor": "\\udfff", "name": "\\ud800"}',
    b"\xff\xfe{\x00}\x00",
    b'{"text": "\xff\xc3"}',
    HUGE_INTEGER,
    b'{"text": 1e400, "client_id": -1e400, "id": NaN, "name": Infinity}',
    b'{"text": {"a": [1]}, "visitor": [], "client_id": {}, "name": 5, "phone": true, "email": {}}',
    b'{"text": "a", "text": null, "visitor": 7}',
    b'{"object": "whatsapp_business_account", "entry": {"changes": 5}}',
    b'{"entry": [{"changes": [{"value": {"messages": [null, 5, {"id": {}}]}}]}]}',
    b'{"update_id": 1e99, "message": {"chat": [], "from": 5, "date": "x"}}',
    b'{"message": {"type": 5, "call": "x", "timestamp": 1e300}}',
)
BOUNDARY = b"--x\r\nContent-Disposition: form-data; name="
FORM_BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/x-www-form-urlencoded", b"name=%00&phone=%ff&email=%ED%A0%80&start=%00"),
    ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(2_000))),
    ("application/x-www-form-urlencoded; charset=nothing", b"name=a"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\nnothing"),
    ("multipart/form-data; boundary=x", BOUNDARY + b'"name"; filename="\x00"\r\n\r\na\r\n--x--'),
    ("multipart/form-data; boundary=\xff", b"--"),
    ("multipart/form-data; boundary=" + "x" * 5_000, b"--"),
    ("text/plain; charset=utf-16", b"\xff"),
    ("application/json; charset=nothing", b"{}"),
    ("application/json; charset=utf-16", b"{}"),
    ("", b"\x00"),
    ("application/xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"),
)
VALUES: tuple[str, ...] = (
    "\x00",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "9" * 30,
    "9" * 5_000,
    "-1",
    "1e400",
    "NaN",
    "٣",
    "0000-00-00",
    "10000-01-01",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "true,,false",
    "'\"><script>",
    "../../etc/passwd",
    "{}[]",
    "a" * 3_000,
)


def bodies() -> Iterator[tuple[str, bytes]]:
    """Every content type with what does not fit it."""
    for body in JSON_BODIES:
        yield "application/json", body
    yield from FORM_BODIES
