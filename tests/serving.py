"""A real server process over the test index: `python -m tests.serving ARTIFACTS PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

from api.server import serve
from tests.conftest import open_services, settings_at

if __name__ == "__main__":
    settings = settings_at(Path(sys.argv[1]), api_port=int(sys.argv[2]), api_threads=8)
    serve(settings, open_services=lambda given, _say: open_services(given))
