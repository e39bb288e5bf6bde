"""English acronyms: spelled or said, by what people do and by what espeak-ng does on its own.

What espeak-ng already reads right (checked with its en-us voice) stays as it is written: FBI is
spelled and NASA is said. The tables hold what it gets wrong; unknown words in capitals are judged
by their length and by whether they could be an English syllable. Words of a shouted sentence stay
words.
"""

import re

from speech.text import marks
from speech.text.reading import Reading, word_after, word_before

# Letters that are words of their own, with their names; espeak-ng would say the words.
_LETTERS = {"A": marks.pronounced("A", "ˈeɪ"), "I": marks.pronounced("I", "ˈaɪ")}

# Initialisms that espeak-ng says as words.
_SPELLED = frozenset(
    """AARP ABA ACL ACLU ACM ADC ADP AED AFC AFL AIG AKA AMA AMC AML ANC AOC AP APA APU ASL ATF ATP
    AV AWS BA CI CLI COD COO COPD DA DEA DOA DOB DOD DOE DUI DWI EA EC ECB ECG ECU EDM EEG EEOC EFT
    EIN EKG EMF EMP EMS EMT EOD EOF EOY EP EPA EPS ER ERP ESL ESP ET ETF EV EVP FAA FAQ FDIC GE GED
    GIS GOP GRE HOA HOV IAEA IBS IC ICBM ICC ICU IDE IED ILO IM IMF IMDB IMHO IO IOC IOU IOT IPO IQ
    IRL ISS ITV IUD IV IVF KO LAX LED MA MCU MI MIA MOU NE NGO NIH NYC NYU OBE OSS OST OT OTC OTT
    OVP PA PE PLO PO POC POV POW PSI PTA PTO QA QED RFID ROI SA SE SEC SEO SME SOC SOS STI TA TGIF
    TSA TTYL UAE UAV UAW UFC UHF UML UPS URI USC USDOJ USGS USMC USN USPS USS UTI UX VA VIN VIP VOA
    VOD WIP XYZ YMCA YTD YWCA ASMR LMAO FWIW AAAS IRA ETA CIO AGI AUC IAM OCI IPA IDK IIRC
    AFAIK ICYMI DIY AFAICT""".split()
)
# Said as words although they look like letters, or with sounds espeak-ng does not know.
_SAID = {
    "UNESCO": "juːnˈɛskoʊ", "IMAX": "ˈaɪmæks", "MCAT": "ˈɛmkæt", "PSAT": "pˈiːsæt",
    "DDOS": "dˈiːdɑːs", "DDoS": "dˈiːdɑːs", "ROTC": "ɹˈɑːtsi", "BIOS": "bˈaɪoʊs",
    "OLED": "ˈoʊlɛd", "HIPAA": "hˈɪpə", "HIIT": "hˈɪt", "FTSE": "fˈʊtsi", "SaaS": "sˈæs",
    "PaaS": "pˈæs", "IaaS": "ˈaɪæs", "GUI": "ɡˈuːi", "VRAM": "vˈiːɹæm", "REIT": "ɹˈiːt",
    "LaTeX": "lˈeɪtɛk", "CUDA": "kˈuːdə", "SCSI": "skˈʌzi", "PyPI": "pˌaɪpiːˈaɪ",
}  # fmt: skip
# Short words that are words even in capitals, beside which any other is taken for letters.
_SHORT_WORDS = frozenset(
    """AM AN AS AT BE BY DO GO HE HI IF IN IS IT ME MY NO OF OH ON OR OX SO TO UP WE AH AW EH HA HO
    LO MA OW PA UH UM YO YE ACE ACT ADD ADO AFT AGE AGO AID AIL AIM AIR ALE ALL AND ANT ANY APE APT
    ARC ARE ARK ARM ART ASH ASK ATE AWE AXE BAD BAG BAN BAR BAT BAY BED BEE BEG BET BIB BID BIG BIN
    BIT BOB BOO BOW BOX BOY BRA BUD BUG BUM BUN BUS BUT BUY BYE CAB CAN CAP CAR CAT COP COT COW COY
    CRY CUB CUE CUP CUT DAD DAM DAY DEN DEW DID DIE DIG DIM DIN DIP DOC DOG DOT DRY DUB DUE DUG DUO
    DYE EAR EAT EBB EEL EGG EGO ELF ELK ELM EMU END ERA EVE EWE EYE FAB FAD FAN FAR FAT FAX FED FEE
    FEW FIG FIN FIT FIX FLU FLY FOE FOG FOR FOX FRY FUN FUR GAG GAP GAS GEL GEM GET GIG GIN GOD GOT
    GUM GUN GUT GUY GYM HAD HAM HAS HAT HAY HEM HEN HER HEY HID HIM HIP HIS HIT HOG HOP HOT HOW HUB
    HUG HUH HUM HUT ICE ICY ILL INK INN ION ITS IVY JAM JAR JAW JAY JET JOB JOG JOY JUG KEG KEY KID
    KIN KIT LAB LAD LAP LAW LAY LEG LET LID LIE LIP LIT LOG LOT LOW MAD MAN MAP MAT MAY MEN MET MID
    MIX MOB MOM MOP MUD MUG MUM NAG NAP NET NEW NIL NOD NOR NOT NOW NUN NUT OAK OAR ODD OFF OIL OLD
    ONE OUR OUT OWE OWL OWN PAD PAL PAN PAT PAW PAY PEA PEN PET PIE PIG PIN PIT PLY POP POT PRO PUB
    PUT RAG RAM RAN RAP RAT RAW RAY RED RIB RID RIG RIM RIP ROB ROD ROT ROW RUB RUG RUN RYE SAD SAG
    SAP SAT SAW SAY SEA SEE SET SEW SEX SHE SHY SIN SIP SIR SIT SIX SKI SKY SLY SOB SON SOW SPA SPY
    SUM SUN TAB TAG TAN TAP TAR TAX TEA TEN THE TIE TIN TIP TOE TON TOO TOP TOY TRY TUB TUG TWO USE
    VAN VAT VET VIA VOW WAR WAS WAX WAY WEB WET WHO WHY WIG WIN WIT WOW YES YET YOU ZIP ZOO GOAT LOL
    RAM ROM SIM LAN WAN MAC NAS GIF ZIP RAW MAX MIN AIDS ISO CAD MOM POP JIT ORM RAF SAP TED UNO
    VOC DOS COVID REM BAM HMM UGH WOW YUM BOO AHA DUH MEH YAY NAH YEP GPT ASAP HUD NASA NATO MIG MIR
    """.split()
)
# Initialisms with vowels that espeak-ng spells on its own.
_SPELLED_BY_ESPEAK = frozenset(
    """AAA ABC AC ADHD ADSL AES AFK AGM AI AMD AOL API ASAP ATM BCE BMI BPA CBO CEO CES CET CFA CFO
    CGI CIA CIO CMO CPA CPI CPU CTA CTO DBA DIY DMCA DNA DOJ DPI EDT ESPN EST EU FBI FDA FHA FPGA
    GAO GDP GHQ GI GMO GNU GOP GPA GPO GPU GTA GUI HBO HMO ID IEEE IMO IP IPA IPCC IRC IRS ISBN ISP
    IT LA LAPD LGBTQ LPN MBA MDMA MFA MIT MLA MMA MMO MMORPG MPAA MRI MRSA MTA NAACP NBA NDA NFC NRA
    NSA NYE NYSE OCD OCR OECD OEM OK OMG OS PCI PDA PGA PI PMI POB PPE PSA RBI RCA RIAA RNA RPA RSA
    SBA SDK SLA SPCA SRO SSA SSI SUV TBA THC TLA TVA UCLA UFO UI UK UN UNHCR UPC URL US USA USAF USB
    USD USDA USSR UTC UV VA WBA WNBA WPA WTO""".split()
)
# Written small as well, and not words of their own.
_SMALL = frozenset(
    """tv tvs usa fbi cia ceo cfo cto api apis dvd dvds html ssn faq faqs omg idk imo imho url urls
    gps gpu gpus cpu cpus pdf pdfs usb diy ufo ufos bbq nyc eu uk ux""".split()
)
HEADS = frozenset({*_SAID, *_SMALL})
"""Acronyms that are not all capitals."""

