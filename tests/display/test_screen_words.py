"""The word file is checked whole, and holds exactly the words the screens use."""

import re
from pathlib import Path

import pytest

import display
from display.words import WordsError, parse_words, say, words
from edge.library import exercises
from edge.model import Phase

FORBIDDEN = ("damage", "wear", "weak", "failed", "bad", "missed", "streak", "push through", "wrong", "medical")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[cue", "not valid TOML"),
        ("cue = 1", "expected a table"),
        ('[cue]\nbad = "Ease off"', "limit is None"),
        ("[cue]\nlimit = 12\nbad = 3", "expected some text"),
        ('[cue]\nlimit = 12\nbad = " "', "expected some text"),
        ('[cue]\nlimit = 40\nbad = "Pull more slowly"', "16 characters; expected 12 at most"),
        ('[rest]\nlimit = 9\nbad = "Long words"', "10 characters; expected 9 at most"),
        ('[rest]\nlimit = 90\nbad = "a b c d e f g h i j k l m"', "12 words at most"),
        ('[rest]\nlimit = 90\nbad = "half a {field"', "fields cannot be read"),
    ],
)
def test_a_broken_rule_is_named_with_file_and_key(text: str, complaint: str) -> None:
    with pytest.raises(WordsError, match="example") as caught:
        parse_words(text, "example")
    assert complaint in str(caught.value)


def test_a_missing_word_or_field_is_said_by_name() -> None:
    with pytest.raises(WordsError, match=r"cue\.jump"):
        say("cue.jump")
    with pytest.raises(WordsError, match="reps"):
        say("set.of_reps")


def test_no_string_blames_or_frightens() -> None:
    for key, text in words().items():
        assert not any(re.search(rf"\b{word}\b", text.lower()) for word in FORBIDDEN), key


def test_every_place_of_the_exercises_has_a_word() -> None:
    assert {exercise.place for exercise in exercises().values() if exercise.sensed} <= {
        key.removeprefix("place.") for key in words() if key.startswith("place.")
    }


def test_cues_with_a_phase_word_keep_to_12_characters_for_every_band_exercise() -> None:
    for exercise in exercises().values():
        for phase in (Phase.ECCENTRIC, Phase.CONCENTRIC):
            if exercise.driver == "force":
                for pace in ("slower", "faster"):
                    assert len(say(f"cue_with_word.{pace}", word=exercise.words[phase])) <= 12


def test_every_string_is_used_and_the_code_holds_none_of_its_own() -> None:
    code = "\n".join(path.read_text("utf-8") for path in Path(display.__file__).parent.rglob("*.py"))
    tables = (
        "place.",
        "sensor.",
        "worn.",
        "bell.",
        "bell_line.",
        "bell_word.",
        "sync.",
        "recording.",
        "cue_with_word.",
        "stopped.",
        "rest.",
        "calibrate.",
        "ask.",
        "notice.",
    )
    tests = ("test.own_", "test.global_", "test.without_", "test.origin_", "test.how_many_")
    computed = (*tables, *tests, "cue.slower", "cue.faster", "set.left_", "set.right_", "timed.", "change.")
    unused = [
        key
        for key in words()
        if f'"{key}"' not in code and f'"{key.removesuffix("_one")}"' not in code and not key.startswith(computed)
    ]
    assert unused == []
