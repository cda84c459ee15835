"""Measures the llama.cpp generator: start, memory, reading and writing speed, prompt cache, cancelling, restart.

    python scripts/bench/llm.py MODEL.gguf [--threads N] [--batch N] [--portion N]

Times are wall clock, so run it on a quiet machine; the load average is printed beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import sys
import time
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from service.contracts.answers import Usage
from service.generators import llama_reading
from service.generators.base import Message, Prompt
from service.generators.llama_cpp import BATCH, LlamaCppGenerator

SENTENCE = "The council said on Monday that the bridge stays closed, während die Stadt mit höheren Kosten rechnet. "
RULES = Message("system", "Answer from the numbered sentences alone and name the numbers. " * 5)
REPEATS = 3


@dataclass(frozen=True)
class Timing:
    """Seconds to the first token and to the end, and the tokens."""

    first: float
    total: float
    usage: Usage

    @property
    def reading(self) -> float:
        """Prompt tokens that were read a second."""
        return (self.usage.prompt_tokens - self.usage.cached_tokens) / self.first

    @property
    def writing(self) -> float:
        """Tokens written a second, after the first."""
        return (self.usage.completion_tokens - 1) / (self.total - self.first)


def prompt(unique: object, sentences: int, max_tokens: int, rules: bool = True) -> Prompt:
    """`unique` keeps the text after the rules out of the prompt cache."""
    system = (RULES,) if rules else ()
    text = f"{unique} " + SENTENCE * sentences + "\nCount from 1 to 900 in digits, one number a line."
    return Prompt((*system, Message("user", text)), (), max_tokens)


async def ask(generator: LlamaCppGenerator, asked: Prompt) -> Timing:
    """One whole answer."""
    started = time.perf_counter()
    first, usage = 0.0, Usage()
    async with aclosing(generator.stream(asked)) as deltas:
        async for delta in deltas:
            first = first or time.perf_counter() - started
            usage = delta.usage or usage
    return Timing(first, time.perf_counter() - started, usage)


async def cancel(generator: LlamaCppGenerator, *, writing: bool) -> tuple[float, float]:
    """Seconds that cancelling takes, and then until the next answer, a single token, is through."""
    deltas = generator.stream(prompt(time.time(), 15, 400, rules=False))
    first = asyncio.ensure_future(anext(deltas))
    await asyncio.wait([first], timeout=None if writing else 1.5)
    started = time.perf_counter()
    first.cancel()
    await asyncio.wait([first])
    await deltas.aclose()
    cancelled = time.perf_counter() - started
    await ask(generator, Prompt((Message("user", "Hi"),), (), 1))
    return cancelled, time.perf_counter() - started


def memory(pid: int) -> dict[str, int]:
    """Resident memory of a process in MB: all of it, and what no file backs."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: int(fields[name].split()[0]) * 1024 // 10**6 for name in ("VmRSS", "RssAnon")}


async def measure(generator: LlamaCppGenerator) -> None:
    """Print every figure."""
    started = time.perf_counter()
    await generator.start()
    print(f"start to ready           {time.perf_counter() - started:6.2f} s")
    timings = [await ask(generator, prompt(f"a{n}", 10, 64, rules=False)) for n in range(REPEATS)]
    print(f"prompt                   {timings[0].usage.prompt_tokens:6d} tokens")
    print(f"reading, median          {statistics.median(t.reading for t in timings):6.1f} tokens/s")
    print(f"writing, median          {statistics.median(t.writing for t in timings):6.1f} tokens/s")
    cold, warm = [await ask(generator, prompt(name, 4, 8)) for name in ("c", "d")]
    print(f"first token, cold        {cold.first:6.2f} s  ({cold.usage.prompt_tokens} tokens)")
    print(f"first token, rules cached{warm.first:6.2f} s  ({warm.usage.cached_tokens} of them cached)")
    for name, writing in (("reading", False), ("writing", True)):
        cancelled, freed = await cancel(generator, writing=writing)
        print(f"cancelled while {name}  {cancelled * 1000:6.0f} ms, next answer after {freed * 1000:.0f} ms")
    assert generator.pid is not None
    print("resident memory         ", memory(generator.pid), "MB")
    os.kill(generator.pid, signal.SIGKILL)
    started = time.perf_counter()
    while generator.ready():
        await asyncio.sleep(0.001)
    await ask(generator, prompt("e", 0, 1))
    print(f"killed to next answer    {time.perf_counter() - started:6.2f} s")
    await generator.close()
    print(f"load average             {os.getloadavg()[0]:6.1f}")


def main() -> None:
    """Measure the model that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument(
        "--portion", type=int, default=llama_reading.LEAST, help="tokens that are read at once at least"
    )
    options = parser.parse_args()
    llama_reading.LEAST = options.portion
    asyncio.run(measure(LlamaCppGenerator(options.model, name="bench", threads=options.threads, batch=options.batch)))


if __name__ == "__main__":
    main()
