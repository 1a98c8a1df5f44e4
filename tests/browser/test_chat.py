"""The chat in a real Chromium, over an API that is slow, broken, away or hostile on demand."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import answered, page_server, say
from tests.browser.scripted_api import ScriptedApi

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Visit = Callable[..., Page]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a poster.png"
    Image.new("RGB", (80, 120), (200, 30, 30)).save(path)
    return path


def test_an_example_is_answered_with_posters_reasons_and_who_said_it(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    page.click(".mt-example >> nth=1")
    told = answered(page)
    assert "5 films for you" in told
    assert "Answered by the built-in concierge" in told
    assert "- **" not in told  # the list went onto the cards
    cards = page.locator(".mt-answer .mt-card")
    assert cards.count() == 5
    first = cards.first.inner_text()
    for part in ("Heat", "1995 · Michael Mann", "2 h 50 · Action, Crime, Drama", "A tireless Los Angeles detective"):
        assert part in first
    assert "weak match" in cards.last.inner_text()
    page.wait_for_function("document.querySelector('.mt-answer .mt-card img').naturalWidth > 0")
    cards.first.locator("summary").click()
    assert "Found by “thief”, “bank”, its poster" in cards.first.inner_text()
    expect(page.locator("#mt-header")).to_contain_text("films · built-in encoder")


def test_a_dropped_poster_goes_along(visit: Visit, api: ScriptedApi, picture: Path) -> None:
    page = visit()
    page.set_input_files("#mt-box input[type=file]", picture)
    page.wait_for_selector("#mt-box img")
    say(page, "something like this, but lighter")
    answered(page)
    assert api.asked[-1]["picture"]
    assert api.asked[-1]["message"] == "something like this, but lighter"
    page.wait_for_function("document.querySelector('.mt-sent').naturalWidth == 80")


def test_taking_a_chip_out_reruns_the_plan_without_words(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    say(page, "a comedy from the nineties")
    answered(page)
    page.click(".mt-chip:has-text('Comedy')")
    told = answered(page, 1)
    rerun = api.asked[-1]
    assert rerun["message"] == ""
    assert {name: value for name, value in rerun["plan"]["filters"].items() if value} == {"year_min": 1990, "year_max": 1999}
    assert rerun["session"] == api.asked[0]["session"]
    assert "Alien" in told
    expect(page.locator(".mt-said").last).to_have_text("Without Comedy")


def test_a_chip_with_two_bounds_goes_as_one(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    say(page, "a comedy from the nineties")
    answered(page)
    page.click(".mt-chip:has-text('1990–1999')")
    answered(page, 1)
    assert {name: value for name, value in api.asked[-1]["plan"]["filters"].items() if value} == {"genres_all": ["Comedy"]}


def test_like_not_for_me_and_seen_reach_the_api_and_stay_visible(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    say(page, "a heist")
    answered(page)
    first = page.locator(".mt-card").first
    first.locator(".mt-like").click()
    expect(first.locator(".mt-like")).to_have_text("Liked")
    first.locator(".mt-seen").click()
    expect(first.locator(".mt-seen.mt-on")).to_be_visible()
    first.locator(".mt-dislike").click()
    expect(first.locator(".mt-dislike.mt-on")).to_be_visible()
    expect(first.locator(".mt-like")).to_have_text("Like")
    session = api.asked[-1]["session"]
    assert api.verdicts == [
        {"session": session, "movie_id": "heat-1995", "verdict": verdict} for verdict in ("like", "seen", "dislike")
    ]


def test_a_verdict_pressed_again_is_taken_back(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    say(page, "a heist")
    answered(page)
    seen = page.locator(".mt-card").first.locator(".mt-seen")
    expect(seen).to_have_attribute("aria-pressed", "false")
    seen.click()
    expect(seen).to_have_attribute("aria-pressed", "true")
    seen.click()
    expect(seen).to_have_attribute("aria-pressed", "false")
    assert [told["verdict"] for told in api.verdicts] == ["seen", "none"]


def test_two_people_at_once_never_mix(visit: Visit, api: ScriptedApi) -> None:
    one, other = visit(), visit()
    say(one, "creep along, said Ann")
    say(other, "creep along, said Ben")
    assert "said Ann" in answered(one)
    assert "said Ben" in answered(other)
    assert "Ben" not in one.inner_text("#mt-thread")
    assert "Ann" not in other.inner_text("#mt-thread")
    assert len({asked["session"] for asked in api.asked}) == 2


def test_a_new_question_is_brought_to_the_top(visit: Visit, api: ScriptedApi) -> None:
    page = visit(375, 812)
    for number, words in enumerate(("a heist", "nothing at all")):
        say(page, words)
        answered(page, number)
    say(page, "be slow about another heist")
    expect(page.locator(".mt-said")).to_have_count(3)
    place = "document.querySelectorAll('.mt-said')[2].getBoundingClientRect().top"
    page.wait_for_function(f"{place} >= 0 && {place} < 60")
    page.wait_for_timeout(3500)  # it stays there
    assert 0 <= page.evaluate(place) < 60


@pytest.mark.parametrize("size", [(375, 812), (375, 667), (1280, 720)])
def test_the_end_of_an_answer_comes_out_from_under_the_message_box(
    visit: Visit, api: ScriptedApi, size: tuple[int, int]
) -> None:
    page = visit(*size)
    for number, words in enumerate(("a heist", "another heist")):
        say(page, words)
        answered(page, number)
        floor = "document.querySelector('#mt-composer').getBoundingClientRect().top"
        foot = f"document.querySelectorAll('.mt-again')[0].getBoundingClientRect().bottom <= {floor}"
        page.wait_for_function(foot)
        page.wait_for_timeout(3500)
        assert page.evaluate(foot)  # it stays there
        title = f"document.querySelectorAll('.mt-answer')[{number}].querySelector('.mt-title')"
        assert page.evaluate(f"{title}.getBoundingClientRect().top >= 0")


def test_words_appear_as_they_come(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    say(page, "creep prose, held at its end")
    page.wait_for_selector(".mt-answer .mt-card")
    expect(page.locator(".mt-answer")).to_contain_text("would suit tonight")
    assert page.locator(".mt-foot").count() == 0  # still writing
    api.gate.set()
    answered(page)


def test_a_slow_model_shows_a_clock_and_can_be_stopped(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    say(page, "be slow about it")
    expect(page.locator(".mt-status")).to_contain_text("The model is thinking")
    expect(page.locator(".mt-status")).to_contain_text(re.compile(r"thinking \d+ s"))
    page.click("#mt-box .stop-button")
    assert "Stopped." in answered(page)
    api.gate.set()
    assert api.left.wait(10)  # the server stopped working for us
    page.click(".mt-again")
    expect(page.locator(".mt-answer")).to_contain_text("5 films")
    assert page.locator(".mt-answer").count() == 1
    assert len({asked["turn"] for asked in api.asked}) == 1  # the API hears that it is the same one


def test_a_new_conversation_wipes_off_an_answer_that_is_being_written(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    for number, words in enumerate(("be slow about it", "creep prose, held at its end")):
        say(page, words)
        expect(page.locator(".mt-status")).to_be_visible()
        page.wait_for_timeout(700 * number)
        page.click("#mt-fresh")
        expect(page.locator(".mt-hero h1")).to_be_visible()
        page.wait_for_timeout(2500)  # what comes late of the old one must not show
        assert page.locator(".mt-hero h1").is_visible()
        assert not page.locator(".mt-answer").count()
        api.gate.set()
        assert api.left.wait(10)
        api.gate.clear()
    say(page, "another evening")
    assert "5 films" in answered(page)
    assert page.locator(".mt-said").all_inner_texts() == ["another evening"]


def test_an_answer_that_breaks_off_keeps_what_came(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    say(page, "break it")
    told = answered(page)
    assert "broke off" in told
    assert "Heat" in told
    expect(page.locator(".mt-again")).to_have_text("Try again")


def test_a_service_that_is_away_comes_back_without_a_reload(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    api.stop()
    try:
        say(page, "anyone there?")
        assert "not answering at the moment" in answered(page)
        expect(page.locator("#mt-header")).to_contain_text("no connection")
        expect(page.locator("#mt-notice")).to_contain_text("not answering")
    finally:
        api.start()
    page.click(".mt-again")
    page.wait_for_selector(".mt-answer .mt-card")
    assert "5 films" in answered(page)
    expect(page.locator("#mt-header")).to_contain_text("films")
    expect(page.locator("#mt-notice .mt-note")).to_have_count(0)


def test_an_api_that_is_away_when_the_page_loads_leaves_no_broken_pictures(visit: Visit, api: ScriptedApi) -> None:
    with page_server(api.url) as url:
        api.stop()
        try:
            empty = visit(url=url, wait_for="#mt-notice .mt-note")  # no film is known yet
        finally:
            api.start()
        expect(empty.locator(".mt-wall-film")).to_have_count(14)
        expect(empty.locator("#mt-notice .mt-note")).to_have_count(0)
        api.stop()
        try:
            wide, narrow = (visit(width, url=url, wait_for="#mt-notice .mt-note") for width in (1280, 375))
            for page in (wide, narrow):
                page.wait_for_selector(".mt-wall-film")
                expect(page.locator(".mt-wall img.mt-lost").first).to_be_attached()
                note, tab = (
                    page.locator("#mt-notice .mt-note").bounding_box(),
                    page.get_by_role("tab", name="Chat").bounding_box(),
                )
                assert note is not None
                assert tab is not None
                assert note["y"] >= tab["y"] + tab["height"] or tab["y"] >= note["y"] + note["height"]
        finally:
            api.start()
        for page in (wide, narrow):
            expect(page.locator("#mt-notice .mt-note")).to_have_count(0)
            page.wait_for_function("[...document.querySelectorAll('.mt-wall img')].some((image) => image.naturalWidth)")
            expect(page.locator(".mt-lost")).to_have_count(0)


def test_too_many_at_once_is_said(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    say(page, "refuse me")
    assert "Too many conversations" in answered(page)


def test_nothing_found_is_an_answer_too(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    say(page, "nothing please")
    assert "Without “1990–1999” there are 14 films" in answered(page)
    assert page.locator(".mt-card").count() == 0


def test_a_hostile_catalogue_is_only_text(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    say(page, "hostile <img src=x onerror=\"document.title='owned'\">")
    answered(page)
    page.locator(".mt-card").first.locator("summary").click()
    shown = page.locator(".mt-card").first.inner_text()
    assert '<img src=x onerror="document.title=' in shown
    assert "<script>" in shown
    page.wait_for_timeout(500)
    assert page.title() == "Matinee"
    assert (
        page.locator("#mt-thread script, #mt-thread img[src=x], #mt-thread svg[onload], #mt-thread a[href^=javascript]").count()
        == 0
    )
    expect(page.locator(".mt-said").first).to_contain_text("<img src=x")
    page.locator(".mt-card").first.locator(".mt-like").click()
    expect(page.locator(".mt-card").first.locator(".mt-like")).to_have_text("Liked")
    assert api.verdicts[-1]["movie_id"] == '"><img src=x onerror=alert(1)>'


def test_a_reloaded_tab_finds_its_conversation_and_a_new_one_starts_clean(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    say(page, "a heist")
    answered(page)
    page.reload()
    assert "5 films" in answered(page)
    page.click("#mt-fresh")
    page.wait_for_selector(".mt-hero h1")
    assert page.locator(".mt-answer").count() == 0
    say(page, "another evening")
    answered(page)
    first, second = (asked["session"] for asked in api.asked)
    assert first != second


def test_a_message_sent_before_the_page_has_loaded_is_answered_and_stays(visit: Visit, api: ScriptedApi) -> None:
    page = visit()
    held: list[Route] = []
    page.route("**/queue/join*", lambda route: held.append(route) if len(held) < 3 else route.continue_())
    page.reload()
    page.wait_for_selector("#mt-box textarea")
    for _ in range(50):  # the three events of a page that loads
        if len(held) == 3:
            break
        page.wait_for_timeout(100)
    say(page, "a heist")
    assert "5 films" in answered(page)
    for route in held:
        route.continue_()
    page.wait_for_timeout(500)
    assert "5 films" in answered(page)


def test_posters_that_come_late_do_not_wipe_off_an_answer(visit: Visit, api: ScriptedApi) -> None:
    api.search_takes = 4.0
    try:
        with page_server(api.url) as url:
            page = visit(url=url, wait_for="#mt-box textarea")
            say(page, "a heist")
            assert "5 films" in answered(page)
            page.wait_for_timeout(4500)
            assert "5 films" in answered(page)
            assert not page.locator(".mt-hero").is_visible()
    finally:
        api.search_takes = 0.0


def test_on_a_phone_nothing_sticks_out_and_everything_can_be_reached(visit: Visit, api: ScriptedApi) -> None:
    page = visit(375, 812, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    say(page, "a heist")
    answered(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    box = page.locator("#mt-box").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 812
    assert box["width"] > 320
    for name in (".mt-like", ".mt-dislike", ".mt-seen"):
        size = page.locator(name).first.bounding_box()
        assert size is not None
        assert size["height"] >= 36
    page.locator(".mt-like").first.tap()
    expect(page.locator(".mt-like").first).to_have_text("Liked")


def test_the_theme_can_be_switched_and_stays(visit: Visit, api: ScriptedApi) -> None:
    page = visit(color_scheme="light")
    assert page.evaluate("document.body.classList.contains('dark')") is False
    page.click(".mt-theme")
    assert page.evaluate("document.body.classList.contains('dark')") is True
    page.reload()
    page.wait_for_selector(".mt-wall-film")
    assert page.evaluate("document.body.classList.contains('dark')") is True
