"""Makes the pictures of the README from a running Matinee: `python docs/pictures/record.py [ADDRESS]`.

Needs what `make install` installs, a Chromium, and `make run` in another terminal. Holds a short
conversation in the page and writes conversation.gif (as it happens) and chat.png (its first answer)
beside itself. A tool for whoever works on this project; the product doesn't know it.
"""

from __future__ import annotations

import io
import shutil
import sys
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent
CONVERSATION = ("a French comedy about friendship, under two hours", "more like the first one, but shorter", "who directed it?")
SIZE = (1200, 760)  # of the window
WIDTH = 760  # of the film, pixels
COLOURS = 96
MOST_BYTES = 1_500_000
TYPED_AT_ONCE = 5  # letters per frame
READING = 2.2  # seconds an answer stays


class Film:
    """Frames of a page, each with how long it is shown (ms); a frame like the one before only prolongs it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.frames: list[Image.Image] = []
        self.durations: list[int] = []

    def shoot(self, milliseconds: int) -> None:
        picture = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        frame = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)
        if self.frames and frame.tobytes() == self.frames[-1].tobytes():
            self.durations[-1] += milliseconds
        else:
            self.frames.append(frame)
            self.durations.append(milliseconds)

    def save(self, path: Path) -> None:
        """One palette for all frames, so that only what changes is stored."""
        strip = Image.new("RGB", (WIDTH, sum(frame.height for frame in self.frames)))
        for number, frame in enumerate(self.frames):
            strip.paste(frame, (0, number * frame.height))
        palette = strip.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
        frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in self.frames]
        frames[0].save(
            path, save_all=True, append_images=frames[1:], duration=self.durations, loop=0, optimize=True, disposal=1
        )


def record(page: Page, address: str) -> Film:
    """Hold the conversation; the first answer is also kept as chat.png."""
    page.goto(address)
    page.wait_for_selector(".mt-wall-film, .mt-answer")
    page.wait_for_selector("textarea")  # the page never falls silent: it watches the API
    film = Film(page)
    film.shoot(1200)
    box = "#mt-box textarea"
    for number, message in enumerate(CONVERSATION):
        for end in range(TYPED_AT_ONCE, len(message) + TYPED_AT_ONCE, TYPED_AT_ONCE):
            page.fill(box, message[:end])
            film.shoot(110)
        page.press(box, "Enter")
        answer = page.locator(".mt-answer").nth(number)
        ends = time.monotonic() + 60
        while not answer.locator(".mt-foot, .mt-bad").count():
            if time.monotonic() > ends:
                raise SystemExit(f"No answer to {message!r} within a minute.")
            film.shoot(120)
            time.sleep(0.05)
        page.wait_for_function("[...document.querySelectorAll('.mt-answer img')].every(picture => picture.complete)")
        page.wait_for_timeout(400)
        film.shoot(round(READING * 1000))
        if number == 0:
            page.screenshot(path=FOLDER / "chat.png")
    film.durations[-1] += 1500
    return film


def main() -> None:
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860"
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.set_default_timeout(60_000)
        film = record(page, address)
        browser.close()
    target = FOLDER / "conversation.gif"
    film.save(target)
    size = target.stat().st_size
    print(f"{target}: {len(film.frames)} frames, {sum(film.durations) / 1000:.0f} s, {size / 1e6:.2f} MB")
    if size > MOST_BYTES:
        raise SystemExit(f"That is more than {MOST_BYTES / 1e6} MB: use fewer colours, a smaller width or fewer words.")


if __name__ == "__main__":
    main()
