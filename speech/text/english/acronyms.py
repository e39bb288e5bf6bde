"""English acronyms: spelled or said, by what people do and by what espeak-ng does on its own.

What espeak-ng already reads right (checked with its en-us voice) stays as it is written: FBI is
spelled and NASA is said. The tables hold what it gets wrong; unknown words in capitals are judged
by their length and by whether they could be an English syllable. Words are written small: espeak-ng
spells most of three capitals, and misaki those that it derives (`LEAVING`). Words of a shouted
sentence are words.
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
    IRL ISS ITV IUD IV IVF KO LAX LED LGBTQIA LMAO MA MCU MI MIA MOU NE NGO NIH NYC NYU OBE OCI OSS
    OST OT OTC OTT OVP PA PE PLO PO POC POV POW PSI PTA PTO QA QED RFID ROI SA SE SEC SEO SME
    SOC SOS STI TA TGIF TSA TTYL UAE UAV UAW UFC UHF UML UPS URI USC USDOJ USGS USMC USN USPS
    USS UTI UX VA VIN VIP VOA VOD WIP XYZ YMCA YTD YWCA""".split()
)
"""Initialisms that espeak-ng says as words."""

WORDS = frozenset(
    """ABUT ACE ACT ADD ADO AFT AGE AGO AH AHA AID AIDS AIL AIM AIR ALB ALE ALIAS ALL ALP AM AMP AN
    AND ANGST ANI ANT ANY APE APP APT ARB ARC ARE ARF ARK ARM ART AS ASAP ASCII ASH ASK ASS AT
    ATE AUK AVE AW AWE AWL AWN AXE AXLE AYE BAD BAG BAH BAM BAN BAR BASH BAT BAY BAYOU BE BED
    BEE BEG BEN BET BEVVY BEY BIAS BIB BID BIG BIN BIO BIT BIZ BOA BOB BOD BOG BOO BOP BOT BOW
    BOWLS BOX BOY BRA BRO BUB BUD BUG BUM BUN BUR BURNT BUS BUT BUY BY BYE CAB CAD CAN CAP CAR
    CAT CAW CHAI CHI CIAO CIG CIVVY COB COG CON COP COT COVID COW COX COY COZ CRY CUB CUD CUE
    CUM CUP CUR CUT CUZ DAB DAD DAM DAY DEF DELFT DEN DEW DIB DID DIDST DIE DIG DIM DIN DIP DIS
    DIVVY DO DOC DOG DOH DOM DON DOS DOT DRY DUB DUD DUE DUG DUH DUN DUO DYE EAR EAT EBB ECO
    EEK EEL EFF EGG EGO EH EKE ELD ELF ELK ELL ELM EMO EMU END EON ERA ERE ERG ERR EVE EWE EX
    EXCEL EXPAT EXPEL EXPO EYE FAB FAD FAN FAR FAT FAX FED FEE FEN FEW FEY FEZ FIAT FIB FIE FIG
    FIN FIR FIT FIX FJORD FLU FLY FOB FOE FOG FOP FOR FOX FRO FRY FUD FUG FUN FUR GAB GAD GAG
    GAH GAL GAM GAP GAR GAS GAT GAY GEE GEL GEM GENII GET GHOST GHOUL GIF GIG GIN GIT GNU GO
    GOAT GOB GOD GOO GOOEY GOT GPT GUM GUN GUT GUY GYM GYP HA HAD HADST HAG HAIKU HAM HARSH HAS
    HAT HAW HAY HE HEM HEN HEP HER HERTZ HEW HEX HEY HI HID HIM HIP HIS HIT HMM HO HOB HOD HOE
    HOG HOP HOT HOW HUB HUD HUE HUG HUH HUM HUT IAMB ICE ICK ICY IF ILK ILL IMP IN INK INN ION
    IRE IRK IS ISH ISM ISO IT ITS IVY JAB JAM JAR JAW JAY JET JEW JIB JIG JIT JOB JOG JOT JOY
    JPEG JSON JUG JUT KAIJU KAY KEG KEN KEY KHAKI KHAN KID KIN KIP KIT LAB LAD LAG LAM LAN LAP
    LAW LAY LEE LEG LEI LEK LET LIB LID LIE LIP LIT LLAMA LO LOB LOG LOL LOO LOP LOT LOW LOX
    LUG LUV LUX LYE MA MAC MAD MAG MAIZE MAN MAP MARSH MAT MAW MAX MAY ME MEG MEH MEN MET MEW
    MIC MID MIDST MIG MIN MIR MIX MOA MOB MOM MOO MOP MORPH MOW MPEG MUD MUG MUM MUX MY NAAN
    NAB NAG NAH NAIAD NAIVE NAN NAP NAS NASA NATO NAVVY NAW NAY NEB NET NEW NIB NIL NIP NIT NIX
    NO NOB NOD NOM NOR NOT NOW NUB NUN NUT NYMPH OAF OAK OAR OAT ODD ODDS ODE OF OFF OFT OH OHM
    OI OIL OLD OLE OMA ON ONE OOF OOH OOMPH OPE OPT OR ORB ORE ORM OUR OUT OVA OW OWE OWL OWN
    OX OXBOW OXLIP OXY PA PAD PAH PAL PAN PAR PAT PAW PAY PAYEE PEA PEC PEE PEG PEN PEP PER PET
    PEW PHI PHLOX PIC PIE PIG PIN PIP PIT PIX PLY POP POT POX PRE PRO PRY PSALM PSYCH PUB PUD
    PUG PUN PUP PUS PUT QUBIT QUEUE RAD RADII RAF RAG RAH RAI RAJ RALPH RAM RAN RAP RAT RAW RAY
    REC RED REF REM REP REV RHEA RHINO RHO RHOMB RHYME RIB RID RIG RIM RIP ROB ROD ROE ROM ROO
    ROT ROW RUB RUE RUG RUM RUN RUT RYE SAC SAD SAG SAL SAM SAP SAT SAVVY SAW SAX SAY SCHWA SEA
    SEE SET SEW SEX SHE SHY SIM SIN SIP SIR SIT SIX SKI SKY SLY SMART SO SOB SOD SON SOP SOT
    SOW SOY SPA SPY STY SUB SUE SUM SUN SUP SUS SYLPH TAB TAD TAG TAIGA TAM TAN TAP TAR TAU TAX
    TEA TED TEE TEMPT TEN THE TIC TIE TIN TIP TIT TIX TO TOD TOE TOG TOM TON TOO TOP TOR TORII
    TOT TOW TOY TRIAD TRY TSAR TUB TUG TUN TUT TUX TWO UGH UH UKE UM UMM UMP UNO UP URN US USE
    VAN VAT VEE VEG VET VEX VIA VID VIE VIG VIM VLOG VOC VOW VOX VROOM WAD WAG WAIF WAIVE WALTZ
    WAN WAR WAS WAX WAY WE WEB WED WEE WELSH WEN WET WHO WHY WIDTH WIG WIN WIT WOE WOK WON WOW
    WRY YA YACHT YAH YAK YAM YAP YAW YAY YE YEA YEN YEP YER YES YET YEW YIN YIP YO YOB YON YOU
    YUM YUP ZAG ZAP ZED ZEN ZIG ZIP ZIT ZLOTY ZOO""".split()
)
"""Words even in capitals, if they are short, unlike a word or an acronym; other short ones are
letters."""

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
    "YAML": "jˈæməl", "TODO": "tˈuːduː", "NAS": "nˈæs", "LaTeX": "lˈeɪtɛk",
    "CUDA": "kˈuːdə", "cuda": "kˈuːdə", "SCSI": "skˈʌzi", "PyPI": "pˌaɪpiːˈaɪ",
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
_ALSO_WORDS = frozenset("LED COD COO POW PA MA MIA".split())
"""Of SPELLED."""
_BEHIND_WHO = frozenset(
    "officials guidelines director chief report experts data estimates recommends declared".split()
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
    if base in SAID and not tail:
        return Reading(marks.pronounced(base, SAID[base]), match.end(), "acronym")
    if base == "WHO" and _is_organization(text, match.start(), match.end()):
        return Reading(letters(base) + tail, match.end(), "acronym")
    if _is_small(text, match):
        # espeak-ng spells most words of three capitals.
        return Reading(match[0].lower(), match.end(), "acronym")
    listed = base in SPELLED
    spelled = listed or (
        base in SPELLED_BY_ESPEAK or not _VOWELS.intersection(base) or _is_spelled(base)
    )
    if tail in {"s", "s'"}:
        # espeak-ng says GPUs without its last sound.
        if not spelled:
            return None
        return Reading(f"{letters(base)}'s", match.end(), "acronym")
    if not listed and not _is_spelled(base):
        return None
    if (not listed or base in _ALSO_WORDS) and _is_shouted(text, start, match.end()):
        return Reading(match[0].lower(), match.end(), "acronym")
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
    if len(base) > 3:
        return is_long_word(base)
    if base not in WORDS or text[end : end + 1].isdigit() or not _VOWELS.intersection(base):
        return False
    if text[start - 1 : start] == "." or word_before(text, start) == "dot":
        # .NET
        return False
    if base == "WHO":
        return not _is_organization(text, start, end)
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


def is_long_word(base: str) -> bool:
    """Whether more than three capitals are a word that is no acronym."""
    if base in SAID or base in SAID_AS_WORDS or base in SPELLED or base in SPELLED_BY_ESPEAK:
        return False
    return bool(_VOWELS.intersection(base)) and not _is_spelled(base)


def _is_organization(text: str, start: int, end: int) -> bool:
    """Whether WHO is the World Health Organization."""
    after = word_after(text, end).strip(_MARKS)
    return word_before(text, start) in {"the", "The"} or after in _BEHIND_WHO


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
