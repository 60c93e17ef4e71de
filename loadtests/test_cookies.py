"""What a system sets is shown to it again, where it wants it, and nowhere else."""

import pytest

from loadtests.cookies import Cookies


def head(*fields: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *fields]).encode()


@pytest.mark.parametrize("name", ["Set-Cookie", "set-cookie", "SET-COOKIE"])
def test_what_is_set_is_shown_again(name: str) -> None:
    cookies = Cookies("https://www.oms.test:8443")
    assert cookies.header("/api/x") is None
    cookies.hear("/api/login", head("Server: OFBiz", f"{name}: JSESSIONID=a1; Path=/; Secure; HttpOnly"))
    cookies.hear("/api/login", head(f"{name}: AWSALB=b2; Path=/"))
    assert sorted((cookies.header("/api/x") or "").split("; ")) == ["AWSALB=b2", "JSESSIONID=a1"]


def test_a_head_of_any_length_is_heard() -> None:
    """The standard library's own reader of headers refuses more than 100."""
    cookies = Cookies("http://www.oms.test:80")
    cookies.hear("/", head(*[f"X-{n}: {n}" for n in range(200)], "Set-Cookie: JSESSIONID=a1"))
    assert cookies.header("/") == "JSESSIONID=a1"


def test_what_is_taken_back_is_not_shown_any_more() -> None:
    cookies = Cookies("http://www.oms.test:80")
    cookies.hear("/", head("Set-Cookie: JSESSIONID=a1"))
    cookies.hear("/", head("Set-Cookie: JSESSIONID=; Max-Age=0"))
    assert cookies.header("/") is None


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("a=1; Path=/admin", id="another path"),
        pytest.param("a=1; Domain=elsewhere.test", id="another host"),
        pytest.param("a=1; Secure", id="not over plain HTTP"),
    ],
)
def test_what_is_not_meant_for_a_request_is_not_in_it(said: str) -> None:
    cookies = Cookies("http://www.oms.test:80")
    cookies.hear("/", head(f"Set-Cookie: {said}"))
    assert cookies.header("/api/x") is None
