"""English acronyms: spelled or said, by what people do and by what espeak-ng does on its own.

What espeak-ng already reads right (checked with its en-us voice) stays as it is written: FBI is
spelled and NASA is said. The tables hold what it gets wrong; unknown words in capitals are judged
by their length and by whether they could be an English syllable. Words of a shouted sentence stay
words.
"""

import re

from speech.text import marks
from speech.text.reading import Reading, word_after, word_before

# English acronyms that need a list: what espeak-ng does on its own was looked at word by word.

SPELLED = frozenset(
    """AAAS AARP ABA ACL ACLU ACM ADC ADP AED AFAICT AFAIK AFC AFL AGI AIG AKA AMA AMC AML ANC
    AOC AP APA APU ASL ASMR ATF ATP AUC AV AWS BA CI CLI COD COO COPD DA DEA DOA DOB DOD DOE
    DUI DWI EA EC ECB ECG ECU EDM EEG EEOC EFT EIN EKG EMF EMP EMS EMT EOD EOF EOY EP EPA EPS
    ER ERP ESL ESP ET ETA ETF EV EVP FAA FAQ FDIC FWIW GE GED GIS GOP GRE HOA HOV IAEA IAM IBS
    IC ICBM ICC ICU ICYMI IDE IDK IED IIRC ILO IM IMDB IMF IMHO IO IOC IOT IOU IPA IPO IQ IRA
    IRL ISS ITV IUD IV IVF KO LAX LED LMAO MA MCU MI MIA MOU NE NGO NIH NYC NYU OBE OCI OSS
    OST OT OTC OTT OVP PA PE PLO PO POC POV POW PSI PTA PTO QA QED RFID ROI SA SE SEC SEO SME
    SOC SOS STI TA TGIF TSA TTYL UAE UAV UAW UFC UHF UML UPS URI USC USDOJ USGS USMC USN USPS
    USS UTI UX VA VIN VIP VOA VOD WIP XYZ YMCA YTD YWCA""".split()
)
"""Initialisms that espeak-ng says as words."""

WORDS = frozenset(
    """ACE ACT ADD ADO AFT AGE AGO AH AHA AID AIDS AIL AIM AIR ALE ALL AM AN AND ANT ANY APE APT ARC
    ARE ARK ARM ART AS ASAP ASCII ASH ASK AT ATE AW AWE AXE BAD BAG BAM BAN BAR BASH BAT BAY
    BE BED BEE BEG BET BIB BID BIG BIN BIT BOB BOO BOW BOX BOY BRA BUD BUG BUM BUN BUS BUT
    BUY BY BYE CAB CAD CAN CAP CAR CAT COP COT COVID COW COY CRY CUB CUE CUP CUT DAD DAM DAY
    DEN DEW DID DIE DIG DIM DIN DIP DO DOC DOG DOS DOT DRY DUB DUE DUG DUH DUO DYE EAR EAT
    EBB EEL EGG EGO EH ELF ELK ELM EMU END ERA EVE EWE EYE FAB FAD FAN FAR FAT FAX FED FEE
    FEW FIG FIN FIT FIX FLU FLY FOE FOG FOR FOX FRY FUN FUR GAG GAP GAS GEL GEM GET GIF GIG
    GIN GNU GO GOAT GOD GOT GPT GUM GUN GUT GUY GYM HA HAD HAM HAS HAT HAY HE HEM HEN HER HEY
    HI HID HIM HIP HIS HIT HMM HO HOG HOP HOT HOW HUB HUD HUG HUH HUM HUT ICE ICY IF ILL IN
    INK INN ION IS ISO IT ITS IVY JAM JAR JAW JAY JET JIT JOB JOG JOY JPEG JSON JUG KEG KEY
    KID KIN KIT LAB LAD LAN LAP LAW LAY LEG LET LID LIE LIP LIT LO LOG LOL LOT LOW MA MAC MAD
    MAN MAP MAT MAX MAY ME MEH MEN MET MID MIG MIN MIR MIX MOB MOM MOP MPEG MUD MUG MUM MY
    NAG NAH NAP NAS NASA NATO NET NEW NIL NO NOD NOR NOT NOW NUN NUT OAK OAR ODD OF OFF OH
    OIL OLD ON ONE OR ORM OUR OUT OW OWE OWL OWN OX PA PAD PAL PAN PAT PAW PAY PEA PEN PET
    PIE PIG PIN PIT PLY POP POT PRO PUB PUT RAF RAG RAM RAN RAP RAT RAW RAY RED REM RIB RID
    RIG RIM RIP ROB ROD ROM ROT ROW RUB RUG RUN RYE SAD SAG SAP SAT SAW SAY SEA SEE SET SEW
    SEX SHE SHY SIM SIN SIP SIR SIT SIX SKI SKY SLY SMART SO SOB SON SOW SPA SPY SUM SUN TAB
    TAG TAN TAP TAR TAX TEA TED TEN THE TIE TIN TIP TO TOE TON TOO TOP TOY TRY TUB TUG TWO
    UGH UH UM UNO UP US USE VAN VAT VET VIA VOC VOW WAN WAR WAS WAX WAY WE WEB WET WHO WHY WIG
    WIN WIT WOW YAY YE YEP YES YET YO YOU YUM ZIP ZOO
    BOG COB COG CUR DAB DON EON ERR FEN FEY FIB FIR FOB FRO GAL GEE HAG HEW HEX HUE IRE JAB JIG JOT
    LOB LOP LUG MAW MOO NAB NIP NIT OAT ODE OPT ORB ORE PEG PEP PER PUN PUP RUE RUM RUT SAC SUB SUE
    TAD TIC TOT TOW URN VEX VIE WED WEE WOE WOK WON YAK YAM YEA YIN ZAP ZEN""".split()
)
"""Words even in capitals, short ones and acronyms that are said; other short ones are letters."""

