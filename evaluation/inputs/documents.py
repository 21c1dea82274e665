"""Rule sets and forms as people keep them: JSON or a plain YAML, one meaning each.

Of YAML only mappings, lists, texts, whole numbers and true/false: no anchors, aliases, tags or nulls, no key twice. A
number with decimals stays the text that was typed (`1.50`), as rule sets want it, and `yes`, `no` and dates are texts.
PyYAML comes with the extra `score` and is imported when a YAML file is there.
"""

from __future__ import annotations

from typing import Any, Final

from evaluation.inputs.table import SHOWN
from evaluation.inputs.text import decoded
from ledger.basics import canonical
from ledger.basics.canonical import MAX_BYTES, Json
from ledger.basics.errors import Refusal

MAX_DEPTH: Final = 32


def read_document(data: bytes) -> Json:
    """The value of a JSON or YAML file. Raises `Refusal("canonical.*" | "score.yaml*" | "score.needs_library")`."""
    if len(data) > MAX_BYTES:
        raise Refusal("canonical.too_long", limit=MAX_BYTES, found=len(data))
    text = decoded(data)
    if text.lstrip()[:1] in ("{", "["):
        return _canonical(canonical.read_strictly(text.encode("utf-8")))
    return _canonical(_yaml(text))


def _canonical(value: object) -> Json:
    return canonical.parse(canonical.canonical(value))


def _yaml(text: str) -> object:
    try:
        import yaml  # noqa: PLC0415 - of the extra `score`; JSON does without
    except ModuleNotFoundError as exc:
        raise Refusal("score.needs_library", library="PyYAML") from exc
    try:
        root = yaml.compose(_bounded(yaml.parse(text, Loader=yaml.SafeLoader), text), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise Refusal("score.yaml", why=" ".join(str(exc).split())[:200]) from exc
    return _value(root, yaml)


def _bounded(events: Any, text: str) -> str:  # noqa: ANN401 - PyYAML ships no types
    """`text`, once its events show no anchor, alias or tag, and no depth that recursion would not survive."""
    depth = 0
    for event in events:
        kind = type(event).__name__
        if kind == "AliasEvent" or getattr(event, "anchor", None) is not None:
            raise Refusal("score.yaml_anchor", line=event.start_mark.line + 1)
        if getattr(event, "tag", None) is not None:
            raise Refusal("score.yaml_tag", line=event.start_mark.line + 1)
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > MAX_DEPTH:
            raise Refusal("canonical.too_deep", limit=MAX_DEPTH)
    return text


def _value(node: Any, yaml: Any) -> object:  # noqa: ANN401 - PyYAML ships no types
    if isinstance(node, yaml.MappingNode):
        out: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise Refusal("score.yaml_key", line=key.start_mark.line + 1, key="")
            if key.value in out:
                raise Refusal("score.yaml_key", line=key.start_mark.line + 1, key=key.value[:SHOWN])
            out[key.value] = _value(value, yaml)
        return out
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, yaml) for one in node.value]
    if node is None or (node.style is None and node.value in ("", "~", "null")):
        raise Refusal("score.yaml_null", line=1 if node is None else node.start_mark.line + 1)
    return _scalar(node.value, plain=node.style is None)


def _scalar(text: str, *, plain: bool) -> object:
    if plain and text in ("true", "false"):
        return text == "true"
    digits = text.removeprefix("-")
    if plain and digits.isascii() and digits.isdigit() and len(digits) <= 15 and (digits == "0" or digits[0] != "0"):
        return int(text)
    return text
