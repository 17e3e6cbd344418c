"""What makes a model's answer none, so that the next model is asked: pure, by the answer alone."""

import re
from collections.abc import Collection
from typing import Any

from pydantic_ai.messages import ModelResponse

from crm.patterns import Pattern
from leads.folding import clean, fold
from llm.guards.form import quoted_words
from llm.guards.legible import legible

MALFORMED = ("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL")
# How models write a call when they do not make it: tags, channels, code fences, bare JSON.
CALL_SYNTAX = re.compile(
    r"</?(?:antml:)?(?:tool_?calls?|tool_use|function(?:_?calls?)?|invoke|parameter)\b|<\|"
    r"|\[/?(?:TOOL_CALLS?|TOOL_REQUEST|tool_call)\]|```\s*(?:tool_code|tool_call|json)"
    r"|\bdefault_api\.|\bfunctions\.\w+|^\s*[\[{]\s*(?:\"|[\[{])",
    re.IGNORECASE,
)
# The block of facts that every prompt ends with, by its tags and the keys of its JSON.
CONTEXT_SYNTAX = re.compile(
    r"</?contexto>|\boffer_id\b|[\"'](?:first_contact|known|missing|qualification|stage|summary|"
    r"booking_enabled|offers|appointment|knowledge|agent_name|agent_role|broker_name|now|zone)[\"']\s*:"
)
REFUSAL = Pattern(
    r"\b(?:como (?:un )?modelo de (?:lenguaje|ia)|as an ai(?: language)? model|"
    r"como (?:um )?modelo de linguagem)\b"
    r"|^(?:lo siento|perdon|disculpa|i'?m sorry|sorry|desculpe)?\W*(?:pero |but |mas )?"
    r"(?:no puedo|i can(?:'?t|not| not)|i'?m (?:unable|not able) to|nao posso) "
    r"(?:ayudar\w*|asistir\w*|cumplir|continuar|responder|assist|help|comply|continue|answer|"
    r"fulfill|ajudar|atender)\b[^.?!,;]{0,60}[.!]?$"
)


def fault(response: ModelResponse, *, tools: Collection[str], private: str) -> str:
    """The name of what is wrong with an answer, empty where nothing is.

    ``private`` is the part of the prompt that is for the model alone.
    """
    if stopped := _stop(response):
        return stopped
    if response.tool_calls:
        return ""
    text = legible(response.text or "").strip()
    return fault_of_text(text, tools=tools, private=private) if text else "empty_text"


def fault_of_text(text: str, *, tools: Collection[str], private: str) -> str:
    if CONTEXT_SYNTAX.search(text):
        return "context_quoted"
    if CALL_SYNTAX.search(text) or any(re.search(rf"\b{name}\b", text) for name in tools):
        return "tool_call_as_text"
    folded = fold(clean(text))
    if quoted_words(folded, fold(clean(private))):
        return "prompt_quoted"
    return "refusal" if REFUSAL.search(folded) else ""


def _stop(response: ModelResponse) -> str:
    """Why the vendor ended the answer, where that was not its end."""
    details: dict[str, Any] = response.provider_details or {}
    reason = str(details.get("finish_reason") or "")
    match response.finish_reason:
        case "content_filter" if "refusal" in details or reason == "refusal":
            return "refusal"
        case "content_filter":
            return f"content_filter {details.get('block_reason') or reason}".strip()
        case "length":
            return "cut_at_limit"
        case "error":
            return "malformed_call" if reason in MALFORMED else f"stopped {reason}".strip()
    return ""
