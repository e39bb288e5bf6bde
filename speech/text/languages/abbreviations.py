"""Abbreviations of languages other than English: what they are read as, and that they end nothing.

A mark behind an abbreviation says where it is one: `#` before a number, `<` behind one, `^` before
a capital; `!` may end a sentence. Blanks between its letters do not matter (`z.B.`, `z. B.`).
"""

import re
from functools import cache
from typing import NamedTuple

from speech.text.reading import Span

_TABLES = {
    "de": """
        z.B.=zum Beispiel|d.h.=das heißt|u.a.=unter anderem|bzgl.=bezüglich|bzw.=beziehungsweise
        ca.=circa|usw.!=und so weiter|u.s.w.!=und so weiter|etc.!=et cetera|evtl.=eventuell
        inkl.=inklusive|exkl.=exklusive|zzgl.=zuzüglich|abzgl.=abzüglich|ggf.=gegebenenfalls
        Nr.=Nummer|Nrn.=Nummern|Dr.^=Doktor|Dr.med.=Doktor med|Dr.phil.=Doktor phil
        Dr.jur.=Doktor jur|Dr.-Ing.=Doktor Ingenieur
        Fa.^=Firma|Mo.=Montag|Di.=Dienstag|Mi.=Mittwoch|Do.=Donnerstag
        Sa.=Samstag|Prof.^=Professor|Hr.^=Herr|Hrn.^=Herrn|Fr.^=Frau
        St.^=Sankt|Str.=Straße|S.#=Seite|Bd.#=Band|Kap.#=Kapitel|Abs.#=Absatz|Art.#=Artikel
        Abb.#=Abbildung|Tab.#=Tabelle|Ziff.#=Ziffer|vgl.=vergleiche|s.o.=siehe oben
        s.u.=siehe unten|o.ä.!=oder ähnliches|o.Ä.!=oder Ähnliches|u.ä.!=und ähnliches
        i.d.R.=in der Regel|m.E.=meines Erachtens|v.a.=vor allem|u.U.=unter Umständen
        z.T.=zum Teil|z.Zt.=zurzeit|z.Z.=zurzeit|v.Chr.!=vor Christus|n.Chr.!=nach Christus
        geb.=geboren|gest.=gestorben|max.=maximal|mind.=mindestens|mtl.=monatlich|tgl.=täglich
        Tel.=Telefon|Abt.=Abteilung|allg.=allgemein|bes.=besonders|insb.=insbesondere
        insbes.=insbesondere|sog.=sogenannte|zw.=zwischen|Jh.!=Jahrhundert|ff.<=folgende
        f.<=folgende|z.Hd.=zu Händen|p.a.!=pro Jahr|e.V.!=eingetragener Verein|vs.=versus
        ehem.=ehemalige|m.a.W.=mit anderen Worten|usf.!=und so fort|bspw.=beispielsweise
        gem.=gemäß|lt.=laut|i.A.=im Auftrag|betr.=betreffend|Aufl.=Auflage|Hrsg.=Herausgeber""",
    "fr": """
        M.^=Monsieur|M.et=Monsieur et|Mme.=Madame|Mlle.=Mademoiselle
        MM.^=Messieurs|Mme=Madame|Mmes=Mesdames|Mlle=Mademoiselle|Dr.^=docteur
        Dr^=docteur|Pr.^=professeur|Me^=Maître|p.#=page|pp.#=pages|n°#=numéro|nº#=numéro
        av.J.-C.!=avant Jésus-Christ|apr.J.-C.!=après Jésus-Christ|etc.!=et cetera
        c.-à-d.=c'est-à-dire|p.ex.=par exemple|env.=environ|chap.#=chapitre|vol.#=volume
        tél.=téléphone|cf.=confer|art.#=article|fig.#=figure|s.v.p.!=s'il vous plaît
        éd.=édition|bd.^=boulevard|boul.^=boulevard|réf.=référence|max.=maximum|St^=saint
        Ste^=sainte|ex.=exemple|qqch.=quelque chose|qqn=quelqu'un|vs.=versus""",
    "it": """
        Sig.=signor|Sig.ra=signora|Sig.na=signorina|Sigg.=signori|Dott.=dottor|Dr.^=dottor
        Dott.ssa=dottoressa|Prof.=professor|Prof.ssa=professoressa|Ing.^=ingegner|Avv.^=avvocato
        Arch.^=architetto|On.^=onorevole|pag.#=pagina|pagg.#=pagine|p.#=pagina|pp.#=pagine
        n.#=numero|nr.#=numero|ecc.!=eccetera|p.es.=per esempio|ad es.=ad esempio|cap.#=capitolo
        vol.#=volume|fig.#=figura|art.#=articolo|tel.=telefono|a.C.!=avanti Cristo
        d.C.!=dopo Cristo|ca.=circa|cfr.=confronta|max.=massimo|gent.mo=gentilissimo
        Egr.=egregio|Spett.le=spettabile|P.zza=piazza|V.le=viale|C.so=corso|S.^=San""",
    "es": """
        Sr.=señor|Sra.=señora|Srta.=señorita|Sres.=señores|Dr.^=doctor|Dra.^=doctora|D.^=don
        Dña.=doña|D.ª=doña|Ud.=usted|Uds.=ustedes|Vd.=usted|Vds.=ustedes|Prof.^=profesor
        Ing.^=ingeniero|Lic.^=licenciado|pág.#=página|págs.#=páginas|p.#=página|pp.#=páginas
        n.º#=número|nº#=número|n°#=número|núm.#=número|etc.!=etcétera|p.ej.=por ejemplo
        aprox.=aproximadamente|Av.^=avenida|Avda.^=avenida|tel.=teléfono|a.C.!=antes de Cristo
        d.C.!=después de Cristo|EE.UU.!=Estados Unidos|cap.#=capítulo|vol.#=volumen|art.#=artículo
        fig.#=figura|Gral.^=general|Sto.^=santo|Sta.^=santa|máx.=máximo|mín.=mínimo
        a.m.!=de la mañana|p.m.!=de la tarde|vs.=versus|c/u=cada uno""",
    "pt": """
        Sr.=senhor|Sra.=senhora|Srta.=senhorita|Srs.=senhores|Dr.^=doutor|Dra.^=doutora
        Prof.^=professor|Profa.^=professora|Prof.ª^=professora|Eng.^=engenheiro|pág.#=página
        págs.#=páginas|p.#=página|pp.#=páginas|n.º#=número|nº#=número|n°#=número|etc.!=et cetera
        p.ex.=por exemplo|aprox.=aproximadamente|Av.^=avenida|tel.=telefone|cap.#=capítulo
        vol.#=volume|art.#=artigo|fig.#=figura|a.C.!=antes de Cristo|d.C.!=depois de Cristo
        Exmo.=excelentíssimo|Exma.=excelentíssima|Ltda.!=limitada|máx.=máximo|mín.=mínimo
        Sto.^=santo|Sta.^=santa|EUA=Estados Unidos|obs.=observação|vs.=versus""",
    "nl": """
        dhr.=de heer|mevr.=mevrouw|mw.=mevrouw|dr.^=dokter|prof.^=professor|d.w.z.=dat wil zeggen
        bijv.=bijvoorbeeld|bv.=bijvoorbeeld|b.v.=bijvoorbeeld|o.a.=onder andere|enz.!=enzovoort
        m.b.t.=met betrekking tot|t/m=tot en met|i.p.v.=in plaats van|a.u.b.!=alstublieft
        nr.#=nummer|nrs.#=nummers|blz.#=bladzijde|p.#=pagina|ca.=circa|incl.=inclusief
        excl.=exclusief|evt.=eventueel|resp.=respectievelijk|n.a.v.=naar aanleiding van
        t.o.v.=ten opzichte van|m.a.w.=met andere woorden|tel.=telefoon|v.Chr.!=voor Christus
        n.Chr.!=na Christus|St.^=Sint|max.=maximaal|min.=minimaal|i.v.m.=in verband met
        e.d.!=en dergelijke|etc.!=et cetera|hfst.#=hoofdstuk|o.l.v.=onder leiding van
        t.g.v.=ten gevolge van|m.i.v.=met ingang van|z.s.m.!=zo snel mogelijk|a.s.=aanstaande""",
    "pl": """
        np.=na przykład|tzn.=to znaczy|tj.=to jest|itd.!=i tak dalej|itp.!=i tym podobne
        m.in.=między innymi|dr^=doktor|dr.^=doktor|prof.^=profesor|mgr^=magister|inż.^=inżynier
        nr#=numer|ul.^=ulica|str.#=strona|s.#=strona|ok.=około|wg=według|pt.=pod tytułem|ks.^=ksiądz
        św.^=święty|godz.#=godzina|tel.=telefon|p.n.e.!=przed naszą erą|n.e.!=naszej ery
        im.=imienia|al.^=aleja|max.=maksymalnie|tys.<=tysięcy|zob.=zobacz|por.=porównaj
        tzw.=tak zwany|dot.=dotyczy|ds.=do spraw|m.st.=miasto stołeczne|rys.#=rysunek
        rozdz.#=rozdział|wł.=właściwie|etc.!=et cetera""",
    "ru": """
        т.е.=то есть|т.к.=так как|т.д.!=так далее|т.п.!=тому подобное|т.н.=так называемый
        т.ч.=том числе|др.!=другие|пр.!=прочее|г.^=город|ул.^=улица|д.#=дом|кв.#=квартира
        стр.#=страница|с.#=страница|рис.#=рисунок|гл.#=глава|чел.=человек|см.=смотри|ср.=сравни|напр.=например
        тыс.<=тысяч|млн<=миллионов|млрд<=миллиардов|им.=имени|проф.^=профессор|н.э.!=нашей эры
        тел.=телефон|мин.<=минут|сек.<=секунд|ч.<=часов|г-н=господин|г-жа=госпожа|св.^=святой
        акад.^=академик|ок.=около|обл.=область|р-н=район|пер.^=переулок|пл.^=площадь|п.#=пункт
        ст.#=статья|вв.!=века|гг.!=годы|д-р=доктор|долл.<=долларов""",
    "cs": """
        např.=například|tj.=to jest|atd.!=a tak dále|apod.!=a podobně|tzn.=to znamená
        tzv.=takzvaný|č.#=číslo|str.#=strana|s.#=strana|ul.^=ulice|Dr.^=doktor|prof.^=profesor
        Ing.^=inženýr|Mgr.^=magistr|MUDr.^=doktor|JUDr.^=doktor|p.^=pan|cca=cirka
        resp.=respektive|popř.=popřípadě|aj.!=a jiné|mj.=mimo jiné|hod.<=hodin|kap.#=kapitola
        obr.#=obrázek|tel.=telefon|př.n.l.!=před naším letopočtem|n.l.!=našeho letopočtu
        sv.^=svatý|max.=maximálně|min.=minimálně|tzn.=to znamená|nám.^=náměstí|odst.#=odstavec
        vč.=včetně|r.#=roku|zvl.=zvláště|př.=příklad|etc.!=et cetera""",
    "sv": """
        t.ex.=till exempel|m.m.!=med mera|d.v.s.=det vill säga|dvs.=det vill säga
        bl.a.=bland annat|o.s.v.!=och så vidare|osv.!=och så vidare|s.k.=så kallad
        p.g.a.=på grund av|pga.=på grund av|f.d.=före detta|nr#=nummer|nr.#=nummer|kl.#=klockan
        ca=cirka|ca.=cirka|s.#=sidan|sid.#=sidan|kap.#=kapitel|fr.o.m.=från och med
        t.o.m.=till och med|m.fl.!=med flera|tel.=telefon|f.Kr.!=före Kristus|e.Kr.!=efter Kristus
        inkl.=inklusive|exkl.=exklusive|resp.=respektive|ev.=eventuellt|jfr=jämför|st.<=stycken
        etc.!=et cetera|max.=maximalt|min.=minst|dr^=doktor|prof.^=professor|fig.#=figur
        m.a.o.=med andra ord|t.v.=tills vidare|e.d.!=eller dylikt|obs.=observera""",
}
_WEEKDAYS = {
    "de": ("bis", "Mo=Montag Di=Dienstag Mi=Mittwoch Do=Donnerstag Fr=Freitag Sa=Samstag "
           "So=Sonntag"),
    "nl": ("tot", "ma=maandag di=dinsdag wo=woensdag do=donderdag vr=vrijdag za=zaterdag "
           "zo=zondag"),
    "fr": ("à", "lun=lundi mar=mardi mer=mercredi jeu=jeudi ven=vendredi sam=samedi dim=dimanche"),
    "es": ("a", "lun=lunes mar=martes mié=miércoles jue=jueves vie=viernes sáb=sábado "
           "dom=domingo"),
    "it": ("a", "lun=lunedì mar=martedì mer=mercoledì gio=giovedì ven=venerdì sab=sabato "
           "dom=domenica"),
}  # fmt: skip
_CONDITIONS = {
    "#": r"(?= ?[0-9IVX])",
    "^": r"(?= ?[^\W\d_a-zß-ÿа-я])",
    "<": "",
}
_RULE = "languages.abbreviations"
_STREET = re.compile(r"(?<!\w)([A-ZÄÖÜ][a-zäöüß]{2,24})str\.(?=,? |$)")
_CAPITAL = re.compile(r" [A-ZÀ-ÞА-ЯĄ-Ž]")
_NEXT = re.compile(r"[^\w]*[a-zß-ÿа-яё0-9]")


