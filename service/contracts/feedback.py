"""What goes over the wire to say whether an answer helped, beside what `contract` has."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from service.contracts.answers import NO_NUL

COMMENT_CHARACTERS = 2_000
ID_CHARACTERS = 100


class FeedbackRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody thinks of an answer. It replaces what the same caller said of that answer before."""

    answer_id: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=ID_CHARACTERS,
            description="`id` of the answer, also with the `chatcmpl-` that a chat completion puts before it.",
            extra_json_schema={"pattern": NO_NUL},
        ),
    ]
    helpful: Annotated[bool, Meta(description="Whether the answer helped.")]
    comment: Annotated[
        Annotated[str, Meta(max_length=COMMENT_CHARACTERS, extra_json_schema={"pattern": NO_NUL})] | None,
        Meta(description="What was good or wrong, in the reader's own words; without NUL characters."),
    ] = None

    def __post_init__(self) -> None:
        if "\0" in self.answer_id:
            raise ValueError("answer_id must not hold NUL characters")
        if "\0" in (self.comment or ""):
            raise ValueError("comment must not hold NUL characters")


class FeedbackResponse(Struct, frozen=True):
    """What was said of an answer, now on disk."""

    answer_id: Annotated[str, Meta(description="Which answer it was said of.")]
    helpful: Annotated[bool, Meta(description="Whether the answer helped.")]
    comment: Annotated[str | None, Meta(description="The comment, as it was sent.")]


class Keeping(Struct, frozen=True):
    """What the chat tells its readers of the service."""

    kept_days: Annotated[
        int, Meta(description="Days for which questions and answers are kept; 0: none are, and no feedback is taken.")
    ]
