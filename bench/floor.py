"""The pages an expert would write by hand: bare Flask, SQLAlchemy Core and Jinja, without login.

They have the content and about the HTML of the application's pages and stand beside them in one
run, as the floor `E` that its times are given in multiples of. Nothing else belongs here.
"""

# ruff: noqa: E501
from __future__ import annotations

import json
from typing import Any

from flask import Flask, abort, request
from markupsafe import Markup, escape
from sqlalchemy import Engine, create_engine, text

from correction_flow.core.database import open_sqlite
from correction_flow.core.paging import cursor, read_cursor
from correction_flow.core.text import words

PAGE = 20
_ITEM = (
    "SELECT i.id, i.kind, i.handle, i.title, i.year, i.upstream, i.shown_otherwise, "
    "i.indexed_by_repec, i.vanished_at, s.id AS series_id, s.handle AS series_handle, "
    "s.name AS series, s.provider, s.archive_id, s.desk_id FROM items i "
    "JOIN series s ON s.id = i.series_id WHERE i.handle_key = :key"
)
_AUTHORS = (
    "SELECT a.role, a.name, a.workplaces, p.name AS profile FROM item_authors a "
    "LEFT JOIN author_profiles p ON p.id = a.profile_id "
    "WHERE a.item_id = :id AND a.vanished_at IS NULL ORDER BY a.role, a.position"
)
_REFERENCES = (
    "SELECT r.id, r.position, r.text, c.handle FROM item_references r "
    "LEFT JOIN items c ON c.id = r.cited_item_id WHERE r.item_id = :id AND r.vanished_at IS NULL "
    "ORDER BY r.position, r.id LIMIT 200"
)
_LINE = "i.id, i.handle, i.title, i.author_line, i.year, i.kind"
_CITING = (
    f"SELECT {_LINE}, s.name AS series FROM (SELECT item_id, id FROM item_references "
    "WHERE cited_item_id = :id AND vanished_at IS NULL ORDER BY id DESC LIMIT 20) r "
    "JOIN items i ON i.id = r.item_id JOIN series s ON s.id = i.series_id ORDER BY r.id DESC"
)
_DECIDES = (
    "SELECT name FROM contacts WHERE series_id = :series OR archive_id = :archive "
    "AND series_id IS NULL ORDER BY series_id IS NULL, id LIMIT 1"
)
_PENDING = "SELECT target FROM changes WHERE item_id = :id AND outcome IS NULL"
_HISTORY = (
    "SELECT what, at, note FROM events WHERE item_id = :id AND audience = 'public' "
    "ORDER BY id DESC LIMIT 20"
)
_SERIES = (
    "SELECT s.id, s.handle, s.name, s.kind, s.provider, s.archive_id, a.handle AS archive_handle, "
    "a.name AS archive FROM series s JOIN archives a ON a.id = s.archive_id "
    "WHERE s.handle_key = :key"
)
_ITEMS = (
    f"SELECT {_LINE} FROM items i WHERE i.series_id = :id AND i.vanished_at IS NULL %s "
    "ORDER BY coalesce(i.year, 0) DESC, i.id DESC LIMIT 21"
)
# Not as a comparison of rows: SQLite would read the series from its beginning.
_BELOW = "AND coalesce(i.year, 0) <= :year AND (coalesce(i.year, 0) < :year OR i.id < :last)"
_FOUND = {
    "sqlite": (
        f"SELECT {_LINE}, s.name AS series FROM (SELECT rowid AS id FROM item_search "
        "WHERE item_search MATCH :query ORDER BY rowid DESC LIMIT 21) f "
        "JOIN items i ON i.id = f.id JOIN series s ON s.id = i.series_id ORDER BY i.id DESC"
    ),
    "postgresql": (
        f"SELECT {_LINE}, s.name AS series FROM (SELECT item_id AS id FROM item_words "
        "WHERE tsv @@ CAST(:query AS tsquery) ORDER BY item_id DESC LIMIT 21) f "
        "JOIN items i ON i.id = f.id JOIN series s ON s.id = i.series_id ORDER BY i.id DESC"
    ),
}

