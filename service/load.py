"""How busy the language model is: what a queue in front of it and the model itself tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """One moment.

    `running` questions of at most `slots` have the language model to themselves, `waiting` ones of at most `places`
    have a place in its queue (some are still being searched for, some will turn out not to need it). `refused` counts
    questions that found no place, `restarts` how often the model was started again; both since the service started.
    `generating` says whether the model would write an answer that is asked for now.
    """

    running: int
    slots: int
    waiting: int
    places: int
    refused: int
    restarts: int
    generating: bool
