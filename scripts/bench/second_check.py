#!/usr/bin/env python3
"""How well a second judge (`FUNDSTELLE_SECOND_CHECK`) tells claims apart that their evidence bears out from others.

Every claim is judged by all of its evidence, whatever the rules say of it. Prints the shares of wrong claims
that it lets through and of right ones that it stops, the area under its ROC curve and what a judgement takes.

Exit status: 0, 1 where a model fails, 2 for a wrong command line or setting.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.errors import IndexingError
from index.progress import Bars
from index.types import ArticleInfo
from service.answering.opening import ASKING, entailment_folder, open_generator
from service.errors import ServiceError, SettingsError
from service.evaluation.claims import Claim, SourceSentence, read
from service.evaluation.errors import GoldError
from service.language_model.second_check import LEAST_AGREEMENT, AskingTheModel, Entailment, SecondCheck
from service.search.evidence import Evidence
from service.settings import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("claims", type=Path, metavar="CLAIMS.jsonl")
    parser.add_argument("--most", type=int, metavar="N", help="judge the first N claims only")
    chosen = parser.parse_args(arguments)
    try:
        settings = load_settings()
        claims = read(chosen.claims)[: chosen.most]
        agreements, seconds = asyncio.run(_judged(claims, settings))
    except (SettingsError, GoldError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (IndexingError, ServiceError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(_summary(claims, np.array(agreements), seconds))
    return 0


async def _judged(claims: Sequence[Claim], settings: Settings) -> tuple[list[float], list[float]]:
    """How far the judge agrees with each claim, and the seconds that it took for each."""
    folder = entailment_folder(settings)
    if folder:
        return await _each(claims, Entailment(folder))
    if settings.second_check != ASKING:
        raise SettingsError("FUNDSTELLE_SECOND_CHECK names no judge; docs/second-check.md says which there are")
    generator = open_generator(settings)
    await generator.start()
    try:
        return await _each(claims, AskingTheModel(generator))
    finally:
        await generator.close()


async def _each(claims: Sequence[Claim], judge: SecondCheck) -> tuple[list[float], list[float]]:
    agreements, seconds = [], []
    with Bars().step("Judging", "claim") as step:
        step.expect(len(claims))
        for claim in claims:
            started = time.perf_counter()
            agreements.append(await judge.agreement(claim.sentence, [_evidence(item) for item in claim.evidence]))
            seconds.append(time.perf_counter() - started)
            step.advance()
    return agreements, seconds


def _evidence(source: SourceSentence) -> Evidence:
    article = ArticleInfo(source.title, source.title, None, None, source.language, "0" * 64)
    context = f"{source.title}\n{source.text}"
    return Evidence(0, article, 0, len(source.text), source.text, source.language, context, context, 0.0)


def _summary(claims: Sequence[Claim], agreements: np.ndarray, seconds: Sequence[float]) -> str:
    right = np.array([claim.supported for claim in claims])
    agreed = agreements >= LEAST_AGREEMENT
    higher = (agreements[right][:, None] > agreements[~right][None]).mean()
    even = (agreements[right][:, None] == agreements[~right][None]).mean()
    return "\n".join(
        [
            f"{len(claims)} claims, {int(right.sum())} of them borne out",
            f"judged rightly       {float((agreed == right).mean()):.3f}",
            f"wrong let through    {float(agreed[~right].mean()):.3f}",
            f"right stopped        {float((~agreed[right]).mean()):.3f}",
            f"area under ROC curve {float(higher + even / 2):.3f}",
            f"seconds a judgement  p50 {statistics.median(seconds):.2f}",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
