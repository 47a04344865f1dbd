"""A page that is served to this machine."""

from http.client import HTTPConnection
from threading import Thread

import pytest

from lit_wgan.errors import UsageError
from lit_wgan.reports.serve import Page, PageServer


@pytest.fixture
def page():
    """A page that says how often it was made; its state can be set."""
    made = []

    def make():
        if page.state == "damaged":
            raise UsageError("Expected a page, but got none. Wait.")
        made.append(page.state)
        return f"page {len(made)}"

    page = Page(make, lambda: page.state)
    page.state = 0
    return page


@pytest.fixture
def server(page):
    with PageServer(page, 0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def asked(server, path="/", method="GET", host=None):
    connection = HTTPConnection("127.0.0.1", server.server_port)
    connection.request(method, path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, answer.getheader("ETag")


def test_the_page_is_made_anew_only_when_what_it_shows_has_changed(server, page):
    first, second = asked(server), asked(server)
    assert first == second == (200, "page 1", first[2])
    page.state = 1
    assert asked(server, method="HEAD")[:2] == (200, "")
    status, text, tag = asked(server)
    assert (status, text) == (200, "page 2")
    assert tag != first[2]


@pytest.mark.parametrize("path", ["/metrics.csv", "/../config.yaml", "/index.html", "/%2e%2e/", "*"])
def test_nothing_but_the_page_is_served(server, path):
    assert asked(server, path)[0] == 404


@pytest.mark.parametrize("host", ["example.org", "example.org:80", "127.0.0.1", "127.0.0.1.example.org"])
def test_a_request_that_names_another_machine_is_refused(server, host):
    assert asked(server, host=host)[0] == 421
    assert asked(server, host=f"localhost:{server.server_port}")[0] == 200


def test_only_this_machine_can_ask(server):
    assert server.server_address[0] == "127.0.0.1"
    assert asked(server, method="POST")[0] == 501


def test_files_that_are_just_being_written_are_asked_for_again(server, page):
    page.state = "damaged"
    status, text, _ = asked(server)
    assert status == 503
    assert "Expected a page, but got none." in text
    page.state = 2
    assert asked(server)[0] == 200


def test_a_port_in_use_is_told_with_a_remedy(server, page):
    with pytest.raises(UsageError, match=rf"but got {server.server_port}, which is in use. Give another"):
        PageServer(page, server.server_port)
    with pytest.raises(UsageError, match="but got 70000"):
        PageServer(page, 70000)
