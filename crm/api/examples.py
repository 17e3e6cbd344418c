"""An example of every body and answer in the OpenAPI document, made of its own schemas."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from crm.api.example_values import OF_FORMATS, TEXT, VALUES

# In a form a file is bytes, in an answer too: what would stand there says nothing.
JSON = "application/json"
# A row that names rows of its own kind ends here.
DEEPEST = 8

Schema = Mapping[str, Any]


def add_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: runs when the document is whole, so that a new view is covered too."""
    maker = Maker(result["components"]["schemas"])
    for content in _contents(result["paths"]):
        schema = content.get("schema")
        if schema is not None and not {"example", "examples"} & content.keys():
            content["example"] = maker.of(schema)
    return result


def _contents(paths: Schema) -> Iterator[dict[str, Any]]:
    for operation in (each for path in paths.values() for each in path.values()):
        bodies = [operation.get("requestBody", {})]
        bodies += [body for code, body in operation["responses"].items() if code.startswith("2")]
        for body in bodies:
            content = body.get("content", {})
            yield from (content[kind] for kind in (JSON, "multipart/form-data") if kind in content)


class Maker:
    """Makes values that fit their schemas, with names and numbers as a brokerage has them."""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        self.components = components

    def of(self, schema: Schema, name: str = "", depth: int = 0) -> Any:
        """A value of the schema, for a field of that name."""
        schema = self._plain(schema)
        if "example" in schema:
            return schema["example"]
        if schema.get("enum"):
            return next((value for value in schema["enum"] if value not in ("", None)), "")
        for value in VALUES.get(name, ()):
            if fits(schema, value):
                return value
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        return _scalar(schema, kind)

    def _plain(self, schema: Schema) -> dict[str, Any]:
        """The schema itself, where a name or the first of several ways stands for it."""
        if "$ref" in schema:
            return self._plain(self.components[schema["$ref"].rpartition("/")[2]])
        plain = dict(schema)
        for part in plain.pop("allOf", ()):
            plain = {**self._plain(part), **plain}
        if "type" not in plain and "enum" not in plain:
            ways = plain.pop("oneOf", None) or plain.pop("anyOf", None)
            plain = {**plain, **self._plain(ways[0])} if ways else plain
        return plain

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        if not properties:
            extra = schema.get("additionalProperties")
            return {"dormitorios": self.of(extra, depth=depth + 1)} if extra else {}
        left_out = _other_ways(schema)
        optional = set() if depth < DEEPEST else properties.keys() - set(schema.get("required", ()))
        return {
            name: self.of(each, name, depth + 1)
            for name, each in properties.items()
            if name not in left_out | optional
        }

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        if depth >= DEEPEST:
            return []
        one = self.of(schema["items"], name, depth + 1)
        return [one] * schema.get("minItems", 1)


def _other_ways(schema: Schema) -> set[str]:
    """Of fields that exclude one another, those that the example does not take."""
    ways = [set(way["required"]) for way in schema.get("oneOf", ()) if "required" in way]
    return set().union(*ways[1:]) - ways[0] if ways else set()


def _scalar(schema: Schema, kind: Any) -> Any:
    if kind == "boolean":
        return bool(schema.get("default", True))
    if kind in ("integer", "number"):
        value = min(max(12, schema.get("minimum", 12)), schema.get("maximum", 12))
        return value if kind == "integer" else float(value)
    if kind == "string":
        return _text(schema)
    return TEXT


def _text(schema: Schema) -> str:
    if schema.get("format") in OF_FORMATS:
        return str(OF_FORMATS[schema["format"]])
    tried = (TEXT, TEXT[: schema.get("maxLength")], "10:30", "12.5", "aromos", "1")
    return next((text for text in tried if fits(schema, text)), "")


def fits(schema: Schema, value: Any) -> bool:
    """Whether a known value is of the schema's type and within its limits."""
    kind = schema.get("type")
    if value is None:
        return bool(schema.get("nullable")) or kind is None
    if kind is None:
        return True
    if kind == "string":
        return isinstance(value, str) and _is_text_of(schema, value)
    if kind in ("integer", "number"):
        whole = isinstance(value, int) and not isinstance(value, bool)
        of_kind = whole or (kind == "number" and isinstance(value, float))
        return of_kind and schema.get("minimum", value) <= value <= schema.get("maximum", value)
    return isinstance(value, {"object": dict, "array": list, "boolean": bool}[kind])


def _is_text_of(schema: Schema, text: str) -> bool:
    long_enough = schema.get("minLength", 0) <= len(text)
    short_enough = len(text) <= schema.get("maxLength", len(text))
    return long_enough and short_enough and bool(re.search(schema.get("pattern", ""), text))
