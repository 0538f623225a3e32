"""What an import's own problems mean, beside those of the files themselves."""

from correction_flow.redif.explanations import Explanation

EXPLANATIONS = {
    "no-usable-handle": Explanation(
        "No handle to import it under",
        "The template has no handle, or one that cannot name it.",
        "It ignores the template.",
        "Give it a handle like RePEc:aaa:ssssss:number.",
    ),
    "handle-of-other-archive": Explanation(
        "A handle of another archive",
        "The handle begins with another archive's code. One archive cannot describe the items "
        "of another.",
        "It may show the item, against its own rules.",
        "Correct the code in the handle, or move the file to the archive it belongs to.",
    ),
    "item-in-core": Explanation(
        "An item among archives and series",
        "The copy of RePEc's core describes archives and series only.",
        "It does not look for items there.",
        "Put the item's file into its archive.",
    ),
    "not-imported": Explanation(
        "A type this catalogue does not hold",
        "People and institutions are read and checked, but are no part of the catalogue.",
        "Other services of RePEc use it.",
        "Nothing has to be done.",
    ),
    "path-too-long": Explanation(
        "A path that is too long",
        "The path of the file within its archive is too long to be kept, so it was not read.",
        "It would read the file.",
        "Give the file or its folders shorter names.",
    ),
    "file-not-readable": Explanation(
        "A file that could not be read",
        "The file is there, but could not be read to its end. What we have of it stays.",
        "It would not read it either.",
        "Look at the file and its permissions.",
    ),
    "not-fetched": Explanation(
        "An address that could not be fetched",
        "The web server of the archive listed this address and did not give it, or it leads "
        "out of the archive.",
        "It fetches archives from the same server and may miss it too.",
        "Look at the server's listing and at the address.",
    ),
    "no-such-list": Explanation(
        "A reference list that is not there",
        "X-File-Ref names a text file that is not within the archive, or is too large.",
        "It may look for the references in the full text instead.",
        "Put the file beside the template's and name it in X-File-Ref, one reference a paragraph.",
    ),
    "bad-reference": Explanation(
        "A line that is no reference",
        "References come as JSON lines with citing, nth, text and cited.",
        "It does not use this file.",
        "Correct the line as the message says.",
    ),
    "unknown-citing-item": Explanation(
        "References of an unknown item",
        "The item whose references these are is not in the catalogue.",
        "It does not use this file.",
        "Look at the handle, or import the item first.",
    ),
    "reference-given-twice": Explanation(
        "A reference given twice",
        "The same reference of the same item stands in two files; the first was taken.",
        "It does not use this file.",
        "Remove one.",
    ),
}
"""By the code of a problem."""