_MIXED = {"IoT": "IOT", "iOS": "IOS", "mRNA": "MRNA", "tRNA": "TRNA", "rRNA": "RRNA"}
_VOWELS = frozenset("AEIOUY")
_FORM = re.compile(r"(?P<base>[A-Z]{2,})(?P<tail>'?s|'S|s')?(?![A-Za-z0-9])")
_AND = re.compile(r"(?P<left>[A-Z]{1,3}) ?& ?(?P<right>[A-Z]{1,3})(?P<tail>'?s)?(?![A-Za-z0-9])")
_ANY = re.compile(r"[A-Za-z]+")
_SHOUT = re.compile(r"[\"'(]*[A-Z][A-Z',.!?;:)\"]+$")
# Consonants an English syllable may begin or end with, for words nobody has listed.
_ONSET = re.compile(
    r"(?:[BCFGKP][LR]|[DT]R|TH|WR|WH|SH|CH|PH|GN|KN|S[CKLMNPQTW]|S[CPT]R|SPL|SHR|THR|SCH|QU|TW|DW"
    r"|[BCDFGHJKLMNPRSTVWXYZ])?(?=[AEIOUY])"
)
_CODA = re.compile(r"[AEIOUY](?:[BCDFGHKLMNPRSTVWXZ]{0,2}|NCH|NTH|NTS|RST|TCH|GHT|NKS|MPS|STS)$")
_CLUSTER = re.compile(
    r"[BCDFGHJKLMNPQRSTVWXZ]{4}|[AEIOUY]{4}|[AI]{2}|UU|[JQVX][BCDFGHJKLMNPQRSTVWXZ]"
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
    match = _FORM.match(text, start)
    if match is None:
        return _read_small(text, start)
    base, tail = match["base"], match["tail"] or ""
    if base in _SAID and not tail:
        return Reading(marks.pronounced(base, _SAID[base]), match.end(), "acronym")
    listed = base in _SPELLED
    spelled = listed or (
        base in _SPELLED_BY_ESPEAK or not _VOWELS.intersection(base) or _is_spelled(base)
    )
    if tail in {"s", "s'"}:
        # espeak-ng says GPUs without its last sound.
        if not spelled:
            return None
        return Reading(f"{letters(base)}'s", match.end(), "acronym")
    if not spelled or not (listed or _is_spelled(base)) or _is_shouted(text, start, match.end()):
        return None
    return Reading(letters(base) + ("'s" if tail else ""), match.end(), "acronym")


def _read_small(text: str, start: int) -> Reading | None:
    match = _ANY.match(text, start)
    if match is None:
        return None
    word, end = match[0], match.end()
    if word in _SAID:
        return Reading(marks.pronounced(word, _SAID[word]), end, "acronym")
    if word in _MIXED:
        return Reading(letters(_MIXED[word]), end, "acronym")
    if word not in _SMALL or (
        text[end : end + 1] in {".", "-", "_", "@"} and text[end + 1 : end + 2].isalnum()
    ):
        return None
    if word.endswith("s"):
        return Reading(f"{letters(word[:-1])}'s", end, "acronym")
    return Reading(letters(word), end, "acronym")


def _is_spelled(word: str) -> bool:
    """Whether an unknown word in capitals is letters rather than a word."""
    if word in _SHORT_WORDS or word in _SPELLED_BY_ESPEAK or len(word) > 5:
        return False
    if not _VOWELS.intersection(word):
        # espeak-ng spells these itself.
        return False
    if len(word) < 4:
        return True
    return not (_ONSET.match(word) and _CODA.search(word)) or bool(_CLUSTER.search(word))


def _is_shouted(text: str, start: int, end: int) -> bool:
    """Whether a neighbour is a word in capitals that is not an acronym."""
    return any(
        _SHOUT.match(word) and _is_word(word)
        for word in (word_before(text, start), word_after(text, end))
    )


def _is_word(word: str) -> bool:
    bare = word.strip("\"'(),.!?;:")
    return len(bare) > 1 and (
        bare in _SHORT_WORDS
        or "'" in bare
        or (
            len(bare) > 3
            and bare not in _SPELLED
            and not _is_spelled(bare)
            and bool(_VOWELS.intersection(bare))
            and bare not in _SPELLED_BY_ESPEAK
        )
    )
