"""Pictures from hostile hands: an answer or a clear refusal, never a crash, never a file left behind."""

from __future__ import annotations

import io
import random
import struct
import tempfile
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from api.limits import PictureDesk
from evaluation.hostile import hostile
from movies.errors import BadImage, Busy
from movies.settings import Settings
from tests.conftest import ApiClient

KINDS = ("JPEG", "PNG", "WEBP", "GIF")


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 60)) -> bytes:
    buffer = io.BytesIO()
    image = Image.effect_noise(size, 60).convert(mode)
    image.save(buffer, kind)
    return buffer.getvalue()


def send(client: httpx.Client, data: bytes, name: str = "p.png", kind: str = "image/png") -> httpx.Response:
    return client.post("/v1/posters/validate", files={"poster": (name, data, kind)})


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_claiming(width: int, height: int, rows: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "CMYK", "RGBA"])
def test_every_kind_and_mode_is_opened(client: httpx.Client, kind: str, mode: str) -> None:
    if (kind, mode) in {("JPEG", "RGBA"), ("JPEG", "P")} or (mode == "CMYK" and kind != "JPEG"):
        mode = "L"
    assert send(client, picture(kind, mode)).status_code == 200


def test_the_content_decides_not_the_name(client: httpx.Client) -> None:
    assert send(client, picture("JPEG"), "p.exe", "application/x-msdownload").status_code == 200
    for data in (
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        b"MZ\x90\x00" * 50,
        b"<html>",
        b"PK\x03\x04" * 20,
    ):
        response = send(client, data, "p.png", "image/png")
        assert (response.status_code, response.json()["code"]) == (415, "bad_image")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (png_claiming(60_000, 60_000), 413),
        (png_claiming(7_000, 7_000, b"\x00" * (7_000 * 21_001)), 413),
        (png_claiming(0, 0), 400),
        (png_claiming(100, 100, b"\x00" * 10), 400),
        (picture("JPEG")[:100], 400),
        (picture("WEBP")[:60], 400),
        (picture("GIF")[:30], 400),
    ],
    ids=["empty", "60000x60000", "bomb of 49 megapixels", "0x0", "too few rows", "cut JPEG", "cut WebP", "cut GIF"],
)
def test_broken_and_huge_pictures(client: httpx.Client, data: bytes, status: int) -> None:
    response = send(client, data)
    assert response.status_code in (status, 415 if status == 400 else status), response.text
    assert response.json()["code"] == "bad_image"


def test_a_picture_of_too_many_bytes(serve: Callable[..., ApiClient]) -> None:
    client = serve(max_image_bytes=10_000)
    response = send(client, picture("PNG", size=(300, 300)))
    assert (response.status_code, response.json()["code"]) == (413, "bad_image")


def add(client: httpx.Client, data: bytes) -> httpx.Response:
    return client.post("/v1/movies", data={"movies": '[{"id": "new", "title": "New"}]'}, files={"poster": ("p.png", data)})


def test_films_are_added_within_the_same_limits(serve: Callable[..., ApiClient]) -> None:
    client = serve(max_image_pixels=10_000, max_image_bytes=20_000)
    for data in (picture("PNG", "1", (2000, 2000)), picture("PNG", size=(90, 90)), picture("GIF", size=(10, 1001))):
        answers = [send(client, data), add(client, data)]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(413, "bad_image")] * 2
    assert client.get("/v1/movies/new").status_code == 404
    assert add(client, picture("PNG", "1", (100, 100))).status_code == 200


def test_the_picture_of_a_film_is_opened_at_the_desk(serve: Callable[..., ApiClient]) -> None:
    client = serve(decode_seconds=0.3)
    hold = threading.Event()
    desk = client.services.pictures
    for _ in range(2):
        with pytest.raises(BadImage, match="too long"):
            desk._run(lambda: (hold.wait(60), Image.new("RGB", (1, 1)))[1])
    try:
        response = add(client, picture("PNG"))  # both threads of the desk are held up
        assert (response.status_code, "too long" in response.json()["detail"]) == (400, True)
    finally:
        hold.set()


@pytest.mark.parametrize("kind", ["BMP", "TIFF"])
def test_kinds_that_browsers_do_not_show_are_refused(client: httpx.Client, kind: str) -> None:
    for response in (send(client, picture(kind)), add(client, picture(kind))):
        assert (response.status_code, response.json()["code"]) == (415, "bad_image")
        assert "JPEG, PNG, WebP or GIF" in response.json()["detail"]


def test_polyglots_are_pictures_or_nothing(client: httpx.Client) -> None:
    for kind in KINDS:
        response = send(client, picture(kind) + b"<script>alert(1)</script>PK\x05\x06" + b"\x00" * 18)
        assert response.status_code == 200
        assert "script" not in response.text
    assert send(client, b"GIF89a/*" + b"\x00" * 30 + b"*/=1;alert(1)").status_code in (400, 415)


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_pictures_never_break_the_server(client: httpx.Client, kind: str) -> None:
    """Many random damages of each format; `make bench` sends ten thousand."""
    before = set(Path(tempfile.gettempdir()).glob("tmp*"))
    whole = picture(kind)
    chance = random.Random(kind)
    for _ in range(250):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        if chance.random() < 0.2:
            data[chance.randrange(len(data) + 1) : 0] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 40)))
        response = send(client, bytes(data))
        assert response.status_code in (200, 400, 413, 415), response.text
    assert set(Path(tempfile.gettempdir()).glob("tmp*")) <= before


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    data=st.one_of(
        st.binary(max_size=400),
        st.sampled_from(KINDS).flatmap(lambda kind: st.binary(max_size=60).map(picture(kind)[:40].__add__)),
    )
)
def test_any_bytes_are_answered(client: httpx.Client, data: bytes) -> None:
    assert send(client, data).status_code in (200, 400, 413, 415)


def test_large_uploads_leave_no_file(client: httpx.Client) -> None:
    before = set(Path(tempfile.gettempdir()).iterdir())
    assert send(client, picture("PNG", size=(900, 900))).status_code == 200
    assert {path for path in set(Path(tempfile.gettempdir()).iterdir()) - before if path.name.startswith("tmp")} == set()


def test_decoding_is_bounded_in_number_and_time() -> None:
    desk = PictureDesk(Settings(_env_file=None, decode_seconds=2), workers=1, queue=0)
    done = threading.Event()
    with pytest.raises(BadImage, match="too long"):
        desk._run(lambda: (done.wait(60), Image.new("RGB", (1, 1)))[1])
    with pytest.raises(Busy):  # the slow one still holds the only place
        desk._run(lambda: Image.new("RGB", (1, 1)))
    done.set()
    for _ in range(100):
        try:
            assert desk._run(lambda: Image.new("RGB", (1, 1))).size == (1, 1)
            break
        except Busy:
            time.sleep(0.1)
    else:
        pytest.fail("the place is never free again")
    desk.close()


def test_hostile_pictures_get_a_clear_refusal_or_an_answer(client: httpx.Client) -> None:
    """Four hundred of those that `matinee evaluate load` sends ten thousand of."""
    before = set(Path(tempfile.gettempdir()).glob("tmp*"))
    seen = {send(client, hostile(number)).status_code for number in range(400)}
    assert {400, 413, 415} <= seen <= {200, 400, 413, 415}
    assert set(Path(tempfile.gettempdir()).glob("tmp*")) <= before


def test_a_hostile_picture_can_be_made_again() -> None:
    assert [hostile(number) for number in range(50)] == [hostile(number) for number in range(50)]
    assert len({hostile(number) for number in range(200)}) > 150
