"""English abbreviations and what they stand for, by the neighbours they ask for.

Collected from the lists of common abbreviations in style guides (Chicago 10, AP, Oxford), by hand.
"""

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "Dr": "Doctor", "Prof": "Professor", "Gen": "General", "Sen": "Senator", "Sens": "Senators",
    "Rep": "Representative", "Reps": "Representatives", "Gov": "Governor", "Capt": "Captain",
    "Cpt": "Captain", "Lt": "Lieutenant", "Sgt": "Sergeant", "Col": "Colonel", "Maj": "Major",
    "Cpl": "Corporal", "Pvt": "Private", "Cmdr": "Commander", "Cdr": "Commander",
    "Adm": "Admiral", "Rev": "Reverend", "Hon": "Honorable", "Fr": "Father", "Br": "Brother",
    "Mt": "Mount", "Ft": "Fort", "Pt": "Point", "Pres": "President", "Supt": "Superintendent",
    "Det": "Detective", "Insp": "Inspector", "Amb": "Ambassador", "Atty": "Attorney",
    "Msgr": "Monsignor", "Mme": "Madame", "Mlle": "Mademoiselle", "Brig": "Brigadier",
    "Ste": "Saint", "Sta": "Santa", "Sto": "Santo", "Drs": "Doctors", "Profs": "Professors",
    "Messrs": "Messieurs", "Univ": "University", "Asst": "Assistant", "Sr": "Sister",
    "Sec": "Secretary", "Dep": "Deputy", "Mgr": "Manager", "Dir": "Director", "Mr": "Mister",
    "Mrs": "Missus", "Ms": "Miz", "Mx": "Mix", "Sis": "Sister", "Assoc": "Associate",
}  # fmt: skip
"""Before a name."""

FAMILIES: Mapping[str, str] = {
    "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Ln": "Lane", "Ct": "Court",
    "Pl": "Place", "Sq": "Square", "Pkwy": "Parkway", "Expy": "Expressway", "Fwy": "Freeway",
    "Hwy": "Highway", "Ter": "Terrace", "Cir": "Circle", "Co": "Company", "Cos": "Companies",
    "Bros": "Brothers", "Mts": "Mountains", "Mtn": "Mountain", "Mtns": "Mountains",
    "Esq": "Esquire", "Twp": "Township", "Cty": "County", "Mfg": "Manufacturing", "Jr": "Junior",
    "Sr": "Senior", "Univ": "University", "Pty": "Proprietary", "Ctr": "Center", "Is": "Island",
    "Jct": "Junction", "Hts": "Heights", "Hosp": "Hospital", "Sch": "School", "Bldg": "Building",
    "Fl": "Floor", "Pk": "Park", "Cres": "Crescent", "Tpke": "Turnpike",
}  # fmt: skip
"""Behind a name."""

COUNTED: Mapping[str, str] = {
    "No": "number", "no": "number", "Nos": "numbers", "nos": "numbers", "Nr": "number",
    "nr": "number", "Vol": "volume", "vol": "volume", "Vols": "volumes", "vols": "volumes",
    "p": "page", "pp": "pages", "P": "page", "Pp": "pages", "pg": "page", "Pg": "page",
    "pgs": "pages", "Fig": "figure", "fig": "figure", "Figs": "figures", "figs": "figures",
    "Ch": "chapter", "ch": "chapter", "Chap": "chapter", "chap": "chapter", "Sec": "section",
    "sec": "section", "Sect": "section", "sect": "section", "Secs": "sections", "Art": "article",
    "art": "article", "Arts": "articles", "Eq": "equation", "eq": "equation", "Eqs": "equations",
    "eqs": "equations", "para": "paragraph", "Para": "paragraph", "paras": "paragraphs",
    "ext": "extension", "Ext": "extension", "Apt": "apartment", "apt": "apartment", "Rm": "room",
    "rm": "room", "Bldg": "building", "bldg": "building", "Rte": "route", "Rt": "route",
    "c": "circa", "ca": "circa", "ver": "version", "Ver": "version", "Pt": "part", "pt": "part",
    "Op": "opus", "op": "opus", "Hwy": "highway", "Ste": "suite", "ste": "suite",
    "Tel": "telephone", "tel": "telephone", "Ep": "episode", "ep": "episode", "Eps": "episodes",
    "Sc": "scene", "l": "line", "ll": "lines", "v": "verse", "Ps": "psalm", "Ex": "exercise",
    "Q": "question", "Bk": "book", "bk": "book", "Fl": "floor", "Ln": "line", "Col": "column",
    "col": "column", "Tab": "table", "tab": "table", "App": "appendix", "app": "appendix",
    "Lot": "lot", "Sch": "schedule", "Cl": "clause", "cl": "clause", "Iss": "issue",
    "iss": "issue", "Sta": "station", "Sess": "session", "Stat": "statute", "Reg": "regulation",
    "rev": "revision", "Rev": "revision", "ed": "edition", "temp": "temperature",
    "Temp": "temperature",
}  # fmt: skip
"""Before a number."""

