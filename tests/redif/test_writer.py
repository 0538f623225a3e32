"""What is written is read again as it was meant, and what would not be is refused."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correction_flow.redif import fields, values
from correction_flow.redif.parser import Tree, parse
from correction_flow.redif.writer import Unwritable, write_template

from .samples import codes, one

TYPE = "ReDIF-Paper 1.0"
HANDLE = ["RePEc:zzz:wpaper:15"]
SMALL: Tree = {"title": ["Growth"], "author": [{"name": ["Jane Roe"]}], "handle": HANDLE}

WORDS = st.sampled_from(
    ["#", "Results:", "Title:", "<b>", "<0.05", "&amp;", "&#241;", "AT&T", "=======", "X-Y:", "é"]
)
TEXTS = (
    st.lists(st.one_of(WORDS, st.text(max_size=12)), min_size=1, max_size=30)
    .map(" ".join)
    .map(lambda text: values.clean(text.replace("<", "\x02").replace("&", "\x03"))[0])
    .filter(bool)
)
MARKED = (
    st.lists(st.one_of(WORDS, st.just("word")), min_size=1, max_size=40).map(" ".join).filter(bool)
)
SAMPLES: dict[str, list[str]] = {
    "url": ["https://example.org/a?b=1&c=2", "ftp://example.org/"],
    "email": ["jane@example.org"],
    "date": ["2014", "2014-05", "2014-05-31"],
    "pubstat": ["Published in Annals", "forthcoming"],
    "jel": ["C12 E52", "A1"],
    "mime_type": ["application/pdf", "text/html"],
    "langcode639_1": ["en", "fr"],
    "doi": ["10.1000/182"],
    "programming_language": ["Stata"],
    "percentage": ["50"],
    "doctype": ["ReDIF-Article"],
    "archivehandle": ["RePEc:zzz"],
    "serieshandle": ["RePEc:zzz:wpaper"],
    "documenthandle": ["RePEc:zzz:wpaper:15"],
    "institutionhandle": ["RePEc:edi:frbgvus"],
    "personhandle": ["pto123"],
}


def values_of(field: fields.Field) -> st.SearchStrategy[list[str]]:
    one_value = (
        st.one_of(TEXTS, MARKED)
        if values.checker(field.type) is None
        else st.sampled_from(SAMPLES[field.type])
    )
    most = 1 if field.key or field.tag == "handle" or field.once else 3
    return st.lists(one_value, min_size=1, max_size=most)


def written(field: fields.Field) -> bool:
    return (field.path[0] if field.path else field.tag) not in fields.SUCCESSORS or (
        not field.deprecated
    )


@st.composite
def trees(draw: st.DrawFn, kind: fields.TemplateType, path: tuple[str, ...] = ()) -> Tree:
    """Draw values for a template, or for one of its clusters, whose key is always there."""
    depth = len(path)
    tree: Tree = {}
    below = set()
    for field in (*kind.plain.values(), *kind.members.values()):
        if field.path[:depth] != path or not written(field) or field.tag[-1].isdigit():
            continue
        if len(field.path) > depth:
            below.add(field.path[depth])
        elif field.key or field.required or draw(st.integers(0, 3)) == 0:
            tree[field.name] = draw(values_of(field))
    for prefix in sorted(below):
        least = int(f"{prefix}-name" in kind.required or (kind.kind, prefix) == ("Book", "author"))
        cluster = trees(kind, (*path, prefix))
        clusters = draw(st.lists(cluster, min_size=least, max_size=2))
        if clusters:
            tree[prefix] = clusters
    return tree


@settings(max_examples=60)
@given(st.data(), st.sampled_from(sorted(fields.template_types())))
def test_what_is_written_is_read_again_and_good(data: st.DataObject, name: str) -> None:
    kind = fields.template_types()[name]
    tree = data.draw(trees(kind))
    text = write_template(kind.text, tree)
    assert text.endswith("\n")
    for strict in (False, True):
        (template,) = parse(text.encode(), name="a.redif", strict=strict).templates
        assert template.good, template.problems
        assert template.tree() == {"template-type": [kind.text]} | tree


@given(st.text(max_size=300))
def test_any_text_is_written_so_that_it_is_read_again_or_refused(title: str) -> None:
    try:
        text = write_template(TYPE, SMALL | {"title": [title]})
    except Unwritable:
        return
    (template,) = parse(text.encode(), name="a.redif").templates
    assert template.good
    whole, _ = values.clean(title.replace("&", "&amp;").replace("<", "&lt;"))
    assert template.tree()["title"] == [whole]
    assert all(ord(sign) >= 32 or sign == "\n" for sign in text)


def test_lines_are_wrapped_and_the_others_begin_with_a_blank() -> None:
    text = write_template(TYPE, SMALL | {"abstract": ["Results: #growth " * 40]})
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith(" ") for line in lines)
    assert codes(one(text)) == set()


def test_line_breaks_and_controls_become_harmless() -> None:
    text = write_template(TYPE, SMALL | {"title": ["Growth\r\nHandle: x\x00\x1a\tand more"]})
    assert one(text).tree()["title"] == ["Growth Handle: x and more"]


def test_a_cluster_stands_together_and_begins_with_its_key() -> None:
    author = {"email": ["j@example.org"], "workplace": [{"name": ["One"]}], "name": ["Jane Roe"]}
    lines = write_template(TYPE, SMALL | {"author": [author]}).splitlines()
    start = lines.index("Author-Name: Jane Roe")
    assert lines[start + 1 : start + 3] == [
        "Author-Email: j@example.org",
        "Author-Workplace-Name: One",
    ]


@pytest.mark.parametrize(
    ("change", "tag"),
    [
        ({"journal": ["Annals"]}, "journal"),
        ({"title": [""]}, "title"),
        ({"title": ["   \n"]}, "title"),
        ({"title": ["\ud800"]}, "title"),
        ({"title": ["\ue000"]}, "title"),
        ({"title": "Growth"}, "title"),
        ({"title": [3]}, "title"),
        ({"creation-date": ["January, 2001"]}, "creation-date"),
        ({"handle": ["RePEc:zzz:wp:1"]}, "handle"),
        ({"handle": HANDLE * 2}, "handle"),
        ({"author": [{}]}, "author"),
        ({"author": [{"name": ["A", "B"]}]}, "author-name"),
        ({"author": [{"name": ["A"], "orcid": ["1"]}]}, "author-orcid"),
        ({"author": ["Jane Roe"]}, "author"),
        ({"file": [{"url": ["www.example.org"]}]}, "file-url"),
    ],
)
def test_a_value_that_would_not_survive_is_refused_by_its_tag(
    change: dict[str, Any], tag: str
) -> None:
    with pytest.raises(Unwritable) as caught:
        write_template(TYPE, SMALL | change)
    assert caught.value.tag == tag


def test_a_deprecated_attribute_that_becomes_another_is_refused() -> None:
    tree: Tree = SMALL | {"publication-date": ["2010"]}
    with pytest.raises(Unwritable, match="Publication-Date"):
        write_template("ReDIF-Article 1.0", tree)


def test_a_name_with_digits_is_refused_because_repec_cannot_read_it() -> None:
    with pytest.raises(Unwritable, match="digits"):
        write_template(TYPE, SMALL | {"classification-msc-1991": ["90A09"]})


def test_an_unknown_template_type_is_refused() -> None:
    with pytest.raises(Unwritable, match="no template type"):
        write_template("ReDIF-Poem 1.0", {})
