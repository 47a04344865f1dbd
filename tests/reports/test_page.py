"""The page holds what a run left, whatever that is, and nothing in it can act."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from lit_wgan.errors import UsageError
from lit_wgan.reports import make_page, write_report
from lit_wgan.runs.run import Run

EVIL = "</script><script>alert('x')</script><img src=x onerror=alert(1)>&\"'"
VOID = {"meta", "link", "img", "input", "br"}
MOST_BYTES = 5_000_000


class Elements(HTMLParser):
    """Collects the elements of a page, and checks that all are closed in their order."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.text = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.text.append(data)

    def named(self, tag):
        return [attributes for each, attributes in self.found if each == tag]

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


def test_a_page_of_one_run_has_every_section_and_asks_for_nothing(make_run):
    page = Elements(make_page([make_run()]))
    headings = [each["id"] for each in page.named("section")]
    assert headings == ["summary", "samples", "quality", "critic", "other", "metrics", "protocol", "repeat"]
    assert [each["data-chart"] for each in page.named("div") if each.get("class") == "plot"] == [
        "eval/w1",
        "critic/wasserstein_estimate",
        "critic/loss",
        "generator/loss",
    ]
    assert all(each["src"].startswith("data:image/") for each in page.named("img"))
    assert not any("src" in each for each in page.named("script"))
    assert "default-src 'none'" in page.named("meta")[3]["content"]
    assert "gradient penalty, weight 10.0" in page.words
    assert "lit-wgan fit --config 'my configs/toy.yaml'" in page.words


def test_a_page_of_two_runs_says_what_differs(make_run):
    first = make_run("a/version_0")
    second = make_run("b/version_0", config=first.config | {"seed_everything": 3, "name": "b"})
    page = Elements(make_page([first, second]))
    assert "the configurations option a/version_0 b/version_0 seed_everything 0 3 Final" in page.words
    assert "eval/w1 a/version_0 400 100 50 b/version_0 400 100 50 Protocol" in page.words


def test_html_in_names_options_metrics_and_environments_is_shown_and_does_nothing(make_run):
    config = {"trainer": {"max_steps": 5, EVIL: EVIL}, "model": {"class_path": EVIL}, "data": {"class_path": EVIL}}
    named = "".join(each for each in EVIL if each != "/")
    rows = f'"{EVIL.replace(chr(34), chr(34) * 2)}",step\n1,10\n2,20\n'
    runs = [
        make_run(f"{named}/version_{number}", rows, config | {"seed_everything": number}, {"command": [EVIL] * 3})
        for number in range(2)
    ]
    for text in (make_page(runs), make_page(runs[:1])):
        page = Elements(text)
        assert page.words.count("onerror=alert(1)") > 3
        assert not any("onerror" in each for each in page.named("img"))
        assert len(page.named("script")) == 4
        assert "<script>alert" not in text
        assert "</script><script>alert" not in text


@pytest.mark.parametrize("missing", ["metrics", "pictures", "environment", "result", "all"])
def test_a_run_that_lacks_files_has_a_page_that_says_so(make_run, missing):
    lacks = {name: missing in (name, "all") for name in ("metrics", "pictures", "environment", "result")}
    arguments = {"rows": None} if lacks["metrics"] else {}
    arguments |= {"pictures": ()} if lacks["pictures"] else {}
    arguments |= {"environment": None} if lacks["environment"] else {}
    run = make_run(**arguments)
    if lacks["result"]:
        (run.directory / "result.json").unlink()
    page = Elements(make_page([run]))
    assert ("No metric of samples was logged." in page.words) == lacks["metrics"]
    assert ("There are no pictures of samples" in page.words) == lacks["pictures"]
    assert ("The environment was not recorded." in page.words) == lacks["environment"]
    assert ("It was stopped" in page.words) == (lacks["result"])


def test_values_that_are_not_finite_and_unknown_metrics_are_shown(make_run):
    rows = "eval/w1,of_tomorrow/x,fidelity/new_metric,step\nnan,1,2,10\ninf,-inf,3,20\n"
    page = Elements(make_page([make_run(rows=rows)]))
    assert "of_tomorrow/x of_tomorrow/x -inf" in page.words
    assert "W1 eval/w1 inf" in page.words


def test_records_of_another_form_are_passed_over(make_run):
    environment = {"command": 3, "packages": [1], "gpus": "x", "cpu_threads": None, "accelerator": "cpu"}
    assert "Protocol and environment" in make_page([make_run(environment=environment)])


def test_two_hundred_runs_of_large_pictures_and_long_curves_stay_below_the_limit(make_run, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (160, 160, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    names = [f"metric_{number}" for number in range(30)]
    header = ",".join(["step", *names, *(f"eval/{name}" for name in names), *(f"critic/{name}" for name in names)])
    rows = header + "\n" + "".join(f"{step},{','.join(['0.123456789'] * 90)}\n" for step in range(0, 2000, 20))
    of_one = "eval/w1,step\n3,10\n"
    runs = [make_run(f"run_{n}/version_0", rows if n < 9 else of_one, pictures=()) for n in range(200)]
    for run in runs[:6]:
        for update in range(0, 2000, 100):
            (run.directory / "samples" / f"{update:07d}.png").symlink_to(tmp_path / "noise.png")
        (run.directory / "samples" / "real.png").symlink_to(tmp_path / "noise.png")
    text = make_page(runs)
    assert len(text.encode()) < MOST_BYTES
    page = Elements(text)
    assert "the first 8 of 200 runs" in page.words
    assert "run_199/version_0" in page.words
    assert "10 of 20 pictures." in page.words


def test_the_page_takes_the_place_of_an_older_one(make_run, tmp_path):
    run = make_run()
    (tmp_path / "a.html").write_text("old")
    write_report([run], tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text() == make_page([Run(run.directory)])


def test_a_page_that_cannot_be_written_says_so(make_run, tmp_path):
    with pytest.raises(OSError, match=r"Expected to write .*a.html, but could not"):
        write_report([make_run()], tmp_path / "not there" / "a.html")


def test_metrics_that_are_no_numbers_are_told_with_their_file(make_run):
    with pytest.raises(UsageError, match=r"metrics.csv to hold steps and numbers"):
        make_page([make_run(rows="a,step\nx,1\n")])


def test_the_page_has_no_address_but_those_of_the_documentation(make_run):
    text = make_page([make_run()])
    own = text[: text.index('<script type="application/json"')]
    assert set(re.findall(r"https?://[^/\"' ]+", own)) <= {"https://github.com"}
