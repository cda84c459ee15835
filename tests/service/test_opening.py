from __future__ import annotations

from pathlib import Path

import pytest

from service.errors import IndexUnavailable, SettingsError
from service.opening import open_generator, open_pipeline, open_retriever
from service.settings import Settings


def test_the_generator_reports_the_name_in_the_settings(tmp_path: Path) -> None:
    gguf = tmp_path / "other.gguf"
    gguf.write_bytes(b"")
    assert open_generator(Settings(llm=str(gguf))).name == str(gguf)
    assert open_generator(Settings(generator="extractive")).name == "extractive"


@pytest.mark.parametrize("generator", ["llama_cpp", "transformers"])
def test_a_model_that_is_not_there_is_a_wrong_setting_with_what_to_do(tmp_path: Path, generator: str) -> None:
    settings = Settings(generator=generator, llm="owner/nowhere", models=tmp_path)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"no model 'owner/nowhere'.*fetch_models"):
        open_generator(settings)


def test_a_hub_name_is_taken_only_where_the_hub_is_allowed(tmp_path: Path) -> None:
    settings = Settings(generator="transformers", llm="owner/model", models=tmp_path, hub="on")
    assert open_generator(settings).name == "owner/model"


def test_a_missing_embedding_model_makes_the_index_unavailable(tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailable, match="scripts/fetch_models"):
        open_retriever(Settings(models=tmp_path, index=tmp_path))


def test_a_pipeline_is_not_ready_before_it_is_started() -> None:
    pipeline = open_pipeline(Settings(generator="extractive"))
    assert pipeline.ready() == {"index": False, "generator": False}
