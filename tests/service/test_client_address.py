from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.client_address import Proxies, Sender, networks, subnet

PROXY = "10.0.0.1"
TRUSTED = networks("10.0.0.0/8, 127.0.0.1, 2001:db8:1::/48")
PROXIES = Proxies(TRUSTED)
RFC7239 = Proxies(TRUSTED, "forwarded")


def headers(**values: str) -> list[tuple[bytes, bytes]]:
    return [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in values.items()]


def behind(forwarded_for: str, peer: str = PROXY) -> str:
    return PROXIES.sender(peer, headers(x_forwarded_for=forwarded_for)).address


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "sender"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # of a stranger, nothing is believed
        (PROXY, "203.0.113.9", "203.0.113.9"),
        (PROXY, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # what the sender wrote stands left of what is true
        (PROXY, "203.0.113.9, 10.9.9.9", "203.0.113.9"),  # a chain of trusted proxies
        (PROXY, "10.2.2.2, 10.9.9.9", "10.2.2.2"),  # nobody but proxies
        (PROXY, "203.0.113.9:4711", "203.0.113.9"),
        (PROXY, "[2001:db8::7]:4711", "2001:db8::7"),
        (PROXY, "2001:DB8:0::7", "2001:db8::7"),
        (PROXY, "fe80::1%eth0", "fe80::1"),
        (PROXY, "::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("2001:db8:1::5", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
    ],
)
def test_the_sender_is_the_nearest_one_that_is_no_trusted_proxy(peer: str, forwarded_for: str, sender: str) -> None:
    assert behind(forwarded_for, peer) == sender


@pytest.mark.parametrize(
    "garbage", ["", " ", ",", "unknown", "localhost", "1.2.3", "1.2.3.4:http", "[::1", "::1]", "1.2.3.4.5", "\xff", "-"]
)
def test_what_is_no_address_is_not_taken_for_one(garbage: str) -> None:
    assert behind(garbage) == PROXY
    assert behind(f"198.51.100.1, {garbage}") == PROXY
    assert behind(f"{garbage}, 203.0.113.9") == "203.0.113.9"


def test_lines_of_one_header_are_one_list() -> None:
    lines = headers(x_forwarded_for="198.51.100.1") + headers(x_forwarded_for="203.0.113.9")
    assert PROXIES.sender(PROXY, lines).address == "203.0.113.9"


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        ("for=203.0.113.9", "203.0.113.9"),
        ('For="[2001:db8::7]:4711";proto=https;by=10.0.0.1', "2001:db8::7"),
        ("for=198.51.100.1, for=203.0.113.9;by=10.9.9.9 , for=10.9.9.9", "203.0.113.9"),
        ('for="203.0.113.9:80"', "203.0.113.9"),
        ("for=unknown", PROXY),
        ("for=_hidden, for=10.9.9.9", "10.9.9.9"),
        ("by=10.0.0.1", PROXY),
        ('for="198.51.100.1, for=203.0.113.9', PROXY),  # a quote left open takes in what the proxy adds
        ('for="x, for="[2001:db8::7]"', PROXY),
        ("for=198.51.100.1;for=203.0.113.9", PROXY),
        ("for=198.51.100.1;", PROXY),
        ("for = 198.51.100.1", PROXY),
        ("198.51.100.1", PROXY),
        ("", PROXY),
    ],
)
def test_forwarded_is_read_as_rfc_7239_has_it_and_not_believed_where_it_is_malformed(value: str, sender: str) -> None:
    assert RFC7239.sender(PROXY, headers(forwarded=value)).address == sender


def test_only_the_header_that_was_chosen_counts() -> None:
    both = headers(x_forwarded_for="203.0.113.9", forwarded="for=198.51.100.1;host=evil.example")
    assert PROXIES.sender(PROXY, both) == Sender("203.0.113.9", local=False)
    spoofed = headers(x_forwarded_for="198.51.100.1", x_forwarded_host="evil.example", forwarded="for=203.0.113.9")
    assert RFC7239.sender(PROXY, spoofed) == Sender("203.0.113.9", local=False)


