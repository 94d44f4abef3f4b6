"""What a project remembers of its template is read as it was written, and what is no record is said."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from highroad.errors import UpgradeError
from highroad.starter.extension import FIELDS
from highroad.starter.record import CHOSEN, GIVEN, Accepted, Given, read_chosen, read_given, written

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text(
    "'\"\\\n\ta", max_size=20
)


@given(
    st.dictionaries(st.text("abc./_-", min_size=1), texts.map(lambda each: each.replace("\r", "")))
)
def test_what_was_given_is_read_as_it_was_written(files):
    given_ = Given("shop", "3", files)
    told = tomllib.loads(written(given_))
    assert Given(told["name"], told["version"], told["files"]) == given_


GOOD = '[answers]\nkind = "minimal"\n'
ACCEPTED = (
    '\n[[accepted]]\nfile = "pyproject.toml"\nkey = "tool.mypy"\nreason = "old"\nowner = "till"\n'
)


def test_answers_and_what_is_accepted_are_read(tmp_path):
    (tmp_path / CHOSEN).write_text(GOOD + ACCEPTED)
    chosen = read_chosen(tmp_path, FIELDS)
    assert chosen.answers == {"kind": "minimal"}
    assert chosen.accepted == (Accepted("pyproject.toml", "tool.mypy", "old", "till"),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "is missing; git checkout HEAD --"),
        ("[answers\n", "cannot be read as TOML"),
        ("", "has no table [answers]; expected kind, frame"),
        (GOOD.replace("kind", "kid"), "no choice 'kid'. Did you mean 'kind'?"),
        (GOOD.replace('"minimal"', "3"), "kind is 3; expected a text"),
        ("accepted = 3\n" + GOOD, "accepted is 3; expected tables"),
        (GOOD + ACCEPTED.replace('owner = "till"\n', ""), "expected file, reason, owner, and key"),
        (
            GOOD + ACCEPTED.replace('"old"', '" "'),
            "accepted divergence 1 has something that is no text",
        ),
    ],
)
def test_what_nobody_chose_is_said(tmp_path, text, says):
    if text is not None:
        (tmp_path / CHOSEN).write_text(text)
    with pytest.raises(UpgradeError, match=CHOSEN) as error:
        read_chosen(tmp_path, FIELDS)
    assert says in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "x",
        'name = "a"\nversion = "x"\n[files]\n',
        'name = "a"\nversion = "1"\n',
        'name = "a"\nversion = "1"\n[files]\na = 3\n',
        'name = "a"\nversion = "1"\n[files]\n"../a" = "b"\n',
        'name = "a"\nversion = "1"\n[files]\n"/a" = "b"\n',
    ],
)
def test_a_record_that_no_command_wrote_is_said_with_the_way_to_the_one_before(tmp_path, text):
    if text is not None:
        (tmp_path / GIVEN).write_text(text)
    with pytest.raises(UpgradeError, match="git checkout HEAD -- projects/"):
        read_given(tmp_path)
