from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings import Settings, load_settings, markdown_table

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def file_of(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "fundstelle.toml"
    path.write_text(text, encoding="utf-8")
    return {"FUNDSTELLE_CONFIG": str(path)}


def test_nothing_set_gives_the_documented_defaults() -> None:
    settings = load_settings({"PATH": "/bin", "HOME": "/root"})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.generator) == ("127.0.0.1", 8000, "llama_cpp")
    assert (settings.index, settings.models) == (Path(".fundstelle/index"), Path(".fundstelle/models"))


def test_variables_are_converted_to_the_type_of_the_setting() -> None:
    environ = {"FUNDSTELLE_PORT": " 9000 ", "FUNDSTELLE_TOKEN_TIMEOUT": "2", "FUNDSTELLE_INDEX": "/srv/index"}
    settings = load_settings(environ)
    assert (settings.port, settings.token_timeout, settings.index) == (9000, 2.0, Path("/srv/index"))
    assert isinstance(settings.token_timeout, float)


def test_the_environment_beats_the_file_and_the_file_beats_the_default(tmp_path: Path) -> None:
    environ = file_of(tmp_path, 'port = 9001\nhost = "0.0.0.0"\ntoken_timeout = 5\n')
    settings = load_settings({**environ, "FUNDSTELLE_PORT": "9002"})
    assert (settings.port, settings.host, settings.token_timeout, settings.threads) == (9002, "0.0.0.0", 5.0, 0)


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    environ = {**file_of(tmp_path, "port = 9001"), "FUNDSTELLE_PORT": "", "FUNDSTELLE_LLM_API_KEY": " "}
    settings = load_settings(environ)
    assert (settings.port, settings.llm_api_key) == (9001, None)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"FUNDSTELLE_PROT": "1"}, "unknown variable FUNDSTELLE_PROT; the nearest known one is FUNDSTELLE_PORT"),
        ({"FUNDSTELLE_port": "1"}, "unknown variable FUNDSTELLE_port"),
        ({"FUNDSTELLE_CONFIGS": "x"}, "the nearest known one is FUNDSTELLE_CONFIG"),
        ({"FUNDSTELLE_PORT": "80a"}, "FUNDSTELLE_PORT must be a whole number, not '80a'"),
        ({"FUNDSTELLE_PORT": "70000"}, "FUNDSTELLE_PORT must be from 0 to 65535, not 70000"),
        ({"FUNDSTELLE_TOKEN_TIMEOUT": "nan"}, "FUNDSTELLE_TOKEN_TIMEOUT must be from 1 to 3600, not nan"),
        ({"FUNDSTELLE_GENERATOR": "gpt"}, "one of llama_cpp, transformers, openai_compatible, extractive, not 'gpt'"),
        ({"FUNDSTELLE_GENERATOR": "openai_compatible"}, "openai_compatible needs FUNDSTELLE_LLM_BASE_URL"),
        ({"FUNDSTELLE_LLM_BASE_URL": "ftp://x"}, "must be an http or https address, not 'ftp://x'"),
        ({"FUNDSTELLE_LLM_BASE_URL": "http://[::1"}, "must be an http or https address"),
        ({"FUNDSTELLE_CONFIG": "/nowhere/x.toml"}, "FUNDSTELLE_CONFIG: /nowhere/x.toml can't be read: No such file"),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_may_be(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 1", "unknown key prot in"),
        ("[port]\na = 1", "must be a whole number, not {'a': 1}"),
        ('port = "9000"', "must be a whole number, not '9000'"),
        ("port = true", "must be a whole number, not True"),
        ("host = 1", "must be text, not 1"),
        ("index = ['a']", "must be a path, not ['a']"),
        ('host = " "', "must be text, not ' '"),
        ("port = ", "is not TOML"),
    ],
)
def test_a_wrong_key_of_the_file_is_named_with_what_it_may_be(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(file_of(tmp_path, text))
    assert message in str(caught.value)
    assert "fundstelle.toml" in str(caught.value)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes('host = "ü"'.encode("latin-1"))
    with pytest.raises(SettingsError, match="is not TOML"):
        load_settings({"FUNDSTELLE_CONFIG": str(path)})


def test_the_key_is_in_no_representation_and_in_no_message(tmp_path: Path) -> None:
    settings = load_settings({"FUNDSTELLE_LLM_API_KEY": "hush-hush"})
    assert settings.llm_api_key == "hush-hush"
    assert "hush" not in repr(settings) + str(replace(settings, port=1))
    with pytest.raises(SettingsError) as caught:
        load_settings(file_of(tmp_path, "llm_api_key = 4711"))
    assert "must be text" in str(caught.value)
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize("key", ["x" * 23, "a key of the administration", "x" * 24 + "ü", "x" * 24 + "\n" + "x"])
def test_an_admin_key_that_can_be_guessed_or_not_be_sent_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(SettingsError, match="FUNDSTELLE_ADMIN_KEY must be 24 or more") as caught:
        load_settings({"FUNDSTELLE_ADMIN_KEY": key})
    assert key not in str(caught.value)


def test_an_admin_key_is_in_no_representation() -> None:
    key = "".join(map(chr, range(33, 57)))
    settings = load_settings({"FUNDSTELLE_ADMIN_KEY": key})
    assert settings.admin_key == key
    assert key not in repr(settings)
    assert Settings().admin_key is None


def test_settings_can_not_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]


def test_the_document_holds_every_setting_as_the_code_has_it() -> None:
    assert markdown_table() in DOCUMENT.read_text(encoding="utf-8")
    assert [line.split("`")[3] for line in markdown_table().splitlines()[2:]] == [f.name for f in fields(Settings)]


def test_every_default_passes_for_a_value_that_was_set() -> None:
    shown = {f"FUNDSTELLE_{f.name.upper()}": "" if f.default is None else str(f.default) for f in fields(Settings)}
    assert load_settings(shown) == Settings()