SAID_AS_WORDS = frozenset(
    """ACT ADD AIDS AM ASAP ASCII BASH CAD COVID DOS GIF GNU GOAT GPT HUD ICE ISO IT JIT JPEG
    JSON LAN LOL MAC MIG MIR MPEG NAS NASA NATO OR ORM PIN RAF RAM RAW REM ROM SAP SAT SIM
    SMART TED US VAT VOC WAN WHO ZIP""".split()
)
"""Those of WORDS that are acronyms at least as often, so that they show no shouting."""

AMBIGUOUS = frozenset("AM IT ISO RAF REM SAP SAT US VAT VOC".split())
"""Those of WORDS that are spelled where nothing around them says that they are words."""

SPELLED_BY_ESPEAK = frozenset(
    """AAA ABC AC ADHD ADSL AES AFK AGM AI AMD AOL API ASAP ATM BCE BMI BPA BSA CBO CDMA CEO
    CES CET CFA CFO CGI CIA CIO CMO CPA CPI CPU CSI CTA CTO DBA DIY DMCA DNA DOJ DPI DVD EDT
    ESPN EST EU FBI FDA FHA FPGA FYI GAO GDP GHQ GI GMO GPA GPO GPU GTA HBO HDMI HIV HMO IBM
    ID IEEE IMO IP IPCC IRC IRS ISBN ISP IT KPI LA LAPD LGBTQ LPN LSE LTE MBA MDMA MFA MIT MLA
    MMA MMO MMORPG MPAA MRI MRSA MTA NAACP NBA NCIS NDA NFC NRA NSA NY NYE NYSE NYT OCD OCR
    OECD OEM OK OMG OS PCI PDA PGA PI PMI POB PPE PSA RBI RCA RIAA RNA RPA RSA SBA SDK SLA
    SPCA SRO SSA SSI SSO SUV TBA THC TKO TLA TMI TV TVA UCLA UDP UFO UI UK UN UNHCR UPC URL US
    USA USAF USB USD USDA USSR UTC UV WBA WNBA WPA WTO WWE""".split()
)
"""Initialisms with vowels that espeak-ng spells on its own."""

SMALL = frozenset(
    """asap fyi rsvp api apis bbq ceo cfo cia cpu cpus cto diy dvd dvds eu faq faqs fbi gps gpu gpus
    html idk imho imo nyc omg pdf pdfs ssn tv tvs ufo ufos uk url urls usa usb ux""".split()
)
"""Written small as well, and no words of their own."""

SAID = {
    "UNESCO": "juːnˈɛskoʊ", "IMAX": "ˈaɪmæks", "MCAT": "ˈɛmkæt", "PSAT": "pˈiːsæt",
    "DDOS": "dˈiːdɑːs", "DDoS": "dˈiːdɑːs", "ROTC": "ɹˈɑːtsi", "BIOS": "bˈaɪoʊs",
    "OLED": "ˈoʊlɛd", "HIPAA": "hˈɪpə", "HIIT": "hˈɪt", "FTSE": "fˈʊtsi", "SaaS": "sˈæs",
    "PaaS": "pˈæs", "IaaS": "ˈaɪæs", "GUI": "ɡˈuːi", "VRAM": "vˈiːɹæm", "REIT": "ɹˈiːt",
    "LaTeX": "lˈeɪtɛk", "CUDA": "kˈuːdə", "cuda": "kˈuːdə", "SCSI": "skˈʌzi", "PyPI": "pˌaɪpiːˈaɪ",
}  # fmt: skip
"""Said as words, with sounds espeak-ng does not know."""

