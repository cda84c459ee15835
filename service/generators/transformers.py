"""Answers with a causal language model through transformers, in a thread of this process."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import shutil
import tempfile
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    GgufConfig,
    StoppingCriteria,
    TextStreamer,
)

from service.contracts.answers import Usage
from service.errors import GeneratorTimeout, GeneratorUnavailable, PromptTooLong, SettingsError
from service.generators.base import Delta, Health, Prompt, finished
from service.generators.config import GeneratorConfig
from service.generators.stop import StopFilter

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A model in memory. `context` is the tokens that prompt and answer may have together."""

    model: Any
    tokenizer: Any
    context: int


@dataclass(frozen=True, slots=True)
class _Written:
    """How many tokens a model wrote, and whether it would have gone on."""

    tokens: int
    cut_off: bool


class _Streamer(TextStreamer):
    """Hands on text as soon as no later token can change it."""

    def __init__(self, tokenizer: Any, give: Callable[[str], object]) -> None:
        super().__init__(tokenizer, True, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        self._give = give

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        # The last token may be the first half of a character, which can't be shown.
        self._give(text.rstrip("\ufffd") if stream_end else text)


class _Cancelled(StoppingCriteria):
    """Ends generation after the token at hand when one of `events` is set."""

    def __init__(self, *events: threading.Event) -> None:
        self._events = events

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **kwargs: object) -> torch.Tensor:
        done = any(event.is_set() for event in self._events)
        return torch.full((input_ids.shape[0],), done, dtype=torch.bool, device=input_ids.device)


class TransformersGenerator:
    """A transformers folder, a hub name, or a GGUF file (converted once into a folder under `models_dir`).

    One answer at a time; others wait. `context` caps the model's own limit of prompt and answer together, in tokens.
    `threads` counts for a CPU, where float32 is used; a GPU is used where there is one. `offline` means no
    download. Cancelling takes effect after the token at hand, not while the prompt is being read.
    """

    def __init__(
        self,
        model: Path | str,
        *,
        name: str = "",
        models_dir: Path = Path("models"),
        threads: int = 1,
        context: int = 2048,
        startup_timeout: float = 600.0,
        token_timeout: float = 120.0,
        offline: bool = True,
    ) -> None:
        self.name = name or Path(model).stem
        self._source = str(model)
        self._models_dir = models_dir
        self._threads = threads
        self._context = context
        self._startup_timeout = startup_timeout
        self._token_timeout = token_timeout
        self._offline = offline
        self._loaded: _Loaded | None = None
        self._worker: ThreadPoolExecutor | None = None
        self._closing = threading.Event()

    async def start(self) -> None:
        """Load the model."""
        if self._loaded is not None:
            return
        self._closing = threading.Event()
        self._worker = ThreadPoolExecutor(1, "generator", lambda: torch.set_num_threads(self._threads))
        try:
            async with asyncio.timeout(self._startup_timeout):
                self._loaded = await asyncio.get_running_loop().run_in_executor(self._worker, self._load)
        except TimeoutError:
            await self.close()
            raise GeneratorUnavailable(f"{self._source} was not loaded within {self._startup_timeout:g} s") from None
        except (OSError, ValueError, ImportError, RuntimeError) as error:
            await self.close()
            raise GeneratorUnavailable(f"transformers can't load {self._source}: {error}") from error

    async def close(self) -> None:
        """Stop what is being generated and forget the model."""
        self._closing.set()
        self._loaded = None
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.shutdown(wait=False, cancel_futures=True)

    def ready(self) -> bool:
        """Whether the model is loaded."""
        return self._loaded is not None

    def health(self) -> Health:
        """It fails with the process that it is a part of."""
        return Health()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        """Generate; see `Generator.stream`."""
        if self._loaded is None or self._worker is None:
            raise GeneratorUnavailable("the language model was not started")
        loaded, loop, cancel = self._loaded, asyncio.get_running_loop(), threading.Event()
        inputs = _encode(loaded, prompt)
        pieces: asyncio.Queue[str | None] = asyncio.Queue()
        streamer = _Streamer(loaded.tokenizer, lambda text: loop.call_soon_threadsafe(pieces.put_nowait, text))
        stopping = _Cancelled(cancel, self._closing)
        answer = loop.run_in_executor(
            self._worker, _generate, loaded.model, inputs, prompt.max_tokens, streamer, [stopping]
        )
        answer.add_done_callback(lambda _: pieces.put_nowait(None))
        stop = StopFilter(prompt.stop)
        try:
            while (piece := await self._next(pieces)) is not None:
                if text := stop.feed(piece):
                    yield Delta(text)
                if stop.stopped:
                    cancel.set()
            written = self._written(answer)
            usage = Usage(inputs["input_ids"].shape[1], written.tokens)
            yield Delta(stop.flush(), finished(usage, cut_off=written.cut_off and not stop.stopped))
        finally:
            cancel.set()
            answer.cancel()

    async def _next(self, pieces: asyncio.Queue[str | None]) -> str | None:
        try:
            async with asyncio.timeout(self._token_timeout):
                return await pieces.get()
        except TimeoutError:
            raise GeneratorTimeout(f"the language model wrote nothing for {self._token_timeout:g} s") from None

    def _written(self, answer: asyncio.Future[_Written]) -> _Written:
        if answer.cancelled() or self._closing.is_set():
            raise GeneratorUnavailable("the language model was stopped in the middle of an answer")
        if (error := answer.exception()) is not None:
            raise GeneratorUnavailable("the language model failed in the middle of an answer; see the log") from error
        return answer.result()

    def _load(self) -> _Loaded:
        source = Path(self._source)
        folder = str(_converted(source, self._models_dir)) if source.suffix == ".gguf" else self._source
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=self._offline)
        if not tokenizer.chat_template:
            raise ValueError("it has no chat template, so it is no model for answering")
        gpu = torch.cuda.is_available()
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=self._offline, use_safetensors=True, dtype="auto" if gpu else torch.float32
        )
        model = model.to("cuda" if gpu else "cpu").eval()
        model.generation_config = _greedy(model.generation_config, tokenizer)
        return _Loaded(model, tokenizer, min(self._context, model.config.max_position_embeddings))


