"""URLs that clients name: what is fetched, and all that is not."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from openai import BadRequestError, OpenAI

from translator.server.addresses import is_public
from translator.server.app import create_app
from translator.server.fetching import Fetched, Fetcher, NotFetched
from translator.server.settings import Settings, Upstream

from ..documents import made
from ..servers import Exchange, RunningServer, ScriptedUpstream, Serve, completion

PUBLIC = "93.184.216.34"


class Names(AbstractResolver):
    """A resolver that says what it is told to, and something else each time if it is told to."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = {name.replace("_", ".").lstrip("."): given for name, given in answers.items()}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        given = self.answers[host]
        addresses = given.pop(0) if len(given) > 1 else given[0]
        return [
            ResolveResult(
                hostname=host, host=one, port=port, proto=0, flags=0,
                family=socket.AF_INET6 if ":" in one else socket.AF_INET,
            )
            for one in addresses
        ]  # fmt: skip

    async def close(self) -> None:
        pass


@pytest.fixture
def web() -> Iterator[ScriptedUpstream]:
    """A web server of the public network, which happens to be on this machine."""
    web = ScriptedUpstream()
    yield web
    web.close()


@pytest.fixture
def secret() -> Iterator[ScriptedUpstream]:
    """A server that nobody may be made to ask."""
    secret = ScriptedUpstream()
    secret.reply("secret")
    yield secret
    secret.close()


def fetcher(
    web: ScriptedUpstream, *, size: int = 1000, seconds: float = 5, remember: float = 0, **names: list[list[str]]
) -> Fetcher:
    """The web server counts as public, by its address and port; nothing else of this machine does."""

    def allow(host: str, port: int) -> bool:
        return (host, port) == ("127.0.0.1", web.port) or is_public(host, port)

    return Fetcher(size, seconds, allow=allow, resolver=Names(**names), remember=remember)


def fetch(fetcher: Fetcher, url: str) -> Fetched:
    return asyncio.run(fetcher.fetch(url))


def test_what_is_behind_a_url_is_fetched_without_a_word_of_who_asks(web: ScriptedUpstream) -> None:
    web.reply("some text")
    fetched = fetch(fetcher(web, example_org=[["127.0.0.1"]]), f"http://example.org:{web.port}/a/the%20plan.txt?x=1")
    assert fetched == Fetched(b"some text", "the plan.txt")
    exchange = web.next()
    assert (exchange.method, exchange.path) == ("GET", "/a/the%20plan.txt?x=1")
    assert set(exchange.headers) <= {"host", "user-agent", "accept", "accept-encoding", "connection"}


async def test_what_was_fetched_is_remembered_for_a_while_and_within_bounds(
    web: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://example.org:{web.port}"
    for text in ("a", "b", "c"):
        web.reply(text * 600)
    remembering = fetcher(web, remember=60, example_org=[["127.0.0.1"]])
    first = await remembering.fetch(f"{url}/1")
    assert await remembering.fetch(f"{url}/1") is first
    monkeypatch.setattr("translator.server.fetching.REMEMBERED_BYTES", 1000)
    second = await remembering.fetch(f"{url}/2")  # there is room for one
    assert await remembering.fetch(f"{url}/2") is second
    assert (await remembering.fetch(f"{url}/1")).data == b"c" * 600
    assert web.connections == 3


def test_redirects_are_followed_and_cookies_are_not_kept(web: ScriptedUpstream) -> None:
    web.reply("", 302, {"location": "/there", "set-cookie": "a=b"})
    web.reply("arrived")
    assert fetch(fetcher(web, example_org=[["127.0.0.1"]]), f"http://example.org:{web.port}/").data == b"arrived"
    web.next()
    assert "cookie" not in web.next().headers


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "[::1]", "[::]", "localhost",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]",
    ],
)  # fmt: skip
def test_this_machine_is_not_asked_however_it_is_written(secret: ScriptedUpstream, host: str) -> None:
    with pytest.raises(NotFetched, match="cannot be reached from here, or is not on the public network"):
        fetch(Fetcher(1000, 5), f"http://{host}:{secret.port}/")
    assert secret.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254",
        "100.64.0.1", "0.1.2.3", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:a9fe:a9fe::1",
        "2002:7f00:1::", "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:5601:5601", "::10.0.0.1",
        "2001:4860::5efe:127.0.0.1", "2001:4860::200:5efe:10.0.0.1", "2001:db8::1", "no address", "",
    ],
)  # fmt: skip
def test_an_address_that_is_not_everybodys_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_of_the_public_network_is(address: str) -> None:
    assert is_public(address)


