"""English words of one spelling and two sounds, by their nearest neighbours.

espeak-ng's en-us voice chooses well behind pronouns, `to` and auxiliaries; the rules add what it
misses: orders (`Close the door`), pasts (`she read it`), and nouns that a neighbour gives away.
Where no rule's evidence stands, the word is left to espeak-ng.
"""

import re
from typing import NamedTuple

from speech.text import marks
from speech.text.reading import Reading

# What chooses the sound of an English homograph: the words right before and right behind it.
#
# A line is the word, its phonemes, the words before (any one of them), the words behind, and the
# words before that forbid it; `*` stands for anything, `<` for the beginning of a clause, `>` for
# its end, `+s` for a plural. Phonemes are those that espeak-ng's en-us writes for the same word
# where it chooses right; pronunciations from Merriam-Webster's Learner's Dictionary.


class Rule(NamedTuple):
    """One line of the table."""

    phonemes: str
    before: frozenset[str]
    after: frozenset[str]
    unless: frozenset[str]


_OBJECTS = (
    "it them him us me you the this that these those a an your my our his her their its all any"
    " each every both some yourself one two only"
)
_ORDERS = (
    "< please and or then never always just now first also let's to will would can could must"
    " should may might shall can't cannot won't not don't didn't doesn't did do does i we you they"
    " who which often usually help helps i'll we'll you'll they'll people +s"
)
_PLACES = (
    "in at on with here there together alone near under without by for next across a up like"
    " happily outside inside just far through among off the where below above as longer forever"
    " somewhere >"
)
_COPULAS = (
    "am is are was were be been being feel feels felt seem seems seemed i'm he's she's we're"
    " they're you're remain remained become became look looks looked quite perfectly fully"
)
_HOSTS = "a an the any no each every this that my your his her its our their one some"

VERBS = {
    "close": "klˈoʊz", "use": "jˈuːz", "separate": "sˈɛpɚɹˌeɪt", "moderate": "mˈɑːdɚɹˌeɪt",
    "alternate": "ˈɔːltɚnˌeɪt", "transport": "tɹænspˈɔːɹt", "export": "ɛkspˈɔːɹt",
    "transfer": "tɹænsfˈɜː", "extract": "ɛkstɹˈækt", "contest": "kəntˈɛst",
    "console": "kənsˈoʊl", "conduct": "kəndˈʌkt", "contract": "kəntɹˈækt",
    "present": "pɹɪzˈɛnt", "record": "ɹᵻkˈɔːɹd", "tear": "tˈɛɹ", "wind": "wˈaɪnd",
    "estimate": "ˈɛstᵻmˌeɪt", "house": "hˈaʊz", "abuse": "ɐbjˈuːz", "attribute": "ɐtɹˈɪbjuːt",
    "permit": "pɚmˈɪt", "recall": "ɹᵻkˈɔːl", "coordinate": "koʊˈɔːɹdɪnˌeɪt",
    "approximate": "ɐpɹˈɑːksɪmˌeɪt", "exploit": "ɛksplˈɔɪt", "escort": "ɛskˈɔːɹt",
    "project": "pɹədʒˈɛkt", "survey": "sɚvˈeɪ", "misuse": "mɪsjˈuːz", "insult": "ɪnsˈʌlt",
    "subject": "səbdʒˈɛkt", "compound": "kəmpˈaʊnd", "convict": "kənvˈɪkt",
    "excuse": "ɛkskjˈuːz", "decrease": "dᵻkɹˈiːs", "conflict": "kənflˈɪkt",
    "polish": "pˈɑːlɪʃ",
}  # fmt: skip
"""Verbs whose noun or adjective sounds otherwise: with an object behind they are orders or acts."""

ORDERS = frozenset(_ORDERS.split())
"""Words before a verb; the beginning of a clause is an order."""

OBJECTS = frozenset(_OBJECTS.split())
"""Words a verb's object begins with."""