_TOP = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} · Correction Flow</title>
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#f5f7f5" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#121716" media="(prefers-color-scheme: dark)">
<link rel="icon" href="/static/img/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/bootstrap/static/css/bootstrap.min.css">
<link rel="stylesheet" href="/static/css/tokens.css"><link rel="stylesheet" href="/static/css/app.css">
{{ head }}</head><body><a class="skip-link" href="#main">Skip to the content</a>
<header class="site-header"><div class="page-width site-header-row"><a class="brand" href="/">
<svg class="brand-mark" viewBox="0 0 32 32" width="32" height="32" fill="none" stroke="currentColor">
<rect x="2" y="5" width="28" height="22" rx="2.5" stroke-width="1.8"/>
<path d="M6.5 11.5h19M6.5 16h6.5M19 16h6.5" stroke-width="1.6"/></svg>
<span class="brand-name">Correction Flow</span></a>
<form class="site-search" role="search" action="/search" method="get">
<label class="visually-hidden" for="site-search-q">Search the catalogue</label>
<input class="form-control" type="search" id="site-search-q" name="q" placeholder="Title, author">
<button class="btn btn-outline-primary" type="submit">Search</button></form>
<nav class="site-nav" id="site-nav" aria-label="Main"><ul><li><a href="/archives">Archives</a></li>
<li><a href="/login">Sign in</a></li><li><a href="/register">Register</a></li></ul></nav>
</div></header><main id="main" class="page-width site-main" tabindex="-1">
"""
_BOTTOM = """</main><footer class="site-footer"><div class="page-width site-footer-row">
<p>Corrections and authorship claims for <a href="https://repec.org/">RePEc</a>, the open index of
economics papers.</p><ul class="site-footer-links"><li><a href="/help">Help: how corrections work</a>
</li><li><a href="/check">Check ReDIF</a></li></ul></div></footer></body></html>
"""
_LIST = """<ul class="item-list">{% for i in items %}<li><div class="item-line">
<p class="item-line-title"><a href="/items/{{ i.handle }}">{{ i.title }}</a></p>
<p class="item-line-authors">{{ i.author_line }}</p>
<p class="item-line-source"><span><cite>{{ i.series or series.name }}</cite>, {{ i.year }}</span>
<span class="kind">{{ i.kind }}</span><span class="handle">{{ i.broken }}</span></p></div></li>
{% endfor %}</ul>
"""
_EXPORTS = """<ul class="export-list">{% for name, words in formats %}
<li><a href="/export/{{ name }}/{{ item.handle }}{{ QUERY }}" rel="nofollow">{{ words }}</a></li>
{% endfor %}</ul>
"""
_SHOW = (
    _TOP.replace(
        "{{ head }}",
        """<link rel="canonical" href="http://flow.test/items/{{ item.handle }}">
<link rel="alternate" type="application/atom+xml" title="Corrections of this item" href="/feeds/corrections/{{ item.handle }}">
<link rel="alternate" type="application/atom+xml" title="What cites this item" href="/feeds/citations/{{ item.handle }}">
<meta name="citation_title" content="{{ item.title }}">{% for a in authors %}
<meta name="citation_author" content="{{ a.name }}">{% endfor %}
<meta name="citation_year" content="{{ item.year }}">
<meta name="citation_journal_title" content="{{ item.series }}">
<meta name="citation_abstract_html_url" content="http://flow.test/items/{{ item.handle }}">
<meta name="description" content="{{ record.abstract[0][:300] if record.abstract }}">
""",
    )
    + """<header class="page-header"><p class="eyebrow">