MIXED = {"IoT": "IOT", "iOS": "IOS", "mRNA": "MRNA", "tRNA": "TRNA", "rRNA": "RRNA"}
"""Spelled, with small letters among the capitals."""


# Letters that are words of their own, with their names; espeak-ng would say the words.
_LETTERS = {"A": marks.pronounced("A", "ˈeɪ"), "I": marks.pronounced("I", "ˈaɪ")}

HEADS = frozenset({*SAID, *SMALL, *MIXED})
"""Acronyms that are not all capitals."""

_VOWELS = frozenset("AEIOUY")
# e.g. `NASA's`
_FORM = re.compile(
    r"(?P<base>[A-Z]{2,})(?:(?P<tail>'s|s'?|'(?:S|T|RE|LL|VE|D|M))?(?![A-Za-z0-9])|(?=[0-9]))"
)
# e.g. `DON'T`
_CONTRACTED = re.compile(r"(?:[A-Z]*N'T|(?:YOU|WE|THEY|IT|HE|SHE|WHO|THAT|THERE)'(?:RE|LL|VE|D))")
_AND = re.compile(r"(?P<left>[A-Z]{1,3}) ?& ?(?P<right>[A-Z]{1,3})(?P<tail>'?s)?(?![A-Za-z0-9])")
_ANY = re.compile(r"[A-Za-z]+")
_MARKS = "\"'(),.!?;:"
_BEFORE_US = frozenset(
    """TO FOR WITH FROM OF AT ON BY ABOUT LET HELP GIVE GIVES GAVE TELL TELLS TOLD SHOW LEAVE LEFT
    JOIN ALL BOTH BETWEEN AGAINST AFTER BEFORE BEHIND AROUND NEAR SAVE BRING SEND MAKE MAKES MADE
    TEACH TAKE TAKES FOLLOW HATE LOVE LOVES NEEDS WANTS SEE CALL ASK HEAR KEEP LIKE LETS""".split()
)
"""Behind these US is no country."""
_BEHIND_US = frozenset("TOO ALL BOTH ALIVE HERE OUT GO GUYS EVERYTHING NOTHING MORE".split())
_BEHIND_IT = frozenset("DEPARTMENT DEPT SUPPORT TEAM STAFF GUY SECURITY MANAGER DIRECTOR".split())
_SHOUT = re.compile(r"[\"'(]*[A-Z][A-Z',.!?;:)\"]+$")
# Consonants an English syllable may begin or end with, for words nobody has listed.
# e.g. `STRAP`
_ONSET = re.compile(
    r"(?:[BCFGKP][LR]|[DT]R|TH|WR|WH|SH|CH|PH|GN|KN|S[CKLMNPQTW]|S[CPT]R|SPL|SHR|THR|SCH|QU|TW|DW"
    r"|[BCDFGHJKLMNPRSTVWXYZ])?(?=[AEIOUY])"
)
# e.g. `ORLD`
_CODA = re.compile(
    r"[AEIOUY](?:[BCDFGHKLMNPRSTVWXZ]{0,2}|[NRTL]CH|[NRLPFX]TH|[RL]ST|GHT|RLD"
    r"|(?:[CNRLS]K|[LNR]D|[LR]L|[CFLNPRSTX]T|[LMR]P|[LR][FM]|R[BN]|NG|TH|GH)S)$"
)
# e.g. `XMPP`
_CLUSTER = re.compile(
    r"[BCDFGHJKLMNPQRSTVWXZ]{4}|[AEIOUY]{4}|AA|II|AI(?![DLMNRST])|IA(?![LNR]|$)|UU"
    r"|[JQV][BCDFGHJKLMNPQRSTVWXZ]|X[BCDFGHJKLMNPQRSVWXZ]"
)


def letters(word: str) -> str:
    """The names of a word's letters, one by one."""
    return " ".join(_LETTERS.get(letter, letter) for letter in word.upper())


