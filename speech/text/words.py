"""The words of a phrase: where each was written, which phoneme ids speak it, and when.

The edits of a text say where a word was written. A phonemizer that reads whole phrases does not say
which phonemes are a word's: espeak-ng writes "of the" as one group, `ʌvðə`, "OpenAI" as two, and
leaves out some repetitions of a word. So each word is also phonemized alone, and the groups of all
words are aligned with those of the phrase, in order and at the least cost. Groups are compared by
their consonants, because context changes vowels. Words that share a group divide it where its parts
are most like theirs.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from itertools import accumulate, groupby, pairwise
from math import inf

from speech.text import marks
from speech.text.cleanup import is_speakable
from speech.text.edits import Edit, Origin
from speech.text.phonemes import END, is_silent, phoneme_ids
from speech.text.phrases import Cut
from speech.text.reading import Span, spoken_passes, spoken_sentence
from speech.text.sentences import Sentence
from speech.types import Stretch, Vocabulary, Word

# A word stands between blanks. In scripts without them it is a character, with what is small
# beside it: 世, きょ, コー.
_ALONE = (
    "\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_SMALL = "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮー"
_RUN = re.compile(rf"[{_ALONE}][{_SMALL}]*|[^\s{_ALONE}、。，．！？：；]+")

_CELL = re.compile(r"\s+|\S+")
_MARKS = re.compile(r"[\W\d_ʲʷʰˈˌːˑ]+")
_VOWELS = re.compile("[aeiouyæäɐɑɒɔəɚɛɜɝɪᵻɨʉʊʌøœɯɤɵɘɹʔ]+")
_ALIKE = str.maketrans("dɾzŋɡ", "ttsng")
_STEPS = ((1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (1, 0), (0, 1))
"""How many groups of words go with how many of the phrase."""
_MISSING, _JOINED, _VOWEL = 0.5, 0.52, 0.05
"""Costs, where a consonant without a partner costs 1: of a group without one, of each group that
is joined with another, of any letter without a partner."""
_VISITS = 3
"""Places looked at for each group before words are given their share by length alone."""


class Sources:
    """Where the phrases of one text were written."""

    def __init__(
        self,
        written: str,
        passes: Sequence[Sequence[Edit]],
        sentences: Sequence[tuple[Sentence, Sequence[Span]]],
        start: int = 0,
    ) -> None:
        """The written text; what made the cleaned one of it; its sentences with their readings.

        Stretches count from `start` characters before it.
        """
        self._start = start
        self._text = written
        self._written = Origin(passes)
        self._sentences = sentences
        self._origins: dict[int, Origin] = {}
        self._begins: dict[int, int] = {}
        self._spoken: dict[int, str] = {}

    def of(self, cut: Cut, start: int, end: int) -> Stretch:
        """The written stretch that a stretch of a phrase's text, with its marks, stands for.

        White space around it does not belong to it.
        """
        found: list[Stretch] = []
        position = 0
        for number, begin, stop in cut.pieces:
            position += cut.text[position : position + 1] == " "
            shift = begin - position
            position += stop - begin
            low, high = max(start + shift, begin), min(end + shift, stop)
            if low < high:
                found.append(self._piece(number, low, high))
        start, end = found[0][0], found[-1][1]
        written = self._text[start:end]
        begin = self._start
        return begin + end - len(written.lstrip()), begin + start + len(written.rstrip())

    def sentence(self, cut: Cut, start: int) -> int:
        """Where the sentence begins that a place of a phrase's text belongs to."""
        position = 0
        number = 0
        for number, begin, stop in cut.pieces:  # noqa: B007 (the piece that holds it)
            position += cut.text[position : position + 1] == " "
            position += stop - begin
            if start < position:
                break
        if number not in self._begins:
            place = self._sentences[number][0].start
            self._begins[number] = self._start + self._written.of(place, place + 1)[0]
        return self._begins[number]

    def behind(self, cut: Cut) -> int:
        """Where the first word was written that comes behind a phrase in its sentence."""
        number, _, stop = cut.pieces[-1]
        if number not in self._spoken:
            sentence, spans = self._sentences[number]
            self._spoken[number] = spoken_sentence(sentence.text, spans)
        spoken = self._spoken[number]
        for place in range(stop, len(spoken)):
            if is_speakable(spoken[place]):
                return self._start + self._piece(number, place, place + 1)[0]
        return self._start + len(self._text)

    def _piece(self, number: int, start: int, end: int) -> Stretch:
        sentence, spans = self._sentences[number]
        origin = self._origins.get(number)
        if origin is None:
            origin = self._origins[number] = Origin(spoken_passes(sentence.text, spans))
        start, end = origin.of(start, end)
        return self._written.of(sentence.start + start, sentence.start + end)


