# syntax=docker/dockerfile:1
#
#   docker build --target api  -t matinee-api  .      the API and the index builder
#   docker build --target chat -t matinee-chat .      the page; no torch
#
# No weights and no data are inside: they are fetched or built at run time, into the volumes.

ARG PYTHON=3.11
ARG DEBIAN=bookworm

# -- building: this image has a compiler ----------------------------------------------------------

FROM python:${PYTHON}-${DEBIAN} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements/ requirements/

FROM build AS wheel
# .dockerignore lets in the packages and what their metadata needs, nothing else.
COPY . .
RUN --mount=type=cache,target=/root/.cache/pip pip wheel --no-deps --wheel-dir /wheels .

# Test suites inside installed packages are a tenth of the API's image and a sixth of the page's.
FROM build AS build-chat
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv --without-pip /opt/matinee \
    && pip --python /opt/matinee/bin/python install -r requirements/chat.txt \
    && find /opt/matinee -type d -name tests -prune -exec rm -rf {} +
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip --python /opt/matinee/bin/python install --no-cache-dir --no-deps --no-index /wheels/*.whl

FROM build AS build-api
# The CPU build of torch by default; https://download.pytorch.org/whl/cu128 and the like for a GPU.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
# Annoy compiles for the processor it is built on; an image must run on others too.
ENV ANNOY_COMPILER_ARGS=-O3,-ffast-math,-fno-associative-math,-DANNOYLIB_MULTITHREADED_BUILD,-std=c++14
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv --without-pip /opt/matinee \
    && grep -E '^(torch|torchvision)==' requirements/server.txt > torch.txt \
    && pip --python /opt/matinee/bin/python install --no-deps --index-url "${TORCH_INDEX}" -r torch.txt \
    && pip --python /opt/matinee/bin/python install -r requirements/server.txt \
    && find /opt/matinee -type d -name tests -prune -exec rm -rf {} +
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip --python /opt/matinee/bin/python install --no-cache-dir --no-deps --no-index /wheels/*.whl

# -- running: as nobody in particular, on a root file system that may be read-only ------------------

FROM python:${PYTHON}-slim-${DEBIAN} AS runtime
# Debian keeps one version of a package; a pinned one is gone at the next update.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/matinee --shell /usr/sbin/nologin matinee \
    && install -d -o matinee -g matinee /var/lib/matinee /var/lib/matinee/artifacts /var/lib/matinee/data /var/lib/matinee/models
ENV PATH=/opt/matinee/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HOME=/var/lib/matinee/models \
    HF_HUB_DISABLE_TELEMETRY=1 \
    ORT_DISABLE_TELEMETRY=1 \
    XDG_CACHE_HOME=/tmp/cache \
    MPLCONFIGDIR=/tmp/matplotlib \
    GRADIO_TEMP_DIR=/tmp/gradio \
    MATINEE_API_HOST=0.0.0.0 \
    MATINEE_UI_HOST=0.0.0.0
# The defaults of all settings are relative to this folder: artifacts/, data/.
WORKDIR /var/lib/matinee
USER 10001:10001
ENTRYPOINT ["/usr/bin/tini", "--"]

FROM runtime AS chat
COPY --from=build-chat /opt/matinee /opt/matinee
EXPOSE 7860
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('MATINEE_UI_PORT', 7860)}/\", timeout=4)"]
CMD ["matinee", "ui"]

FROM runtime AS api
COPY --from=build-api /opt/matinee /opt/matinee
VOLUME ["/var/lib/matinee/artifacts", "/var/lib/matinee/data", "/var/lib/matinee/models"]
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('MATINEE_API_PORT', 8000)}/healthz\", timeout=4)"]
CMD ["matinee", "serve"]
