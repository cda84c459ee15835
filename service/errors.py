"""The errors of the service, each with the HTTP status and the stable problem type that it ends as.

ServiceError
├── SettingsError            a setting is wrong: said at start, never served
├── BadRequest
│   ├── InvalidBody          not JSON, not UTF-8, nested too deep, or not the documented fields
│   ├── UnsupportedMedia     the content type is not application/json
│   ├── BodyTooLarge
│   ├── BodyTimeout          the body did not arrive in time
│   ├── HeadTimeout          the head of the request did not arrive in time
│   ├── InvalidArticle       an article can't be indexed as it was sent
│   ├── Unauthorized         the key is missing or wrong
│   ├── Forbidden            the key is right and may not do this
│   ├── OriginRefused        a web page of another site may not ask
│   ├── AdministrationOff    no key may administer, so nobody may
│   ├── HostNotAllowed       sent to a name that is none of the service's
│   ├── RateLimited          the caller has used up a rate or daily limit
│   ├── ArticleNotFound
│   ├── AnswerNotFound       no answer of this id is kept (any more)
│   ├── FeedbackOff          no answers are kept, so nothing can be said of them
│   ├── UnknownModel         a chat front end asks for a model that there is none of
│   ├── UnsupportedRequest   a chat front end asks for what the service does not do
│   ├── NotFound             nothing is served at the path
│   └── MethodNotAllowed
├── PublishFailed            the next snapshot could not be built or opened
└── Unavailable
    ├── TooManyConnections   as many clients as may be are connected already
    ├── Busy                 as many questions as may do wait for the language model already
    ├── IndexBusy            another program is writing to the index
    ├── KeysUnavailable      the keys can't be read, so nobody is let in
    ├── FeedbackUnavailable  what is said of answers can't be written to disk
    ├── NotReady             some part is still starting, or has failed, or the service is being stopped
    ├── ShuttingDown         the service is being stopped
    ├── IndexUnavailable     no snapshot could be opened
    ├── GeneratorUnavailable the language model is not running, or died while answering
    ├── GeneratorTimeout     the language model took too long
    ├── DeadlineExceeded     the answer was not there in the time that it had
    └── PromptTooLong        the evidence does not fit the model's context
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class ServiceError(Exception):
    """Something went wrong inside the service.

    Base of every error that the service raises on purpose. `str(error)` is the detail that a client sees.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    headers: Mapping[str, str] = MappingProxyType({})
    """Headers of the response beside the usual ones."""
    own_headers: ClassVar[tuple[str, ...]] = ()
    """Names of those whose value differs from error to error."""

    def __init__(self, detail: str, errors: tuple[str, ...] = ()) -> None:
        """`errors` says what exactly is wrong, where that is more than one thing."""
        super().__init__(detail)
        self.errors = errors


class SettingsError(ServiceError):
    """A setting is wrong; the message names it, what it was and what it may be."""

    type = "settings"
    title = "Wrong setting"


class BadRequest(ServiceError):
    """The request can't be served as it is."""

    status = 400
    type = "bad-request"
    title = "Bad request"


class InvalidBody(BadRequest):
    """The body is not JSON, not UTF-8, nested too deep, or does not have the documented fields."""

    type = "invalid-body"
    title = "Invalid body"


class UnsupportedMedia(BadRequest):
    """The body is not `application/json`."""

    status = 415
    type = "unsupported-media-type"
    title = "Unsupported media type"


class BodyTooLarge(BadRequest):
    """The body is larger than any valid request."""

    status = 413
    type = "body-too-large"
    title = "Body too large"


class BodyTimeout(BadRequest):
    """The body did not arrive in time."""

    status = 408
    type = "body-timeout"
    title = "Body took too long"


class HeadTimeout(BadRequest):
    """The head of the request did not arrive in time."""

    status = 408
    type = "head-timeout"
    title = "Request took too long"


class InvalidArticle(BadRequest):
    """An article can't be indexed as it was sent: its id, text, address, date or language. `errors` names each."""

    type = "invalid-article"
    title = "Invalid article"


class Unauthorized(BadRequest):
    """The key is missing or wrong."""

    status = 401
    type = "unauthorized"
    title = "Key missing or wrong"
    headers = MappingProxyType({"WWW-Authenticate": 'Bearer realm="fundstelle"'})


class Forbidden(BadRequest):
    """The key is right, but it lacks the scope that this takes."""

    status = 403
    type = "forbidden"
    title = "Key may not do this"
    headers = MappingProxyType({"WWW-Authenticate": 'Bearer realm="fundstelle", error="insufficient_scope"'})


class OriginRefused(BadRequest):
    """A web page of another site sent this, or a site key is used outside of its pages."""

    status = 403
    type = "origin"
    title = "Origin not allowed"


class AdministrationOff(BadRequest):
    """No key with the scope `admin` exists, so nobody may administer."""

    status = 403
    type = "administration-off"
    title = "Administration is off"


