"""The examples of the OpenAPI document for administering the index."""

from __future__ import annotations

from datetime import UTC, date, datetime

from service.contracts.admin import (
    AcceptedBatch,
    AcceptedChange,
    ArticleRequest,
    BatchRequest,
    BuildingStep,
    ChangeRequest,
    IndexState,
    PendingChanges,
    Publishing,
    PublishRequest,
    SnapshotInfo,
)
from service.routes import examples

_SHOWN = examples.ARTICLE["article"]
PATH_ID = _SHOWN.id
_OLD = "2025/05/old.md"
_BEFORE, _SNAPSHOT = "20250901T120000.000Z-5f0c2ae81b07", "20250902T091502.371Z-4be1f09a77c2"
_ID = "6f1d0c9b8a7e4f5d9c2b1a0e3d4c5b6a"
_ASKED, _DONE = datetime(2025, 9, 2, 9, 14, 55, tzinfo=UTC), datetime(2025, 9, 2, 9, 15, 3, tzinfo=UTC)
_WRITTEN = AcceptedChange(17, "put", _SHOWN.id, _SHOWN.sha256)
_DELETED = AcceptedChange(18, "delete", _OLD)
_BUILDING = Publishing(_ID, "building", _ASKED, steps=(BuildingStep("Reading", "article", 240, None),))
_SERVED = Publishing(_ID, "served", _ASKED, _DONE, _SNAPSHOT, 18)

ARTICLE = {"article": ArticleRequest(_SHOWN.title, _SHOWN.text, published_at=date(2025, 6, 16), language="de")}
WRITTEN = {"written": _WRITTEN}
DELETED = {"deleted": _DELETED}
BATCH = {
    "batch": BatchRequest(
        (ChangeRequest("put", _SHOWN.id, ARTICLE["article"]), ChangeRequest("delete", _OLD)),
    )
}
ACCEPTED_BATCH = {"accepted": AcceptedBatch((_WRITTEN, _DELETED))}
PUBLISH = {"at-once": PublishRequest(), "wait": PublishRequest(wait=True)}
PUBLISHING = {"building": _BUILDING, "served": _SERVED}
INDEX = {
    "index": IndexState(
        served=_SNAPSHOT,
        published=_SNAPSHOT,
        snapshots=(
            SnapshotInfo(_BEFORE, datetime(2025, 9, 1, 12, tzinfo=UTC), 1000, 8120, 31450, 161_480_704),
            SnapshotInfo(_SNAPSHOT, datetime(2025, 9, 2, 9, 15, 2, 371000, tzinfo=UTC), 1000, 8122, 31455, 161_484_800),
        ),
        pending=PendingChanges(1, 0, datetime(2025, 9, 2, 10, 30, tzinfo=UTC)),
        sequence=19,
        since=datetime(2025, 9, 2, 9, 15, 3, tzinfo=UTC),
        swaps=1,
        publishing=_SERVED,
    )
}
