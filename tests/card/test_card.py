"""The pocket card: what it says is the live plan, it can be read, and it can be ticked and given back."""

import re
import tomllib
from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest
import segno
from card_plans import NAMES, PRINTED, plan, streams
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.library import ContentError, exercises
from edge.prescription.limits import Limits
from edge.prescription.row import Role, Row, Span
from edge.tempo import parse_tempo
from sync.card.codes import Week, card_code, read_code
from sync.card.draw import (
    BOLD,
    HALF,
    MARGIN,
    NAME,
    QR_MM,
    REGULAR,
    SMALL,
    draw_card,
    fitted,
    width_of,
    wrapped,
    writable,
)  # fmt: skip
from sync.card.plan import LINES, Beat, card_plan, dose_of, effort_of, line_of, tempo_of
from sync.card.words import card_words, parse_words, say


def row(**more):
    return Row(**({"name": "a", "exercise": "goblet_squat", "order": 1} | more))


def cards(name="home-3day", week=1, **more):
    return card_plan(plan(name, **more), PRINTED, week)


@pytest.mark.parametrize("name", NAMES)
def test_every_row_of_the_plan_is_on_a_card_and_none_has_more_than_three_drawings(name):
    held = plan(name)
    pages = card_plan(held, PRINTED).pages
    shown = [line.exercise for page in pages for line in page.lines]
    walks = sum("walk" in page.closing for page in {page.when: page for page in pages}.values())
    due = [one for one in held.rows if one.weeks is None or 1 in one.weeks]
    assert len(shown) + walks == len(due)
    assert set(shown) | {"walk"} >= {one.exercise for one in due}
    assert max(len(page.lines) for page in pages) <= LINES


def test_the_head_says_when_and_how_often():
    assert cards("microroutine-6w").pages[0].when == "Weeks 1 and 2 · three times a day · 5 to 7 minutes"
    assert cards("microroutine-6w", 3).pages[0].when == "Weeks 3 and 4 · twice a day · 10 minutes"
    assert cards("home-3day").pages[0].when == "Day 1 · Weeks 1 and 2 · 3 days a week"


def test_a_week_of_another_block_is_not_on_the_same_card():
    assert [week.name for week in cards("microroutine-6w", 2).pages[0].weeks] == ["Week 2"]
    assert [week.name for week in cards("microroutine-6w", 3).pages[0].weeks] == ["Week 3", "Week 4"]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (row(sets=Span(3, 3), reps=Span.of(12)), "3 sets of 12"),
        (row(sets=Span(2, 3), reps=Span(8, 15)), "2 to 3 sets of 8 to 15"),
        (row(sets=Span(3, 3), reps=Span.of(10), hold_s=5.0), "3 sets of 10, hold 5 s"),
        (row(sets=Span(3, 3), hold_s=30.0), "3 holds of 30 s"),
        (row(duration_min=25.0), "25 min"),
        (row(sets=Span(3, 3), rpe=(Span.of(9),) * 3), "3 sets"),
        (row(sets=Span(1, 1), reps=Span.of(6), per_side=True), "1 set of 6 each side"),
    ],
)
def test_every_form_of_dose_in_plain_words(one, said):
    assert dose_of(one) == said


def test_effort_load_and_how_often():
    assert effort_of(row(rpe=(Span(8, 9),) * 3)) == "effort 8 to 9"
    assert line_of(row(load_kg=(8.0, 10.0), rpe=(Span.of(6),))).note == "8 to 10 kg"
    assert line_of(row(load_drop_pct=(10.0, 15.0), role=Role.BACK_OFF)).note == "10 to 15 % lighter"
    assert line_of(row(note="red band, low hook")).note == "red band, low hook"
    assert line_of(row(exercise="walk", duration_min=20.0, times_per_day=3)).dose == "20 min · three times a day"
    assert line_of(row(reps=Span.of(5), times_per_day=3), 3).dose == "1 set of 5"


def test_notes_of_the_programmes_speak_to_clinicians_and_are_not_printed():
    printed = {line.note for name in NAMES for page in cards(name).pages for line in page.lines}
    written = {one.note for name in NAMES for one in plan(name).rows if one.note}
    assert written
    assert not printed & written
    assert "As far as feels fine" in printed


def test_the_walk_that_closes_a_session_is_one_line():
    assert cards("home-3day").pages[0].closing == "Then walk 25 min. You can still talk."


def test_the_tempo_is_counted_in_dots_in_the_order_of_the_movement():
    squat = tempo_of(row(tempo=parse_tempo("3.1.2")))
    assert squat == ((Beat("lower", 3.0), Beat("hold", 1.0), Beat("lift", 2.0)), "")
    pull = tempo_of(row(exercise="band_row", tempo=parse_tempo("3.0.1.2")))[0]
    assert [beat.seconds for beat in pull] == [1.0, 2.0, 3.0]
    assert tempo_of(row(tempo=parse_tempo("slow and controlled"))) == ((), "Slow and steady")
    assert tempo_of(row(tempo=parse_tempo("normal"))) == ((), "Your own smooth pace")
    assert tempo_of(row(exercise="walk", duration_min=25.0)) == ((), "You can still talk")
    assert tempo_of(row()) == ((), "")


