"""The words an item is found by that stand for filters and for versions it names."""

from correction_flow.catalog.described import facts, series_key, without_addresses
from correction_flow.catalog.words import own_words, version_keys, version_word


def words(**record):
    return own_words({"title": "Growth", **record}, kind="Paper", series_key="repec:zzz:wpaper")


def test_a_jel_code_stands_with_the_broader_ones_it_belongs_to():
    found = words(jel=["D72", "D7", "H11"]).split()
    assert [w for w in found if w.startswith("_jel")] == [
        "_jel_d72", "_jel_d7", "_jel_d", "_jel_h11", "_jel_h1", "_jel_h",
    ]  # fmt: skip
    assert found[-1] == "growth"


def test_versions_an_item_names_are_words_however_long_and_whatever_their_case():
    long = "RePEc:zzz:wpaper:" + "x" * 300
    found = words(other={"paper-handle": [long, long.upper()], "article-handle": ["RePEc:a:b:1"]})
    keys = version_keys({"other": {"paper-handle": [long.upper()]}})
    assert version_word(keys[0]) in found.split()
    assert len([w for w in found.split() if w.startswith("_version_")]) == 2
    assert version_word(keys[0]) != version_word(keys[0][:-1])


def test_an_item_names_at_most_so_many_versions_and_codes():
    handles = [f"RePEc:zzz:wpaper:{n}" for n in range(100)]
    found = words(other={"paper-handle": handles}, jel=["D72"] * 100).split()
    assert len([w for w in found if w.startswith("_version_")]) == 20


def test_no_address_comes_out_of_a_template():
    assert without_addresses("Write to a.b@example.org, or <mailto:c@d.org>.") == (
        "Write to (address), or <(address)>."
    )
    told = facts({"editor": [{"name": ["Ed ed@example.org"], "email": ["ed@example.org"]}]})
    assert told.editors == ["Ed (address)"]
    assert "@" not in str(told)


def test_a_series_is_known_by_the_handle_in_a_text():
    assert series_key("continues RePEc:GAM:jadmsc since 2011") == "repec:gam:jadmsc"
    assert series_key("RePEc:gam:jadm") is None
    assert series_key("Another Journal") is None
