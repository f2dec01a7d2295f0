"""Writes `shapes.py` and `operations.py` from `openapi.yaml`: `python service/client/generate.py`.

Run as a file, for the package cannot be imported before they are there.
"""

from __future__ import annotations

import keyword
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import indent, wrap
from typing import Any

import yaml

_HERE = Path(__file__).resolve().parent
_OPENAPI = _HERE.parent.parent / "openapi.yaml"
_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_NOTE = "Generated: `python service/client/generate.py`."
_NOT_OFFERED = ("If-None-Match",)  # a client that keeps no copies has no use for 304
Spec = Mapping[str, Any]


def generate(spec: Spec) -> dict[str, str]:
    """File name -> content."""
    schemas = spec["components"]["schemas"]
    types = [_typed_dict(name, schema) for name, schema in schemas.items()]
    names = sorted(schemas)
    methods = [_method(spec, *operation) for operation in _operations(spec)]
    return {
        "shapes.py": (
            f'"""What is sent and answered. {_NOTE}"""\n\nfrom __future__ import annotations\n\n'
            "from typing import Any, Literal, NotRequired, TypedDict\n\n\n" + "\n\n\n".join(types) + "\n"
        ),
        "operations.py": (
            f'"""One method per route. {_NOTE}"""\n\nfrom __future__ import annotations\n\n'
            "from typing import Any, Literal\n\n"
            "from service.client.transport import Transport\n"
            f"from service.client.shapes import {', '.join(names)}\n\n\n"
            'class Doorstep(Transport):\n    """The service, as `openapi.yaml` describes it."""\n\n'
            + indent("\n\n".join(methods), "    ")
            + "\n"
        ),
    }


def method_name(path: str, verb: str, verbs: set[str]) -> str:
    """`GET /leads/{lead_id}/agent` -> `lead_agent`; other verbs than the first of a path say theirs."""
    words: list[str] = []
    for part in path.strip("/").split("/"):
        if part.startswith("{"):
            words[-1] = words[-1].removesuffix("s")
        else:
            words.append(re.sub(r"\W+", "_", part))
    name = "_".join(words)
    plain = verb == "get" or (verb == "post" and "get" not in verbs)
    return name if plain else f"{verb}_{name}"


def _operations(spec: Spec) -> Iterator[tuple[str, str, str, Spec]]:
    for path, operations in spec["paths"].items():
        verbs = {verb for verb in operations if verb in ("get", "post", "put", "patch", "delete")}
        for verb in sorted(verbs):
            operation = {**operations[verb]}
            shared = operations.get("parameters", [])
            operation["parameters"] = [*operation.get("parameters", []), *shared]
            if not path.startswith("/v1/") and _answer_type(operation):
                yield path, verb, method_name(path, verb, verbs), operation


def _answer_type(operation: Spec) -> str:
    good = next(answer for status, answer in operation["responses"].items() if str(status).startswith("2"))
    schema = good.get("content", {}).get("application/json", {}).get("schema")
    return "" if schema is None or schema.get("type") == "string" else _type(schema)