<a href="/series/{{ item.series_handle }}">{{ item.series }}</a> · {{ item.year }} · {{ item.kind }}
</p><h1>{{ item.title }}</h1><div class="item-authors"><ul aria-label="Authors">{% for a in authors %}
<li><span class="item-author">{{ a.name }}</span>{% for w in a.workplaces %}
<span class="affiliation">{{ w.name }}</span>{% endfor %}</li>{% endfor %}</ul></div>
<div class="actions save-item"><a class="btn btn-sm btn-outline-secondary" href="/login?next=/items/{{ item.handle }}" rel="nofollow">Save<span class="visually-hidden"> to your bibliography (you sign in first)</span></a></div>
</header>{% if item.vanished_at %}<div class="alert alert-warning"><p>Not in the publisher's file any more.</p></div>{% endif %}
{% if not item.indexed_by_repec %}<div class="alert alert-info"><p><strong>Publisher’s data:</strong> RePEc would not index this item as its ReDIF template stands.</p></div>{% endif %}
<div class="with-aside"><article aria-label="The item">
{% if record.abstract %}<section aria-labelledby="abstract"><h2 id="abstract" class="h3">Abstract</h2>
{% for part in record.abstract %}<p class="abstract">{{ part }}</p>{% endfor %}</section>{% endif %}
<section class="page-section"><h2 id="citation">Suggested citation</h2><p class="reading">{{ citation }}</p>
<dl class="facts"><div><dt>Handle</dt><dd><span class="copyable"><span class="handle">{{ broken }}</span></span></dd></div>
<div><dt>Export</dt><dd>"""
    + _EXPORTS.replace("{{ QUERY }}", "")
    + """</dd></div></dl></section>
{% if record.files %}<section class="page-section"><h2 id="downloads">Downloads</h2><ul class="item-downloads">
{% for file in record.files %}<li><a href="{{ file.url }}" rel="nofollow noopener">{{ file.url }}</a>
<span class="quiet">{{ file.format }}</span>{% if file.restriction %}<p class="small-print">Restriction: {{ file.restriction }}</p>
{% else %}<p class="small-print">Free</p>{% endif %}</li>{% endfor %}</ul></section>{% endif %}
{% if references %}<section class="page-section"><h2 id="references">References <span class="count">{{ references|length }}</span></h2>
<ol class="references">{% for r in references %}
<li value="{{ r.position }}" id="reference-{{ r.position }}">{% if r.handle %}<a href="/items/{{ r.handle }}">{{ r.text }}</a>
{% else %}{{ r.text }} <a class="link-it" href="/citations/new?item={{ item.handle }}&amp;reference={{ r.id }}">Link it<span class="visually-hidden">: reference {{ r.position }}</span></a>{% endif %}</li>
{% endfor %}</ol><details><summary>Export the references</summary>"""
    + _EXPORTS.replace("{{ QUERY }}", "?of=references")
    + """</details></section>{% endif %}
<section class="page-section"><h2 id="cited-by">Cited by <span class="count">{{ items|length }}</span></h2>
"""
    + _LIST
    + "<details><summary>Export what cites it</summary>"
    + _EXPORTS.replace("{{ QUERY }}", "?of=citations")
    + """</details></section></article><aside class="aside" aria-label="Facts"><dl class="facts">