def test_a_name_with_one_private_address_is_not_asked_at_all(web: ScriptedUpstream, secret: ScriptedUpstream) -> None:
    for addresses in (["127.0.0.1", "10.0.0.1"], ["::ffff:127.0.0.1", PUBLIC], ["169.254.169.254"]):
        with pytest.raises(NotFetched, match="not on the public network"):
            fetch(fetcher(web, example_org=[addresses]), f"http://example.org:{web.port}/")
    assert web.connections == secret.connections == 0


def test_a_name_whose_address_changes_gains_nothing(web: ScriptedUpstream, secret: ScriptedUpstream) -> None:
    web.reply("", 307, {"location": f"http://example.org:{secret.port}/"})
    names = [["127.0.0.1"], ["127.0.0.1"]]
    with pytest.raises(NotFetched, match="not on the public network"):
        fetch(fetcher(web, example_org=names), f"http://example.org:{web.port}/")
    assert secret.connections == 0


def test_the_address_that_is_connected_to_is_checked_itself(
    web: ScriptedUpstream, secret: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that was public when it was looked at, and is another machine when it is connected to."""
    monkeypatch.setattr("translator.server.fetching.GuardedResolver", lambda resolver, allow: resolver)
    with pytest.raises(NotFetched, match="not on the public network"):
        fetch(fetcher(web, rebound_org=[["127.0.0.1"]]), f"http://rebound.org:{secret.port}/")
    with pytest.raises(NotFetched, match="not on the public network"):
        fetch(fetcher(web, rebound_org=[["127.0.0.1", "::1"]]), f"http://rebound.org:{secret.port}/")
    assert secret.connections == 0


@pytest.mark.parametrize(
    ("location", "fault"),
    [
        ("http://127.0.0.1:{port}/", "not on the public network"),
        ("http://[::ffff:127.0.0.1]:{port}/", "not on the public network"),
        ("//2130706433:{port}/", "not on the public network"),
        ("http://internal.org:{port}/", "not on the public network"),
        ("file:///etc/passwd", "no http or https URL"),
        ("gopher://example.org/", "no http or https URL"),
        ("http://user:word@example.org/", "user name or a password"),
        ("/again", "redirected more than 5 times"),
        ("http://[broken", "cannot be reached"),
    ],
)
def test_a_redirect_leads_no_further_than_a_url(
    web: ScriptedUpstream, secret: ScriptedUpstream, location: str, fault: str
) -> None:
    for _ in range(6):
        web.reply("", 302, {"location": location.format(port=secret.port)})
    here = [["127.0.0.1"]]
    with pytest.raises(NotFetched, match=fault):
        fetch(fetcher(web, example_org=here, internal_org=here, _2130706433=here), f"http://example.org:{web.port}/")
    assert secret.connections == 0


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/a", "http://", "nonsense", "http://u@example.org/"]
)
def test_other_urls_are_refused(web: ScriptedUpstream, url: str) -> None:
    with pytest.raises(NotFetched, match=r"no http or https URL|user name"):
        fetch(fetcher(web, example_org=[["127.0.0.1"]]), url)


def stream_for_ever(exchange: Exchange) -> None:
    exchange.begin("text/plain")
    while True:
        exchange.write(b"x" * 500)


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (stream_for_ever, "has more than 1000 bytes"),
        (lambda exchange: exchange.begin("text/plain"), "did not come within 0.3 seconds"),
        (lambda exchange: None, "did not come within 0.3 seconds"),
        (lambda exchange: exchange.reply("no", 404), "answered with status 404"),
        (lambda exchange: exchange.reply("x", headers={"content-encoding": "gzip"}), "comes compressed"),
        (lambda exchange: exchange.reply("x", headers={"content-type": "video/mp4"}), "of the type video/mp4"),
        (lambda exchange: exchange.send(b"nonsense\r\n\r\n"), "cannot be reached"),
    ],
)
def test_what_is_fetched_is_bounded(web: ScriptedUpstream, script: Callable[[Exchange], None], fault: str) -> None:
    web.answer(script)
    with pytest.raises(NotFetched, match=fault):
        fetch(fetcher(web, seconds=0.3, example_org=[["127.0.0.1"]]), f"http://example.org:{web.port}/")


@pytest.fixture
def client(upstream: ScriptedUpstream, web: ScriptedUpstream) -> Iterator[OpenAI]:
    entry = Upstream(base_url=upstream.base_url, dialect={"file": False, "image": ["data"]})
    settings = Settings(store="memory:", upstreams=(entry,))
    server = RunningServer(create_app(settings, fetcher=fetcher(web, example_org=[["127.0.0.1"]])), settings)
    with OpenAI(base_url=server.base_url, api_key="unused", max_retries=0) as client:
        yield client
    upstream.close()
    server.stop()


def ask(client: OpenAI, **part: str) -> Any:
    items: Any = [{"role": "user", "content": [part]}]
    return client.responses.create(model="m", input=items)


def test_a_file_behind_a_url_is_told(client: OpenAI, upstream: ScriptedUpstream, web: ScriptedUpstream) -> None:
    web.reply(made.pdf("buy a bridge"))
    upstream.reply(completion("A bridge."))
    first = ask(client, type="input_file", file_url=f"http://example.org:{web.port}/plan.pdf")
    assert (
        '--- file "plan.pdf" ---\n--- page 1 of 1 ---\nbuy a bridge\n' in upstream.next().json["messages"][0]["content"]
    )
    web.next()
    web.reply("", 410)  # history keeps the URL, and what is behind it may be gone
    upstream.reply(completion("Gone."))
    client.responses.create(model="m", previous_response_id=first.id, input="And now?")
    assert "answered with status 410" in upstream.next().json["messages"][0]["content"]


def test_an_image_behind_a_url_goes_as_data(client: OpenAI, upstream: ScriptedUpstream, web: ScriptedUpstream) -> None:
    web.reply(made.PNG)
    upstream.reply(completion("A dot."))
    ask(client, type="input_image", image_url=f"http://example.org:{web.port}/dot.png", detail="low")
    (image,) = upstream.next().json["messages"][0]["content"]
    assert image["image_url"]["url"] == f"data:image/png;base64,{base64.b64encode(made.PNG).decode()}"


def test_what_is_not_fetched_names_the_field(client: OpenAI, upstream: ScriptedUpstream) -> None:
    for part, param in (
        ({"type": "input_file", "file_url": "http://169.254.169.254/latest/meta-data"}, "file_url"),
        ({"type": "input_image", "image_url": "http://[::1]/a.png"}, "image_url"),
    ):
        with pytest.raises(BadRequestError, match="is not on the public network") as raised:
            ask(client, **part)
        assert raised.value.param == f"input[0].content[0].{param}"
    assert upstream.idle()


def test_nothing_is_fetched_unless_it_is_asked_for(
    serve: Serve, upstream: ScriptedUpstream, web: ScriptedUpstream
) -> None:
    server = serve(upstreams=(Upstream(base_url=upstream.base_url, dialect={"image": ["data"]}),))
    with OpenAI(base_url=server.base_url, api_key="unused", max_retries=0) as client:
        for part in (
            {"type": "input_file", "file_url": web.base_url},
            {"type": "input_image", "image_url": web.base_url},
        ):
            with pytest.raises(BadRequestError, match=r"is not fetched|send it as a base64 data URL"):
                ask(client, **part)
    assert web.connections == 0


def test_the_setting_turns_it_on_guarded(serve: Serve, web: ScriptedUpstream) -> None:
    server = serve(fetch_urls=True)
    client = OpenAI(base_url=server.base_url, api_key="unused", max_retries=0)
    with client, pytest.raises(BadRequestError, match="is not on the public network"):
        ask(client, type="input_file", file_url=web.base_url)
    assert web.connections == 0