def _greedy(given: Any, tokenizer: Any) -> Any:
    """Greedy decoding with the model's own end tokens and nothing else of its taste (sampling, repetition penalty)."""
    end = given.eos_token_id if given.eos_token_id is not None else tokenizer.eos_token_id
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    make: Any = GenerationConfig
    return make(do_sample=False, eos_token_id=end, pad_token_id=pad)


def _encode(loaded: _Loaded, prompt: Prompt) -> Any:
    messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
    inputs = loaded.tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    tokens = inputs["input_ids"].shape[1]
    if tokens + prompt.max_tokens > loaded.context:
        raise PromptTooLong(
            f"the prompt has {tokens} tokens and the answer may have {prompt.max_tokens}, "
            f"together more than the {loaded.context} of the model's context"
        )
    return inputs.to(loaded.model.device)


def _generate(model: Any, inputs: Any, max_tokens: int, streamer: _Streamer, stopping: list[_Cancelled]) -> _Written:
    """Run the model."""
    with torch.inference_mode():
        written = model.generate(**inputs, max_new_tokens=max_tokens, streamer=streamer, stopping_criteria=stopping)
    tokens = int(written.shape[1] - inputs["input_ids"].shape[1])
    ends = model.generation_config.eos_token_id
    ended = int(written[0, -1]) in (ends if isinstance(ends, list) else [ends])
    return _Written(tokens, cut_off=tokens >= max_tokens and not ended)


def _converted(gguf: Path, models_dir: Path) -> Path:
    """The folder that holds `gguf` as safetensors, made now if it is not there. It appears whole or not at all."""
    with gguf.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    folder = models_dir / "converted" / f"{gguf.stem}-{digest[:16]}"
    if folder.is_dir():
        return folder
    log.info("converting %s to safetensors; this happens once", gguf)
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".converting-", dir=folder.parent))
    try:
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
        tokenizer.save_pretrained(partial)
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent, gguf_file=gguf.name, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
        )
        model.save_pretrained(partial)
        try:
            partial.rename(folder)
        except OSError:
            # Another process may have finished first: its folder is as good.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def from_config(config: GeneratorConfig) -> TransformersGenerator:
    """A generator for the folder, hub name or GGUF file `config.model`."""
    if not config.model:
        raise SettingsError("transformers needs the folder, GGUF file or hub name of a model")
    return TransformersGenerator(
        config.model,
        name=config.name,
        models_dir=config.models_dir,
        threads=config.threads,
        context=config.context,
        startup_timeout=config.startup_timeout,
        token_timeout=config.token_timeout,
        offline=config.offline,
    )
