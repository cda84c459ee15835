"""The errors of the service, each with the HTTP status and the stable problem type that it ends as.

ServiceError
├── SettingsError            a setting is wrong: said at start, never served
├── BadRequest
│   ├── InvalidBody          not JSON, not UTF-8, nested too deep, or not the documented fields
│   ├── UnsupportedMedia     the content type is not application/json
│   ├── BodyTooLarge
│   ├── BodyTimeout          the body did not arrive in time
│   ├── ArticleNotFound
│   ├── NotFound             nothing is served at the path
│   └── MethodNotAllowed
└── Unavailable
    ├── NotReady             some part is still starting, or has failed
    ├── IndexUnavailable     no snapshot could be opened
    ├── GeneratorUnavailable the language model is not running, or died while answering
    ├── GeneratorTimeout     the language model took too long
    └── PromptTooLong        the evidence does not fit the model's context
"""

from __future__ import annotations

from typing import ClassVar


class ServiceError(Exception):
    """Something went wrong inside the service.

    Base of every error that the service raises on purpose. `str(error)` is the detail that a client sees.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    errors: tuple[str, ...] = ()
    """What exactly is wrong, where that is more than one thing."""


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


class ArticleNotFound(BadRequest):
    """No article of the served snapshot has this id."""

    status = 404
    type = "article-not-found"
    title = "Article not found"


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


class Unavailable(ServiceError):
    """The service can't do this now; trying again later may help."""

    status = 503
    type = "unavailable"
    title = "Service unavailable"


class NotReady(Unavailable):
    """Some part of the service is still starting, or has failed. `errors` names the parts."""

    type = "not-ready"
    title = "Not ready"

    def __init__(self, detail: str, parts: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.errors = parts


class IndexUnavailable(Unavailable):
    """No snapshot could be opened."""

    type = "index-unavailable"
    title = "Index unavailable"


class GeneratorUnavailable(Unavailable):
    """The language model is not running, or died while answering."""

    type = "generator-unavailable"
    title = "Language model unavailable"


class GeneratorTimeout(Unavailable):
    """The language model took too long."""

    status = 504
    type = "generator-timeout"
    title = "Language model timed out"


class PromptTooLong(Unavailable):
    """The evidence does not fit the context of the language model."""

    status = 500
    type = "prompt-too-long"
    title = "Prompt too long for the language model"