class _Reader(NamedTuple):
    pattern: re.Pattern[str]
    readings: dict[str, str]
    final: frozenset[str]
    """Those that may end a sentence."""


@cache
def _reader(family: str) -> _Reader | None:
    table = _TABLES.get(family)
    if table is None:
        return None
    readings: dict[str, str] = {}
    patterns: dict[str, str] = {}
    final = set()
    for entry in re.split(r"[|\n]", table.strip()):
        written, _, spoken = entry.strip().partition("=")
        short = written.rstrip("#^<!")
        mark = written[len(short) :]
        if mark == "!":
            final.add(short)
        readings[short] = spoken
        first = short[0]
        either = first.islower() or short[:3].isalpha()
        letters = f"[{first}{first.swapcase()}]" if either else re.escape(first)
        rest = re.escape(short[1:]).replace(r"\.", r"\. ?").removesuffix(" ?").replace(r"\ ", " ?")
        before = r"(?<=[0-9] )" if mark == "<" else ""
        patterns[short] = f"{before}{letters}{rest}{_CONDITIONS.get(mark, '')}"
    longest = sorted(patterns, key=len, reverse=True)
    days = ""
    if family in _WEEKDAYS:
        names = "|".join(day.partition("=")[0] for day in _WEEKDAYS[family][1].split())
        days = rf"(?P<from>{names})\.? ?[-–] ?(?P<to>{names})(?![^\W\d_])\.?|"
    body = "|".join(patterns[short] for short in longest)
    end = r"(?:(?<=[.ªº°])|(?![\w.]))"
    return _Reader(re.compile(rf"(?<![\w.-])(?:{days}(?:{body}){end})"), readings, frozenset(final))