DOTLESS = frozenset(
    [
        "Vol", "vol", "Fig", "fig", "Figs", "figs", "pp", "pg", "Apt", "apt", "Rm", "Bldg", "Hwy",
        "Ste", "Rte", "Rt", "Nos", "Eq", "eq", "Ch", "ch", "Chap", "chap", "Ext", "ext", "Dr",
        "Prof", "Gen", "Sen", "Gov", "Capt", "Lt", "Sgt", "Col", "Maj", "Rev", "Mt", "Ft", "Mr",
        "Mrs", "Ms", "Messrs", "Ave", "Blvd", "Rd", "Ln", "Pkwy", "Expy", "Fwy", "Bros", "Jr", "Sr",
        "Sq", "Twp", "Mtn", "Cpl", "Pvt", "Cmdr", "Adm", "Rep", "Mme", "Mlle", "ver", "Ver", "Vols",
        "vols", "Ep", "Hts", "Tpke",
    ]
)  # fmt: skip
"""Forms of the tables above that need no dot."""

DOTTED: Mapping[str, str] = {
    "cf": "compare", "est": "estimated", "Est": "established", "incl": "including",
    "excl": "excluding", "max": "maximum", "min": "minimum", "Min": "minimum", "avg": "average",
    "temp": "temperature", "orig": "originally", "esp": "especially", "Esp": "especially",
    "resp": "respectively", "assoc": "association", "Assoc": "Association", "Assn": "Association",
    "assn": "association", "univ": "university", "inst": "institute", "Inst": "Institute",
    "natl": "national", "Natl": "National", "ref": "reference", "Ref": "reference",
    "addr": "address", "amt": "amount", "Amt": "amount", "cont": "continued", "contd": "continued",
    "dist": "district", "Dist": "District", "div": "division", "Div": "Division",
    "ed": "edition", "eds": "editors", "Eds": "editors", "viz": "namely", "al": "al",
    "ibid": "ibid", "Tel": "telephone", "tel": "telephone", "dia": "diameter",
    "prev": "previous", "abbr": "abbreviation", "abbrev": "abbreviation", "adj": "adjective",
    "adv": "adverb", "Lat": "Latin", "Ltd": "Limited", "Inc": "Incorporated",
    "Corp": "Corporation", "corp": "corporation", "pop": "population", "Comm": "Committee",
    "feat": "featuring", "tbsp": "tablespoons", "tsp": "teaspoons", "yr": "year", "wk": "week",
    "wks": "weeks", "mo": "month", "mos": "months", "hr": "hour", "sched": "schedule",
    "pkg": "package", "asst": "assistant", "exec": "executive", "dir": "director",
    "lg": "large", "sm": "small", "transl": "translated", "trans": "translated",
    "illus": "illustrated", "pub": "published", "publ": "published",
    "vocab": "vocabulary", "prob": "probably", "proj": "project", "subj": "subject",
    "dec": "deceased", "gov": "governor", "Gov": "government", "ave": "average",
    "wt": "weight", "ht": "height", "vol": "volume", "sq": "square", "cu": "cubic",
    "cat": "category", "sing": "singular", "pl": "plural", "masc": "masculine",
    "fem": "feminine", "obs": "obsolete", "lit": "literally", "opp": "opposite",
    "hon": "honorary", "mfg": "manufacturing", "mfr": "manufacturer", "rel": "relative",
    "capt": "captain", "prof": "professor", "sgt": "sergeant", "co": "company", "oz": "ounces",
    "St": "Street", "Prof": "Professor", "Sen": "Senator", "Capt": "Captain", "Sgt": "Sergeant",
    "Lt": "Lieutenant",
}  # fmt: skip
"""Where their dot follows and is not the sentence's own."""

