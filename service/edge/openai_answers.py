"""Between OpenAI's chat completions and the pipeline: a conversation as a question, an answer as a message.

Nothing here reads or sends anything. The messages of `system` and `developer` are no evidence and no orders: an answer
is what the articles bear out, whatever a front end says about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit

from msgspec import UNSET, UnsetType

from service.contracts.answers import (
    HISTORY_TURNS,
    QUESTION_CHARACTERS,
    TURN_CHARACTERS,
    Answer,
    AnswerSentence,
    AskRequest,
    Citation,
    Turn,
    Usage,
)
from service.contracts.openai import (
    Annotation,
    ChatAnswer,
    ChatChunk,
    ChatCompletion,
    ChatMessage,
    ChatRequest,
    ChatUsage,
    Choice,
    ChunkChoice,
    ContentPart,
    Delta,
    Finish,
    Model,
    ModelList,
    PromptDetails,
    UrlCitation,
)
from service.errors import InvalidBody, UnknownModel, UnsupportedRequest
from service.events import Done, Event, Released, Sources

Mode = Literal["generate", "extract"]

MODES: Mapping[str, Mode] = {"fundstelle": "generate", "fundstelle-extract": "extract"}
"""What can be asked for as `model`, and the mode that it answers in. Front ends store these ids: they never change."""
CREATED = 1_756_684_800
"""When the models were made, for front ends that sort by it: 1 September 2025."""
ID_PREFIX = "chatcmpl-"
"""What the id of a completion has before the id of its answer."""

_MARKS = re.compile(r" ?(?:\[\d{1,3}\])+")
_ANY_TOOL = ("required", "any")


@dataclass(frozen=True, slots=True)
class Frame:
    """What is known of a completion before its answer. `site` is the address of the service, without a last slash."""

    created: int
    model: str
    site: str


def models() -> ModelList:
    """All models."""
    return ModelList(tuple(Model(name, CREATED) for name in MODES))


def model(name: str) -> Model:
    """The model of this id. Raises `UnknownModel`."""
    if name not in MODES:
        raise _unknown(name)
    return Model(name, CREATED)


def question_of(request: ChatRequest) -> AskRequest:
    """The last message of the user as a question, with what was said before it.

    Of a long conversation the oldest messages are left out. Raises `UnknownModel`, `UnsupportedRequest` for what the
    service does not do, and `InvalidBody` where there is no question.
    """
    mode = _mode(request.model)
    _check(request)
    said = [(number, message) for number, message in enumerate(request.messages) if message.role == "user"]
    if not said:
        raise InvalidBody("There is no message of the user to answer - at `$.messages`.")
    number, last = said[-1]
    return AskRequest(question=_question(number, last), history=_history(request.messages[:number]), mode=mode)


def completion(answer: Answer, frame: Frame) -> ChatCompletion:
    """The whole answer as one completion."""
    content, annotations = _content(answer, frame.site)
    choice = Choice(ChatAnswer(content, annotations), _finish(answer))
    return ChatCompletion(_id(answer.id), frame.created, frame.model, (choice,), usage_of(answer.usage), answer)


class Chunks:
    """The events of one answer as chunks; with `usage`, all chunks have that field, and one more comes last."""

    def __init__(self, frame: Frame, *, usage: bool) -> None:
        self._frame = frame
        self._wants_usage = usage
        self._id = ""
        self._sentences = 0

    def of(self, event: Event) -> Iterator[ChatChunk]:
        """What to send on `event`."""
        match event:
            case Sources():
                self._id = _id(event.id)
                yield self._adding(Delta(role="assistant", content=""))
            case Released(sentence):
                yield self._adding(Delta(content=_separated(self._sentences, _marked(sentence))))
                self._sentences += 1
            case Done(answer):
                yield from self._end(answer)

    def _end(self, answer: Answer) -> Iterator[ChatChunk]:
        content, annotations = _content(answer, self._frame.site)
        if not self._sentences:
            yield self._adding(Delta(content=content))
        yield self._adding(Delta(annotations=annotations), _finish(answer), answer)
        if self._wants_usage:
            yield self._chunk((), usage_of(answer.usage))

    def _adding(self, delta: Delta, finish: Finish | None = None, answer: Answer | UnsetType = UNSET) -> ChatChunk:
        return self._chunk((ChunkChoice(delta, finish),), None if self._wants_usage else UNSET, answer)

    def _chunk(
        self,
        choices: tuple[ChunkChoice, ...],
        usage: ChatUsage | UnsetType | None,
        answer: Answer | UnsetType = UNSET,
    ) -> ChatChunk:
        return ChatChunk(self._id, self._frame.created, self._frame.model, choices, usage, answer)


def usage_of(usage: Usage) -> ChatUsage:
    """The tokens of the language model in OpenAI's words."""
    read, written = usage.prompt_tokens, usage.completion_tokens
    return ChatUsage(read, written, read + written, PromptDetails(usage.cached_tokens))


def _mode(name: str) -> Mode:
    if name not in MODES:
        raise _unknown(name, " - at `$.model`")
    return MODES[name]


