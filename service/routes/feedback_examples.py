"""The examples of feedback in the OpenAPI document."""

from __future__ import annotations

from service.contracts.feedback import FeedbackRequest, FeedbackResponse, Keeping
from service.routes import examples

_ID = examples.ANSWER["answered"].id
_COMMENT = "It does not say since when."

FEEDBACK = {
    "helpful": FeedbackRequest(answer_id=_ID, helpful=True),
    "not-helpful": FeedbackRequest(answer_id=_ID, helpful=False, comment=_COMMENT),
}
TAKEN = {"taken": FeedbackResponse(_ID, helpful=False, comment=_COMMENT)}
KEEPING = {"a-month": Keeping(kept_days=30)}
