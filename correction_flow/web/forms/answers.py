"""Forms with a list where each row is answered yes, no or not now: `answer-<id>` holds the answer,
and behind a colon the version of the item that the page was made from."""

from __future__ import annotations

from flask import request

from correction_flow.web.forms import number_in


def typed_answers() -> dict[int, str]:
    """The answers in the form by id, as they came."""
    named = (
        (number_in(name.removeprefix("answer-")), value)
        for name, value in request.form.items()
        if name.startswith("answer-")
    )
    return {id_: value for id_, value in named if id_ is not None}


def answers(yes: str) -> tuple[dict[int, int], list[int]]:
    """What is answered with the word `yes`, with the version that was seen; what with `no`."""
    accepted, refused = {}, []
    for id_, value in typed_answers().items():
        said, _, version = value.partition(":")
        if said == yes:
            accepted[id_] = number_in(version) or 0
        elif said == "no":
            refused.append(id_)
    return accepted, refused
