"""An encoder for BERT with PyTorch alone.

To import the libraries that run any model takes several times as long as loading this one does, and every building and
every start of the service would wait for it. A folder that says anything which is not known here is left to them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from index.encoder import Encoded, Vectors
from index.errors import ModelError
from index.libraries import prepare_environment

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

T = TypeVar("T")


class Shape(Struct, frozen=True):
    """What `config.json` says; its other fields are for training or for other uses of the model."""

    model_type: Literal["bert"]
    hidden_act: Literal["gelu"]
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    max_position_embeddings: int
    layer_norm_eps: float
    position_embedding_type: Literal["absolute"] = "absolute"
    is_decoder: bool = False
    quantization_config: None = None


class Step(Struct, frozen=True):
    """One of the steps in `modules.json`, which follow each other."""

    type: str
    path: str


class Pooling(Struct, frozen=True, forbid_unknown_fields=True):
    """`config.json` of the step that makes one vector of those of the tokens."""

    word_embedding_dimension: int
    pooling_mode_mean_tokens: bool
    pooling_mode_cls_token: bool = False
    pooling_mode_max_tokens: bool = False
    pooling_mode_mean_sqrt_len_tokens: bool = False
    pooling_mode_weightedmean_tokens: bool = False
    pooling_mode_lasttoken: bool = False
    include_prompt: bool = True


MEAN = Pooling(0, True)
"""The mean over all tokens, whatever the dimension."""


class ModelOptions(Struct, frozen=True, forbid_unknown_fields=True):
    """How the library would make the model: with or without a part that only a classifier needs."""

    add_pooling_layer: bool = False


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """`sentence_bert_config.json`."""

    max_seq_length: int
    do_lower_case: bool = False
    model_args: ModelOptions = ModelOptions()


class Prompts(Struct, frozen=True, forbid_unknown_fields=True):
    """`config_sentence_transformers.json`."""

    prompts: dict[str, str] = {}
    default_prompt_name: str | None = None
    similarity_fn_name: str | None = None


class Tokens(Struct, frozen=True, forbid_unknown_fields=True):
    """`tokenizer_config.json`: the tokenizer is what `tokenizer.json` says and nothing else."""

    tokenizer_class: Literal["PreTrainedTokenizerFast"]
    model_max_length: int
    padding_side: Literal["right"] = "right"
    clean_up_tokenization_spaces: bool = False
    bos_token: str | None = None
    cls_token: str | None = None
    eos_token: str | None = None
    sep_token: str | None = None
    pad_token: str | None = None
    unk_token: str | None = None
    mask_token: str | None = None


class Description(NamedTuple):
    """All that a folder says of its model."""

    shape: Shape
    limits: Limits
    prompts: Prompts


def load(folder: Path) -> BertEncoder | None:
    """The model in `folder`; None where it is not one that is known here. Raises `ModelError` where it is broken."""
    described = _described(folder)
    if described is None:
        return None
    prepare_environment()
    try:
        encoder = BertEncoder(folder, described)
        encoder.encode(["."], "")
    except Exception as error:  # the tokenizer raises nothing more precise
        raise ModelError(f"{folder} holds no model that can be loaded: {error}") from error
    return encoder


def _described(folder: Path) -> Description | None:
    try:
        shape = _read(folder / "config.json", Shape)
        steps = _read(folder / "modules.json", list[Step])
        limits = _read(folder / "sentence_bert_config.json", Limits)
        prompts = _read(folder / "config_sentence_transformers.json", Prompts)
        _read(folder / "tokenizer_config.json", Tokens)
        pooled = len(steps) > 1 and _read(folder / steps[1].path / "config.json", Pooling)
    except (OSError, msgspec.MsgspecError):
        return None
    names = [step.type.rpartition(".")[2] for step in steps]
    known = (
        names in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
        and steps[0].path == ""
        and pooled == msgspec.structs.replace(MEAN, word_embedding_dimension=shape.hidden_size)
        and not shape.is_decoder
        and not limits.do_lower_case
        and 0 < limits.max_seq_length <= shape.max_position_embeddings
        and (folder / "tokenizer.json").is_file()
        and (folder / "model.safetensors").is_file()
    )
    return Description(shape, limits, prompts) if known else None


def _read(path: Path, kind: type[T]) -> T:
    return msgspec.json.decode(path.read_bytes(), type=kind)


class BertEncoder:
    """An `Encoder`. Use `load`."""

    def __init__(self, folder: Path, described: Description) -> None:
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        self._shape = described.shape
        self._weights: dict[str, Tensor] = {
            name: weight.float() for name, weight in load_file(folder / "model.safetensors").items()
        }
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.prompts = described.prompts.prompts
        self.dim = described.shape.hidden_size
        self.max_length = described.limits.max_seq_length
        self.special_tokens = int(self._tokenizer.num_special_tokens_to_add(is_pair=False))

    def token_ids(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text, without special ones, prompt and limit."""
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        return [encoded.ids for encoded in self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

    def pieces(self) -> list[str]:
        """What each token of the vocabulary stands for; nothing for special ones."""
        rows = len(self._weights["embeddings.word_embeddings.weight"])
        pieces = [self._tokenizer.id_to_token(number) or "" for number in range(rows)]
        for number, token in self._tokenizer.get_added_tokens_decoder().items():
            pieces[number] = "" if token.special else pieces[number]
        return pieces

    def encode(self, texts: list[str], prompt: str) -> Vectors:
        """float32 `(len(texts), dim)`, unit L2 norm."""
        _, _, vectors = self._run(texts, prompt)
        found: Vectors = vectors.numpy()
        return found

    def encode_tokens(self, texts: list[str], prompt: str) -> list[Encoded]:
        """As `encode`, with the tokens."""
        ids, tokens, vectors = self._run(texts, prompt)
        return [
            Encoded(vector.numpy(), own.numpy(), of_tokens[: len(own)].numpy())
            for vector, own, of_tokens in zip(vectors, ids, tokens, strict=True)
        ]

    def _run(self, texts: list[str], prompt: str) -> tuple[list[Tensor], Tensor, Tensor]:
        """The tokens of each text; vectors of tokens `(texts, longest, dim)`, padding included; and of texts."""
        import torch
        from torch.nn.functional import normalize

        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.max_length)
        found = self._tokenizer.encode_batch_fast([prompt + text for text in texts])
        ids = [torch.tensor(encoded.ids) for encoded in found]
        lengths = torch.tensor([len(own) for own in ids])
        padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True)
        real = torch.arange(padded.shape[1]) < lengths[:, None]
        with torch.inference_mode():
            tokens = self._forward(padded, real)
            means = (tokens * real[..., None]).sum(1) / lengths[:, None]
            return ids, tokens, normalize(means, dim=1)

    def _forward(self, ids: Tensor, real: Tensor) -> Tensor:
        """Vectors of the tokens, `(texts, longest, dim)`; those where not `real` mean nothing.

        https://arxiv.org/abs/1810.04805, as transformers computes it.
        """
        from torch.nn.functional import embedding, gelu, scaled_dot_product_attention

        of, heads = self._weights, self._shape.num_attention_heads
        seen = None if bool(real.all()) else real[:, None, None, :].expand(-1, 1, ids.shape[1], -1)
        words = embedding(ids, of["embeddings.word_embeddings.weight"])
        types = of["embeddings.token_type_embeddings.weight"][0]
        places = of["embeddings.position_embeddings.weight"][: ids.shape[1]]
        state = self._normed(words + types + places, "embeddings.LayerNorm")
        for number in range(self._shape.num_hidden_layers):
            at = f"encoder.layer.{number}"
            asked, keys, values = (
                self._linear(state, f"{at}.attention.self.{part}").reshape(*ids.shape, heads, -1).transpose(1, 2)
                for part in ("query", "key", "value")
            )
            attended = scaled_dot_product_attention(asked, keys, values, attn_mask=seen).transpose(1, 2).flatten(2)
            attended = self._linear(attended, f"{at}.attention.output.dense")
            state = self._normed(attended + state, f"{at}.attention.output.LayerNorm")
            inner = gelu(self._linear(state, f"{at}.intermediate.dense"))
            state = self._normed(self._linear(inner, f"{at}.output.dense") + state, f"{at}.output.LayerNorm")
        return state

    def _linear(self, state: Tensor, name: str) -> Tensor:
        from torch.nn.functional import linear

        return linear(state, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _normed(self, state: Tensor, name: str) -> Tensor:
        from torch.nn.functional import layer_norm

        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return layer_norm(state, weight.shape, weight, bias, self._shape.layer_norm_eps)
