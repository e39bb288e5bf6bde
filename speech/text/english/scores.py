"""English scores, ratios and odds: `won 3-2`, `6-4, 6-3`, `16:9`, `3:1`, `odds of 5/1`."""

import re

from speech.text.english.neighbours import before, counts
from speech.text.english.numbers import cardinal, ordinal, whole_words
from speech.text.reading import Reading

_SAID = re.compile(
    r"(?<![a-z])(?:w[io]n(?:s|ning)?|beat(?:s|en|ing)?|lo(?:st|se|ses|sing|ss)|le(?:d|ad|ads|ading)"
    r"|scor(?:e|ed|es|ing)|defeat(?:ed|s)?|ti(?:e|ed|es)|draw|drew|drawn|victory|record|sets?|match"
    r"|halftime|half-time|full-time|final|innings?|quarter|up|down|ahead|trail(?:s|ed|ing)?|thrash(?:ed)?"
    r"|edged?|crushed|downed|routed|aggregate|game)(?![a-z])"
)
_PAIR = re.compile(r"[0-9]{1,3}-[0-9]{1,3}(?![0-9A-Za-z-])")
_MORE = re.compile(r"(?:, ?| | and )[0-9]{1,2}-[0-9]{1,2}(?![0-9A-Za-z-])")
_LESS = re.compile(r"[0-9]{1,2}-[0-9]{1,2}(?:, ?| | and )$")
_AFTER = re.compile(
    r" (?:win|loss|victory|defeat|draw|tie|lead|record|vote|score|final|in (?:the|overtime|extra))"
    r"(?![a-z])"
)
_RATIO = re.compile(
    r"(?P<first>[0-9]{1,5}):(?P<second>[0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,5})(?::(?P<third>[0-9]{1,5}))?(?![0-9A-Za-z:]|\.[0-9])"
)
_OF_RATIO = re.compile(
    r"(?<![a-z])(?:ratio|ratios|odds|scale|aspect|proportion|outnumbered|thin(?:ned)?|mixed?|dilut[a-z]+)(?![a-z])"
)
_AFTER_RATIO = re.compile(
    r" (?:ratio|odds|aspect|scale|favou?rite|underdog|split|mix|display|screen|video|dilution)"
    r"(?![a-z])"
)
_VERSE = re.compile(
    r"(?:Genesis|Exodus|Leviticus|Deuteronomy|Joshua|Judges|Ruth|Samuel|Kings|Chronicles|Job|Psalms?"
    r"|Proverbs|Ecclesiastes|Isaiah|Jeremiah|Ezekiel|Daniel|Matthew|Mark|Luke|John|Acts|Romans"
    r"|Corinthians|Galatians|Ephesians|Philippians|Colossians|Timothy|Titus|Hebrews|James|Peter"
    r"|Jude|Revelation|Quran|Surah) $"
)
_BOOK = re.compile(
    r"(?P<number>[123]) (?:Corinthians|Kings|Samuel|Chronicles|Thessalonians|Timothy|Peter|John)"
    r"(?![A-Za-z])"
)
_VERSES = re.compile(r"[-–](?P<last>[0-9]{1,3})(?![0-9A-Za-z:-])")
_ODDS = re.compile(r"(?P<first>[0-9]{1,4})[/-](?P<second>[0-9]{1,2})(?![0-9A-Za-z/-]|\.[0-9])")
_BEFORE_ODDS = re.compile(r"(?:odds(?: of| are| at| were)?|priced at|bet at) $")
_AFTER_ODDS = re.compile(r" (?:odds|favou?rite|outsider|underdog|long ?shot|shot)(?![a-z])")


def is_score(text: str, start: int, end: int, left: str, right: str) -> bool:
    """Whether two numbers joined by a hyphen are points of a game and not a range."""
    if not (left.isdigit() and right.isdigit() and _PAIR.match(text, start)):
        return False
    if _MORE.match(text, end) or _LESS.search(text[max(0, start - 10) : start]):
        return True
    if int(left) >= int(right) and _SAID.search(before(text, start)):
        return True
    if int(left) < int(right) and counts(text, end):
        # Up 5-10 points.
        return False
    said = before(text, start)
    return bool(_SAID.search(said[-24:]) or _AFTER.match(text, end))


def read_score(text: str, start: int) -> Reading | None:
    """A ratio `16:9`, odds `5/1`, a verse `3:16`."""
    previous = text[start - 1 : start]
    if previous.isalnum() or previous in {":", ".", "/", "-"}:
        return None
    ratio = _RATIO.match(text, start)
    if ratio:
        if _VERSE.search(text, max(0, start - 16), start):
            said = f"{cardinal(int(ratio['first']))} {cardinal(int(ratio['second']))}"
            verses = _VERSES.match(text, ratio.end())
            if verses:
                said = f"{said} to {cardinal(int(verses['last']))}"
            end = verses.end() if verses else ratio.end()
            return Reading(said, end, "score") if not ratio["third"] else None
        if not _is_clock(ratio) or _is_ratio(text, start, ratio.end()):
            said = " to ".join(whole_words(part) for part in ratio.groups() if part)
            return Reading(said, ratio.end(), "score")
        return None
    book = _BOOK.match(text, start)
    if book:
        return Reading(ordinal(int(book["number"])), book.end("number"), "ordinal")
    odds = _ODDS.match(text, start)
    if odds and (_BEFORE_ODDS.search(before(text, start)) or _AFTER_ODDS.match(text, odds.end())):
        said = f"{cardinal(int(odds['first']))} to {cardinal(int(odds['second']))}"
        return Reading(said, odds.end(), "score")
    return None


def _is_clock(ratio: re.Match[str]) -> bool:
    return len(ratio["first"]) <= 2 and len(ratio["second"]) == 2 and ratio["second"] < "60"


def _is_ratio(text: str, start: int, end: int) -> bool:
    return bool(_OF_RATIO.search(before(text, start)) or _AFTER_RATIO.match(text, end))