def written_words(cut: Cut, sources: Sources) -> tuple[Word, ...]:
    """The words of a phrase and where they were written."""
    origin = _marked(cut.text)
    places = _places(marks.plain(cut.text))
    spoken = [origin.of(*place) for place in places]
    written = [sources.of(cut, start, end) for start, end in spoken]
    behind = accumulate((end for _, end in written), max)
    follows = [*(start for start, _ in written[1:]), sources.behind(cut)]
    return tuple(
        Word(place, its, sentence=sources.sentence(cut, start), continued=follow < end)
        for place, its, (start, _), follow, end in zip(
            places, written, spoken, follows, behind, strict=True
        )
    )


def _marked(text: str) -> Origin:
    """The way back from a phrase's text without its marks."""
    given = marks.PRONOUNCED.finditer(text)
    return Origin([[Edit(*mark.span(), marks.word_of(mark), "phonemes") for mark in given]])


def _places(text: str) -> list[Stretch]:
    """Where the words of a text stand, without the marks around them."""
    places = []
    for match in _RUN.finditer(text):
        start, end = match.span()
        while start < end and not is_speakable(text[start]):
            start += 1
        while start < end and not (is_speakable(text[end - 1]) or _combines(text[end - 1])):
            end -= 1
        if start < end:
            places.append((start, end))
    return places


