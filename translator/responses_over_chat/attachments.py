"""What belongs to text: logprobs of its tokens, and citations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .deltas import Annotation, Delta

JSON = dict[str, Any]


def token_logprobs(logprobs: Any) -> list[JSON]:
    """OpenAI's shape of logprobs, every entry complete; other shapes are passed over."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list):
        return []
    return [_logprob(entry, True) for entry in content if isinstance(entry, dict) and "token" in entry]


def _logprob(entry: JSON, top: bool) -> JSON:
    token = str(entry["token"])
    value = entry.get("logprob")
    known = entry.get("bytes")
    mapped: JSON = {
        "token": token,
        "logprob": value if isinstance(value, int | float) else 0.0,
        "bytes": known if isinstance(known, list) else list(token.encode("utf-8", "replace")),
    }
    if top:
        others = entry.get("top_logprobs")
        mapped["top_logprobs"] = [
            _logprob(other, False)
            for other in (others if isinstance(others, list) else ())
            if isinstance(other, dict) and "token" in other
        ]
    return mapped


class Citations:
    """The pages that Perplexity and xAI name beside the text, chunk by chunk: told once, when the text is whole."""

    def __init__(self) -> None:
        self._urls: list[str] = []
        self._titles: dict[str, str] = {}

    def read(self, chunk: Mapping[str, Any]) -> None:
        """Take in what a chunk names."""
        for source in _list(chunk.get("search_results")):
            if isinstance(source, dict) and isinstance(source.get("url"), str):
                self._add(source["url"], str(source.get("title") or ""))
        for source in _list(chunk.get("citations")):
            if isinstance(source, str):
                self._add(source, "")
            elif isinstance(source, dict) and isinstance(source.get("url"), str):
                self._add(source["url"], str(source.get("title") or ""))

    def _add(self, url: str, title: str) -> None:
        if url not in self._titles:
            self._urls.append(url)
        self._titles[url] = self._titles.get(url) or title

    def tell(self) -> list[Delta]:
        """All pages, in the order they were named first."""
        return [Annotation(url_citation({"url": url, "title": self._titles[url]})) for url in self._urls]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def annotations_of(annotations: list[Any]) -> list[Delta]:
    """Citations of pages, in the shapes that OpenAI, OpenRouter and Groq give them; others are passed over."""
    deltas: list[Delta] = []
    for annotation in annotations:
        if not isinstance(annotation, dict):
            continue
        citation = annotation.get("url_citation")
        source = citation if isinstance(citation, dict) else annotation
        if isinstance(source.get("url"), str):
            deltas.append(Annotation(url_citation(source)))
    return deltas


def url_citation(source: Mapping[str, Any]) -> JSON:
    """A citation of a page, complete; positions an upstream does not tell are 0."""

    def position(key: str) -> int:
        value = source.get(key)
        return value if isinstance(value, int) else 0

    return {
        "type": "url_citation",
        "url": source["url"],
        "title": str(source.get("title") or ""),
        "start_index": position("start_index"),
        "end_index": position("end_index"),
    }
