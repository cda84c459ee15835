"""Loading a transformers model: from a folder, from a GGUF once, and never from the network."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import torch
from tiny_model import SENTENCE, save_tiny_model
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from service.errors import GeneratorTimeout, GeneratorUnavailable
from service.generators import Message, Prompt
from service.generators import transformers as backend
from service.generators.transformers import TransformersGenerator

pytestmark = pytest.mark.anyio

PROMPT = Prompt((Message("user", "?"),), (), 40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny"))


async def test_it_writes_what_the_model_says_in_float32_whatever_its_own_taste(folder: Path) -> None:
    generator = TransformersGenerator(folder)
    await generator.start()
    text = "".join([delta.text async for delta in generator.stream(PROMPT)])
    assert text == (SENTENCE * 4).encode()[:40].decode(errors="ignore")
    assert generator._loaded is not None
    assert generator._loaded.model.dtype == torch.float32
    assert generator._loaded.model.generation_config.repetition_penalty in (None, 1.0)
    await generator.close()


@pytest.mark.parametrize(
    ("ids", "ends", "cut_off"),
    [([7, 8, 9], 5, True), ([7, 8, 5], 5, False), ([7, 8, 5], [4, 5], False), ([7, 8], 5, False)],
)
def test_a_model_that_wrote_its_end_token_as_the_last_of_all_was_not_cut_off(
    ids: list[int], ends: int | list[int], cut_off: bool
) -> None:
    class Model:
        generation_config = GenerationConfig(eos_token_id=ends)

        def generate(self, **_: object) -> torch.Tensor:
            return torch.tensor([[1, 2, *ids]])

    written = backend._generate(Model(), {"input_ids": torch.tensor([[1, 2]])}, 3, None, [])  # type: ignore[arg-type]
    assert (written.tokens, written.cut_off) == (len(ids), cut_off)


async def test_it_opens_no_connection(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError(f"a connection was opened: {args}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    generator = TransformersGenerator(folder)
    await generator.start()
    assert [delta async for delta in generator.stream(PROMPT)]
    await generator.close()
    with pytest.raises(GeneratorUnavailable, match="can't load nobody/no-such-model"):
        await TransformersGenerator("nobody/no-such-model").start()


async def test_a_model_without_a_chat_template_is_refused(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        if file.name != "chat_template.jinja":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(GeneratorUnavailable, match="no chat template"):
        await TransformersGenerator(tmp_path).start()


async def test_a_model_that_fails_while_answering_ends_the_answer(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> int:
        raise RuntimeError("out of memory")

    generator = TransformersGenerator(folder)
    await generator.start()
    with monkeypatch.context() as patch:
        patch.setattr(backend, "_generate", fail)
        with pytest.raises(GeneratorUnavailable, match="failed in the middle of an answer"):
            await anext(generator.stream(PROMPT))
    assert [delta async for delta in generator.stream(PROMPT)]
    await generator.close()


async def test_a_model_that_writes_nothing_times_out(folder: Path) -> None:
    generator = TransformersGenerator(folder, token_timeout=0.0)
    await generator.start()
    with pytest.raises(GeneratorTimeout, match="wrote nothing for 0 s"):
        await anext(generator.stream(PROMPT))
    await generator.close()


async def test_closing_ends_an_answer_in_progress(folder: Path) -> None:
    generator = TransformersGenerator(folder)
    await generator.start()
    deltas = generator.stream(Prompt((Message("user", "?"),), (), 1900))
    assert (await anext(deltas)).text
    await generator.close()
    with pytest.raises(GeneratorUnavailable, match="was stopped"):
        async for _ in deltas:
            pass


async def test_a_gguf_is_converted_once_and_appears_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gguf = tmp_path / "model.gguf"
    gguf.write_bytes(b"GGUF")

    def load(*args: object, **kwargs: object) -> None:
        raise OSError("not a GGUF")

    monkeypatch.setattr(AutoTokenizer, "from_pretrained", load)
    with pytest.raises(OSError, match="not a GGUF"):
        backend._converted(gguf, tmp_path)
    assert list((tmp_path / "converted").iterdir()) == []

    class Part:
        def save_pretrained(self, folder: Path) -> None:
            (folder / "part").write_text("whole")

    for auto in (AutoTokenizer, AutoModelForCausalLM):
        monkeypatch.setattr(auto, "from_pretrained", lambda *args, **kwargs: Part())
    folder = backend._converted(gguf, tmp_path)
    assert [path.name for path in (tmp_path / "converted").iterdir()] == [folder.name]
    assert (folder / "part").read_text() == "whole"
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", load)
    assert backend._converted(gguf, tmp_path) == folder
    gguf.write_bytes(b"GGUF other")
    with pytest.raises(OSError, match="not a GGUF"):
        backend._converted(gguf, tmp_path)
