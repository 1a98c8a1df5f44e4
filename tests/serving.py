"""A real server process over the test index: `python -m tests.serving FOLDER PORT [THREADS] [SECONDS_TO_OPEN]`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from api.server import serve
from api.services import Services
from movies.settings import Settings
from tests.conftest import open_services, settings_at

if __name__ == "__main__":
    folder, port, threads, seconds = (*sys.argv[1:], *("8", "0")[len(sys.argv) - 3 :])
    settings = settings_at(Path(folder), api_port=int(port), api_threads=int(threads))

    def open_slowly(given: Settings, _say: object) -> Services:
        time.sleep(float(seconds))
        return open_services(given)

    serve(settings, open_services=open_slowly)