def abbreviation_spans(text: str, family: str) -> list[Span]:
    """The abbreviations of a sentence, read."""
    reader = _reader(family)
    if reader is None:
        return []
    found: list[Span] = []
    if family == "de":
        found += [
            Span(*street.span(), f"{street[1]}straße", "abbreviation", _RULE)
            for street in _STREET.finditer(text)
        ]
    for match in reader.pattern.finditer(text):
        if family in _WEEKDAYS and match["from"]:
            to, days = _WEEKDAYS[family]
            names = dict(day.split("=") for day in days.split())
            spoken = f"{names[match['from']]} {to} {names[match['to']]}"
            found.append(Span(match.start(), match.end(), spoken, "abbreviation", _RULE))
            continue
        written = match[0].replace(" ", "")
        spoken = reader.readings.get(written) or reader.readings.get(match[0]) or ""
        if not spoken:
            other = written[0].swapcase() + written[1:]
            spoken = reader.readings.get(other, "")
            if written[0].isupper():
                spoken = spoken[:1].upper() + spoken[1:]
        if not spoken:
            continue
        ends = written in reader.final and _CAPITAL.match(text, match.end())
        if written[-1] == "." and (ends or not text[match.end() :].strip("\"')]»”")):
            # Its dot ends the sentence, too.
            spoken += "."
        found.append(Span(match.start(), match.end(), spoken, "abbreviation", _RULE))
    return sorted(found)


def is_within(left: str, right: str, family: str) -> bool:
    """Whether a text was cut within an abbreviation, or behind one that ends no sentence."""
    reader = _reader(family)
    if reader is None:
        return False
    tail = left[-16:]
    for match in reader.pattern.finditer(f"{tail} {right[:16]}"):
        if match.start() < len(tail) <= match.end():
            written = match[0].replace(" ", "")
            is_final = written in reader.final or written.lower() in reader.final
            return match.end() > len(tail) + 1 or not is_final or bool(_NEXT.match(right))
    return False
