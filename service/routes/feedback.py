"""Saying whether an answer helped."""

from __future__ import annotations

from litestar import post
from litestar.params import JSONBody

from service.contracts.feedback import FeedbackRequest, FeedbackResponse
from service.errors import AnswerNotFound, FeedbackOff, FeedbackUnavailable, ServiceError, ShuttingDown
from service.feedback.intake import Feedback
from service.routes import feedback_examples
from service.routes.access import ACCESS_ERRORS, needs
from service.routes.answers import BODY_ERRORS
from service.routes.request import GuardedRequest, client_of
from service.routes.streaming import done


@post(
    "/v1/feedback",
    status_code=200,
    guards=[needs("ask")],
    summary="Say whether an answer helped",
    opt={
        "errors": (
            *BODY_ERRORS,
            *ACCESS_ERRORS,
            AnswerNotFound,
            FeedbackOff,
            FeedbackUnavailable,
            ShuttingDown,
            ServiceError,
        ),
        "body_examples": feedback_examples.FEEDBACK,
        "response_examples": feedback_examples.TAKEN,
    },
)
async def give_feedback(data: JSONBody[FeedbackRequest], request: GuardedRequest) -> FeedbackResponse:
    """Any answer can be judged by its id, however it was asked for, for as long as the service keeps it.

    What is said is on disk when this answers. It replaces what the same caller said of the answer before.
    """
    feedback: Feedback = request.app.state.feedback
    return await done(request, feedback.take(data, client_of(request)))