_LINES: tuple[tuple[str, str, str, str, str], ...] = (
    ("read", "ɹˈɛd", "well widely poorly best ill most having", "*", ""),
    ("live", "lˈɪv", "people who that families children men women still both once long +s", _PLACES,
     "goes is was news"),
    ("live", "lˈaɪv", "go goes went going gone broadcast streamed stream aired performed perform"
     " playing performing recorded reporting", "*", ""),
    ("lives", "lˈɪvz", "+name who he she it one family man woman boy girl friend brother sister"
     " mother father son daughter that which still now also everyone uncle aunt wife husband",
     _PLACES, ""),
    ("lead", "lˈɛd", "*", "paint pipe pipes pipework poisoning acid pencil pencils shot exposure"
     " contamination ore oxide bullet bullets solder crystal balloon sheet sheets roof glass dust"
     " apron aprons battery batteries shielding weights mine mines smelter toxicity levels free"
     " based lined", "to will i we you they"),
    ("lead", "lˈɛd", "contain contains contained containing copper zinc iron tin mercury cadmium"
     " arsenic metal molten toxic like made-of tons-of traces-of levels-of amount-of amounts-of"
     " piece-of alloy-of exposure-to exposed-to heavy-as heavier-than turn-into copper-and"
     " zinc-and mercury-and arsenic-and tin-and full-of consists-of gold-from lump-of", "*", ""),
    ("wind", "wˈaɪnd", "*", "down up around back through", "the a strong cold high north east west"
     " south"),
    ("wound", "wˈaʊnd", "he she it they we i and who road path river trail been tightly was were"
     " had carefully slowly", "up down around round through its his-way her-way their-way tight"
     " tightly back along the", ""),
    ("tear", "tˈɛɹ", "*", "down up apart off open into through away in-the in-my in-his in-her"
     " in-your in-its", ""),
    ("tear", "tˈɛɹ", "wear-and will not cuff acl muscle ligament meniscus", "*", ""),
    ("tears", "tˈɛɹz", "he she it that which +name", "the a it down up apart off open into through"
     " away at his her my your them him", ""),
    ("bass", "bˈæs", "sea striped largemouth smallmouth black rock white fried grilled caught-a"
     " catch-a catching fish-for pound trout-and a-big", "*", ""),
    ("bass", "bˈæs", "*", "fish fishing boat boats fillet fillets pond lake fisherman fishermen"
     " tournament swam swim swims anglers", ""),
    ("minute", "maɪnˈuːt", "*", "amount amounts detail details particle particles quantity"
     " quantities difference differences trace traces fraction changes creatures organism organisms"
     " variation variations fragment fragments dose doses crack cracks pieces crystals holes",
     "one two three four five six seven eight nine ten fifteen twenty thirty forty sixty per last"),
    ("minute", "maɪnˈuːt", "very extremely so too most", "*", ""),
    ("content", "kəntˈɛnt", _COPULAS + " more not", "with to just >", ""),
    ("content", "kəntˈɛnt", "<", "with to", ""),
    ("produce", "pɹˈoʊduːs", "fresh farm organic local seasonal dairy garden grown agricultural",
     "*", ""),
    ("produce", "pɹˈoʊduːs", "the some their our his her", "aisle section department market stand"
     " truck drawer is was from", ""),
    ("bow", "bˈaʊ", "take-a takes-a took-a final deep low polite slight with-a", "*", ""),
    ("bow", "bˈaʊ", "*", "to before his-head her-head your-head their-heads your-heads out down"
     " of-the and-curtsy", "pink red hair bow a"),
    ("dove", "dˈoʊv", "*", "in into under down for off deep deeper headfirst right straight"
     " underwater through after", "a the white mourning turtle rock"),
    ("resume", "ɹˈɛzəmˌeɪ", _HOSTS + " updated attached impressive strong", "*", ""),
    ("excuse", "ɛkskjˈuːz", "*", "me us him them myself yourself himself herself", ""),
    ("advocate", "ˈædvəkət", _HOSTS + " devil's strong outspoken leading patient public vocal"
     " tireless consumer rights great early victim civil", "*", ""),
    ("associate", "ɐsˈoʊsiət", _HOSTS + " business close former longtime research sales law as"
     " senior known", "*", ""),
    ("associate", "ɐsˈoʊsiət", "*", "professor professors director editor degree dean justice"
     " producer member attorney counsel pastor", ""),
    ("delegate", "dˈɛlɪɡət", _HOSTS + " party convention", "*", ""),
    ("delegates", "dˈɛlɪɡəts", "the many all some of party convention several these those by"
     " hundred thousand pledged other", "*", ""),
    ("duplicate", "dˈuːplᵻkət", _HOSTS + " remove removes exact in find these possible with",
     "*", ""),
    ("duplicate", "dˈuːplᵻkət", "*", "copy copies entry entries key keys content file files record"
     " records row rows value values item items", "to will can not"),
    ("elaborate", "ᵻlˈæbɚɹət", _HOSTS + " very more most so too highly less such quite as was is"
     " were are", "*", ""),
    ("articulate", "ɑːɹtˈɪkjʊlət", "very more most so an highly less quite as was is were are",
     "*", ""),
    ("predicate", "pɹˈɛdᵻkət", _HOSTS, "*", ""),
    ("syndicate", "sˈɪndᵻkət", _HOSTS + " crime criminal lending betting", "*", ""),
    ("decrease", "dᵻkɹˈiːs", "to will would can could must should may might not did do does", "*",
     ""),
    ("refuse", "ɹˈɛfjuːs", "collect-the collects-the collected-the collect collected collecting"
     " collects household garden of street burning kitchen rotting", "*", ""),
    ("refuse", "ɹˈɛfjuːs", "*", "collection collector collectors bin bins truck trucks disposal"
     " sack sacks lorry heap dump", ""),
    ("axes", "ˈæksiːz", "x y z major minor vertical horizontal coordinate principal optical", "*",
     ""),
    ("learned", "lˈɜːnᵻd", _HOSTS + " very most", "man men woman women scholar scholars friend"
     " judge professor professors counsel society societies journal journals gentleman colleague"
     " author", ""),
    ("aged", "ˈeɪdʒᵻd", "the an my his her their", "and care man woman parents parent mother father"
     " couple population >", ""),
    ("row", "ɹˈaʊ", "a the big blazing huge heated furious diplomatic political", "with over about"
     " between erupted broke", ""),
    ("use", "jˈuːz", "+s people men women children users who that which also often usually always"
     " never sometimes mostly regularly still can both commonly frequently rarely typically now"
     " just only", "+word", ""),
    ("use", "jˈuːz", "<", "+word", ""),
    ("uses", "jˈuːzᵻz", "*", _OBJECTS + " no more less up about +s", "many several various other"
     " these those of both multiple common medical different its their the for two three four new"
     " practical industrial potential possible all some such main certain no has have are"),
    ("close", "klˈoʊz", "<", "all any every each down out both windows tabs doors curtains", ""),
    ("close", "klˈoʊz", "+s people", "at on for early late their the down soon after before when"
     " behind again", ""),
    ("closes", "klˈoʊzᵻz", "*", "*", ""),
)  # fmt: skip
NOT_OBJECTS = frozenset("of by is was are were in for and or has had case cases tax as to".split())
"""Words behind a noun rather than before an object."""


