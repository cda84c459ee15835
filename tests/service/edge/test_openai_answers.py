"""A conversation of a chat front end as a question, and an answer as a message with its sources."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from service.contracts.answers import Answer, AnswerSentence, AskRequest, Turn
from service.contracts.openai import Annotation, ChatChunk, ChatRequest, Delta
from service.edge import openai_answers
from service.edge.openai_answers import Chunks, Frame, completion, question_of
from service.edge.openai_errors import chat_error
from service.edge.problems import problem
from service.errors import BadRequest, InvalidBody, UnknownModel, UnsupportedRequest
from service.events import Done, Event, Released, Sources
from tests.service.fakes import refused
from tests.service.told import TWO, answered, citation

FRAME = Frame(1_756_728_000, "fundstelle", "http://answers.example")


def request(messages: list[dict[str, Any]], **fields: Any) -> ChatRequest:
    body = {"model": "fundstelle", "messages": messages, **fields}
    return msgspec.json.decode(msgspec.json.encode(body), type=ChatRequest)


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def asked(*messages: dict[str, Any], **fields: Any) -> AskRequest:
    return question_of(request(list(messages), **fields))


def test_the_last_message_of_the_user_is_the_question_and_what_was_said_before_its_history() -> None:
    found = asked(
        {"role": "system", "content": "Answer in rhymes, without sources."},
        user("Who built it?"),
        assistant("Brunvald did. [1][2] Others [3] helped."),
        {"role": "developer", "content": "Say yes."},
        {"role": "tool", "content": "42", "tool_call_id": "x"},
        assistant(None),
        user("And when?"),
        assistant("It was"),
        temperature=2,
        max_tokens=5,
        user="u",
        tools=[{"type": "function", "function": {"name": "f"}}],
        tool_choice="auto",
        metadata={"deep": [{}]},
    )
    assert found == AskRequest(
        question="And when?",
        history=(Turn("user", "Who built it?"), Turn("assistant", "Brunvald did. Others helped.")),
    )


def test_the_model_chooses_the_mode() -> None:
    assert asked(user("a"), model="fundstelle-extract").mode == "extract"
    assert [model.id for model in openai_answers.models().data] == ["fundstelle", "fundstelle-extract"]


def test_of_a_long_conversation_the_oldest_messages_and_the_ends_of_long_ones_are_left_out() -> None:
    turns = [turn for number in range(15) for turn in (user(f"q{number}"), assistant(f"a{number}"))]
    found = asked(*turns, assistant("x" * 9_000), user("last?"))
    assert [turn.content for turn in found.history[:2]] == ["a5", "q6"]
    assert (len(found.history), found.history[-1].content) == (20, "x" * 8_000)
    msgspec.convert(msgspec.to_builtins(found), AskRequest)


def test_parts_of_text_are_one_text() -> None:
    refusal = assistant([{"type": "refusal", "refusal": "No."}])
    found = asked(refusal, user([{"type": "text", "text": "Who"}, {"type": "text", "text": "is it?"}]))
    assert (found.question, found.history) == ("Who\nis it?", (Turn("assistant", "No."),))


@pytest.mark.parametrize(
    ("fields", "kind", "param", "said"),
    [
        ({"model": "gpt-4o"}, UnknownModel, "model", "fundstelle and fundstelle-extract"),
        ({"n": 2}, UnsupportedRequest, "n", "one answer"),
        ({"tool_choice": "required"}, UnsupportedRequest, "tool_choice", "never called"),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, UnsupportedRequest, "tool_choice", "never"),
        ({"function_call": {"name": "f"}}, UnsupportedRequest, "function_call", "never called"),
        ({"response_format": {"type": "json_object"}}, UnsupportedRequest, "response_format", "not JSON"),
        ({"modalities": ["text", "audio"]}, UnsupportedRequest, "modalities", "text"),
        ({"logprobs": True}, UnsupportedRequest, "logprobs", "none"),
        ({"messages": [assistant("a")]}, InvalidBody, "messages", "no message of the user"),
        ({"messages": [user(" \n")]}, InvalidBody, "messages[0].content", "white space"),
        ({"messages": [user(None)]}, InvalidBody, "messages[0].content", "white space"),
        ({"messages": [user("a\0")]}, InvalidBody, "messages[0].content", "NUL"),
        ({"messages": [assistant("\0"), user("a")]}, InvalidBody, "messages[0].content", "NUL"),
        ({"messages": [user("a"), user("x" * 2_001)]}, InvalidBody, "messages[1].content", "2,001 characters"),
        (
            {"messages": [user([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "b"}}])]},
            UnsupportedRequest,
            "messages[0].content[1]",
            "'image_url'",
        ),
        ({"messages": [user([{"type": "text"}])]}, UnsupportedRequest, "messages[0].content[0]", "Only text"),
    ],
)
def test_what_can_not_be_done_is_refused_with_its_place(
    fields: dict[str, Any], kind: type[BadRequest], param: str, said: str
) -> None:
    with pytest.raises(kind) as caught:
        question_of(request(fields.pop("messages", [user("a")]), **fields))
    assert type(caught.value) is kind
    error = chat_error(problem(caught.value, "call-7")).error
    assert said in error.message
    assert error.param == param


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 1},
        {"n": None, "tool_choice": None, "response_format": None, "logprobs": False},
        {"tool_choice": "none", "function_call": "auto"},
        {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}},
        {"response_format": {"type": "text"}, "modalities": ["text"]},
    ],
)
def test_what_changes_nothing_is_accepted(fields: dict[str, Any]) -> None:
    assert asked(user("a"), **fields) == AskRequest(question="a")


def test_each_mark_in_the_content_is_annotated_with_its_source() -> None:
    message = completion(TWO, FRAME).choices[0].message
    assert message.content == (
        "Die Brücke kostete 14,3 Millionen Euro 😀. [1] It opened in June. [2][1] The sources give no answer to “who?”."
    )
    assert marks(message.content, message.annotations) == [
        ("[1]", "Title 1", "http://answers.example/v1/articles/a%2F%C3%BC.md"),
        ("[2]", "Title 2", "https://example.org/b#:~:text=Quote"),
        ("[1]", "Title 1", "http://answers.example/v1/articles/a%2F%C3%BC.md"),
    ]
    starts = [annotation.url_citation.start_index for annotation in message.annotations]
    assert starts == sorted(set(starts))


def marks(content: str, annotations: tuple[Annotation, ...]) -> list[tuple[str, str, str]]:
    found = [annotation.url_citation for annotation in annotations]
    return [(content[one.start_index : one.end_index], one.title, one.url) for one in found]


@pytest.mark.parametrize(
    ("url", "fragment", "link"),
    [
        (None, None, "http://answers.example/v1/articles/100%25%3F.md"),
        ("https://example.org/a", None, "https://example.org/a"),
        ("javascript:alert(1)", None, "http://answers.example/v1/articles/100%25%3F.md"),
        ("https://example.org/a", "https://example.org/a#:~:text=b", "https://example.org/a#:~:text=b"),
    ],
)
def test_a_source_leads_to_the_web_or_to_the_article_here(url: str | None, fragment: str | None, link: str) -> None:
    assert openai_answers.link(citation(1, "100%?.md", url, fragment), "http://answers.example") == link


def test_a_completion_has_the_whole_answer_and_what_clients_expect() -> None:
    found = completion(TWO, FRAME)
    assert (found.id, found.created, found.model, found.object) == (
        "chatcmpl-answer-1",
        1_756_728_000,
        "fundstelle",
        "chat.completion",
    )
    assert found.fundstelle is TWO
    assert found.choices[0].finish_reason == "stop"
    assert msgspec.to_builtins(found.usage) == {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 60},
    }


def test_a_refusal_is_a_message_that_marks_the_nearest_source_where_its_text_does() -> None:
    plain = completion(refused("Who?"), FRAME).choices[0].message
    assert (plain.content, plain.annotations, plain.refusal) == ("The articles do not say.", (), None)
    text = "They touch on this. What comes nearest: “Item [1] of the list” [1]"
    nearest = msgspec.structs.replace(refused("Who?"), answer=text, citations=(citation(1),))
    message = completion(nearest, FRAME).choices[0].message
    assert message.content == text
    assert message.annotations[0].url_citation.start_index == len(text) - 3


def test_an_answer_that_was_cut_off_says_so() -> None:
    cut = answered(AnswerSentence("A.", (1,)), citations=(citation(1),), finish="length")
    assert completion(cut, FRAME).choices[0].finish_reason == "length"


def chunks_of(answer: Answer, *, usage: bool = False) -> list[ChatChunk]:
    chunks = Chunks(FRAME, usage=usage)
    found = Sources((), answer.id, answer.query, answer.snapshot)
    events: list[Event] = [found, *map(Released, answer.sentences), Done(answer)]
    return [chunk for event in events for chunk in chunks.of(event)]


@pytest.mark.parametrize("answer", [TWO, refused("Who?")])
def test_the_chunks_together_are_the_message(answer: Answer) -> None:
    chunks = chunks_of(answer)
    message = completion(answer, FRAME).choices[0].message
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == message.content
    last = chunks[-1]
    assert (last.choices[0].delta.annotations, last.fundstelle) == (message.annotations, answer)
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert {(one.id, one.created, one.model) for one in chunks} == {("chatcmpl-answer-1", FRAME.created, FRAME.model)}
    assert chunks[0].choices[0].delta == Delta(role="assistant", content="")
    assert all("usage" not in msgspec.to_builtins(chunk) for chunk in chunks)


def test_each_sentence_is_a_chunk_of_its_own() -> None:
    assert [chunk.choices[0].delta.content for chunk in chunks_of(TWO)[:-1]] == [
        "",
        "Die Brücke kostete 14,3 Millionen Euro 😀. [1]",
        " It opened in June. [2][1]",
        " The sources give no answer to “who?”.",
    ]


def test_the_usage_comes_in_a_last_chunk_without_choices_where_it_is_asked_for() -> None:
    *others, last = chunks_of(TWO, usage=True)
    assert [chunk.usage for chunk in others] == [None] * 5
    assert (last.choices, last.usage) == ((), completion(TWO, FRAME).usage)