<div><dt>Series</dt><dd><a href="/series/{{ item.series_handle }}">{{ item.series }}</a></dd></div>
{% for name, value in facts %}<div><dt>{{ name }}</dt><dd>{{ value }}</dd></div>{% endfor %}
{% if record.doi %}<div><dt>DOI</dt><dd><a href="https://doi.org/{{ record.doi }}" rel="noopener">{{ record.doi }}</a></dd></div>{% endif %}
{% if keywords %}<div><dt>Keywords</dt><dd><ul class="bare">{% for word in keywords %}<li><a href="/search?q={{ word|urlencode }}">{{ word }}</a></li>{% endfor %}</ul></dd></div>{% endif %}
{% if record.jel %}<div><dt>JEL</dt><dd><ul class="bare">{% for code in record.jel %}<li><strong>{{ code }}</strong></li>{% endfor %}</ul></dd></div>{% endif %}
</dl></aside></div>
<section class="corrections" aria-labelledby="corrections"><h2 id="corrections">Corrections</h2>
<p><strong>{{ decides }}</strong> will decide. <a href="/help">How a request goes</a></p><ul class="correction-ways">
<li><a class="btn btn-primary" href="/claims/new?item={{ item.handle }}">I wrote this</a><span>Claim your name on this item.</span></li>
<li><a class="btn btn-primary" href="/corrections/new?item={{ item.handle }}">Something is wrong here</a><span>Authors, title, abstract, year, pages, anything but the handle.</span></li>
<li><a class="btn btn-outline-primary" href="/citations/new?item={{ item.handle }}">A reference is not linked</a><span>Link it to the item it means.</span></li>
<li id="missing-citation"><a class="btn btn-outline-primary" href="/search">An item that cites this is missing</a>
<span>Open the citing item, press <em>Link it</em> at its reference, and enter this handle: <span class="copyable"><span class="handle">{{ broken }}</span></span></span></li></ul>
<p class="small-print">You will be asked to sign in, and then come back to what you chose.</p>
{% if pending %}<div class="competing" id="pending"><p><strong>{{ pending|length }} pending</strong>: {{ pending|join(', ') }}.</p></div>{% endif %}
<p class="small-print">Follow this item in a feed reader: <a href="/feeds/corrections/{{ item.handle }}">its corrections</a>, <a href="/feeds/citations/{{ item.handle }}">what cites it</a>.</p>
{% if history %}<details class="history"><summary>History</summary>{% for e in history %}<div class="history-entry"><p><strong>{{ e.what }}</strong>, <time>{{ e.at }}</time></p></div>{% endfor %}</details>{% endif %}
</section>"""
    + _BOTTOM
)
_SHOW_SERIES = (
    _TOP.replace("{{ head }}", "")
    + """<header class="page-header"><p class="eyebrow"><a href="/archives/{{ series.archive_handle }}">{{ series.archive }}</a></p>
<h1>{{ series.name }}</h1></header><dl class="facts"><div><dt>Holds</dt><dd>{{ series.kind }}s</dd></div>
<div><dt>Publisher</dt><dd>{{ series.provider }}</dd></div><div><dt>Decides about requests</dt><dd>{{ decides }}</dd></div>
<div><dt>Handle</dt><dd><span class="handle">{{ broken }}</span></dd></div></dl>
<section class="page-section"><h2 id="items">Items</h2>"""
    + _LIST
    + """{% if older %}<nav class="pager"><a href="/series/{{ series.handle }}?after={{ older }}">Older</a></nav>{% endif %}</section>"""
    + _BOTTOM
)
_SHOW_FOUND = (
    _TOP.replace("{{ head }}", '<meta name="robots" content="noindex">')
    + """<header class="page-header"><h1>Search the catalogue</h1></header>
