"""What a guest prints, and what becomes of it on the screen and above it."""

from __future__ import annotations

from limen_widgets.terminal.emulator import Emulator
from limen_widgets.terminal.scrollback import line_text


def screen(emulator: Emulator) -> list[str]:
    return [line_text(emulator.screen.line(y)) for y in range(emulator.screen.lines)]


def fed(data: bytes, columns: int = 20, lines: int = 5, **more) -> Emulator:
    made = Emulator(columns, lines, **more)
    assert made.feed(data)
    return made


def test_text_wraps_and_leaves_at_the_top():
    made = fed(b"one\r\ntwo\r\n" + b"x" * 25 + b"\r\nend")
    assert screen(made) == ["one", "two", "x" * 20, "x" * 5, "end"]
    made.feed(b"\r\nmore\r\nagain")
    assert [line_text(line) for line in made.scrollback.all()] == ["one", "two"]
    assert made.text() == "one\ntwo\n" + "x" * 20 + "\n" + "x" * 5 + "\nend\nmore\nagain\n"


def test_many_plain_lines_come_out_the_same_at_once_and_byte_by_byte():
    data = b"\x1b[32m" + b"".join(b"%d %s\r\n" % (n, b"-" * (n % 30)) for n in range(300)) + b"\x1b[mlast"
    at_once, slowly = fed(data), Emulator(20, 5)
    for at in range(len(data)):
        slowly.feed(data[at : at + 1])
    assert at_once.text() == slowly.text()
    assert [at_once.screen.line(y) for y in range(5)] == [slowly.screen.line(y) for y in range(5)]
    assert list(at_once.scrollback.all()) == list(slowly.scrollback.all())


def test_the_scrollback_keeps_so_many_lines_and_their_order():
    made = fed(b"".join(b"%d\r\n" % n for n in range(30_000)), kept=10_000)
    lines = [line_text(line) for line in made.scrollback.all()]
    assert len(lines) == 10_000
    assert lines == [str(n) for n in range(int(lines[0]), int(lines[0]) + 10_000)]
    assert made.scrollback.pushed == 30_000 - 4
    assert [line_text(line) for line in made.lines(3, 3)] == ["29995", "29996", "29997"]


def test_colours_and_looks():
    made = fed(b"\x1b[1;31;44mA\x1b[0m \x1b[38;5;208mB\x1b[38;2;1;2;3mC\x1b[38:2::4:5:6mD\x1b[4:3mE\x1b[7mF")
    looks = [(text, look) for text, look in made.screen.line(0)]
    assert (looks[0][0], looks[0][1].fg, looks[0][1].bg, looks[0][1].bold) == ("A", "red", "blue", True)
    assert [look.fg for text, look in looks if text in ("B", "C", "D")] == ["ff8700", "010203", "040506"]
    assert looks[-1][1].reverse and looks[-1][1].underscore


def test_the_alternate_screen_gives_the_main_one_back():
    made = fed(b"shell$ vi\r\n\x1b[?1049h\x1b[2J\x1b[Hin the editor")
    assert screen(made)[0] == "in the editor"
    before = len(made.scrollback)
    made.feed(b"\r\n" * 50)
    assert len(made.scrollback) == before  # a full-screen program leaves nothing in the scrollback
    made.feed(b"\x1b[?1049l$ ")
    assert screen(made)[:2] == ["shell$ vi", "$"]


def test_a_size_change_keeps_what_was_printed():
    made = fed(b"a\r\nb\r\nc\r\nd\r\n$ ")
    made.resize(20, 3)
    assert screen(made) == ["c", "d", "$"]
    assert [line_text(line) for line in made.scrollback.all()] == ["a", "b"]
    made.resize(40, 6)
    assert screen(made)[:3] == ["c", "d", "$"]
    made.feed(b"\x1b[?1049hfull")
    made.resize(10, 2)
    made.feed(b"\x1b[?1049l!")
    assert screen(made) == ["d", "$ !"]


def test_a_clear_keeps_what_was_on_screen_and_never_the_scrollback_of_the_person():
    made = fed(b"secret of the boot\r\n\x1b[2J\x1b[3J\x1b[Hnew")
    assert screen(made)[0] == "new"
    assert made.find("SECRET") == [0]


def test_status_lines_scroll_above_them():
    made = fed(b"\x1b[1;4r\x1b[5;1Hstatus\x1b[1;1H" + b"".join(b"%d\r\n" % n for n in range(6)))
    assert screen(made) == ["3", "4", "5", "", "status"]
    assert [line_text(line) for line in made.scrollback.all()] == ["0", "1", "2"]


def test_keys_of_the_program_are_known():
    made = fed(b"\x1b[?1h\x1b[?2004h")
    assert made.application_cursor and made.bracketed_paste
    made.feed(b"\x1b[?1l\x1b[?2004l")
    assert not made.application_cursor and not made.bracketed_paste


def test_wide_and_combining_letters_take_their_cells():
    made = fed("漢字e\u0301x\r\n".encode() + "漢".encode() * 11)
    assert screen(made)[:3] == ["漢字éx", "漢" * 10, "漢"]
    made.feed(b"\r\n" + "a\u0301".encode() + "\u0301".encode() * 5000)
    assert max(len(cell.data) for line in made.screen.buffer.values() for cell in line.values()) <= 6


def test_line_drawing():
    made = fed(b"\x1b(0lqk\x1b(B lqk")
    assert screen(made)[0] == "┌─┐ lqk"


def test_questions_get_harmless_answers_and_not_a_flood_of_them():
    answers: list[bytes] = []
    made = Emulator(20, 5, answer=answers.append)
    made.feed(b"\x1b[3;7H\x1b[6n\x1b[5n\x1b[c\x1b[>c")
    assert answers == [b"\x1b[3;7R", b"\x1b[0n", b"\x1b[?6c", b"\x1b[>0;0;0c"]
    answers.clear()
    made.feed(b"\x1b[6n" * 10_000)
    assert len(answers) <= 10
    answers.clear()
    made.feed(b"\x1b]0;title\x07\x1b]52;c;aGVsbG8=\x07\x1b]52;c;?\x07\x1b[21t\x1b[?25$p\x1bP$qm\x1b\\\x05text")
    assert answers == [] and screen(made)[2].endswith("text") and made.screen.title == ""


def test_slices_end_in_time_and_lose_nothing():
    data = b"".join(b"line %d\x1b[K\r\n" % n for n in range(5000))
    made = Emulator(80, 24)
    done = made.feed(data, 0.0)
    assert not done and made.backlog
    turns = 0
    while not made.work(0.0):
        turns += 1
    assert turns > 10
    assert made.text() == "".join(f"line {n}\n" for n in range(5000))


def test_our_own_words_stand_between_those_of_the_guest():
    made = fed(b"\x1b[31;1mpanic")
    made.say("[the line ended]")
    made.feed(b"next")
    assert screen(made)[:3] == ["panic", "[the line ended]", "next"]
    assert made.screen.line(0)[0][1].fg == made.screen.line(2)[0][1].fg == "red"


def test_finding_counts_from_the_oldest_line():
    made = fed(b"".join(b"n%d\r\n" % n for n in range(10)) + b"N3 again")
    assert made.find("n3") == [3, 10]
    assert made.find("") == []
