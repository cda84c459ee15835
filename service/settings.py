"""What an operator can set: the only reader of the environment and of the configuration file.

Every setting is the variable `FUNDSTELLE_<NAME>` and the key `<name>` of the TOML file that `FUNDSTELLE_CONFIG` names;
the environment beats the file, an empty variable counts as unset. docs/settings.md is `markdown_table()`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from index.vector_kinds import VectorOptions, Wanted
from service.client_address import ForwardedHeader
from service.setting import About, markdown_row, settings_of
from service.setting_checks import check
from service.setting_sources import values_from

VECTORS = VectorOptions()

GeneratorName = Literal["llama_cpp", "transformers", "openai_compatible", "extractive"]
Risk = Literal["low", "medium", "high"]
Quoting = Literal["never", "unsure", "always"]
Hub = Literal["off", "on"]
Anonymous = Literal["loopback", "allowed", "never"]
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]
Switch = Literal["off", "on"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, checked. Times are seconds, lengths are tokens of the language model."""

    host: Annotated[str, About("Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, About("Port to listen on; 0 takes a free one.", 0, 65_535)] = 8000
    index: Annotated[Path, About("Directory of the published index.")] = Path(".fundstelle/index")
    snapshots_kept: Annotated[
        int,
        About("Snapshots of the index that stay on disk, the served one among them; older ones are deleted.", 1, 1_000),
    ] = 3
    models: Annotated[Path, About("Directory that holds the models.")] = Path(".fundstelle/models")
    embedding: Annotated[
        str,
        About(
            "Embedding model: a name of the catalogue, a sentence-transformers folder or a hub name. "
            "It must be the one that the index was built with."
        ),
    ] = "multilingual-e5-small"
    reranker: Annotated[
        str | None,
        About(
            "Second stage of the search: the folder of a cross-encoder, also one inside the models directory. "
            "Without it the search has one stage. docs/second-stage.md has what it costs."
        ),
    ] = None
    vectors: Annotated[
        Wanted,
        About(
            "How vectors are searched, chosen when the index is built: `exact` compares all of them, `codes` looks "
            "through small codes of all, `inverted` through those of the nearest clusters, with the vectors on disk; "
            "`auto` goes by how many there are. docs/scale.md has figures."
        ),
    ] = VECTORS.kind
    vector_recall: Annotated[
        float,
        About("Share of the ten nearest vectors that a search has to find; building warns below it.", 0, 1),
    ] = VECTORS.recall
    tokens_up_to: Annotated[
        int,
        About(
            "Passages up to which the index keeps the vectors of their tokens, 44 kB each; larger collections are "
            "ranked without, which docs/scale.md weighs.",
            0,
            1_000_000_000,
        ),
    ] = VECTORS.tokens_up_to
    second_check: Annotated[
        str | None,
        About(
            "A stricter check of each sentence: `model` asks the language model whether the sources say it, anything "
            "else is the folder of a model of natural language inference, also one inside the models directory. "
            "docs/second-check.md has what it costs."
        ),
    ] = None
    generator: Annotated[GeneratorName, About("What writes the answers; `extractive` needs no language model.")] = (
        "llama_cpp"
    )
    llm: Annotated[
        str,
        About(
            "Language model: a name of the catalogue or the path of a GGUF file (`llama_cpp`), a folder or hub name "
            "(`transformers`), the model's name at the server (`openai_compatible`)."
        ),
    ] = "qwen2.5-coder-1.5b"
    llm_base_url: Annotated[
        str | None, About("Address of the server for `openai_compatible`, as in `http://127.0.0.1:8080/v1`.")
    ] = None
    llm_api_key: Annotated[str | None, About("Key for the server of `openai_compatible`.")] = field(
        default=None, repr=False
    )
    hub: Annotated[
        Hub, About("Whether a model named `owner/model` may be downloaded from the model hub; `off` never connects.")
    ] = "off"
    threads: Annotated[
        int,
        About("Threads of the language model; 0 takes as many as the machine or the container allows.", 0, 1_024),
    ] = 0
    context: Annotated[int, About("Context of the language model, in tokens.", 512, 1_048_576)] = 4_096
    evidence_tokens: Annotated[
        int,
        About("Tokens of source sentences that a prompt may hold. More is slower and rarely better.", 32, 100_000),
    ] = 200
    risk: Annotated[
        Risk,
        About(
            "Risk of asking the language model where the sources may not hold an answer: `low` refuses sooner. "
            "docs/calibration.md has the figures."
        ),
    ] = "medium"
    quoting: Annotated[
        Quoting,
        About(
            "When a source sentence is shown instead of the language model's own, where one in the question's language "
            "bears the answer out: where the model was `unsure` of its words, `always`, or `never`."
        ),
    ] = "unsure"
    answer_tokens: Annotated[int, About("Tokens that an answer may have.", 16, 8_192)] = 200
    cached_answers: Annotated[
        int,
        About(
            "Answers that are kept in memory, for questions that are asked again word for word; 0 keeps none.",
            0,
            1_000_000,
        ),
    ] = 512
    reload_seconds: Annotated[
        float,
        About(
            "Seconds between looks for another published snapshot, which is served as soon as it is verified; 0 never "
            "looks.",
            0,
            3_600,
        ),
    ] = 2.0
    start_timeout: Annotated[float, About("Seconds within which the language model has to be up.", 1, 3_600)] = 120.0
    token_timeout: Annotated[
        float, About("Seconds without a new token after which an answer is given up.", 1, 3_600)
    ] = 60.0
    keys: Annotated[
        Path, About("File of the API keys and site keys, which scripts/keys.py writes. docs/access.md says how.")
    ] = Path(".fundstelle/keys.json")
    anonymous: Annotated[
        Anonymous,
        About(
            "Who may ask, search and read without a key: `loopback` is everybody where the service listens on a "
            "loopback address, and nobody elsewhere; `allowed` is everybody, `never` nobody."
        ),
    ] = "loopback"
    answer_timeout: Annotated[
        float,
        About("Seconds that one answer may take, from its request, waiting for the language model included.", 1, 3_600),
    ] = 180.0
    slots: Annotated[
        int,
        About(
            "Answers that the language model writes at once; 0 is 1 for a model of this machine and 8 for a server. "
            "With `llama_cpp` each takes memory for a context of its own.",
            0,
            1_024,
        ),
    ] = 0
    queue: Annotated[
        int,
        About(
            "Questions that may wait for the language model while it writes; further ones are told to come back later.",
            0,
            100_000,
        ),
    ] = 16
    queue_each: Annotated[
        int,
        About(
            "Questions of one client that may wait or be answered at once; 0 is half of `queue`, and 1 at least.",
            0,
            100_000,
        ),
    ] = 0
    admin_key: Annotated[
        str | None,
        About(
            "Key that may do everything, also administer the index, as `Authorization: Bearer <key>`: at least 24 "
            "characters, none of them a space. scripts/keys.py makes keys that may do less."
        ),
    ] = field(default=None, repr=False)
    allowed_hosts: Annotated[
        str | None,
        About(
            "Names by which the service may be asked, separated by commas: `example.org`, `*.example.org`, `[::1]`, or "
            "`*` for any. Without it: any, but only `localhost`, `127.0.0.1` and `[::1]` where the service listens on "
            "this machine's own address."
        ),
    ] = None
    trusted_proxies: Annotated[
        str | None,
        About(
            "Proxies that are believed who sent a request: addresses and networks, as in `127.0.0.1, 10.0.0.0/8`. "
            "docs/operating.md says how."
        ),
    ] = None
    forwarded_header: Annotated[
        ForwardedHeader,
        About("The header in which trusted proxies say so; what clients send in it they have to replace or add to."),
    ] = "x-forwarded-for"
    feedback: Annotated[
        str | None,
        About(
            "File that keeps answers and what is said of them; without it, `feedback.sqlite` in the directory of the "
            "index. It must be on a disk of this machine."
        ),
    ] = None
    feedback_days: Annotated[
        int,
        About(
            "Days that answers, with their questions, are kept on disk so that something can be said of them; 0 keeps "
            "none, and takes no feedback. docs/feedback.md says what is kept.",
            0,
            3_650,
        ),
    ] = 30
    anonymous_per_minute: Annotated[
        int,
        About(
            "Requests a minute without a key, for each address (of IPv6, each /64 network); 0 is any number, here and "
            "below. Programs of the service's own machine are not counted.",
            0,
            1_000_000,
        ),
    ] = 60
    anonymous_per_day: Annotated[int, About("The same, a day.", 0, 1_000_000_000)] = 2_000
    key_per_minute: Annotated[
        int,
        About("Requests a minute with a key that does not say itself; with a site's, of all visitors.", 0, 1_000_000),
    ] = 300
    key_per_day: Annotated[int, About("The same, a day.", 0, 1_000_000_000)] = 20_000
    visitor_per_minute: Annotated[
        int, About("Requests a minute of each visitor of the pages that have one site key, by address.", 0, 1_000_000)
    ] = 20
    visitor_per_day: Annotated[int, About("The same, a day.", 0, 1_000_000_000)] = 300
    redis_url: Annotated[
        str | None,
        About(
            "Redis that counts requests for several processes or hosts, as in `redis://:password@redis:6379/0`, "
            "`rediss://` with TLS. Without it, each process counts by itself."
        ),
    ] = field(default=None, repr=False)
    body_timeout: Annotated[
        float,
        About(
            "Seconds within which a request's head has to arrive, then its body; also those after which a client that "
            "reads nothing of its response is left.",
            0.1,
            3_600,
        ),
    ] = 10.0
    connections: Annotated[
        int, About("Connections that clients may have at a time; one more is answered with 503.", 1, 1_000_000)
    ] = 500
    idle_timeout: Annotated[
        int,
        About(
            "Seconds after which a connection is closed on which no further request came: longer than a proxy in front "
            "keeps its own, which is 60 where nothing else is said. docs/operating.md says why.",
            1,
            3_600,
        ),
    ] = 75
    mcp: Annotated[
        Switch,
        About(
            "Whether language models get tools at `/mcp`, by the Model Context Protocol; that takes "
            "`pip install 'fundstelle[mcp]'`. docs/mcp.md says how to connect."
        ),
    ] = "off"
    suggestions: Annotated[str | None, About("Questions to begin with on the chat page, divided by `|`.")] = None
    keep_alive_seconds: Annotated[
        float,
        About("Seconds of silence after which a stream sends a comment, so that nothing between closes it.", 0.01, 600),
    ] = 15.0
    shutdown_timeout: Annotated[
        float,
        About(
            "Seconds within which the service has ended after it was told to stop. Answers under way have most of "
            "them; what is not done then ends with a problem.",
            0,
            3_600,
        ),
    ] = 10.0
    log_level: Annotated[
        LogLevel,
        About("Least severity that is logged. `debug` also logs what errors say, which can quote questions."),
    ] = "info"
    log_format: Annotated[
        LogFormat, About("How a line of the log is written: `text` for reading, `json` for collecting.")
    ] = "text"
    log_questions: Annotated[Switch, About("Whether the log, and the traces, hold what was asked and answered.")] = (
        "off"
    )
    traces: Annotated[
        Switch,
        About(
            "Whether traces are sent, by OTLP over HTTP; that takes `pip install 'fundstelle[telemetry]'`. Where to is "
            "said by OpenTelemetry's own variables, such as `OTEL_EXPORTER_OTLP_ENDPOINT`; docs/observing.md has more."
        ),
    ] = "off"


_SETTINGS = settings_of(Settings)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; `environ` stands in for the environment.

    Raises `SettingsError` for an unknown variable or key (with the nearest known one), for a value of the wrong type or
    out of range, for an unreadable file, and for settings that don't go together.
    """
    values = values_from(os.environ if environ is None else environ, _SETTINGS)
    check(values)
    return Settings(**values)


def vector_options(settings: Settings) -> VectorOptions:
    """How the vectors of an index are to be searched."""
    return VectorOptions(settings.vectors, settings.vector_recall, settings.tokens_up_to)


def markdown_table() -> str:
    """One Markdown table row a setting, as docs/settings.md holds them."""
    head = ["| variable | key | type | default | meaning |", "|---|---|---|---|---|"]
    return "\n".join([*head, *map(markdown_row, _SETTINGS.values())]) + "\n"
