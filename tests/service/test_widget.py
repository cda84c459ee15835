"""The widget's script: one file of its modules, small, under a name of its own, with the hash that a page checks."""

from __future__ import annotations

import base64
import gzip
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from service.app import create_app
from service.pages.widget_bundle import bundle, joined
from service.settings import Settings
from tests.service.fakes import FakePipeline

LIMIT = 20 * 1024
NODE = Path(sys.executable).with_name("node")


@pytest.fixture
def client() -> Iterator[TestClient[Litestar]]:
    with TestClient(create_app(Settings(allowed_hosts="*"), FakePipeline())) as client:
        yield client


def test_the_script_is_small() -> None:
    assert len(gzip.compress(bundle().script)) < LIMIT


def test_the_script_is_one_that_an_engine_reads(tmp_path: Path) -> None:
    path = tmp_path / "widget.js"
    path.write_bytes(bundle().script)

    subprocess.run([str(NODE), "--check", str(path)], check=True)


def test_modules_are_joined_in_the_order_of_their_imports() -> None:
    modules = {
        "a.js": 'import { b } from "./b.js";\n\n/** Says b. */\nconsole.log(b);\n',
        "b.js": "/**\n * Long\n */\nexport const b = 1;\n",
    }

    assert joined(modules, "a.js") == '(() => {\n"use strict";\nconst b = 1;\nconsole.log(b);\n})();\n'


@pytest.mark.parametrize("line", ["export default 1;", "export { b };", 'import b from "./b.js";', 'import "./b.js";'])
def test_a_module_that_does_more_than_that_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="is neither an import by name"):
        joined({"a.js": f"{line}\n", "b.js": ""}, "a.js")


def test_no_way_to_parse_html_is_used() -> None:
    script = bundle().script.decode()

    for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc"):
        assert name not in script


def test_pages_of_any_origin_may_load_it_and_check_its_hash(client: TestClient[Litestar]) -> None:
    response = client.get(f"/{bundle().name}")

    digest = base64.b64encode(hashlib.sha384(response.content).digest()).decode()
    assert f"sha384-{digest}" == bundle().integrity
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize("path", ["/widget.js", f"/{bundle().name}"])
def test_it_is_sent_compressed_to_who_takes_that(client: TestClient[Litestar], path: str) -> None:
    for accepted, encoding in (("br, gzip;q=0.8", "gzip"), ("GZIP", "gzip"), ("gzip;q=0", None), ("x-gzip", None)):
        response = client.get(path, headers={"Accept-Encoding": accepted})
        assert (response.headers.get("content-encoding"), response.content) == (encoding, bundle().script)
        assert int(response.headers["content-length"]) == len(bundle().compressed if encoding else bundle().script)
        assert response.headers["vary"] == "Accept-Encoding, Origin"


def test_the_newest_is_asked_for_each_time_and_sent_once(client: TestClient[Litestar]) -> None:
    first = client.get("/widget.js")
    again = client.get("/widget.js", headers={"If-None-Match": first.headers["etag"]})

    assert (first.status_code, first.content) == (200, bundle().script)
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/widget.js", headers={"If-None-Match": "*"}).status_code == 304
    assert first.headers["cache-control"] == "no-cache"
