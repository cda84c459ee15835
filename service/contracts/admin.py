"""What goes over the wire to administer the index: every request and response of it, beside those of `contract`."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.contracts.answers import NOT_BLANK

ID_CHARACTERS = 1_000
TITLE_CHARACTERS = 1_000
TEXT_CHARACTERS = 1_000_000
URL_CHARACTERS = 2_000
BATCH_CHANGES = 1_000

ONE_LINE = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$(?!\n)"
"""More than white space, no control characters."""
_OUT = r"\s\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufeff"
WEB_ADDRESS = (
    r"^[Hh][Tt][Tt][Pp][Ss]?://"
    rf"([^/?#@\[\]\\{_OUT}]*@)?(\[[0-9A-Fa-f:.]+\]|[^/?#@:\[\]\\{_OUT}]+)(:[0-9]{{0,5}})?([/?#][^{_OUT}]*)?$(?!\n)"
)
"""An http or https address with a host, without white space, control characters and those that turn the writing."""
_WEB_ADDRESS = re.compile(WEB_ADDRESS)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NUL = re.compile("\0")

ArticleId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=ID_CHARACTERS,
        description="Names the article; no control characters.",
        extra_json_schema={"pattern": ONE_LINE},
    ),
]
Operation = Literal["put", "delete"]


class ArticleRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """An article as it is to be: all of it, also where there is one of its id already."""

    title: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=TITLE_CHARACTERS,
            description="Its title: more than white space, no control characters.",
            extra_json_schema={"pattern": ONE_LINE},
        ),
    ]
    text: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=TEXT_CHARACTERS,
            description="Its text, kept verbatim: more than white space, no NUL characters.",
            extra_json_schema={"pattern": NOT_BLANK},
        ),
    ]
    url: Annotated[
        Annotated[str, Meta(max_length=URL_CHARACTERS, extra_json_schema={"pattern": WEB_ADDRESS})] | None,
        Meta(description="Where it was published: an http or https address."),
    ] = None
    published_at: Annotated[date | None, Meta(description="Day of publication.")] = None
    language: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}(?!\n)$")] | None,
        Meta(description="Its main language (ISO 639; of `de-AT`, `de` is kept); found out where it is left out."),
    ] = None

    def __post_init__(self) -> None:
        _check_characters("title", self.title, "control", _CONTROL)
        _check_characters("text", self.text, "NUL", _NUL)
        if self.url is not None and not _WEB_ADDRESS.search(self.url):
            raise ValueError("url must be an http or https address without spaces or control characters")


class ChangeRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """One change of a batch: an article to write, or one to delete."""

    op: Annotated[Operation, Meta(description="`put` writes or replaces, `delete` deletes.")]
    id: ArticleId
    article: Annotated[ArticleRequest | None, Meta(description="With `put`, and only then: what to write.")] = None

    def __post_init__(self) -> None:
        _check_characters("id", self.id, "control", _CONTROL)
        if (self.op == "put") != (self.article is not None):
            raise ValueError("a put needs an article, a delete has none")


_PUT = {"properties": {"op": {"const": "put"}, "article": {"type": "object"}}, "required": ["article"]}
_DELETE = {"properties": {"op": {"const": "delete"}, "article": {"type": "null"}}}


class BatchRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Changes that are accepted together or not at all."""

    changes: Annotated[
        tuple[Annotated[ChangeRequest, Meta(extra_json_schema={"oneOf": [_PUT, _DELETE]})], ...],
        Meta(
            min_length=1, max_length=BATCH_CHANGES, description="In order: of several to one article the last counts."
        ),
    ]


class AcceptedChange(Struct, frozen=True):
    """A change that is on disk for good, and visible with the next publishing."""

    sequence: Annotated[int, Meta(description="Its number, higher than that of every change before it.")]
    op: Annotated[Operation, Meta(description="What it does.")]
    id: Annotated[str, Meta(description="The article.")]
    sha256: Annotated[str | None, Meta(description="SHA-256 of the text that was written, in UTF-8.")] = None


class AcceptedBatch(Struct, frozen=True):
    """All changes of a batch, accepted."""

    changes: Annotated[tuple[AcceptedChange, ...], Meta(description="Each change, in order.")]


class PublishRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """How to publish."""

    wait: Annotated[bool, Meta(description="Whether to answer only when the new snapshot is served.")] = False


class BuildingStep(Struct, frozen=True):
    """One step of building a snapshot, and how far it is."""

    what: Annotated[str, Meta(description="What is being done.")]
    unit: Annotated[str, Meta(description="What is counted.")]
    done: Annotated[int, Meta(description="How many are done.")]
    expected: Annotated[int | None, Meta(description="How many there will be, as far as that is known.")] = None


class Publishing(Struct, frozen=True):
    """One publishing: the next snapshot is built, verified and served."""

    id: Annotated[str, Meta(description="Names this publishing.")]
    state: Annotated[
        Literal["waiting", "building", "opening", "served", "failed"],
        Meta(description="`waiting` for the one before, `building`, `opening` what was built, `served`, or `failed`."),
    ]
    requested_at: Annotated[datetime, Meta(description="When it was asked for.")]
    finished_at: Annotated[datetime | None, Meta(description="When it was served or failed.")] = None
    snapshot: Annotated[
        str | None, Meta(description="The snapshot that it published, the one before where nothing had changed.")
    ] = None
    sequence: Annotated[int | None, Meta(description="The number of the last change that is in it.")] = None
    left_out: Annotated[
        tuple[str, ...], Meta(description="Articles that have nothing to index, each with the reason.")
    ] = ()
    steps: Annotated[tuple[BuildingStep, ...], Meta(description="How far building is.")] = ()
    detail: Annotated[str, Meta(description="Why it failed, or what did not go as it should.")] = ""


class SnapshotInfo(Struct, frozen=True):
    """A snapshot on disk."""

    id: Annotated[str, Meta(description="Its id, as answers name it.")]
    created_at: Annotated[datetime, Meta(description="When it was built.")]
    articles: Annotated[int, Meta(description="How many articles it has.")]
    passages: Annotated[int, Meta(description="How many passages.")]
    sentences: Annotated[int, Meta(description="How many sentences.")]
    bytes: Annotated[int, Meta(description="Size of its files.")]
    withdrawn: Annotated[
        bool, Meta(description="Whether it was gone back from, or never served, and is passed over.")
    ] = False


class PendingChanges(Struct, frozen=True):
    """Changes that were accepted and that the published snapshot does not have yet."""

    written: Annotated[int, Meta(description="Articles written.")]
    deleted: Annotated[int, Meta(description="Articles deleted.")]
    since: Annotated[datetime | None, Meta(description="When the oldest of them was accepted.")] = None


class IndexState(Struct, frozen=True):
    """The index: what is served, what is on disk, what waits to be published."""

    served: Annotated[str | None, Meta(description="The snapshot that questions are answered from.")]
    published: Annotated[
        str | None, Meta(description="The snapshot that is published; served as soon as it is opened and verified.")
    ]
    snapshots: Annotated[tuple[SnapshotInfo, ...], Meta(description="All snapshots on disk, the newest last.")]
    pending: Annotated[PendingChanges, Meta(description="What the next publishing will make visible.")]
    sequence: Annotated[int, Meta(description="The number of the last change that was accepted.")]
    since: Annotated[datetime | None, Meta(description="Since when `served` is served.")] = None
    swaps: Annotated[
        int, Meta(description="How often another snapshot was gone over to since the start of the service.")
    ] = 0
    publishing: Annotated[
        Publishing | None, Meta(description="The publishing that is under way, else the last one since the start.")
    ] = None
    last_failure: Annotated[Publishing | None, Meta(description="The last publishing since the start that failed.")] = (
        None
    )
    warnings: Annotated[tuple[str, ...], Meta(description="What an operator should look at.")] = ()


def _check_characters(name: str, value: str, kind: str, refused: re.Pattern[str]) -> None:
    found = refused.search(value)
    if found:
        raise ValueError(f"{name} must not hold {kind} characters: there is one at position {found.start()}")
    if not value.strip():
        raise ValueError(f"{name} must hold more than white space")
