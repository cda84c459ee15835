"""A made-up benchmark in two languages and an embedder that knows what its words mean: every rank can be worked out."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from index.embedding import Vectors
from tests.service.collection import WordEmbedder

ROOT = Path(__file__).resolve().parents[2]

CONCEPTS = (
    ("ferry", "fähre"),
    ("bridge", "brücke"),
    ("museum", "museum"),
    ("lighthouse", "leuchtturm"),
    ("harbour", "hafen"),
    ("railway", "eisenbahn"),
)
LANGUAGE_BIAS = 0.9
"""What a text in the question's own language has in common with it, beside a weight of 1 for each word of meaning."""

PARAGRAPHS = {
    "en": [f"The old {english} of the town was opened by the mayor in the spring." for english, _ in CONCEPTS],
    "de": [f"Der Bürgermeister der Stadt hat im Frühling etwas eröffnet: {german}." for _, german in CONCEPTS],
}
QUESTIONS = {
    "en": [f"Who opened the {english} of the town?" for english, _ in CONCEPTS],
    "de": [f"Wer hat in der Stadt etwas eröffnet: {german}?" for _, german in CONCEPTS],
}
MISLED = {
    "en": "Is there a bridge, a bridge or a bridge where the ferry was opened?",
    "de": "Gibt es eine Brücke, eine Brücke oder eine Brücke, wo etwas eröffnet wurde: Fähre?",
}
"""One more question about the first paragraph, which the embedder finds second."""


class ConceptEmbedder(WordEmbedder):
    """Texts are near where they speak of the same things, and a little where they are in the same language."""

    dim = len(CONCEPTS) + 2
    name = "concepts"

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        rows = np.full((len(texts), self.dim), 1e-4, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            words = re.findall(r"\w+", text.casefold())
            for number, forms in enumerate(CONCEPTS):
                row[number] += sum(word in forms for word in words)
            german = bool({"der", "eine", "oder", "hat"} & set(words))
            row[len(CONCEPTS) + german] += LANGUAGE_BIAS
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def write(folder: Path) -> Path:
    """The benchmark as two files, three paragraphs a document."""
    folder.mkdir(parents=True, exist_ok=True)
    for language, texts in PARAGRAPHS.items():
        questions = [[question] for question in QUESTIONS[language]]
        questions[0].append(MISLED[language])
        entries = [
            _paragraph(number, text, asked) for number, (text, asked) in enumerate(zip(texts, questions, strict=True))
        ]
        data = [{"title": f"Town {start // 3}", "paragraphs": entries[start : start + 3]} for start in (0, 3)]
        (folder / f"made.{language}.json").write_text(json.dumps({"data": data}), encoding="utf-8")
    return folder


def _paragraph(number: int, text: str, questions: Sequence[str]) -> dict[str, object]:
    answer = {"text": text.split()[0], "answer_start": 0}
    asked = [{"id": f"{number}-{i}", "question": question, "answers": [answer]} for i, question in enumerate(questions)]
    return {"context": text, "qas": asked}


def script(path: str) -> ModuleType:
    """A file of scripts/ as a module."""
    name = "script_" + re.sub(r"\W", "_", path)
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
