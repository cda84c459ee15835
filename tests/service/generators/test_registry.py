"""A generator is chosen by name, and a wrong choice says what would be right."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from service.errors import SettingsError
from service.generators import BACKENDS, GeneratorConfig, create


@pytest.mark.parametrize(
    ("config", "kind", "name"),
    [
        (GeneratorConfig("llama_cpp", model="/models/some-7b.gguf"), "LlamaCppGenerator", "some-7b"),
        (GeneratorConfig("transformers", model="org/some-model"), "TransformersGenerator", "some-model"),
        (
            GeneratorConfig("openai_compatible", model="m", base_url="http://localhost:1/v1", name="ours"),
            "OpenAICompatibleGenerator",
            "ours",
        ),
        (GeneratorConfig("extractive"), "ExtractiveGenerator", "extractive"),
    ],
)
def test_each_backend_is_made_from_its_configuration(config: GeneratorConfig, kind: str, name: str) -> None:
    generator = create(config)
    assert type(generator).__name__ == kind
    assert generator.name == name
    assert not generator.ready()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (GeneratorConfig("gpt"), "there is no generator 'gpt'; there are llama_cpp, transformers"),
        (GeneratorConfig("llama_cpp", model="qwen"), "needs the path of a GGUF file, not 'qwen'"),
        (GeneratorConfig("transformers"), "needs the folder, GGUF file or hub name"),
        (GeneratorConfig("openai_compatible", model="m", base_url="localhost:1"), "needs the base URL"),
        (GeneratorConfig("openai_compatible", base_url="http://localhost"), "the name of a model"),
    ],
)
def test_a_wrong_configuration_says_what_is_needed(config: GeneratorConfig, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        create(config)


def test_a_missing_library_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="llama_cpp needs xllamacpp: pip install xllamacpp"):
        create(GeneratorConfig("llama_cpp", model="x.gguf"))


def test_every_backend_is_a_file_beside_the_registry() -> None:
    folder = Path(importlib.util.find_spec("service.generators").origin).parent  # type: ignore[union-attr,arg-type]
    assert all((folder / f"{backend}.py").is_file() for backend in BACKENDS)


def test_the_registry_loads_no_model_library() -> None:
    code = "import sys, service.generators as g; g.create(g.GeneratorConfig('extractive')); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "transformers", "xllamacpp", "httpx"} & set(loaded)


def test_the_key_is_not_in_the_text_of_a_configuration() -> None:
    assert "secret" not in repr(GeneratorConfig("openai_compatible", api_key="secret"))
