"""What each kind of problem means, what RePEc does about it, and how to mend it.

The checker, the page of an archive's problems and the help page all show these texts; each
code a reading can report has exactly one.
"""

from typing import NamedTuple


class Explanation(NamedTuple):
    """``title`` names the problem, ``means`` explains it, ``repec`` says what RePEc's own
    parser does, ``remedy`` what to do; all but the title are sentences.
    """

    title: str
    means: str
    repec: str
    remedy: str


_LOST = "It ignores the whole template: the item is not indexed."
_DROPPED = "It drops this value and indexes the rest."
_UNSEEN = "It notices nothing and shows the value as it stands."
_GARBLED = "It garbles the letters and says nothing."
_MARK = "Save the file as UTF-8 with a byte order mark, or as UTF-8 with a name ending in .redif."

GROUPS = {
    "The file": {
        "empty-file": Explanation(
            "The file is empty",
            "The file has no bytes, or only blank lines.",
            "It finds nothing; what the file held before disappears.",
            "Publish the file again, or remove it if it is meant to be gone.",
        ),
        "not-redif": Explanation(
            "The file is a web page",
            "A server answered with a page, often an error message, and that was saved as "
            "the file.",
            "It finds no template.",
            "Open the file's address in a browser, see what the server says, and publish it again.",
        ),
        "no-template": Explanation(
            "No template in the file",
            "No line of the file begins with Template-Type.",
            "It finds no template.",
            "Begin each template with a line like Template-Type: ReDIF-Paper 1.0",
        ),
        "file-too-large": Explanation(
            "The file is too large",
            "The file is larger than this reader accepts, so nothing of it was read.",
            "It knows no such limit.",
            "Split it into several files; any number may stand in a series' folder.",
        ),
        "too-many-lines": Explanation(
            "The file has too many lines",
            "The file has more lines than this reader accepts, so nothing of it was read.",
            "It knows no such limit.",
            "Split it into several files.",
        ),
        "too-many-templates": Explanation(
            "The file has too many templates",
            "The file has more templates than this reader accepts, so nothing of it was read.",
            "It knows no such limit.",
            "Split it into several files.",
        ),
        "text-before-first-template": Explanation(
            "Text before the first template",
            "Something stands before the first Template-Type. It belongs to no template.",
            "It ignores these lines.",
            "Remove them, or put # at the beginning of each to make it a comment.",
        ),
        "attribute-before-first-template": Explanation(
            "An attribute before the first template",
            "Attributes stand before the first Template-Type, so they belong to no template.",
            "It ignores these lines.",
            "Put the line Template-Type first.",
        ),
    },
    "Letters": {
        "utf-8-without-mark": Explanation(
            "UTF-8 without its mark",
            "The letters are UTF-8, but nothing at the beginning of the file says so, and its name "
            "does not end in .redif. This is the usual cause of strange letters such as Ã©.",
            "It reads the file as Windows-1252: é becomes Ã©, and no error is shown.",
            _MARK,
        ),
        "utf-16-without-mark": Explanation(
            "UTF-16 without its mark",
            "Each letter takes two bytes, but nothing at the beginning of the file says so.",
            "It finds no template.",
            _MARK,
        ),
        "mixed-encodings": Explanation(
            "Two character sets in one file",
            "Some lines are UTF-8 and others Windows-1252: texts of two origins were put together.",
            "It reads all lines in one way and garbles the others.",
            _MARK,
        ),
        "bytes-not-utf-8": Explanation(
            "A byte that is not UTF-8",
            "The file is UTF-8 by its mark or name, but this byte is not.",
            "It reads the byte as Windows-1252, which is mostly right, and warns.",
            "Save the whole file as UTF-8.",
        ),
        "undefined-byte": Explanation(
            "A byte without meaning",
            "The file is read as Windows-1252, and there this byte is no letter. Often the file is "
            "really UTF-8.",
            "It puts a blank in its place and warns.",
            _MARK,
        ),
        "mixed-line-ends": Explanation(
            "Two kinds of line ends",
            "Some lines end as on old Macintoshes and others as on Windows or Unix.",
            "It sees one kind only, so that several lines become one.",
            "Save the file with one kind of line end throughout.",
        ),
        "rejected-by-repec": Explanation(
            "RePEc cuts these lines otherwise",
            "The template can be read here, but not with the line ends RePEc's parser sees.",
            _LOST,
            "Save the file with one kind of line end throughout.",
        ),
        "character-dropped": Explanation(
            "A character without meaning",
            "A control character, or one Unicode does not define, stands in the value.",
            "It drops the character and warns.",
            "Look whether a letter was lost; ligatures copied from a PDF often look so.",
        ),
        "ligature-lost": Explanation(
            "ff, fi or fl lost",
            "A page or line break stands within a word: letters that a PDF shows as one sign were "
            "lost when the text was copied.",
            "It puts a blank in their place.",
            "Type the letters again.",
        ),
        "broken-entity": Explanation(
            "An entity broken in two",
            "A character reference such as &#241; was broken across two lines.",
            "It mends it and warns.",
            "Write the reference on one line, or the letter itself in UTF-8.",
        ),
        "entity-unknown": Explanation(
            "An entity RePEc does not know",
            "RePEc's parser knows the entities of HTML 4 only, and turns numbers from 128 to 159 "
            "into nothing.",
            "It shows the entity as it stands, or loses the letter.",
            "Write the letter itself in UTF-8, or its Unicode number.",
        ),
        "entity-left": Explanation(
            "An entity written twice over",
            "After reading, an entity such as &eacute; is left in the value: its & was itself "
            "written as &amp;.",
            _UNSEEN,
            "Write &eacute; instead of &amp;eacute;, or the letter itself in UTF-8.",
        ),
        "bracket-read-as-text": Explanation(
            "A < that is no mark-up",
            "A sign such as in p<0.05 stands in the value.",
            "It takes it for the beginning of mark-up and loses what follows, up to the next >.",
            "Write &lt; for it, or put a blank behind it.",
        ),
        "garbled-letters": Explanation(
            "Garbled letters",
            "The publisher's own file holds letters that were read in the wrong character set once "
            "and saved so.",
            _UNSEEN,
            "Replace the text by the one suggested, if that is right.",
        ),
        "unlikely-letters": Explanation(
            "Letters of another alphabet",
            "A word of accented letters only: probably Cyrillic, Greek or Turkish text in a "
            "character set that nothing in the file names.",
            _GARBLED,
            _MARK,
        ),
        "letters-lost": Explanation(
            "Letters lost before they came here",
            "The sign � stands where a program could not read a letter. Which one it was cannot be "
            "known from the file.",
            _UNSEEN,
            "Type the letters again and save the file as UTF-8.",
        ),
    },
    "The template": {
        "unknown-template-type": Explanation(
            "An unknown template type",
            "The types are ReDIF-Paper, ReDIF-Article, ReDIF-Book, ReDIF-Chapter, ReDIF-Software, "
            "ReDIF-Series, ReDIF-Archive, ReDIF-Institution and ReDIF-Person, each "
            "followed by 1.0.",
            _LOST,
            "Write one of these types.",
        ),
        "template-type-misspelt": Explanation(
            "A misspelt template type",
            "What is meant is clear, but the type is not written as RePEc demands, often without "
            "its version.",
            _LOST,
            "Write it as in Template-Type: ReDIF-Paper 1.0",
        ),
        "template-type-not-seen": Explanation(
            "A Template-Type RePEc does not see",
            "A blank before the colon, or an invisible mark before the name, hides this line.",
            "It takes the line for text, and the template for a part of the one before.",
            "Begin the line with Template-Type: and nothing before it.",
        ),
        "text-after-template-type": Explanation(
            "Text after the template type",
            "A line follows the Template-Type that is no attribute.",
            "It takes the text for a part of the type, which is then unknown: " + _LOST[3:],
            "Remove the line, or begin it in the first column if it is an attribute.",
        ),
        "records-run-together": Explanation(
            "Two templates run together",
            "A line looks like a Template-Type with its first letters lost.",
            _LOST,
            "Write Template-Type: in full at the beginning of the line.",
        ),
        "several-titles": Explanation(
            "Two titles",
            "A template may have a title in a second language, but mostly two templates have run "
            "together.",
            "It accepts both and shows the first.",
            "If these are two works, begin the second with its own Template-Type.",
        ),
        "too-many-attributes": Explanation(
            "A template without end",
            "The template has more attributes than any real one, so it was not read.",
            "It knows no such limit.",
            "Look whether the Template-Type lines of the following templates are missing.",
        ),
        "more-problems": Explanation(
            "More problems",
            "The template has more problems than are told one by one.",
            "It lists them all.",
            "Mend the first ones and check again.",
        ),
        "required-absent": Explanation(
            "Something required is missing",
            "Papers, articles, chapters and software need a title, an author and a handle; "
            "books an "
            "author or an editor; series a name, a handle and a maintainer's e-mail address; "
            "archives all these and a URL.",
            _LOST,
            "Add the attribute. If it is there, look at how its line begins.",
        ),
        "handle-repeated": Explanation(
            "A second handle",
            "A template has one handle. A second one mostly means that the next template lacks its "
            "Template-Type.",
            _LOST,
            "Begin each template with its own Template-Type.",
        ),
        "conflict-marker": Explanation(
            "An unresolved merge",
            "Lines like <<<<<<< or ======= were left by a version control system.",
            "It takes them for text; the template type or a value is spoilt.",
            "Decide between the two versions and publish the file again.",
        ),
    },
    "Attributes": {
        "unknown-tag": Explanation(
            "An unknown attribute",
            "Any word with a colon at the beginning of a line is taken for an attribute; this one "
            "does not exist.",
            _LOST,
            "Correct its spelling. If it is text, put a blank at the beginning of the line; if it "
            "is your own attribute, let its name begin with X-.",
        ),
        "misplaced-tag": Explanation(
            "An attribute of another type",
            "The attribute exists, but not in templates of this type: Year and Journal, for "
            "instance, belong in articles, Length and Series in papers.",
            _LOST,
            "Remove it, or use the attribute this type has: Creation-Date instead of Year.",
        ),
        "cluster-not-open": Explanation(
            "An attribute without its owner",
            "Author-Email and the like describe the Author-Name before them, File-Format the "
            "File-URL. All of one author or file stand together, beginning with that line.",
            _LOST,
            "Put the line directly after the name or address it describes.",
        ),
        "tag-not-seen": Explanation(
            "An attribute RePEc does not see",
            "A blank before the colon, a digit or a blank in the name, or a blank before the line "
            "hides it.",
            "It takes the line for more text of the value before it, and says nothing.",
            "Begin the line with the name, followed at once by the colon.",
        ),
        "indented-tag": Explanation(
            "An attribute that is indented",
            "A line that begins with a blank continues the value before it, even where it looks "
            "like an attribute.",
            "It adds the line to the value before it.",
            "Begin the line in the first column if it is an attribute.",
        ),
        "word-read-as-text": Explanation(
            "A word with a colon at the beginning of a line",
            "A line of an abstract begins with a word such as Results: or with a web address.",
            "It takes the word for an unknown attribute. " + _LOST,
            "Put a blank at the beginning of the line.",
        ),
        "attribute-in-value": Explanation(
            "An attribute within a value",
            "The name of an attribute stands in the middle of a value: the end of a line "
            "is missing, "
            "or the line is indented.",
            "It notices nothing: the second attribute is lost.",
            "Begin a new line before the name.",
        ),
        "tag-repeated": Explanation(
            "An attribute given twice",
            "This attribute may stand only once here.",
            "It keeps both values and warns.",
            "Remove one.",
        ),
        "deprecated-tag": Explanation(
            "An old attribute",
            "The attribute still works, but has a successor: Provider for Publisher and Sponsor, "
            "Creation-Date for Publication-Date.",
            "It turns it into its successor and warns.",
            "Use the successor.",
        ),
        "empty-key": Explanation(
            "A name or address left empty",
            "Author-Name, File-URL and the like begin a group of attributes; this one is empty.",
            "It opens a group that belongs to nobody and warns.",
            "Fill it in, or remove it with the attributes that follow it.",
        ),
    },
    "Values": {
        "invalid-value": Explanation(
            "A value that is not valid",
            "The attribute demands a certain form: a date, an address, a handle, a MIME type.",
            "If the attribute is required or begins a group, as File-URL does, it ignores "
            "the whole "
            "template; else it drops the value.",
            "Write the value in the form the message names.",
        ),
        "blanks-in-handle": Explanation(
            "Blanks in a handle",
            "Blanks stand beside the colons of a handle, often because the line was folded.",
            "It rejects the handle: " + _LOST[3:],
            "Write the handle without blanks, on one line.",
        ),
        "text-after-handle": Explanation(
            "Text after the handle",
            "The line after the handle is no attribute and so becomes a part of it.",
            "It rejects the handle: " + _LOST[3:],
            "Remove the line.",
        ),
        "url-without-scheme": Explanation(
            "An address without http://",
            "The address begins with www.",
            "It rejects it; a File-URL costs the whole item, another address is dropped.",
            "Write http:// or https:// before it.",
        ),
        "scheme-doubled": Explanation(
            "http:// written twice",
            "The address begins with http:// twice.",
            "It rejects it; a File-URL costs the whole item, another address is dropped.",
            "Write the address once.",
        ),
        "several-urls": Explanation(
            "Two addresses in one value",
            "Two web addresses stand in one value; the first was read.",
            "It rejects the value, or joins both into one that leads nowhere.",
            "Give each address an attribute of its own.",
        ),
        "blank-in-url": Explanation(
            "A blank in an address",
            "A blank stands within a web address.",
            "It takes the blank out; if the blank belongs there, the address leads nowhere.",
            "Write %20 for the blank, or take it out.",
        ),
        "text-around-address": Explanation(
            "More than an e-mail address",
            "A name or other text stands beside the e-mail address.",
            "It rejects the value; in Maintainer-Email that costs the whole template.",
            "Write the address alone; names have attributes of their own.",
        ),
        "several-addresses": Explanation(
            "Several e-mail addresses in one value",
            "The attribute takes one address; it may be repeated.",
            "It rejects the value; in Maintainer-Email that costs the whole template.",
            "Repeat the attribute, one address each.",
        ),
        "date-not-padded": Explanation(
            "A date with one digit too few",
            "Month and day have two digits.",
            _DROPPED,
            "Write the date as 2011-10-05.",
        ),
        "unknown-jel-code": Explanation(
            "No JEL code",
            "The code is not in the classification of the Journal of Economic Literature. "
            "Often the "
            "letter O was typed as a zero.",
            "It drops the code and keeps the others.",
            "Look the code up in the JEL classification.",
        ),
        "format-not-mime": Explanation(
            "A file format that is no MIME type",
            "The format was named in the usual way, like pdf.",
            _DROPPED,
            "Write application/pdf, text/html and the like.",
        ),
        "doi-with-resolver": Explanation(
            "A DOI with an address",
            "The DOI is written as a web address.",
            "It keeps the whole address as the DOI.",
            "Write the DOI alone; it begins with 10.",
        ),
        "type-misspelt": Explanation(
            "A misspelt type",
            "What the series holds is clear, but not written as RePEc demands.",
            "It drops the value; the series then counts as one of papers.",
            "Write ReDIF-Paper, ReDIF-Article, ReDIF-Book, ReDIF-Chapter or ReDIF-Software.",
        ),
    },
    "What no parser sees": {
        "number-in-title": Explanation(
            "The number in the title",
            "The title begins or ends with the number of the paper.",
            _UNSEEN,
            "Give the number in Number, and the title alone in Title.",
        ),
        "abstract-in-title": Explanation(
            "The abstract in the title",
            "The word Abstract stands within the title.",
            _UNSEEN,
            "Put the abstract into Abstract.",
        ),
        "keywords-in-abstract": Explanation(
            "Keywords or JEL codes in the abstract",
            "The abstract ends with keywords or codes, which have attributes of their own.",
            _UNSEEN,
            "Move them to Keywords and Classification-JEL.",
        ),
        "two-names": Explanation(
            "Two people in one name",
            "One Author-Name or Editor-Name seems to hold several people. None of them can claim "
            "the work.",
            _UNSEEN,
            "Give each person an Author-Name of their own.",
        ),
        "affiliation-in-name": Explanation(
            "An affiliation in a name",
            "The name of a person seems to hold a university, an institute or a role.",
            _UNSEEN,
            "Put it into Author-Workplace-Name.",
        ),
        "degree-in-name": Explanation(
            "A degree in a name",
            "The name of a person seems to hold an academic degree.",
            _UNSEEN,
            "Leave the degree out.",
        ),
        "odd-name": Explanation(
            "An unusual name",
            "Digits or an address stand in the name of a person.",
            _UNSEEN,
            "Write the name as it is printed on the work.",
        ),
        "name-in-capitals": Explanation(
            "A name in capitals",
            "The whole name is in capital letters, as title pages print it.",
            _UNSEEN,
            "Write capital and small letters as the person does.",
        ),
        "capitals": Explanation(
            "A title in capitals",
            "The whole title is in capital letters, as title pages print it.",
            _UNSEEN,
            "Write the title as one would cite it.",
        ),
        "odd-year": Explanation(
            "No year",
            "The value of Year is not a year.",
            _UNSEEN,
            "Write the year with four digits.",
        ),
        "placeholder": Explanation(
            "Something not filled in",
            "The value looks like a form's or a program's way of saying that there is none.",
            _UNSEEN,
            "Fill it in or remove the line.",
        ),
        "very-long": Explanation(
            "A very long value",
            "The value is longer than RePEc's specification advises; often two values have run "
            "together.",
            _UNSEEN,
            "Look whether something else stands in it.",
        ),
        "restriction-means-not-free": Explanation(
            "A restriction that means none",
            "Restriction says how access is limited. Any text in it, even 'no', marks the file as "
            "not free.",
            "It shows the file as restricted.",
            "Leave the attribute out where access is free.",
        ),
    },
    "Several templates together": {
        "duplicate-handle": Explanation(
            "A handle given twice",
            "Two templates have the same handle. A handle names one work for ever; claims and "
            "citations hang on it.",
            "It shows one of them, and which one is chance.",
            "Keep one template for each item; give a different work another handle.",
        ),
        "handle-in-other-folder": Explanation(
            "A handle in another folder",
            "In RePEc's layout a file lies in the folder of its archive and series, "
            "aaa/ssssss, and "
            "its handles begin with RePEc:aaa:ssssss.",
            "Its services may not find the item, or show it in another series.",
            "Move the file, or correct the handle if it was never published.",
        ),
        "series-not-described": Explanation(
            "A series without template",
            "Items name a series that no series template describes.",
            "It has no page to show them on.",
            "Add a ReDIF-Series template to the archive's aaaseri.rdf.",
        ),
        "other-type-than-series": Explanation(
            "An item of another type than its series",
            "A series holds one type of item, which its template names in Type.",
            "It shows the item, in a place where nobody looks for it.",
            "Correct the Type of the series or that of the template.",
        ),
    },
}
"""Explanations by the code of a problem, in groups as people look for them."""

EXPLANATIONS = {code: one for group in GROUPS.values() for code, one in group.items()}
"""By the code of a problem."""