<form class="search-page" role="search" action="/search" method="get"><div class="field">
<label class="field-label" for="q">Title, author, words of the abstract, or a handle</label>
<input class="form-control" type="search" id="q" name="q" value="{{ query }}"></div>
<button class="btn btn-primary" type="submit">Search</button></form>"""
    + _LIST
    + _BOTTOM
)
_FORMATS = (
    ("bibtex", "BibTeX"), ("ris", "RIS"), ("csl", "CSL-JSON"), ("redif", "ReDIF"),
    ("json", "JSON"), ("text", "Plain text"),
)  # fmt: skip
_FACTS = (
    ("Publisher", "provider"), ("Year", "year"), ("Month", "month"), ("Volume", "volume"),
    ("Issue", "issue"), ("Pages", "pages"), ("Number", "number"), ("Created", "creation_date"),
    ("Length", "length"), ("Language", "language"), ("In", "book_title"),
)  # fmt: skip


def engine_of(uri: str) -> Engine:
    """The database, opened as the application opens it."""
    engine = create_engine(uri)
    if engine.dialect.name == "sqlite":
        open_sqlite(engine)
    return engine


def floor(uri: str) -> Flask:
    """The floor's pages under the addresses of the application's."""
    app = Flask("floor", static_folder=None)
    engine = engine_of(uri)
    sqlite = engine.dialect.name == "sqlite"
    found = text(_FOUND[engine.dialect.name])
    show, show_series, show_found = (
        app.jinja_env.from_string(source) for source in (_SHOW, _SHOW_SERIES, _SHOW_FOUND)
    )
    (item_, authors_, references_, citing_, decides_, pending_, history_, series_, first_, next_) = (
        text(statement)
        for statement in (
            _ITEM, _AUTHORS, _REFERENCES, _CITING, _DECIDES, _PENDING, _HISTORY, _SERIES,
            _ITEMS % "", _ITEMS % _BELOW,
        )
    )  # fmt: skip

    def value(stored: Any) -> Any:
        return json.loads(stored) if sqlite and stored is not None else stored

    @app.get("/items/<path:handle>")
    def show_item(handle: str) -> str:
        with engine.connect() as connection:
            run = connection.execute
            item = run(item_, {"key": handle.lower()}).first()
            if item is None:
                abort(404)
            id_ = {"id": item.id}
            authors = [
                {"name": a.name, "workplaces": value(a.workplaces)} for a in run(authors_, id_)
            ]
            references = run(references_, id_).all()
            citing = _lines(run(citing_, id_))
            decides = run(decides_, {"series": item.series_id, "archive": item.archive_id}).scalar()
            pending = run(pending_, id_).scalars().all()
            history = run(history_, id_).all()
        record = value(item.upstream if item.shown_otherwise is None else item.shown_otherwise)
        names = " & ".join(a["name"] for a in authors)
        return show.render(
            title=item.title,
            item=item,
            record=record,
            authors=authors,
            references=references,
            items=citing,
            decides=decides,
            pending=pending,
            history=history,
            broken=_broken(item.handle),
            formats=_FORMATS,
            citation=f"{names}, {item.year}. “{item.title},” {item.series}, {item.provider}.",
            keywords=[k.strip() for k in record.get("keywords", "").split(";") if k.strip()],
            facts=[
                (label, found)
                for label, name in _FACTS
                if (found := record.get(name) or getattr(item, name, None))
            ],
        )

    @app.get("/series/<handle>")
    def show_one_series(handle: str) -> str:
        last = read_cursor(request.args.get("after"), 2)
        with engine.connect() as connection:
            series = connection.execute(series_, {"key": handle.lower()}).first()
            if series is None:
                abort(404)
            decides = connection.execute(
                decides_, {"series": series.id, "archive": series.archive_id}
            ).scalar()
            if last is None:
                rows = connection.execute(first_, {"id": series.id}).all()
            else:
                below = {"id": series.id, "year": last[0], "last": last[1]}
                rows = connection.execute(next_, below).all()
        older = cursor(rows[PAGE - 1].year or 0, rows[PAGE - 1].id) if len(rows) > PAGE else None
        return show_series.render(
            title=series.name,
            series=series,
            decides=decides,
            broken=_broken(series.handle),
            items=_lines(rows[:PAGE]),
            older=older,
        )

    @app.get("/search")
    def search() -> str:
        query = request.args.get("q", "")
        joined = (
            " ".join(f'"{word}"' for word in words(query))
            if sqlite
            else " & ".join(f"'{word}'" for word in words(query))
        )
        with engine.connect() as connection:
            rows = connection.execute(found, {"query": joined}).all()
        return show_found.render(title=query, query=query, items=_lines(rows[:PAGE]))

    return app


def _lines(rows: Any) -> list[dict[str, Any]]:
    return [{**row._mapping, "broken": _broken(row.handle)} for row in rows]


def _broken(handle: str) -> Markup:
    """A handle that may be broken after its colons."""
    return Markup(str(escape(handle)).replace(":", ":<wbr>"))
