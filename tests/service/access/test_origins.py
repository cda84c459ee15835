from __future__ import annotations

import pytest

from service.access.origins import exact_origin, is_same_host


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://intranet.example", "https://intranet.example"),
        ("HTTPS://Intranet.Example/", "https://intranet.example"),
        ("https://intranet.example:443", "https://intranet.example"),
        ("http://intranet.example:80", "http://intranet.example"),
        ("http://intranet.example:443", "http://intranet.example:443"),
        ("https://intranet.example:8443", "https://intranet.example:8443"),
        ("http://localhost:5173", "http://localhost:5173"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[0:0::0:1]:80", "http://[::1]"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(text: str, origin: str) -> None:
    assert exact_origin(text) == origin
    assert exact_origin(origin) == origin


@pytest.mark.parametrize(
    "text",
    [
        "", "*", "null", "intranet.example", "//intranet.example", "https://", "https://*.example", "ftp://a.example",
        "file:///etc", "javascript:alert(1)", "https://a.example/path", "https://a.example//", "https://a.example?",
        "https://a.example?x", "https://a.example#x", "https://user@a.example", "https://a.example:port",
        "https://a.example:99999", "https://a.example:", "https://a.example.", "https://a..example", "https://-a.example",
        "https://bücher.example", "https://a.example\n", "https://a.example\t", "https://a.ex ample", "https://a.example,",
        "https://a.example https://b.example", "https://a.example\\b", "https://[::1", "https://[::x]", "https://a.example\u2028",
    ],
)  # fmt: skip
def test_what_is_not_exactly_one_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no origin: write scheme://host"):
        exact_origin(text)


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("https://answers.example", "answers.example", True),
        ("https://answers.example", "Answers.Example:443", True),
        ("http://answers.example", "answers.example:80", True),
        ("http://localhost:8000", "localhost:8001", False),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("https://answers.example", "answers.example:80", False),
        ("https://answers.example.", "answers.example", False),
        ("https://answers.example.evil.example", "answers.example", False),
        ("https://ANSWERS.example", "answers.example", False),
        ("null", "null", False),
        ("", "", False),
        ("http://a@answers.example", "a@answers.example", False),
    ],
)
def test_a_page_is_of_the_host_that_it_came_from(origin: str, host: str, same: bool) -> None:
    assert is_same_host(origin, host) is same