def _method(spec: Spec, path: str, verb: str, name: str, operation: Spec) -> str:
    parameters = [_resolved(spec, parameter) for parameter in operation["parameters"]]
    in_path = sorted((p["name"] for p in parameters if p["in"] == "path"), key=path.index)
    asked = [p for p in parameters if p["in"] == "query"]
    headers = [p["name"] for p in parameters if p["in"] == "header" and p["name"] not in _NOT_OFFERED]
    body = operation.get("requestBody")
    arguments = [f"{argument}: str" for argument in in_path]
    if body is not None:
        kind = _type(body["content"]["application/json"]["schema"])
        arguments.append(f"body: {kind}" if body.get("required") else f"body: {kind} | None = None")
    named = [
        f"{_safe(p['name'])}: {_type(p['schema'])}" + ("" if p.get("required") else " | None = None")
        for p in sorted(asked, key=lambda p: not p.get("required"))
    ]
    named += [f"{_argument(header)}: str | None = None" for header in headers]
    if named:
        arguments += ["*", *named]
    given = [f'"{verb.upper()}"', f'"{path}"']
    if in_path:
        given.append("path_values={" + ", ".join(f'"{a}": {a}' for a in in_path) + "}")
    if asked:
        given.append("query={" + ", ".join(f'"{p["name"]}": {_safe(p["name"])}' for p in asked) + "}")
    if body is not None:
        given.append("body=body" if body.get("required") else "body={} if body is None else body")
    if headers:
        given.append("headers={" + ", ".join(f'"{h}": {_argument(h)}' for h in headers) + "}")
    answer = _answer_type(operation)
    summary = " ".join(str(operation.get("summary") or f"{verb.upper()} {path}").split())
    about = "\n    ".join(wrap(summary, 90))
    return (
        f"def {_safe(name)}(self, {', '.join(arguments)}) -> {answer}:\n".replace("(self, )", "(self)")
        + f'    """{about}"""\n    answer: {answer} = self.call({", ".join(given)})\n    return answer\n'
    )


def _typed_dict(name: str, schema: Spec) -> str:
    required = set(schema.get("required", ()))
    fields = schema.get("properties")
    if not fields:
        return f"{name} = dict[str, Any]"
    lines = []
    for field, kind in fields.items():
        text = _type(kind)
        lines.append((field, text if field in required else f"NotRequired[{text}]"))
    about = str(schema.get("description", "")).strip().splitlines()
    if any(keyword.iskeyword(field) or not field.isidentifier() for field, _ in lines):
        inner = ", ".join(f'"{field}": {text}' for field, text in lines)
        return f'{name} = TypedDict("{name}", {{{inner}}})'
    doc = f'    """{about[0]}"""\n\n' if about else ""
    return f"class {name}(TypedDict):\n{doc}" + "\n".join(f"    {field}: {text}" for field, text in lines)


def _type(schema: Spec) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _union(_type(one) for one in schema[several])
    if "allOf" in schema:
        return _type(schema["allOf"][0])
    if "enum" in schema:
        return _union("None" if value is None else f'Literal["{value}"]' for value in schema["enum"])
    kinds = schema.get("type", "object" if "properties" in schema else None)
    if isinstance(kinds, list):
        return _union(_type({**schema, "type": kind}) for kind in kinds)
    if kinds == "array":
        return f"list[{_type(schema.get('items', {}))}]"
    if kinds == "object":
        inner = schema.get("additionalProperties")
        return f"dict[str, {_type(inner) if isinstance(inner, dict) and inner else 'Any'}]"
    return _SCALARS.get(str(kinds), "Any")


def _union(parts: Iterator[str]) -> str:
    return " | ".join(dict.fromkeys(parts))


def _resolved(spec: Spec, parameter: Spec) -> Spec:
    if "$ref" not in parameter:
        return parameter
    found: Spec = spec["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return found


def _argument(header: str) -> str:
    return header.lower().replace("-", "_")


def _safe(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def formatted(content: str) -> str:
    """`content` as ruff lays it out and sorts its imports."""
    ruff = [sys.executable, "-m", "ruff"]
    for command in (
        [*ruff, "check", "-q", "--fix", "--stdin-filename", "x.py", "-"],
        [*ruff, "format", "-q", "-"],
    ):
        run = subprocess.run(  # noqa: S603 - ruff, of this very environment
            command, input=content, capture_output=True, text=True, check=False, cwd=_HERE
        )
        content = run.stdout
    return content


def main() -> None:
    """Writes both files beside this one."""
    spec = yaml.safe_load(_OPENAPI.read_text("utf-8"))
    for name, content in generate(spec).items():
        (_HERE / name).write_text(formatted(content), "utf-8")


if __name__ == "__main__":
    main()
