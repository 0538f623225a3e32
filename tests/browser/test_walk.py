"""The first walk in a real browser: the demonstration as `make run` starts it, headless Chromium,
screenshots of every page at desktop and phone width, light and dark."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ITEM = "RePEc:gam:jadmsc:v:9:y:2019:i:3:p:51-:d:249653"
PASSWORD = "demo-password-for-tests"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demonstration, running on a free port with a database of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "FLASK_APP": "app",
        "INSTANCE_DIR": str(tmp_path_factory.mktemp("demo")),
        "DEMO_PASSWORD": PASSWORD,
        "UNDO_MINUTES": "0",
        "VISITOR_SECONDS": "0",
    }
    environment.pop("DATABASE_URL", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "demo", "run", "--port", str(port)],
        cwd=ROOT, env=environment, start_new_session=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=20)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert process.poll() is None, "the demonstration ended by itself"
        try:
            urllib.request.urlopen(f"{address}/help", timeout=2)
            return
        except OSError:
            time.sleep(0.25)
    raise AssertionError("the demonstration did not come up")


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    if CHROMIUM is None:
        if os.environ.get("REQUIRE_ALL"):
            pytest.fail("Chromium is required here: apt install chromium")
        pytest.skip("Chromium is not here: apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Person:
    """Somebody at a browser of their own, who takes pictures and minds the console."""

    def __init__(self, browser, base: str, name: str, *, script: bool = True) -> None:
        self.base, self.name = base, name
        self.context = browser.new_context(java_script_enabled=script, reduced_motion="reduce")
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text)
                if message.type == "error" and "status of 4" not in message.text
                else None
            ),
        )

    def open(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.base + path)

    def go(self, link_or_button) -> None:
        """Click, and wait until the page it leads to is there."""
        with self.page.expect_navigation():
            link_or_button.click()

    def press(self, name: str) -> None:
        self.go(self.page.get_by_role("button", name=name, exact=False).first)

    def follow(self, name: str) -> None:
        self.go(self.page.get_by_role("link", name=name, exact=False).first)

    def text(self) -> str:
        return self.page.locator("body").inner_text()

    def picture(self, name: str) -> None:
        """Four pictures of the page, and no sideways scrolling in any of them."""
        folder = ROOT / "tests" / "screenshots"
        folder.mkdir(exist_ok=True)
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            for width in (1280, 390):
                self.page.set_viewport_size({"width": width, "height": 900})
                wide = self.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{name} scrolls sideways at {width} px: {wide}"
                self.page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": 1280, "height": 900})

    def sign_in(self, address: str, password: str = PASSWORD) -> None:
        self.open("/login")
        self.page.get_by_label("address", exact=False).first.fill(address)
        self.page.locator("input[name=password]").fill(password)
        self.go(self.page.locator("main").get_by_role("button", name="Sign in"))

    def mailed_link(self, subject: str) -> str:
        """The link in the latest mail whose subject has these words, from the mailbox."""
        self.open("/mailbox")
        self.go(self.page.get_by_role("link", name=re.compile(re.escape(subject))).first)
        found = re.search(r"https?://\S+?(/(?:verify|desk|proposals|visitors)/\S+)", self.text())
        assert found, self.text()
        return found[1]


def test_the_walk_of_a_stranger(browser, base):
    nora = Person(browser, base, "nora")
    nora.open("/")
    nora.picture("home")
    nora.page.locator("main input[name=q], input[name=q]").first.fill("political leadership")
    with nora.page.expect_navigation():
        nora.page.keyboard.press("Enter")
    nora.picture("search")
    nora.follow("Interactive Political Leadership")
    assert ITEM in nora.text()
    nora.picture("item")
    # register, confirm by the mailed link and its button
    nora.follow("Register")
    nora.page.locator("input[name=name]").fill("Nora Newcomer")
    nora.page.locator("main input[name=email]").fill("newcomer@example.org")
    nora.page.locator("input[name=password]").fill("a long enough secret")
    nora.page.locator("input[name=password_confirm]").fill("a long enough secret")
    nora.picture("register")
    nora.go(nora.page.locator("main").get_by_role("button", name="Register"))
    nora.picture("verify-sent")
    nora.open("/mailbox")
    nora.picture("mailbox")
    nora.go(nora.page.locator("main a[href^='/mailbox/']").first)
    nora.picture("mail")
    link = re.search(r"(/verify/[\w.\-]+)", nora.text())[1]
    nora.open(link)
    nora.picture("verify")
    nora.go(nora.page.locator("main form button").first)
    assert "verified" in nora.text()
    # ask for a correction of two fields
    nora.open(f"/items/{ITEM}")
    nora.follow("Something is wrong here")
    nora.page.get_by_label("Title", exact=True).fill("Interactive Political Leadership, Corrected")
    nora.page.get_by_label("Pages", exact=True).fill("1-19")
    nora.page.get_by_label("Why").fill("The printed article says so.")
    nora.page.get_by_label("Link to evidence").fill("https://www.mdpi.com/2076-3387/9/3/51")
    nora.picture("correction")
    nora.press("Preview")
    assert nora.page.locator("ins").count() >= 1
    nora.picture("preview")
    nora.press("Send")
    number = re.search(r"R-\d{6}", nora.page.url)[0]
    assert "MDPI Indexing Manager" in nora.text()
    nora.picture("proposal")
    nora.open("/my/requests")
    nora.picture("my-requests")
    # the maintainer decides from the queue
    mara = Person(browser, base, "mara")
    mara.sign_in("mara@example.org")
    mara.open("/desk")
    mara.picture("queue")
    mara.open(f"/desk/{number}")
    mara.picture("case")
    title, pages = mara.page.locator("fieldset.decide").all()
    title.get_by_text("Accept", exact=False).first.click()
    pages.get_by_text("Decline", exact=False).first.click()
    pages.locator("textarea[name$=-reason]").fill("The article has 18 pages.")
    mara.picture("case-filled")
    mara.go(mara.page.get_by_role("button", name=re.compile("^Decide")))
    assert "approved" in mara.text().lower()
    mara.picture("case-decided")
    # the item shows it, the author is told in the same thread
    nora.open(f"/items/{ITEM}")
    assert "Interactive Political Leadership, Corrected" in nora.text()
    nora.picture("item-corrected")
    nora.open(f"/proposals/{number}")
    assert "The article has 18 pages." in nora.text()
    nora.picture("proposal-decided")
    _mail_left(nora, number)
    for person in (nora, mara):
        assert person.complaints == []


def test_a_visitor_confirms_by_mail_and_answers_from_the_link(browser, base):
    vera = Person(browser, base, "vera")
    vera.open(f"/corrections/new?item={ITEM}")
    vera.page.get_by_label("Volume", exact=True).fill("10")
    vera.page.get_by_label("Your e-mail address").fill("vera@example.net")
    vera.page.get_by_label("Why").fill("The cover says so.")
    vera.press("Preview")
    vera.press("Send")
    vera.open(vera.mailed_link("Confirm"))
    vera.press("Yes, send it")
    number = re.search(r"R-\d{6}", vera.text())[0]
    page = vera.page.url
    mara = Person(browser, base, "mara")
    mara.sign_in("mara@example.org")
    mara.open(f"/desk/{number}")
    mara.page.locator("details:has(textarea[name=question]) summary").first.click()
    mara.page.locator("textarea[name=question]").fill("Which cover?")
    mara.press("Send the question")
    vera.open(vera.mailed_link(number))
    assert vera.page.url == page
    assert "Which cover?" in vera.text()
    vera.page.get_by_label("Your answer").fill("That of the printed issue.")
    vera.press("Send the answer")
    assert "That of the printed issue." in vera.text()
    for person in (vera, mara):
        assert person.complaints == []


def _mail_left(person: Person, number: str) -> None:
    """The worker has sent the decision; the mailbox says so."""
    for _ in range(40):
        person.open("/mailbox")
        if person.text().count(number) >= 3 and "waiting" not in person.text().lower():
            return
        time.sleep(0.5)
    raise AssertionError("the decision's mail did not leave")


def test_claim_and_link_without_javascript(browser, base):
    alice = Person(browser, base, "alice", script=False)
    alice.sign_in("alice@example.org")
    alice.open(f"/items/{ITEM}")
    alice.follow("I wrote this")
    alice.page.get_by_role("radio").first.check()
    alice.page.get_by_label("Why").fill("I am one of the authors.")
    alice.picture("claim")
    alice.go(alice.page.locator("main form button[type=submit]").last)
    assert re.search(r"R-\d{6}", alice.page.url)
    alice.open(f"/items/{ITEM}")
    alice.follow("A reference is not linked")
    alice.picture("citation")
    empty = alice.page.locator("input[name^=reference-]:visible").first
    empty.fill("RePEc:taf:rpxmxx:v:19:y:2017:i:5:p:640-654")
    alice.page.get_by_label("Why").fill("The titles are the same.")
    alice.go(alice.page.locator("main form button[type=submit]").last)
    found = re.search(r"R-\d{6}", alice.page.url)
    assert found, alice.text()
    mara = Person(browser, base, "mara", script=False)
    mara.sign_in("mara@example.org")
    for _ in range(2):
        mara.open("/desk")
        mara.go(mara.page.locator("main a[href^='/desk/R-']").first)
        for choice in mara.page.locator("input[value=accepted]").all():  # very likely ones as well
            choice.check()
        mara.go(mara.page.get_by_role("button", name=re.compile("^Decide")))
        assert "approved" in mara.text().lower()
    alice.open(f"/items/{ITEM}")
    assert "Alice Author" in alice.text()


@pytest.mark.parametrize("script", [True, False])
def test_an_item_is_saved_noted_and_taken_along(browser, base, script):
    alice = Person(browser, base, "alice", script=script)
    alice.sign_in("alice@example.org")
    alice.open(f"/items/{ITEM}")
    alice.press("Save")
    assert "Saved." in alice.text()
    alice.follow("Bibliography")
    saved = alice.page.locator(".saved-list > li")
    assert saved.count() == 1
    saved.locator("summary").click()
    saved.get_by_label("Note").fill("For chapter 3.\nSee p. 7.")
    alice.picture("bibliography-noting")
    alice.press("Keep the note")
    assert "For chapter 3." in saved.inner_text()
    alice.picture("bibliography")
    with alice.page.expect_download() as started:
        alice.page.get_by_role("link", name="BibTeX").click()
    assert started.value.suggested_filename == "bibliography.bib"
    written = Path(started.value.path()).read_text(encoding="utf-8")
    assert ITEM in written
    assert 'annote = "For chapter 3. See p. 7."' in written
    alice.press("Remove")
    assert "You have not saved anything yet" in alice.text()
    assert alice.complaints == []


def test_every_public_page_by_keyboard_and_by_eye(browser, base):
    person = Person(browser, base, "anyone")
    for name, path in (
        ("help", "/help"), ("help-correct", "/help/correct"), ("help-requests", "/help/requests"),
        ("help-maintainers", "/help/maintainers"), ("help-publishers", "/help/publishers"),
        ("help-privacy", "/help/privacy"), ("history", f"/history/{ITEM}"),
        ("history-corrections", f"/history/corrections/{ITEM}"),
        ("revision", f"/history/{ITEM}?revision=1"),
        ("problems-explained", "/help/problems"), ("check", "/check"),
        ("archives", "/archives"), ("archive", "/archives/RePEc:gam"),
        ("series", "/series/RePEc:gam:jadmsc"),
        ("series-year", "/series/RePEc:nbr:nberwo?year=1990"),
        ("search-filters", "/search?year=2019&series=RePEc:gam:jadmsc&kind=Article"),
        ("references", f"/references/{ITEM}"), ("citations", f"/citations/{ITEM}"),
        ("login", "/login"), ("reset", "/reset"),
        ("not-found", "/items/RePEc:zzz:nosuch:1"),
    ):  # fmt: skip
        person.open(path)
        if person.page.locator("[autofocus]").count():
            # The browser moves the focus there in its own time after loading.
            person.page.locator("[autofocus]:focus").wait_for()
        else:
            person.page.keyboard.press("Tab")
            focused = person.page.evaluate("document.activeElement.textContent")
            assert "Skip" in focused, name
        person.picture(name)
    assert person.complaints == []


def test_a_maintainer_checks_a_template_and_finds_the_problems_of_an_archive(browser, base):
    mara = Person(browser, base, "mara", script=False)
    mara.open("/")
    mara.follow("Check ReDIF")
    mara.page.get_by_label("ReDIF template").fill(
        "Template-Type: ReDIF-Paper 1.0\nAuthor-Name: A. Roe and B. Doe\nTitle: Growth\n"
        "Lenght: 12 pages\nHandle: RePEc:zzz:wpaper:1\n"
    )
    mara.go(mara.page.get_by_role("button", name="Check", exact=True))
    assert "Did you mean Length?" in mara.text()
    mara.picture("checked")
    mara.follow("An unknown attribute")
    assert mara.page.url.endswith("#unknown-tag")
    cora = Person(browser, base, "cora")
    cora.sign_in("cora@example.org")
    cora.open("/archives/RePEc:nbr")
    cora.follow("Problems in its files")
    assert "begins this line" in cora.text()
    cora.picture("problems")
    cora.open("/archives/RePEc:nbr")
    cora.follow("Last readings")
    cora.picture("imports")
    cora.open("/items/RePEc:nbr:nberwo:9873")
    assert "nberwo/nberwo.rdf" in cora.text()
    cora.picture("item-not-indexed")
    assert mara.complaints == cora.complaints == []
