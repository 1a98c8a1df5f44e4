"""The OpenAPI document and the code agree: schemathesis walks every operation of the true app."""

from __future__ import annotations

import io
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection

from api.app import create_app
from tests.conftest import open_services, settings_at

EXAMPLES = int(os.environ.get("EXAMPLES", "25"))  # per operation and kind; `make bench` asks for more
tried: Counter[str] = Counter()
OPERATIONS = [
    "POST /v1/search", "GET /v1/movies/{movie_id}", "GET /v1/movies/{movie_id}/poster", "GET /v1/movies/{movie_id}/similar",
    "POST /v1/movies", "DELETE /v1/movies", "POST /v1/posters/genres", "POST /v1/posters/validate", "POST /v1/posters/identify",
    "POST /v1/plots/genres", "POST /v1/genres", "POST /v1/box-office", "POST /v1/chat", "POST /v1/feedback", "GET /v1/audit",
    "POST /v1/audit/{finding_id}",
    "GET /healthz", "GET /readyz", "GET /metrics",
]  # fmt: skip


def pictures() -> list[bytes]:
    """Pictures that can be opened, as files of the four formats."""
    made = []
    for number, kind in enumerate(("PNG", "JPEG", "WEBP", "GIF")):
        buffer = io.BytesIO()
        Image.new("RGB", (40 + number, 60), (200, 40 * number, 30)).save(buffer, kind)
        made.append(buffer.getvalue())
    return made


@pytest.fixture(scope="module")
def document_app(built_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("document")
    shutil.copytree(built_index, folder / "artifacts")
    services = open_services(settings_at(folder, log_level="error"))
    yield create_app(services)
    services.close()


@pytest.fixture(scope="module")
def api_schema(document_app: Any) -> Any:
    load_all_checks()
    for kind in ("image/png", "image/jpeg", "image/webp", "image/gif"):
        schemathesis.openapi.media_type(kind, st.sampled_from(pictures()))
    refusals = ["400", "401", "403", "404", "405", "413", "415", "429"]
    config = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": refusals}}})
    return schemathesis.openapi.from_wsgi("/openapi.json", document_app, config=config)


def test_the_list_of_operations_is_complete(document_app: Any) -> None:
    paths = document_app.document()["paths"]
    assert sorted(OPERATIONS) == sorted(f"{method.upper()} {path}" for path, item in paths.items() for method in item)


def test_answers_that_no_example_provokes_are_documented(document_app: Any) -> None:
    paths = document_app.document()["paths"]
    poster = paths["/v1/movies/{movie_id}/poster"]["get"]["responses"]
    assert {"200", "206", "304", "404", "416", "503"} <= set(poster)
    assert poster["206"]["content"] == poster["200"]["content"]
    assert "content" not in poster["304"]
    for path, item in paths.items():
        for operation in item.values():
            assert ("503" in operation["responses"]) or not path.startswith("/v1/"), path  # whoever comes late


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the tool does not close the posters it was sent
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("wanted", ["valid", "invalid"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_answers_as_documented(api_schema: Any, operation: str, wanted: str) -> None:
    """Valid requests are accepted, others refused, and every answer has a documented status, type and shape."""
    method, path = operation.split()
    mode = schemathesis.GenerationMode.POSITIVE if wanted == "valid" else schemathesis.GenerationMode.NEGATIVE
    described = api_schema[path][method]
    if wanted == "invalid" and not (described.definition.raw.get("parameters") or described.definition.raw.get("requestBody")):
        return  # nothing can be wrong with a request that carries nothing

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=described.as_strategy(generation_mode=mode))
    def holds(case: Any) -> None:
        tried[operation] += 1
        # In a form everything is text: `explain=true` said once is the same bytes whether a boolean or a list of one was
        # meant, so a wrong type there can't always be refused. Forms have tests of their own (test_api_uploads.py).
        form = case.media_type == "multipart/form-data"
        case.call_and_validate(excluded_checks=[negative_data_rejection] if form else [])

    holds()


def test_enough_cases_were_tried(capsys: pytest.CaptureFixture[str]) -> None:
    """Runs last: every operation was called, and those that can be called in many ways were called often."""
    if set(tried) != set(OPERATIONS):
        pytest.skip("a selection of the operations was tried")
    with capsys.disabled():
        print(f"\n{sum(tried.values()):,} cases over {len(tried)} operations")
    assert sum(tried.values()) > 20 * EXAMPLES