def _combines(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def spoken_words(
    words: Sequence[Word],
    text: str,
    phonemes: str,
    vocabulary: Vocabulary,
    phonemize: Callable[[str, Vocabulary], str],
    *,
    sounds: bool = False,
) -> tuple[Word, ...]:
    """The words of a phrase with the ids that speak them, in order and apart.

    Args:
        words: Of the phrase, in order.
        text: Of the phrase, with its marks.
        phonemes: Of the phrase, and what its ids were made of.
        vocabulary: Of the voice.
        phonemize: Phonemes of some text.
        sounds: Say which phonemes each word has.
    """
    if vocabulary.kind == "text":
        stretches = [word.spoken for word in words]
    else:
        stretches = _stretches(words, text, phonemes, lambda word: phonemize(word, vocabulary))
    ids = _Ids(phonemes, vocabulary)
    return tuple(
        Word(
            word.spoken,
            word.written,
            (ids.before(start), ids.before(end)),
            word.sentence,
            word.continued,
            _sounds(phonemes, start, end, ids) if sounds else (),
        )
        for word, (start, end) in zip(words, stretches, strict=True)
    )


def _sounds(phonemes: str, start: int, end: int, ids: "_Ids") -> tuple[tuple[str, int], ...]:
    """The phonemes of a stretch, and how many ids each has."""
    begins = (at for at in range(start + 1, end) if _begins(phonemes[at - 1], phonemes[at]))
    counted = (
        (phonemes[at:behind].strip(), ids.before(behind) - ids.before(at))
        for at, behind in pairwise((start, *begins, end))
    )
    return tuple((symbol, count) for symbol, count in counted if count)


class _Ids:
    """Where the phonemes of a phrase are among its ids."""

    def __init__(self, phonemes: str, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._frame = len(phoneme_ids("", vocabulary).ids)
        self._cells = [(match.start(), match[0]) for match in _CELL.finditer(phonemes)]
        self._starts = [start for start, _ in self._cells]
        first = self._frame - len(vocabulary.ids[END])
        counts = {cell: self._count(cell) for cell in {cell for _, cell in self._cells}}
        self._ids = list(accumulate((counts[cell] for _, cell in self._cells), initial=first))

    def before(self, place: int) -> int:
        """How many ids stand before a phoneme."""
        number = bisect_right(self._starts, place) - 1
        if number < 0:
            return self._ids[0]
        start, cell = self._cells[number]
        if place - start >= len(cell):
            return self._ids[number + 1]
        within = self._ids[number] + (self._count(cell[: place - start]) if place > start else 0)
        return min(within, self._ids[number + 1])

    def _count(self, phonemes: str) -> int:
        return len(phoneme_ids(phonemes, self._vocabulary).ids) - self._frame


def _stretches(
    words: Sequence[Word], text: str, phonemes: str, phonemize: Callable[[str], str]
) -> list[Stretch]:
    """The phonemes of each word, as a stretch of those of the phrase."""
    origin = _marked(text)
    own: list[str] = []
    """Groups of the words, each spoken alone; words that one mark holds have theirs together."""
    members: list[tuple[int, list[int]]] = []
    """How many groups there are with those of a mark or word, and the lengths of its words."""
    for (start, end), together in groupby(words, lambda word: origin.of(*word.spoken)):
        alone = phonemize(text[start:end])
        own += (alone[start:end] for start, end in _groups(alone))
        members.append((len(own), [word.spoken[1] - word.spoken[0] for word in together]))
    aligned = _aligned(own, phonemes)
    stretches: list[Stretch] = []
    first = 0
    for behind, lengths in members:
        start = end = stretches[-1][1] if stretches else 0
        if first < behind:
            start, end = aligned[first][0], aligned[behind - 1][1]
        shares = _by_length(start, end, lengths)
        stretches += [_trimmed(phonemes, *share) for share in shares]
        first = behind
    return stretches


def _groups(phonemes: str) -> list[Stretch]:
    """Where phonemes stand between blanks, without the marks around them."""
    groups = (_trimmed(phonemes, *match.span()) for match in _CELL.finditer(phonemes))
    return [(start, end) for start, end in groups if start < end]


def _trimmed(phonemes: str, start: int, end: int) -> Stretch:
    """A stretch without blanks and marks at its ends."""
    while start < end and is_silent(phonemes[start]):
        start += 1
    while start < end and is_silent(phonemes[end - 1]):
        end -= 1
    return start, end


def _aligned(own: Sequence[str], phonemes: str) -> list[Stretch]:
    """For each group of the words, spoken alone, its stretch of the phrase's phonemes."""
    groups = _groups(phonemes)
    path = _path([_letters(it) for it in own], [_letters(phonemes[slice(*it)]) for it in groups])
    stretches: list[Stretch] = []
    for (i, j), (k, m) in pairwise(path):
        if j < m:
            stretches += _divided(phonemes, groups[j][0], groups[m - 1][1], own[i:k])
        else:
            place = groups[j - 1][1] if j else 0
            stretches += [(place, place)] * (k - i)
    return stretches


def _path(own: Sequence[str], found: Sequence[str]) -> list[tuple[int, int]]:
    """The cheapest way through two sequences of groups together, by places in both.

    Uniform-cost search that takes equal groups for partners, so it seldom has a choice.
    """
    goal = (len(own), len(found))
    came: dict[tuple[int, int], tuple[int, int]] = {}
    best = {(0, 0): 0.0}
    queue = [(0.0, (0, 0), (0, 0))]
    while queue and len(came) <= _VISITS * (sum(goal) + 1):
        cost, here, before = heappop(queue)
        if here in came:
            continue
        came[here] = before
        if here == goal:
            path = [here]
            while path[-1] != (0, 0):
                path.append(came[path[-1]])
            return path[::-1]
        i, j = here
        alike = i < goal[0] and j < goal[1] and own[i] == found[j]
        for step_i, step_j in _STEPS[:1] if alike else _STEPS:
            k, m = i + step_i, j + step_j
            if k <= goal[0] and m <= goal[1] and (k, m) not in came:
                total = cost + _cost("".join(own[i:k]), "".join(found[j:m]), step_i, step_j)
                if total < best.get((k, m), inf):
                    best[k, m] = total
                    heappush(queue, (total, (k, m), here))
    return [(0, 0), goal]


def _cost(own: str, found: str, many: int, few: int) -> float:
    return _difference(own, found) + (_JOINED * (many + few - 2) if many and few else _MISSING)


def _difference(left: str, right: str) -> float:
    if left == right:
        return 0.0
    consonants = _VOWELS.sub("", left), _VOWELS.sub("", right)
    return _unlike(*consonants) + _VOWEL * _unlike(left, right)


def _unlike(left: str, right: str) -> int:
    longer = max(len(left), len(right))
    for letter in left:
        if letter in right:
            right = right.replace(letter, "", 1)
            longer -= 1
    return longer


def _letters(phonemes: str) -> str:
    """Sounds without stress and length, one letter for consonants that context makes alike."""
    return _MARKS.sub("", phonemes).translate(_ALIKE)


def _divided(phonemes: str, start: int, end: int, own: Sequence[str]) -> list[Stretch]:
    """A stretch of phonemes divided among the groups that share it."""
    if len(own) > _STEPS[3][0]:
        return _by_length(start, end, [len(it) for it in own])
    stretches = []
    for number, it in enumerate(own[:-1]):
        rest = "".join(own[number + 1 :])
        wanted = start + (end - start) * len(it) / (len(it) + len(rest))
        places = [at for at in range(start + 1, end) if _begins(phonemes[at - 1], phonemes[at])]
        place = min(
            places,
            key=lambda at: (
                _difference(_letters(phonemes[start:at]), _letters(it))
                + _difference(_letters(phonemes[at:end]), _letters(rest)),
                abs(at - wanted),
            ),
            default=end,
        )
        stretches.append((start, place))
        start = place
    return [*stretches, (start, end)]


def _begins(before: str, symbol: str) -> bool:
    """Whether a sound may begin with a symbol: not with a mark of length, nor behind a stress."""
    return before not in "ˈˌ" and (symbol in "ˈˌ" or unicodedata.category(symbol) in {"Ll", "Lo"})


def _by_length(start: int, end: int, lengths: Sequence[int]) -> list[Stretch]:
    """A stretch divided in proportion."""
    total = max(1, sum(lengths))
    places = [start + (end - start) * sofar // total for sofar in accumulate(lengths, initial=0)]
    return list(pairwise(places))