ALWAYS: Mapping[str, str] = {
    "etc": "et cetera", "Etc": "et cetera", "vs": "versus", "Vs": "versus", "VS": "versus",
    "approx": "approximately", "Approx": "approximately", "govt": "government",
    "Govt": "Government", "dept": "department", "Dept": "Department", "depts": "departments",
    "Depts": "Departments", "avg": "average", "Avg": "average", "Max": "maximum",
    "mgmt": "management", "Mgmt": "Management", "mgr": "manager", "intl": "international",
    "Intl": "International", "yrs": "years", "hrs": "hours", "mins": "minutes",
    "secs": "seconds", "qty": "quantity", "Qty": "quantity", "misc": "miscellaneous",
    "Misc": "miscellaneous", "appt": "appointment", "Appt": "appointment", "bldg": "building",
    "acct": "account", "Acct": "account", "attn": "attention", "Attn": "attention",
    "Ltd": "Limited", "Inc": "Incorporated", "Corp": "Corporation", "pls": "please",
    "plz": "please", "thx": "thanks", "ppl": "people", "Expy": "Expressway", "tbsp": "tablespoons",
    "tsp": "teaspoons", "lbs": "pounds",
    "Blvd": "Boulevard", "Messrs": "Messieurs", "Mr": "Mister",
    "Mrs": "Missus", "Ms": "Miz", "abt": "about", "btwn": "between", "ext": "extension",
}  # fmt: skip
"""With a dot or without."""

WORDS_TOO = frozenset(
    [
        "Max", "Min", "min", "ed", "temp", "pop", "dir", "ant", "al", "adv", "ref", "div", "cont",
        "ext", "Lat", "dec", "rev", "pub", "cat", "sing", "lit", "rel", "fem", "ave", "hon", "mo",
        "trans", "Tel", "prob", "obs", "opp", "exec", "feat", "ft", "sq", "dia", "Est", "ht",
        "prev", "Dist", "Ref", "orig", "est", "pl", "gov", "Gov", "St", "Comm", "wt", "cu",
        "capt", "prof", "sgt", "co", "oz", "yr", "hr", "wk", "wks", "mos", "Prof", "Sen", "Capt",
        "Sgt", "Lt",
    ]
)  # fmt: skip
"""Forms that are words as well: a dot at a sentence's end, or before a capital, is not theirs."""

LATIN: Mapping[str, str] = {
    "e.g": "for example", "eg": "for example", "i.e": "that is", "ie": "that is",
    "a.k.a": "also known as", "aka": "also known as", "AKA": "also known as", "w.r.t":
    "with respect to", "et al": "et al", "a.m": "AM", "p.m": "PM", "A.M": "AM", "P.M": "PM",
    "E.g": "for example", "I.e": "that is", "Ph.D": "P H D", "q.v": "which see",
}  # fmt: skip
"""Forms with dots or spaces inside; those of letters alone are spelled."""

SLASHED: Mapping[str, str] = {
    "w/": "with", "w/o": "without", "w/out": "without", "w/in": "within", "c/o": "care of",
    "b/w": "between", "n/a": "N A", "N/A": "N A", "b/c": "because", "y/o": "year old",
    "s/he": "she or he", "d/b/a": "doing business as", "a/k/a": "also known as", "A/C": "A C",
    "a/c": "A C", "W/": "with", "W/o": "without", "W/O": "without", "C/O": "care of",
    "w/e": "whatever", "km/h": "kilometers per hour", "m/s": "meters per second",
    "MB/s": "megabytes per second", "GB/s": "gigabytes per second", "Mb/s": "megabits per second",
    "Gb/s": "gigabits per second", "mi/h": "miles per hour", "ft/s": "feet per second",
    "req/s": "requests per second", "tokens/s": "tokens per second", "i/o": "I O", "I/O": "I O",
}  # fmt: skip
"""Forms with a slash."""