def _rules() -> dict[str, tuple[Rule, ...]]:
    rules: dict[str, tuple[Rule, ...]] = {}
    for word, phonemes, before, after, unless in _LINES:
        rule = Rule(
            phonemes,
            frozenset(before.split()),
            frozenset(after.split()),
            frozenset(unless.split()),
        )
        rules[word] = (*rules.get(word, ()), rule)
    return rules


RULES = _rules()
"""Rules by word, in the order they are tried."""


_REACH = 40
"""Characters looked at on either side."""

_WORD = re.compile(r"[A-Za-z]+(?![A-Za-z'])")
_ANY = re.compile(r"[A-Za-z']+|[.,;:!?()\"—]")
_CAPITAL = re.compile(r"[A-Z][a-z]+ $")
# e.g. ` it last week`
_PAST = re.compile(
    r"[^.!?]{0,30}(?<![a-z])(?:yesterday|ago|last (?:night|week|month|year|summer|winter|spring"
    r"|fall|time)|this morning|when [a-zI]+ (?:was|were|came|had|arrived))(?![a-z])"
)
# e.g. `once, and `
_EARLIER = re.compile(
    r"(?i:yesterday|last [a-z]+|ago|once|this morning),? (?:i|we|they|you|he|she|[a-z]+) $", re.I
)
# An auxiliary before `he read` takes the past: `did he read`.
# e.g. `Watch it `
_AUXILIARY = re.compile(
    r"(?:did|does|do|will|would|can|could|should|must|may|might|didn't|doesn't|won't|let|make|made"
    r"|help|helped|hear|heard|see|saw|watch|watched|have|has|had) (?:he|she|it|they|you|we|i) $",
    re.IGNORECASE,
)
# e.g. ` everyone `
_DID = re.compile(
    r"(?:^|[^a-z])(?:he|she|everyone|someone|nobody|(?:I|we|they|you) (?:just|already|recently"
    r"|once|finally)) (?:just |also |once |then |quickly |slowly |carefully |already |recently )?$",
    re.IGNORECASE,
)
# e.g. `have `
_HAVE = re.compile(
    r"(?:have|has|had|having|'ve|'d|been|was|were|being) (?:[a-z]+ )?$", re.IGNORECASE
)
_WOULD = re.compile(r"'d (?:not |rather |love to |like to |never )?$", re.IGNORECASE)
_SUBJECT = re.compile(r"(?:^|[ (\"])(?:i|we|you|they|[a-z]+) $", re.IGNORECASE)
HEADS = frozenset(
    {form for word in {*RULES, *VERBS} for form in (word, word.capitalize()) if form != "polish"}
)
"""The words the table knows."""


