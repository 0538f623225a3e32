"""What every page must have, checked on every page a test fetches."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """Titles, headings, inputs with their labels, ids and links of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.titles = 0
        self.h1 = 0
        self.labels: set[str] = set()
        self.inputs: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {k: v or "" for k, v in attributes}
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "title":
            self.titles += 1
        if tag == "h1":
            self.h1 += 1
        if tag == "label":
            self.labels.add(values.get("for", ""))
        if tag in ("input", "textarea", "select"):
            hidden = values.get("type") in ("hidden", "submit", "button")
            hidden = hidden or values.get("aria-hidden") == "true"
            if not hidden and "aria-label" not in values:
                self.inputs.append((values.get("id", ""), values.get("name", "")))
        if tag == "a" and values.get("href", "").startswith("/"):
            self.links.append(values["href"])


def check(html: str) -> Page:
    """One title, one h1, a label for every input, no id twice."""
    page = Page(html)
    assert page.titles == 1
    assert page.h1 == 1
    assert len(page.ids) == len(set(page.ids)), sorted(i for i in page.ids if page.ids.count(i) > 1)
    for input_id, name in page.inputs:
        assert input_id in page.labels, f"no label for {name} {input_id}"
    return page
