"""The examples of the chat completions in the OpenAPI document: the story of `examples`, in OpenAI's format."""

from __future__ import annotations

from service.contracts.openai import ChatMessage, ChatRequest
from service.edge import openai_answers
from service.edge.openai_answers import Chunks, Frame
from service.edge.sse import message
from service.events import Done, Event, Released, Sources
from service.routes import examples

_FRAME = Frame(1_756_728_000, "fundstelle", "http://127.0.0.1:8000")
_QUESTION = examples.ASK["question"].question

CHAT = {
    "question": ChatRequest(model="fundstelle", messages=(ChatMessage("user", _QUESTION),)),
    "conversation": ChatRequest(
        model="fundstelle-extract",
        messages=(
            ChatMessage("system", "You are a helpful assistant."),
            *(ChatMessage(turn.role, turn.content) for turn in examples.ASK["follow-up"].history),
            ChatMessage("user", examples.ASK["follow-up"].question),
        ),
    ),
}
COMPLETION = {name: openai_answers.completion(answer, _FRAME) for name, answer in examples.ANSWER.items()}
_ANSWERED = examples.ANSWER["answered"]
_EVENTS: tuple[Event, ...] = (
    Sources(_ANSWERED.passages, _ANSWERED.id, _ANSWERED.query, _ANSWERED.snapshot),
    *(Released(sentence) for sentence in _ANSWERED.sentences),
    Done(_ANSWERED),
)

_CHUNKS = Chunks(_FRAME, usage=False)
STREAM = {
    "answered": b"".join(message(chunk) for told in _EVENTS for chunk in _CHUNKS.of(told)).decode() + "data: [DONE]\n\n"
}
MODELS = {"models": openai_answers.models()}
MODEL = {"model": openai_answers.model("fundstelle")}