@pytest.mark.parametrize(
    ("ceiling", "leg", "said"), [(5, 5, (3, 5)), (3, 5, (1, 3)), (5, 2, (0, 2)), (0, 5, (0, 0)), (7, 7, (5, 7))]
)
def test_the_pain_levels_are_the_clinicians(ceiling, leg, said):
    held = plan(limits=Limits({"pain_ceiling": ceiling, "leg_pain_ceiling": leg}))
    made = card_plan(held, PRINTED)
    assert (made.levels.fine, made.levels.ceiling) == said
    assert draw_card(made)


def test_every_week_has_a_code_that_names_this_card_and_its_monday():
    made = cards("microroutine-6w", 3)
    for week, monday in zip(made.pages[0].weeks, (date(2026, 11, 16), date(2026, 11, 23)), strict=True):
        assert read_code(week.code) == Week(made.code, monday)


def test_the_qr_code_holds_card_code_and_plan_version_and_nothing_else():
    made = cards()
    assert made.qr == f"{card_code('patient-0001', 4)}-4"
    assert "ana" not in made.qr.lower()
    assert QR_MM >= 20
    assert segno.make(made.qr, error="m", micro=False).version == 1


def test_no_text_is_smaller_than_10_5_points_and_headings_are_15_to_20():
    for name in NAMES:
        for page in streams(draw_card(cards(name))):
            sizes = {float(size) for size in re.findall(r"/F\S+ ([0-9.]+) Tf", page)}
            assert min(sizes - {12.0}) >= 10.5, name  # 12 is what reportlab begins a page with
            assert max(sizes) <= 20, name


def test_the_same_plan_gives_the_same_bytes_and_every_page_is_one_sheet():
    made = cards("gym-4day")
    assert draw_card(made) == draw_card(made)
    assert len(streams(draw_card(made))) == len(made.pages)
    assert draw_card(made).startswith(b"%PDF-")


def test_every_shipped_exercise_has_a_name_that_fits_and_a_figure():
    room = HALF - 2 * MARGIN - 23 * 72 / 25.4 - 3.5 * 72 / 25.4
    made = cards()
    draw_card(made)  # makes the fonts known
    for one in exercises().values():
        assert fitted(one.name, BOLD, NAME, room) == one.name, one.key
        assert writable(one.name), one.key
    drawn = [one.key for one in exercises().values() if one.figure is None and not one.choices]
    assert drawn == []


def test_every_dose_of_the_programmes_fits_in_two_lines():
    room = HALF - 2 * MARGIN - 26.5 * 72 / 25.4
    for name in NAMES:
        for one in plan(name).rows:
            said = line_of(one).dose
            assert "…" not in "".join(wrapped(said, REGULAR, SMALL, room, 2)), said


def test_a_name_the_font_cannot_write_is_left_out_and_the_code_still_says_whose_card_it_is():
    greek = replace(cards(), first_name="Άννα")
    assert not writable(greek.first_name)
    assert draw_card(greek) != draw_card(cards())


@settings(max_examples=15)
@given(st.text(min_size=1, max_size=40), st.text(max_size=200), st.text(max_size=200))
def test_whatever_is_typed_into_a_name_or_a_note_stays_inside_its_line(name, note, dose):
    room = 150.0
    assert all(width_of(line, REGULAR, SMALL) <= room for line in wrapped(dose, REGULAR, SMALL, room, 2))
    made = cards()
    page = made.pages[0]
    typed = replace(page, lines=(replace(page.lines[0], name=name, note=note, dose=dose), *page.lines[1:]))
    assert draw_card(replace(made, first_name=name, pages=(typed,)))


def test_every_emergency_question_has_its_sign_on_the_card():
    asked = tomllib.loads(files("edge.content").joinpath("red_flags.toml").read_text("utf-8"))["question"]
    emergencies = {name for name, one in asked.items() if one["severity"] == "emergency"}
    named = {flag for sign in (*card_words().help, *card_words().first) for flag in sign.flags}
    assert emergencies <= {flag for sign in card_words().help for flag in sign.flags}
    assert named <= set(asked)


def test_words_are_short_and_kind():
    assert say("levels.stop") == "Stop for today. Tell the station or call us."
    text = files("edge.content").joinpath("card.toml").read_text("utf-8")
    for before, after, complaint in (
        ('fine = "Fine. Carry on."', 'fine = "No damage."', r"\[levels\] fine .*'damage' is never said"),
        ("{low} to {high}", "{a} to {b}", r"\[levels\] fine_range .*expected no other fields than low, high"),
        ("[notes]", "[note]", "mine.toml: notes is missing"),
        ("flags = []", "flags = 3", r"\[\[first\]\] 1 flags is 3; expected a list"),
    ):
        with pytest.raises(ContentError, match=complaint):
            parse_words(text.replace(before, after, 1), "mine.toml")
