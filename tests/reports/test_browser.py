"""The page in a real browser: nothing is asked for, everything is drawn, and what can be used works."""

import contextlib
import shutil
from pathlib import Path
from threading import Thread

import pytest

from lit_wgan.reports import Options, make_page, write_report
from lit_wgan.reports.serve import Page, PageServer

pytestmark = pytest.mark.slow
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BAD = ("error", "warning")
DRAWN = """() => {
  const canvases = (node) => [...node.querySelectorAll("canvas"),
    ...[...node.querySelectorAll("*")].filter((each) => each.shadowRoot).flatMap((each) => canvases(each.shadowRoot))];
  const coloured = (canvas) => canvas.width > 0 && canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data.some((value, place) => place % 4 === 3 && value > 200);
  return [...document.querySelectorAll(".plot")].map((plot) => canvases(plot).some(coloured));
}"""


def until(page, condition):
    """Wait for a condition; Playwright's own way evaluates text inside the page, which the page forbids."""
    from playwright.sync_api import Error

    for _ in range(600):
        with contextlib.suppress(Error):  # between two pages
            if page.evaluate(condition):
                return
        page.wait_for_timeout(50)
    raise TimeoutError(condition)


@pytest.fixture(scope="module")
def browser():
    """A Chromium without a window."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright, which the dev extra brings")
    with api.sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        path = next(filter(None, map(shutil.which, BROWSERS)), str(own) if own.exists() else None)
        if path is None:
            pytest.skip("needs a browser: apt-get install chromium, or playwright install chromium")
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a page by its file or address, and checks in the end that nothing was asked for and nothing went wrong."""
    faults, asked, contexts = [], [], []

    def open_page(where, width=1400, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(where if isinstance(where, str) else where.as_uri())
        until(page, "!window.curves || window.curves.is_idle")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [fault for fault in faults if not fault.startswith("Canvas2D: ")] == []  # of this file's own reading
    assert not [url for url in asked if not url.startswith(("file:", "data:", "http://127.0.0.1:"))]


@pytest.fixture
def two_runs(make_run, tmp_path):
    """A page of two runs."""
    path = tmp_path / "two.html"
    write_report([make_run("first/version_0"), make_run("second/version_0")], path)
    return path


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_figure_is_drawn_and_nothing_is_too_wide(two_runs, opened, width, scheme):
    page = opened(two_runs, width, scheme)
    until(page, f"({DRAWN})().every(Boolean)")
    assert len(page.evaluate(DRAWN)) == 4
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every((each) => each.complete && each.naturalWidth > 0)")
    ground, text = page.evaluate("((style) => [style.backgroundColor, style.color])(getComputedStyle(document.body))")
    brightness = [sum(map(int, colour[4:-1].split(","))) for colour in (ground, text)]
    assert (brightness[0] > brightness[1]) == (scheme == "light")


def test_the_arrow_keys_move_the_slider_through_the_samples_of_all_runs(two_runs, opened):
    page = opened(two_runs)
    assert page.locator(".slider output").inner_text() == "update 400"
    before = page.eval_on_selector_all("figure[data-frames] img", "(all) => all.map((each) => each.src)")
    page.locator("#update").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".slider output").inner_text() == "update 300"
    assert page.locator("figure[data-frames] .at").all_inner_texts() == ["update 300"] * 2
    after = page.eval_on_selector_all("figure[data-frames] img", "(all) => all.map((each) => each.src)")
    assert all(old != new for old, new in zip(before, after, strict=True))
    page.keyboard.press("Home")
    assert page.locator(".slider output").inner_text() == "update 100"


def test_dragging_over_a_curve_zooms_all_of_them(two_runs, opened):
    page = opened(two_runs)
    spans = "window.curves.roots().map((each) => [each.x_range.start, each.x_range.end])"
    assert page.evaluate(spans) == [[0, 400]] * 4
    plot = page.locator(".plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.7, steps=4)
    page.mouse.up()
    until(page, "window.curves.roots()[0].x_range.start > 0")
    zoomed = page.evaluate(spans)
    assert zoomed == [zoomed[0]] * 4
    assert 0 < zoomed[0][0] < zoomed[0][1] < 400


def test_a_run_can_be_hidden_in_all_figures(two_runs, opened):
    page = opened(two_runs)
    visible = "window.curves.roots().map((each) => each.renderers.filter((one) => one.visible).length)"
    before = page.evaluate(visible)
    page.locator("input[data-run='1']").first.uncheck()
    assert page.evaluate(visible) == [count // 2 for count in before]
    assert page.locator("input[data-run='1']:checked").count() == 0


def test_html_in_a_name_is_shown_as_text_and_runs_nothing(make_run, opened, tmp_path):
    evil = "<img src=x onerror=alert(1)><script>alert(2)<\\script>\"'&"
    run = make_run(f"{evil}/version_0", rows=f'"{evil.replace(chr(34), chr(34) * 2)}",step\n1,10\n2,20\n')
    write_report([run, make_run()], tmp_path / "evil.html")
    page = opened(tmp_path / "evil.html")
    assert evil in page.locator("#summary h3").first.inner_text()
    plot = page.locator(".plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    for share in range(20, 80, 5):
        page.mouse.move(box["x"] + box["width"] * share / 100, box["y"] + box["height"] / 2)
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("rows", [None, "eval/w1,critic/loss,step\nnan,inf,10\nnan,-inf,20\n"])
def test_a_page_without_curves_or_without_a_finite_value_is_no_fault(make_run, opened, tmp_path, rows):
    write_report([make_run(rows=rows, pictures=())], tmp_path / "empty.html")
    page = opened(tmp_path / "empty.html", 400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_a_served_page_shows_what_the_run_has_logged_meanwhile(make_run, opened):
    run = make_run()
    metrics = run.directory / "metrics.csv"
    page_of = Page(lambda: make_page([type(run)(run.directory)], Options(live=True)), lambda: metrics.read_bytes())
    with PageServer(page_of, 0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        page = opened(server.url)
        with page.expect_response(lambda answer: answer.request.method == "HEAD"):
            pass
        metrics.write_text(f"{metrics.read_text()},,,77,50,,500\n")
        until(page, "document.body.innerText.includes('W1 77')")
        page.context.close()
        server.shutdown()
        thread.join()
