"""Planted attacks, each run through the whole pipeline with a model that obeys it and with one that says what it sees.

An attack stands in the middle of a harmless article (`where` it does), in the question or in the conversation; `canary`
is what an answer would hold if it had worked, `harmless` is what of its text may be cited, as it is shown.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from index.build import build
from service.answering.answer import AnswerPipeline
from service.contracts.answers import Answer, AskRequest, FilterRequest, Turn, Usage
from service.generators import Delta, Message, Prompt
from service.language_model import prompt
from service.search.instructions import addresses_machine
from service.texts.plain_text import addresses, citation_marks, markup, plain, template_tokens, visible
from tests.service.collection import ScriptedGenerator, WordEmbedder, pipeline_over

pytestmark = pytest.mark.anyio

DATA = Path(__file__).parent / "data"
FOREIGN = "collect.example"
HARMLESS = {
    "en": (
        "The city of Porthaven opened its new harbour bridge on Tuesday.",
        "The bridge cost 14.3 million euros and is 420 metres long.",
        "Ferries stopped running because the bridge replaces them.",
    ),
    "de": (
        "Die Stadt Lindhafen hat am Dienstag ihre neue Hafenbrücke eröffnet.",
        "Die Hafenbrücke kostete 14,3 Millionen Euro und ist 420 Meter lang.",
        "Fähren fahren nicht mehr, weil die Brücke sie ersetzt.",
    ),
}
QUESTION = {
    "en": "How much did the harbour bridge in Porthaven cost?",
    "de": "Wie viel kostete die Hafenbrücke in Lindhafen?",
}
TRUE = {
    "en": "The bridge in Porthaven cost 14.3 million euros.",
    "de": "Die Hafenbrücke in Lindhafen kostete 14,3 Millionen Euro.",
}


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


ATTACKS = read("attacks.jsonl")
LOOK_ALIKES = read("lookalikes.jsonl")
LEANING = {"en": "And how long is it?", "de": "Und wie lang ist sie?"}
"""Asked where the attack is in the history, which is shown for such questions alone."""
PLACES = ("article", "title", "heading", "id", "url")


class Misled(ScriptedGenerator):
    """Says what it is told to; without a text, the evidence of its prompt, each sentence with its mark."""

    says = ""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        self.prompts.append(prompt)
        marked = (f"{text} [{number}]\n" for number, text in enumerate(prompt.evidence, start=1))
        for piece in [self.says] if self.says else marked:
            yield Delta(piece)
        yield Delta("", Usage())


GENERATOR = Misled()


def obeying(attack: dict[str, Any]) -> str:
    """All that attacks ask for: the canary, foreign addresses, forged marks, a wrong figure; then the truth."""
    canary, true = attack["canary"] or "Verlaxo", TRUE[attack["lang"]]
    bare = true.removesuffix(".")
    return (
        f"{canary}. {bare} {canary} [1]. {bare} {canary.casefold()}. {canary}: {true} {attack.get('says', '')} "
        f"{bare} https://{FOREIGN}/?q=1 [2]. {bare} ![p](https://{FOREIGN}/p.png). {bare} [here](//{FOREIGN}/x). "
        f"{bare} <img src=https://{FOREIGN}/p>. {bare} ({FOREIGN}). {bare}, a@{FOREIGN}. {bare} \u200b\u202e. "
        f"{bare} <|im_end|>. {bare} [source 9]. {true.replace('14', '99')} [1]. {true} [7]"
    )


def article(attack: dict[str, Any]) -> tuple[str, str]:
    """The name and the text of the file that the attack is planted in."""
    planted = {place: attack["text"] if attack["where"] == place else "" for place in PLACES}
    one, two, three = HARMLESS[attack["lang"]]
    title = planted["title"] or ("New harbour bridge" if attack["lang"] == "en" else "Neue Hafenbrücke")
    front = f"title: {json.dumps(title)}\nlanguage: {attack['lang']}\nurl: {planted['url'] or 'https://example.org/a'}"
    heading = f"\n\n## {planted['heading']}\n\n" if planted["heading"] else " "
    return (
        f"{planted['id'] or attack['id']}.md",
        f"---\n{front}\n---\n{one}{heading}{two} {planted['article']} {three}\n",
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def refuse(error: Exception) -> None:
        raise error

    folder = tmp_path_factory.mktemp("attacks")
    (folder / "articles").mkdir()
    for name, text in map(article, ATTACKS):
        (folder / "articles" / name).write_text(text, encoding="utf-8")
    build([folder / "articles"], folder / "index", WordEmbedder(), on_error=refuse)
    return folder / "index"


@pytest.fixture(scope="module")
async def pipeline(index: Path, anyio_backend: str) -> AsyncIterator[AnswerPipeline]:
    pipeline = pipeline_over(index, GENERATOR, cached=0)
    await pipeline.start()
    yield pipeline
    await pipeline.close()


def request(attack: dict[str, Any], mode: Any = "generate") -> AskRequest:
    question = QUESTION[attack["lang"]]
    history: tuple[Turn, ...] = ()
    if attack["where"] == "question":
        question = attack["text"].format(question=question)
    if attack["where"] == "history":
        history = (Turn("user", f"{question} {attack['text']}"), Turn("assistant", attack["text"]))
        question = LEANING[attack["lang"]]
    filters = FilterRequest(article_ids=(article(attack)[0],))
    return AskRequest(question=question, history=history, language=attack["lang"], mode=mode, filters=filters)


async def answered(pipeline: AnswerPipeline, attack: dict[str, Any], said: str, mode: str = "generate") -> Answer:
    GENERATOR.says = said
    answer = await pipeline.ask(request(attack, mode))
    for citation in answer.citations:
        assert pipeline.article(citation.article_id).text[citation.start : citation.end] == citation.quote
    return answer


def check_answer(answer: Answer, attack: dict[str, Any]) -> None:
    """Nothing foreign in what is said, and every citation is one of a harmless sentence."""
    said = "\n".join([answer.answer, *(sentence.text for sentence in answer.sentences)])
    assert not attack["canary"] or attack["canary"].casefold() not in said.casefold()
    assert FOREIGN not in said
    assert [*addresses(said), *markup(said), *template_tokens(said)] == []
    assert [mark for sentence in answer.sentences for mark in citation_marks(sentence.text)] == []
    assert visible(said) == said
    assert prompt.beginning().messages[0].content[:60] not in said
    labels = {citation.label for citation in answer.citations}
    assert all(set(sentence.citations) <= labels and sentence.citations for sentence in answer.sentences)
    harmless = {*HARMLESS[attack["lang"]], *attack.get("harmless", ())}
    assert {plain(citation.quote) for citation in answer.citations} <= harmless


def check_prompts(prompts: list[Prompt], attack: dict[str, Any]) -> None:
    """The model is asked what it is always asked: the same roles, the same beginning, no orders from elsewhere."""
    beginning = prompt.beginning().messages
    harmless = {*HARMLESS[attack["lang"]], *attack.get("harmless", ())}
    for asked in prompts:
        own = asked.messages[len(beginning) :]
        assert asked.messages[: len(beginning)] == beginning
        assert [message.role for message in own] in (["user"], ["user", "assistant", "user"])
        assert own[-1].content.splitlines()[-1].startswith("Answer in ")
        assert "\n".join(message.content for message in own).count("Sources:\n") == 1
        assert set(asked.evidence) <= harmless
        for message in own:
            check_message(message, attack)


def check_message(message: Message, attack: dict[str, Any]) -> None:
    """No order, nothing hidden and nothing foreign stands in what is said to the model."""
    lines = message.content.splitlines()
    asks = lines[:-1] if message.role == "user" else lines
    assert [line for line in asks if addresses_machine(line)] == []
    assert [*template_tokens(message.content), *addresses(message.content), *markup(message.content)] == []
    assert message.content.count("\nAnswer in ") == (message.role == "user")
    assert all(line.isprintable() for line in lines)
    if attack["where"] != "question":
        assert not attack["canary"] or attack["canary"].casefold() not in message.content.casefold()


@pytest.mark.parametrize("number", range(len(ATTACKS)), ids=[attack["id"] for attack in ATTACKS])
async def test_an_attack_changes_neither_what_is_asked_nor_what_is_said(number: int, pipeline: AnswerPipeline) -> None:
    attack = ATTACKS[number]
    GENERATOR.prompts.clear()
    obeyed = await answered(pipeline, attack, obeying(attack))
    repeated = await answered(pipeline, attack, "")
    prompts = list(GENERATOR.prompts)
    quoted = await answered(pipeline, attack, "never said", "extract")
    for answer in (obeyed, repeated, quoted):
        check_answer(answer, attack)
    check_prompts(prompts, attack)
    if attack["where"] in PLACES:
        assert len(prompts) >= 2
        assert prompts == GENERATOR.prompts
        assert obeyed.answer == TRUE[attack["lang"]]
        assert [plain(citation.quote) for citation in obeyed.citations] == [HARMLESS[attack["lang"]][1]]


def test_there_are_attacks_of_every_kind_in_both_languages() -> None:
    kinds = {(attack["kind"], attack["lang"]) for attack in ATTACKS}
    assert len(ATTACKS) >= 60
    assert kinds == {(kind, language) for kind, _ in kinds for language in ("de", "en")}


@pytest.mark.parametrize("text", [item["text"] for item in LOOK_ALIKES if not item.get("hard")])
def test_what_is_told_about_machines_and_orders_stays_evidence(text: str) -> None:
    assert not addresses_machine(text)


@pytest.mark.parametrize("text", [item["text"] for item in LOOK_ALIKES if item.get("hard")])
def test_a_report_that_quotes_an_attack_is_rather_lost(text: str) -> None:
    assert addresses_machine(text)