def read_homograph(text: str, start: int) -> Reading | None:
    """The word with the phonemes its neighbours ask for, or None where they ask for none."""
    match = _WORD.match(text, start)
    if match is None:
        return None
    word, end = match[0], match.end()
    before, after = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    phonemes = _choose(word, before, after)
    return Reading(marks.pronounced(word, phonemes), end, "homograph") if phonemes else None


def _choose(word: str, before: str, after: str) -> str:
    small = word.lower()
    left, right = _left(before), _right(after)
    for rule in RULES.get(small, ()):
        if left & rule.unless:
            continue
        if ("*" in rule.before or left & rule.before) and ("*" in rule.after or right & rule.after):
            return rule.phonemes
    if small == "read":
        return "ɹˈɛd" if _is_past(before, after) else ""
    if small in VERBS and left & ORDERS and right & OBJECTS:
        # A capital in the middle of a sentence is the adjective.
        return "" if word == "Polish" and "<" not in left else VERBS[small]
    return ""


def _left(before: str) -> set[str]:
    """The word before, the two words before, and what they are."""
    words = _ANY.findall(before)[-2:]
    if not words or not words[-1][0].isalpha():
        return {"<"}
    last = words[-1].lower()
    found = {last, f"{words[0].lower()}-{last}"}
    if last.endswith("s") and not last.endswith(("ss", "us", "is", "'s", "as")):
        found.add("+s")
    if _CAPITAL.search(before):
        found.add("+name")
    return found


def _right(after: str) -> set[str]:
    """The word behind, the two words behind, and what they are."""
    words = _ANY.findall(after)[:2]
    if not words or not words[0][0].isalpha():
        return {">"}
    first = words[0].lower()
    found = {first, f"{first}-{words[-1].lower()}"}
    if first not in NOT_OBJECTS:
        found.add("+word")
        if first.endswith("s") and not first.endswith(("ss", "us", "is")):
            found.add("+s")
    return found


def _is_past(before: str, after: str) -> bool:
    """Whether `read` is the past or the participle where espeak-ng takes it for the present."""
    if _WOULD.search(before):
        return False
    if _HAVE.search(before):
        return True
    if _AUXILIARY.search(before):
        return False
    if _DID.search(before) or _EARLIER.search(before):
        return True
    return bool(_SUBJECT.search(before) and _PAST.match(after))