class HostNotAllowed(BadRequest):
    """The request was sent to a name that is none of the service's."""

    status = 421
    type = "host"
    title = "Host not allowed"


class RateLimited(BadRequest):
    """The caller has used up a rate or daily limit; `Retry-After` says when the next request is taken."""

    status = 429
    type = "rate-limited"
    title = "Too many requests"
    own_headers = ("Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")

    def __init__(self, detail: str, headers: Mapping[str, str]) -> None:
        super().__init__(detail)
        self.headers = headers


class ArticleNotFound(BadRequest):
    """No article of the served snapshot has this id."""

    status = 404
    type = "article-not-found"
    title = "Article not found"


class AnswerNotFound(BadRequest):
    """No answer with this id is kept: it was never given, or too long ago."""

    status = 404
    type = "answer-not-found"
    title = "Answer not found"


class FeedbackOff(BadRequest):
    """The operator keeps no answers, so nothing can be said of them."""

    status = 403
    type = "feedback-off"
    title = "Feedback is off"


class UnknownModel(BadRequest):
    """No model of this name answers here; `GET /v1/models` lists those that do."""

    status = 404
    type = "model-not-found"
    title = "Model not found"


class UnsupportedRequest(BadRequest):
    """The request asks for what the service does not do, and an answer without it would mislead."""

    type = "unsupported-request"
    title = "Unsupported request"


class NotFound(BadRequest):
    """Nothing is served at this path."""

    status = 404
    type = "not-found"
    title = "Not found"


class MethodNotAllowed(BadRequest):
    """The path is served, but not with this method; the `Allow` header names those that are."""

    status = 405
    type = "method-not-allowed"
    title = "Method not allowed"


class PublishFailed(ServiceError):
    """The next snapshot could not be built, published or opened; the one before is served, and nothing is lost."""

    type = "publish-failed"
    title = "Publishing failed"


class Unavailable(ServiceError):
    """The service can't do this now; trying again later may help."""

    status = 503
    type = "unavailable"
    title = "Service unavailable"


class TooManyConnections(Unavailable):
    """As many clients as may be are connected already."""

    type = "too-many-connections"
    title = "Too many connections"
    headers = MappingProxyType({"Retry-After": "1"})


class Busy(Unavailable):
    """As many questions wait for the language model as may do, or as many of one client's."""

    type = "busy"
    title = "Too many questions"
    own_headers = ("Retry-After",)

    def __init__(self, detail: str, retry_after: int) -> None:
        """`retry_after` is after how many seconds it is worth asking again."""
        super().__init__(detail)
        self.headers = {"Retry-After": str(retry_after)}


class IndexBusy(Unavailable):
    """Another program is writing to the index."""

    type = "index-busy"
    title = "Index busy"
    headers = MappingProxyType({"Retry-After": "30"})


class KeysUnavailable(Unavailable):
    """The keys can't be read, so nobody is let in."""

    type = "keys-unavailable"
    title = "Keys unavailable"
    headers = MappingProxyType({"Retry-After": "5"})


class FeedbackUnavailable(Unavailable):
    """What is said of answers can't be written to disk now.

    `reason` tells the operator why; a client is not told.
    """

    type = "feedback-unavailable"
    title = "Feedback unavailable"
    headers = MappingProxyType({"Retry-After": "5"})

    def __init__(self, reason: str) -> None:
        super().__init__("What is said of answers can't be kept now; the log of the service says why.")
        self.reason = reason


class NotReady(Unavailable):
    """Some part of the service is still starting, or has failed, or it is being stopped. `errors` names the parts."""

    type = "not-ready"
    title = "Not ready"


class ShuttingDown(Unavailable):
    """The service is being stopped. It takes nothing new, and breaks off what does not end in time."""

    type = "stopping"
    title = "Being stopped"
    headers = MappingProxyType({"Retry-After": "5", "Connection": "close"})


class IndexUnavailable(Unavailable):
    """No snapshot could be opened."""

    type = "index-unavailable"
    title = "Index unavailable"


class GeneratorUnavailable(Unavailable):
    """The language model is not running, or died while answering."""

    type = "generator-unavailable"
    title = "Language model unavailable"
    own_headers = ("Retry-After",)

    def __init__(self, detail: str, retry_after: float = 1.0) -> None:
        """`retry_after` is after how many seconds it is worth asking again."""
        super().__init__(detail)
        self.retry_after = retry_after
        self.headers = {"Retry-After": str(max(1, math.ceil(retry_after)))}


class GeneratorTimeout(Unavailable):
    """The language model took too long."""

    status = 504
    type = "generator-timeout"
    title = "Language model timed out"


class DeadlineExceeded(Unavailable):
    """The answer was not there in the time that it had, waiting for the language model included."""

    status = 504
    type = "deadline-exceeded"
    title = "Answer took too long"


class PromptTooLong(Unavailable):
    """The evidence does not fit the context of the language model."""

    status = 500
    type = "prompt-too-long"
    title = "Prompt too long for the language model"