def _unknown(name: str, place: str = "") -> UnknownModel:
    return UnknownModel(f"There is no model {name!r}; there are {' and '.join(MODES)}{place}.")


def _check(request: ChatRequest) -> None:
    """Refuse what would make the answer another than the one that is given."""
    kind = request.response_format.type if request.response_format else "text"
    for field, wrong, why in (
        ("n", request.n not in (None, 1), "there is one answer to a question: leave n out, or send 1"),
        ("tool_choice", _demands(request.tool_choice), "tools are never called: send auto or none"),
        ("function_call", _demands(request.function_call), "functions are never called: send auto or none"),
        ("response_format", kind != "text", "answers are sentences with their sources, not JSON: send text"),
        ("modalities", set(request.modalities or ()) - {"text"}, "answers are text"),
        ("logprobs", request.logprobs, "there are none of verified sentences: leave logprobs out"),
    ):
        if wrong:
            raise UnsupportedRequest(f"{why[0].upper()}{why[1:]} - at `$.{field}`.")


def _demands(choice: str | dict[str, object] | None) -> bool:
    if isinstance(choice, dict):
        # {"type": "allowed_tools", "allowed_tools": {"mode": "auto", ...}} leaves the choice to the model
        allowed = choice.get("allowed_tools")
        return not (isinstance(allowed, dict) and allowed.get("mode") == "auto")
    return choice in _ANY_TOOL


def _question(number: int, message: ChatMessage) -> str:
    where = f"at `$.messages[{number}].content`"
    text = _text(number, message)
    if not text.strip():
        raise InvalidBody(f"The last message of the user must hold more than white space - {where}.")
    if len(text) > QUESTION_CHARACTERS:
        raise InvalidBody(
            f"The question has {len(text):,} characters, {QUESTION_CHARACTERS:,} are possible: the last message of the "
            f"user is the question, and the sources are the service's own - {where}."
        )
    return text


def _history(messages: Sequence[ChatMessage]) -> tuple[Turn, ...]:
    """The last turns before the question. A long one is cut, and marks of citations that no longer lead anywhere go."""
    turns: list[Turn] = []
    for number, message in enumerate(messages):
        if message.role not in ("user", "assistant"):
            continue
        text = _text(number, message)
        if message.role == "assistant":
            text = _MARKS.sub("", text)
        if text.strip():
            turns.append(Turn("user" if message.role == "user" else "assistant", text[:TURN_CHARACTERS]))
    return tuple(turns[-HISTORY_TURNS:])


def _text(number: int, message: ChatMessage) -> str:
    parts = message.content
    if isinstance(parts, tuple):
        text = "\n".join(_part(f"$.messages[{number}].content[{place}]", part) for place, part in enumerate(parts))
    else:
        text = parts or ""
    if "\0" in text:
        raise InvalidBody(f"Text must not hold NUL characters - at `$.messages[{number}].content`.")
    return text


def _part(where: str, part: ContentPart) -> str:
    text = {"text": part.text, "refusal": part.refusal}.get(part.type)
    if text is None:
        raise UnsupportedRequest(f"Only text can be read, not a part of type {part.type!r} - at `{where}`.")
    return text


def _content(answer: Answer, site: str) -> tuple[str, tuple[Annotation, ...]]:
    """The content of the message, and where in it which source is named."""
    if not answer.sentences:
        return _refusal(answer, site)
    sources = {citation.label: citation for citation in answer.citations}
    content, annotations = "", []
    for number, sentence in enumerate(answer.sentences):
        content += _separated(number, sentence.text) + " " * bool(sentence.citations)
        for label in sentence.citations:
            annotations.append(_annotation(sources[label], len(content), site))
            content += _mark(label)
    return content, tuple(annotations)


def _refusal(answer: Answer, site: str) -> tuple[str, tuple[Annotation, ...]]:
    """The text of a refusal names the source that comes nearest itself, where there is one."""
    places = [(citation, answer.answer.rfind(_mark(citation.label))) for citation in answer.citations]
    return answer.answer, tuple(_annotation(citation, start, site) for citation, start in places if start >= 0)


def _annotation(citation: Citation, start: int, site: str) -> Annotation:
    end = start + len(_mark(citation.label))
    return Annotation(UrlCitation(start, end, link(citation, site), citation.title))


def link(citation: Citation, site: str) -> str:
    """Where a reader finds the quote: on the web, or else the article at this service."""
    if citation.fragment_url is not None:
        return citation.fragment_url
    if citation.url is not None and urlsplit(citation.url).scheme in ("http", "https"):
        return citation.url
    return f"{site}/v1/articles/{quote(citation.article_id, safe='')}"


def _marked(sentence: AnswerSentence) -> str:
    return " ".join([sentence.text, *filter(None, ["".join(map(_mark, sentence.citations))])])


def _mark(label: int) -> str:
    return f"[{label}]"


def _separated(number: int, text: str) -> str:
    return text if number == 0 else " " + text


def _finish(answer: Answer) -> Finish:
    return answer.usage.finish_reason


def _id(answer_id: str) -> str:
    return f"{ID_PREFIX}{answer_id}"