def read_acronym(text: str, start: int) -> Reading | None:
    """An acronym that espeak-ng would read otherwise than people do."""
    found = _AND.match(text, start)
    if found:
        tail = "'s" if found["tail"] else ""
        spoken = f"{letters(found['left'])} and {letters(found['right'])}{tail}"
        return Reading(spoken, found.end(), "acronym")
    if text[start] == "A" and not text[start + 1 : start + 2].isalnum():
        return _read_a(text, start)
    match = _FORM.match(text, start)
    if match is None:
        return _read_small(text, start)
    base, tail = match["base"], match["tail"] or ""
    if _is_small(text, match):
        # espeak-ng spells most words of three capitals.
        return Reading(match[0].lower(), match.end(), "acronym")
    if base in SAID and not tail:
        return Reading(marks.pronounced(base, SAID[base]), match.end(), "acronym")
    listed = base in SPELLED
    spelled = listed or (
        base in SPELLED_BY_ESPEAK or not _VOWELS.intersection(base) or _is_spelled(base)
    )
    if tail in {"s", "s'"}:
        # espeak-ng says GPUs without its last sound.
        if not spelled:
            return None
        return Reading(f"{letters(base)}'s", match.end(), "acronym")
    if not spelled or not (listed or _is_spelled(base)) or _is_shouted(text, start, match.end()):
        return None
    return Reading(letters(base) + ("'s" if tail else ""), match.end(), "acronym")


def _read_a(text: str, start: int) -> Reading | None:
    """The letter A, as of a team or a grade; a sentence or a title may begin with the article."""
    before, after = word_before(text, start), word_after(text, start + 1)
    if not before or before[-1] in ".!?:\"'(" or text[start + 1 : start + 2] == "'":
        named = after.rstrip(".,") in {"minor", "major", "flat", "sharp"}
    else:
        named = not after[:1].isupper() and not _SHOUT.match(before)
    return Reading(letters("A"), start + 1, "acronym") if named else None


def _read_small(text: str, start: int) -> Reading | None:
    match = _ANY.match(text, start)
    if match is None:
        return None
    word, end = match[0], match.end()
    if word in SAID:
        return Reading(marks.pronounced(word, SAID[word]), end, "acronym")
    if word in MIXED:
        return Reading(letters(MIXED[word]), end, "acronym")
    if word not in SMALL or (
        text[end : end + 1] in {".", "-", "_", "@"} and text[end + 1 : end + 2].isalnum()
    ):
        return None
    if word.endswith("s"):
        return Reading(f"{letters(word[:-1])}'s", end, "acronym")
    return Reading(letters(word), end, "acronym")


def _is_spelled(word: str) -> bool:
    """Whether an unknown word in capitals is letters rather than a word."""
    if word in WORDS or word in SPELLED_BY_ESPEAK or len(word) > 5:
        return False
    if not _VOWELS.intersection(word):
        # espeak-ng spells these itself.
        return False
    if len(word) < 4:
        return True
    return not (_ONSET.match(word) and _CODA.search(word)) or bool(_CLUSTER.search(word))


def _is_small(text: str, match: re.Match[str]) -> bool:
    """Whether what stands in capitals for emphasis, or is shouted, is a short word."""
    base, start, end = match["base"], match.start(), match.end()
    if _CONTRACTED.fullmatch(match[0]):
        return True
    if len(base) > 3 or base not in WORDS or text[end : end + 1].isdigit():
        return False
    if text[start - 1 : start] == "." or word_before(text, start) == "dot":
        # .NET
        return False
    if base == "WHO" or not _VOWELS.intersection(base):
        return False
    if base not in AMBIGUOUS and base not in SPELLED:
        return True
    if base == "AM" and word_before(text, start) == "I":
        return True
    if any(map(str.islower, text[max(0, start - 32) : end + 32])):
        return False
    before, after = word_before(text, start), word_after(text, end).strip(_MARKS)
    if base == "US":
        return before in _BEFORE_US or after in _BEHIND_US
    if base == "IT" and (before in {"THE", "OUR", "AN"} or after in _BEHIND_IT):
        return False
    return _is_shouted(text, start, end)


def _is_shouted(text: str, start: int, end: int) -> bool:
    """Whether a neighbour is a word in capitals that is not an acronym."""
    before, after = word_before(text, start), word_after(text, end)
    # A comma parts the members of a list.
    near = [before] if not before.endswith(",") else []
    near += [after] if text[end : end + 1] == " " else []
    return any(_SHOUT.match(word) and _is_word(word) for word in near)


def _is_word(word: str) -> bool:
    bare = word.strip(_MARKS)
    return len(bare) > 1 and (
        (bare in WORDS and bare not in SAID_AS_WORDS)
        or "'" in bare
        or (
            len(bare) > 3
            and bare not in SPELLED
            and not _is_spelled(bare)
            and bool(_VOWELS.intersection(bare))
            and bare not in SPELLED_BY_ESPEAK
        )
    )
