"""Short words in capitals outside English: said where they are words, spelled where they are not.

espeak-ng spells some that stand in capitals for emphasis (`NON` in Italian), and says some that are
initialisms (`EU` in German).
"""

import re
from collections.abc import Iterator

from speech.text.reading import Span

_WORDS = {
    "de": """
        ab am an auf aus bei bin bis da das dem den der des die du ein er es für hat ich
        ihr im in ist ja man mit nie nur ob so um und uns von vor war was wer wie wir wo
        zu zum zur""",
    "fr": """
        au ce ces cet de des du elle en et il ici je la le les leur lui ma mes moi mon ne
        ni non nos ou où oui par pas peu plus pour que qui sa sans se ses si son sur ta te
        tes toi ton tu un une va vos""",
    "es": """
        al así con da dar de del dos el él en era es eso esa ese fin hay hoy ir la las le
        les lo los mal más me mi mí mis muy ni no nos o os por que qué se sea sé ser si sí
        sin son su sus tal tan te ti tu tú tus un una uno va ver vez voy y ya yo""",
    "it": """
        al chi che ci con da dal dei del di due e è fa fra fu gli ha hai ho i il in io la
        le lei li lo lui ma mai me mi mia mio ne nei nel no noi non o ora per più poi può
        qua qui sa se sei si sì sia sta su sua suo sul te ti tre tu tua tuo un una uno va
        vi voi""",
    "pt": """
        ao as com da das de dei dia do dos e é ela ele em era eu fim foi há ir já lá mas
        me meu mim muito na não nem no nos num o os ou por pra que quem sa se sem ser seu
        sim só sou sua tal te tem ter teu tu tua um uma vai ver vez""",
    "nl": """
        aan al als dan dat de den der die dit door dus een en er ga had heb heel het hij
        hoe hun ik in is ja je kan met mij mijn na nee niet nog nu of om ons op ook te
        toch tot uit van veel voor wat we wel wie wij zal ze zeer zij zijn zo""",
    "pl": """
        ale bo być by ci co czy dla do go i ich ile ja jak już kto ma mi mój mu my na nam
        nas nie nic niż no o od on ona oni pan po pod są się tak tam te ten to tu ty w wam
        was we wy z za ze że""",
    "cs": """
        a aby ale ani ano až bez by co do dva i já je jen ji jí jsi k kde když kdo ke má
        mi mně my na nad ne nebo než nic o od on ona po pod pro s sám se si ten to tu ty u
        už v ve vy z za ze že""",
    "sv": """
        att av bra de dem den det dig din du ej ett en er för han har hon hur i in inte ja
        jag kan med men mer mig min må nej nu när och om oss på se sig sin så ta till två
        upp ut var vi vid är""",
}
_SPELLED = {
    "de": "USA EU UN KI AI AG AOK ARD EDV EKG EM EZB ICE IHK IQ IP IT OP AGB UKW AOL IOC UFO",
    "nl": "USA EU AI IT IQ IP OM EO EHBO OV UV", "pl": "USA UE AI IQ IP UK UW",
    "es": "UE IA IP", "it": "UE IA IP", "pt": "UE IA IP USA", "fr": "UE IA IP",
    "cs": "EU AI IP IQ", "sv": "EU AI IT IP IQ UD",
}  # fmt: skip
_CAPITALS = re.compile(r"(?<![\w.'&-])[^\W\d_a-zß-ÿ]{2,5}(?![\w'&]|-\w|\.\w)")
_RULE = "languages.capitals"
_SMALL = {family: frozenset(words.upper().split()) for family, words in _WORDS.items()}
_LETTERS = {family: frozenset(words.split()) for family, words in _SPELLED.items()}


def capital_spans(text: str, family: str) -> Iterator[Span]:
    """The short words in capitals of a sentence that espeak-ng would read otherwise."""
    small = _SMALL.get(family)
    if small is None or not any(map(str.isupper, text[1:])):
        return
    for match in _CAPITALS.finditer(text):
        if match[0] in _LETTERS[family]:
            yield Span(*match.span(), " ".join(match[0]), "acronym", _RULE)
        elif match[0] in small:
            yield Span(*match.span(), match[0].lower(), "acronym", _RULE)
