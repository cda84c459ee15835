"""How the commands of the evaluation end: errors on one line, and an exit status that says whose fault it was."""

from __future__ import annotations

import sys
from collections.abc import Callable

from index.errors import IndexingError
from service.errors import ServiceError, SettingsError
from service.evaluation.errors import EvaluationError, GateError, GoldError

CANT_BE_MEASURED, WRONGLY_ASKED, INTERRUPTED = 1, 2, 130


def exit_status(run: Callable[[], int]) -> int:
    """What `run` returns; where it raises an error of ours, that error is printed and stands for an exit status.

    2 for a wrong command line, setting or gold file, 1 for anything else that stood in the way, 130 for an interrupt.
    """
    try:
        return run()
    except (SettingsError, GoldError, GateError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONGLY_ASKED
    except (EvaluationError, ServiceError, IndexingError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return CANT_BE_MEASURED
    except KeyboardInterrupt:
        print("interrupted: the same command goes on where it stopped", file=sys.stderr)
        return INTERRUPTED
