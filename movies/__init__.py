"""The vocabulary every other room speaks: films, the catalogue, pictures, encoders, settings, errors."""

import os

# Two libraries report their use to their makers unless told otherwise before they are loaded. Matinee is used at home:
# what is watched there is nobody's business. (ONNX Runtime reads the posters' lettering; the hub serves CLIP.)
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

# On processors with tiles (AMX) torch compiles a product for every number of tokens it meets and keeps a thousand of them in
# each of two caches: over a gigabyte after some thousand questions. The latest few dozen are enough.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
os.environ.setdefault("LRU_CACHE_CAPACITY", "64")