def test_a_trusted_proxy_tells_what_it_was_asked_for() -> None:
    told = headers(x_forwarded_for="203.0.113.9", x_forwarded_proto="https", x_forwarded_host="answers.example")
    assert PROXIES.sender(PROXY, told) == Sender("203.0.113.9", False, "https", "answers.example")
    assert PROXIES.sender("203.0.113.1", told) == Sender("203.0.113.1", local=False)
    forwarded = headers(forwarded="for=198.51.100.1;host=a.example, for=203.0.113.9;proto=HTTPS;host=answers.example")
    assert RFC7239.sender(PROXY, forwarded) == Sender("203.0.113.9", False, "https", "answers.example")


def test_of_several_the_nearest_proxy_is_believed_and_no_scheme_but_http() -> None:
    told = headers(
        x_forwarded_for="203.0.113.9", x_forwarded_proto="https, http", x_forwarded_host="a.example, b.example"
    )
    assert PROXIES.sender(PROXY, told) == Sender("203.0.113.9", False, "http", "b.example")
    assert PROXIES.sender(PROXY, headers(x_forwarded_proto="javascript", x_forwarded_host=" ")) == Sender(PROXY, False)


@pytest.mark.parametrize(("peer", "local"), [("127.0.0.1", True), ("::1", True), ("127.8.8.8", True), ("", True)])
def test_a_program_of_this_machine_is_local_until_a_header_says_that_it_forwards(peer: str, local: bool) -> None:
    assert Proxies(()).sender(peer, ()).local is local
    for name in ("x_forwarded_for", "x_forwarded_host", "x_forwarded_proto", "forwarded", "via", "x_real_ip"):
        assert not Proxies(()).sender(peer, headers(**{name: "127.0.0.1"})).local
        assert not PROXIES.sender(peer, headers(**{name: "127.0.0.1"})).local


def test_others_are_not_local() -> None:
    assert not Proxies(()).sender("192.168.1.1", ()).local
    assert not PROXIES.sender(PROXY, headers(x_forwarded_for="127.0.0.1")).local


@given(st.text(st.characters(max_codepoint=255), max_size=80), st.sampled_from([PROXIES, RFC7239]))
def test_whatever_a_sender_writes_the_proxy_tells_who_they_are(text: str, proxies: Proxies) -> None:
    """What a sender sends stands before what the proxy adds; an open quote at worst leaves the proxy itself."""
    added = ", 203.0.113.9" if proxies is PROXIES else ", for=203.0.113.9"
    sent = headers(x_forwarded_for=text + added, forwarded=text + added)
    assert proxies.sender(PROXY, sent).address in ("203.0.113.9", PROXY)


@pytest.mark.alone
def test_long_headers_are_read_in_no_time() -> None:
    started = time.perf_counter()
    for text in ("1" * 60_000, ",," * 30_000, 'for="' * 12_000, "10.0.0.1," * 6_000, "for=1;" * 10_000, '"\\' * 30_000):
        behind(text)
        RFC7239.sender(PROXY, headers(forwarded=text))
    assert time.perf_counter() - started < 1


def test_networks_are_read_from_a_list() -> None:
    assert [str(network) for network in networks(" 127.0.0.1,10.0.0.0/8 , ::1,")] == [
        "127.0.0.1/32",
        "10.0.0.0/8",
        "::1/128",
    ]
    assert networks("") == ()


@pytest.mark.parametrize("text", ["localhost", "10.0.0.1/8", "10.0.0.0/33", "*", "10.0.0.0-10.0.0.9", "127.0.0.1 ::1"])
def test_what_is_no_network_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="is neither an address nor a network") as caught:
        networks(f"127.0.0.1, {text}")
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("testclient", "testclient"),
    ],
)
def test_who_has_a_subnet_is_counted_once(address: str, counted: str) -> None:
    assert subnet(address) == counted
