#!/bin/sh
# Writes the lock files beside this script from pyproject.toml. Needs uv; `make lock` brings it.
#
#   requirements/lock.sh             add what pyproject.toml asks for; versions already locked stay
#   requirements/lock.sh --upgrade   take the newest versions
#
# all.txt      everything, development tools included: what `make install` installs
# server.txt   the API and the index builder
# chat.txt     the chat page: no torch
#
# One resolution for every system and Python (--universal). server.txt and chat.txt take their
# versions from all.txt, so what is tested is what is shipped.
#
# The CUDA libraries and triton are left out on purpose: torch from the Python package index asks for
# exactly those it needs, and torch's CPU index has the same torch without them. So the same lock
# serves both. For the same reason there are no hashes: the two builds of torch differ in theirs.
set -eu
cd "$(dirname "$0")/.."
: "${UV:=uv}"
command -v "$UV" >/dev/null || {
    echo "uv is needed. Run: make lock   or: UV=/path/to/uv $0" >&2
    exit 1
}

lock() {
    name=$1
    shift
    file=requirements/$name.txt
    "$UV" pip compile --quiet --universal --python-version 3.11 --index-strategy unsafe-best-match \
        --no-header --no-annotate "$@" pyproject.toml --output-file "$file" >/dev/null
    {
        echo "# Made by requirements/lock.sh from pyproject.toml: change that and run make lock."
        grep -vE '^(#|nvidia-|cuda-|triton(=|$))' "$file"
    } >"$file.part"
    mv "$file.part" "$file"
}

lock all --all-extras ${1:+"$1"}
lock server --extra server --constraints requirements/all.txt
lock chat --extra chat --constraints requirements/all.txt
