"""Abbreviations of languages other than English: what they are read as, and that they end nothing.

A mark behind an abbreviation says where it is one: `#` before a number, `<` behind one, `>` behind
a Roman numeral, `^` before a capital; `!` may end a sentence. Blanks between its letters do not
matter (`z.B.`, `z. B.`).
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
        Dr.jur.=Doktor jur|Dr.-Ing.=Doktor Ingenieur|Dipl.-Ing.=Diplomingenieur|Ing.^=Ingenieur
        Dipl.-Kfm.=Diplomkaufmann|Mag.^=Magister|Fam.^=Familie|Frl.^=Fräulein|Gebr.^=Gebrüder
        Fa.^=Firma|Mo.=Montag|Di.=Dienstag|Mi.=Mittwoch|Do.=Donnerstag|Sa.=Samstag|Prof.^=Professor
        Hr.^=Herr|Hrn.^=Herrn|Fr.^=Frau|St.^=Sankt|Str.=Straße|S.#=Seite|Bd.#=Band|Kap.#=Kapitel
        Abs.#=Absatz|Art.#=Artikel|Abb.#=Abbildung|Tab.#=Tabelle|Ziff.#=Ziffer|vgl.=vergleiche
        s. S.=siehe Seite|s. Abb.=siehe Abbildung|s. Kap.=siehe Kapitel|s. auch=siehe auch
        s.o.=siehe oben|s.u.=siehe unten|o.ä.!=oder ähnliches|o.Ä.!=oder Ähnliches
        u.ä.!=und ähnliches|i.d.R.=in der Regel|m.E.=meines Erachtens|v.a.=vor allem
        u.U.=unter Umständen|z.T.=zum Teil|z.Zt.=zurzeit|z.Z.=zurzeit|v.Chr.!=vor Christus
        n.Chr.!=nach Christus|geb.=geboren|gest.=gestorben|max.=maximal|mind.=mindestens
        mtl.=monatlich|tgl.=täglich|Tel.=Telefon|Abt.=Abteilung|allg.=allgemein|bes.=besonders
        insb.=insbesondere|insbes.=insbesondere|sog.=sogenannte|zw.=zwischen|Jh.!=Jahrhundert
        Jhd.!=Jahrhundert|ff.<=folgende|f.<=folgende|z.Hd.=zu Händen|p.a.!=pro Jahr
        e.V.!=eingetragener Verein|vs.=versus|ehem.=ehemalige|m.a.W.=mit anderen Worten
        usf.!=und so fort|bspw.=beispielsweise|gem.=gemäß|lt.=laut|i.A.=im Auftrag|betr.=betreffend
        Aufl.=Auflage|Hrsg.=Herausgeber|i.V.=in Vertretung|i.H.v.=in Höhe von|i.S.v.=im Sinne von
        m.W.=meines Wissens|s.a.=siehe auch|v.l.n.r.=von links nach rechts|a.D.=außer Dienst
        d.J.=des Jahres|d.M.=des Monats|o.g.=oben genannte|u.v.m.!=und vieles mehr
        u.v.a.!=und viele andere|u.a.m.!=und anderes mehr|u.dgl.!=und dergleichen
        a.a.O.=am angegebenen Ort|ebd.=ebenda|ggü.=gegenüber|einschl.=einschließlich
        ausschl.=ausschließlich|entspr.=entsprechend|Bsp.=Beispiel|Anm.=Anmerkung|Verf.=Verfasser
        vorm.=vormittags|nachm.=nachmittags|Hbf.=Hauptbahnhof|Hbf=Hauptbahnhof|Bhf.=Bahnhof
        MwSt.!=Mehrwertsteuer|MwSt=Mehrwertsteuer|USt.=Umsatzsteuer|Pers.<=Personen|Stk.<=Stück
        Std.<=Stunden|n.V.<=nach Verlängerung|a.M.!=am Main|a.d.R.=an der Ruhr|v.#=vom|rd.=rund
        u.<=und|engl.=englisch|frz.=französisch|lat.=lateinisch|kath.=katholisch|Febr.=Februar
        Feb.=Februar|Apr.=April|Aug.=August|Sept.=September|Okt.=Oktober|Nov.=November
        Dez.=Dezember|im Jan.=im Januar|Anfang Jan.=Anfang Januar|Ende Jan.=Ende Januar""",
    "fr": """
        M.^=Monsieur|M.et=Monsieur et|M.le=Monsieur le|Mme.=Madame|Mlle.=Mademoiselle
        MM.^=Messieurs|Mme=Madame|Mmes=Mesdames|Mlle=Mademoiselle|Dr.^=docteur|Mgr^=Monseigneur
        Dr^=docteur|Pr.^=professeur|Pr^=professeur|Me^=Maître|p.#=page|pp.#=pages|n°#=numéro
        nº#=numéro|av.J.-C.!=avant Jésus-Christ|apr.J.-C.!=après Jésus-Christ|etc.!=et cetera
        c.-à-d.=c'est-à-dire|p.ex.=par exemple|par ex.=par exemple|i.e.=c'est-à-dire|env.=environ
        chap.#=chapitre|ch.#=chapitre|t.#=tome|vol.#=volume|tél.=téléphone|cf.=confer|art.#=article
        al.#=alinéa|fig.#=figure|s.v.p.!=s'il vous plaît|svp=s'il vous plaît|SVP=s'il vous plaît
        éd.=édition|bd.^=boulevard|boul.^=boulevard|bd^=boulevard|av.^=avenue|av.de=avenue de
        av.du=avenue du|pl.de=place de|réf.=référence|max.=maximum|St^=saint|Ste^=sainte
        St-^=saint-|Ste-^=sainte-|ex.=exemple|qqch.=quelque chose|qqn=quelqu'un|vs.=versus
        pers.<=personnes|hab.<=habitants|min.<=minutes|sec.<=secondes|P.-S.=post-scriptum
        N.B.=nota bene|Cie=compagnie|gén.^=général|app.#=appartement|bât.#=bâtiment|ét.<=étage
        dép.=département|adr.=adresse|dir.=directeur|id.=idem|ibid.=ibidem|op.cit.=opus citatum
        moy.=moyenne|qq.=quelques|rem.=remarque|r.-d.-c.=rez-de-chaussée|RDV=rendez-vous
        suiv.=suivant|trad.=traduction|univ.=université|ndlr=note de la rédaction|janv.=janvier
        févr.=février|avr.=avril|juil.=juillet|sept.<=septembre|oct.=octobre|nov.=novembre
        déc.=décembre|ven.=vendredi|sam.=samedi|dim.=dimanche|lun.=lundi""",
    "it": """
        Sig.=signor|Sig.ra=signora|Sig.na=signorina|Sigg.=signori|Dott.=dottor|Dr.^=dottor
        Dott.ssa=dottoressa|Dr.ssa=dottoressa|Prof.=professor|Prof.ssa=professoressa|Ing.^=ingegner
        Avv.^=avvocato|Arch.^=architetto|On.^=onorevole|Geom.^=geometra|Rag.^=ragioniere
        Cav.^=cavaliere|Mons.^=monsignor|Sen.^=senatore|Gen.^=generale|Col.^=colonnello
        Cap.^=capitano|Ten.^=tenente|Pres.^=presidente|pag.#=pagina|pagg.#=pagine|p.#=pagina
        pp.#=pagine|n.#=numero|nr.#=numero|ecc.!=eccetera|etc.!=eccetera|p.es.=per esempio
        per es.=per esempio|ad es.=ad esempio|es.=esempio|cap.#=capitolo|vol.#=volume|voll.#=volumi
        fig.#=figura|art.#=articolo|artt.#=articoli|sez.#=sezione|tab.#=tabella|tav.#=tavola
        par.#=paragrafo|all.#=allegato|int.#=interno|sec.#=secolo|tel.=telefono|cell.=cellulare
        a.C.!=avanti Cristo|d.C.!=dopo Cristo|ca.=circa|cfr.=confronta|max.=massimo|min.<=minuti
        gg.<=giorni|mq<=metri quadrati|gent.mo=gentilissimo|gent.ma=gentilissima
        Ill.mo=illustrissimo|Egr.=egregio|Spett.le=spettabile|P.zza=piazza|V.le=viale|C.so=corso
        L.go=largo|P.le=piazzale|F.lli=fratelli|S.^=San|S.p.A.!=società per azioni
        S.r.l.!=società a responsabilità limitata|id.=idem|ibid.=ibidem|op.cit.=opera citata
        trad.=traduzione|ed.=edizione|vs.=versus|p.v.=prossimo venturo|genn.=gennaio
        febbr.=febbraio|feb.=febbraio|apr.=aprile|giu.=giugno|lug.=luglio|ago.=agosto
        sett.=settembre|ott.=ottobre|nov.=novembre|dic.=dicembre|lun.=lunedì|mart.=martedì
        merc.=mercoledì|giov.=giovedì|ven.=venerdì|sab.=sabato|dom.=domenica""",
    "es": """
        Sr.=señor|Sra.=señora|Srta.=señorita|Sres.=señores|Sras.=señoras|Dr.^=doctor|Dra.^=doctora
        D.^=don|Dña.=doña|D.ª=doña|Ud.=usted|Uds.=ustedes|Vd.=usted|Vds.=ustedes|Prof.^=profesor
        Profa.^=profesora|Ing.^=ingeniero|Lic.^=licenciado|Arq.^=arquitecto|Hnos.^=hermanos
        Hno.^=hermano|Excmo.=excelentísimo|Excma.=excelentísima|Ilmo.=ilustrísimo|Mons.^=monseñor
        Cnel.^=coronel|Tte.^=teniente|Pdte.=presidente|Gob.^=gobernador|Dip.^=diputado
        Mtro.^=maestro|pág.#=página|págs.#=páginas|p.#=página|pp.#=páginas|n.º#=número|nº#=número
        n°#=número|núm.#=número|núms.#=números|etc.!=etcétera|p.ej.=por ejemplo|i.e.=es decir
        aprox.=aproximadamente|Av.=avenida|Avda.=avenida|C/^=calle|c/^=calle|Pza.=plaza|Plza.=plaza
        Ctra.=carretera|Dpto.=departamento|Depto.=departamento|dcha.=derecha|izq.=izquierda
        izda.=izquierda|tel.=teléfono|tfno.=teléfono|a.C.!=antes de Cristo|d.C.!=después de Cristo
        EE.UU.!=Estados Unidos|RR.HH.!=recursos humanos|JJ.OO.!=Juegos Olímpicos
        CC.AA.!=comunidades autónomas|FF.AA.!=Fuerzas Armadas|S.M.=su majestad
        S.A.R.=su alteza real|cap.#=capítulo|caps.#=capítulos|vol.#=volumen|vols.#=volúmenes
        art.#=artículo|arts.#=artículos|fig.#=figura|tít.#=título|s.#=siglo|ss.=siguientes
        ca.=circa|Gral.=general|Sto.^=santo|Sta.^=santa|máx.=máximo|mín.=mínimo|min.<=minutos
        seg.<=segundos|hab.<=habitantes|Cía.=compañía|Fdo.=firmado|P.D.=posdata|ref.=referencia
        incl.=incluido|v.gr.=verbigracia|ibíd.=ibídem|íd.=ídem|op.cit.=obra citada|trad.=traducción
        ed.=edición|q.e.p.d.!=que en paz descanse|a.m.!=de la mañana|p.m.!=de la tarde|vs.=versus
        c/u=cada uno|ene.=enero|feb.=febrero|abr.=abril|jun.=junio|jul.=julio|ago.=agosto
        sept.=septiembre|oct.=octubre|nov.=noviembre|dic.=diciembre|lun.=lunes|mié.=miércoles
        jue.=jueves|vie.=viernes|sáb.=sábado|dom.=domingo""",
    "pt": """
        Sr.=senhor|Sra.=senhora|Srta.=senhorita|Srs.=senhores|Sras.=senhoras|Dr.^=doutor
        Dra.^=doutora|Dr.ª^=doutora|Prof.^=professor|Profa.^=professora|Prof.ª^=professora
        Eng.^=engenheiro|Eng.ª^=engenheira|Arq.^=arquiteto|D.Maria=dona Maria|D.Ana=dona Ana
        D.Teresa=dona Teresa|D.Isabel=dona Isabel|D.Leonor=dona Leonor|D.^=dom|Exa.=excelência
        V.Exa.=Vossa Excelência|V.Ex.ª=Vossa Excelência|Cel.^=coronel|Gen.^=general|Cap.^=capitão
        Ten.^=tenente|Sgt.^=sargento|Dep.^=deputado|Sen.^=senador|Min.^=ministro|Pres.^=presidente
        Gov.^=governador|Pe.^=padre|Des.^=desembargador|pág.#=página|págs.#=páginas|p.#=página
        pp.#=páginas|n.º#=número|nº#=número|n°#=número|núm.#=número|etc.!=et cetera
        p.ex.=por exemplo|i.e.=isto é|ex.=exemplo|aprox.=aproximadamente|Av.=avenida|Pça.=praça
        Trav.=travessa|Rod.=rodovia|Al.^=alameda|Jd.^=jardim|apto.=apartamento|apt.#=apartamento
        ap.#=apartamento|bl.#=bloco|R/C=rés-do-chão|Dto.=direito|Esq.=esquerdo|tel.=telefone
        cel.#=celular|cap.#=capítulo|vol.#=volume|art.#=artigo|arts.#=artigos|fig.#=figura
        tab.#=tabela|séc.#=século|ed.#=edição|a.C.!=antes de Cristo|d.C.!=depois de Cristo
        Exmo.=excelentíssimo|Exma.=excelentíssima|Ltda.!=limitada|Lda.!=limitada|Cia.=companhia
        máx.=máximo|mín.=mínimo|min.<=minutos|seg.<=segundos|hab.<=habitantes|Sto.^=santo
        Sta.^=santa|EUA=Estados Unidos|obs.=observação|ref.=referência|incl.=incluindo|tb.=também
        q.b.!=quanto baste|vs.=versus|jan.=janeiro|fev.=fevereiro|abr.=abril|jun.=junho|jul.=julho
        ago.=agosto|set.<=setembro|out.<=outubro|nov.=novembro|dez.=dezembro""",
    "nl": """
        dhr.=de heer|mevr.=mevrouw|mw.=mevrouw|dr.^=dokter|prof.^=professor
        prof.dr.^=professor dokter|drs.^=doctorandus|ir.^=ingenieur|ing.^=ingenieur|mr.^=meester
        d.w.z.=dat wil zeggen|bijv.=bijvoorbeeld|bv.=bijvoorbeeld|b.v.=bijvoorbeeld
        o.a.=onder andere|enz.!=enzovoort|o.m.=onder meer|m.b.t.=met betrekking tot|t/m=tot en met
        i.p.v.=in plaats van|a.u.b.!=alstublieft|aub=alstublieft|s.v.p.!=alstublieft
        svp=alstublieft|nr.#=nummer|nrs.#=nummers|blz.#=bladzijde|p.#=pagina|pag.#=pagina|ca.=circa
        ong.=ongeveer|incl.=inclusief|excl.=exclusief|evt.=eventueel|resp.=respectievelijk
        zgn.=zogenaamde|n.a.v.=naar aanleiding van|t.o.v.=ten opzichte van
        m.a.w.=met andere woorden|d.m.v.=door middel van|o.b.v.=op basis van|m.n.=met name
        m.u.v.=met uitzondering van|a.d.h.v.=aan de hand van|n.v.t.!=niet van toepassing
        m.i.=mijns inziens|i.c.m.=in combinatie met|i.h.b.=in het bijzonder|i.h.a.=in het algemeen
        i.t.t.=in tegenstelling tot|t.b.v.=ten behoeve van|t.n.v.=ten name van
        t.a.v.=ter attentie van|t.z.t.=te zijner tijd|v.a.=vanaf|w.o.=waaronder
        z.o.z.!=zie ommezijde|c.q.=casu quo|d.d.=de dato|e.a.!=en andere|e.v.!=en volgende
        o.i.d.!=of iets dergelijks|nl.=namelijk|n.l.=namelijk|vgl.=vergelijk|vnl.=voornamelijk
        jl.=jongstleden|p.p.=per persoon|p.st.=per stuk|p.j.=per jaar|geb.=geboren|ovl.=overleden
        gem.=gemiddeld|tel.=telefoon|v.Chr.!=voor Christus|n.Chr.!=na Christus|St.^=Sint
        max.=maximaal|min.=minimaal|min.<=minuten|i.v.m.=in verband met|e.d.!=en dergelijke
        etc.!=et cetera|hfst.#=hoofdstuk|fig.#=figuur|afb.#=afbeelding|tab.#=tabel|art.#=artikel
        par.#=paragraaf|o.l.v.=onder leiding van|t.g.v.=ten gevolge van|m.i.v.=met ingang van
        z.s.m.!=zo snel mogelijk|a.s.=aanstaande|vs.=versus|jan.=januari|feb.=februari
        febr.=februari|mrt.=maart|apr.=april|aug.=augustus|sept.=september|okt.=oktober
        nov.=november|dec.=december""",
    "pl": """
        np.=na przykład|tzn.=to znaczy|tj.=to jest|itd.!=i tak dalej|itp.!=i tym podobne
        m.in.=między innymi|dr^=doktor|dr.^=doktor|dr hab.=doktor habilitowany
        dr inż.=doktor inżynier|prof.^=profesor|mgr=magister|inż.^=inżynier|lek.^=lekarz
        gen.^=generał|płk^=pułkownik|mjr^=major|kpt.^=kapitan|nr#=numer
        przy ul.=przy ulicy|na ul.=na ulicy|z ul.=z ulicy|do ul.=do ulicy|od ul.=od ulicy|ul.^=ulica
        pl.^=plac|w dn.=w dniu|dn.#=dnia
        os.^=osiedle|os.<=osób|str.#=strona|s.#=strona|ok.=około|wg=według|pt.=pod tytułem
        ks.^=ksiądz|bp^=biskup|abp^=arcybiskup|śp.^=świętej pamięci|św.^=święty|bł.^=błogosławiony
        w godz.=w godzinach|m.<#=mieszkania|o godz.=o godzinie
        od godz.=od godziny|do godz.=do godziny|po godz.=po godzinie
        godz.#=godzina|godz.<=godzin|tel.=telefon|p.n.e.!=przed naszą erą|n.e.!=naszej ery
        n.p.m.!=nad poziomem morza|im.=imienia|al.^=aleja|max.=maksymalnie|tys.<=tysięcy
        zob.=zobacz|por.=porównaj|tzw.=tak zwany|dot.=dotyczy|ds.=do spraw|m.st.=miasto stołeczne
        rys.#=rysunek|tab.#=tabela|rozdz.#=rozdział|wł.=właściwie|etc.!=et cetera|ur.=urodzony
        zm.=zmarły|art.#=artykuł|ust.#=ustęp|pkt#=punkt|pkt.#=punkt|t.#=tom|r.#=rok|w.>=wieku
        jw.!=jak wyżej|b.d.!=brak danych|Sp.z o.o.!=spółka z ograniczoną odpowiedzialnością
        S.A.!=spółka akcyjna|ww.=wyżej wymieniony|wyd.=wydanie|red.=redakcja|tłum.=tłumaczenie
        cdn.!=ciąg dalszy nastąpi|br.!=bieżącego roku|bm.!=bieżącego miesiąca|ub.=ubiegły
        min.<=minut|sek.<=sekund|szt.<=sztuk|proc.<=procent|egz.<=egzemplarzy|woj.=województwo
        pow.=powiat|gm.=gmina|zał.=załącznik|ang.=angielski|niem.=niemiecki|łac.=łaciński
        dyr.=dyrektor|zast.=zastępca|p.^=p.""",
    "ru": """
        т.е.=то есть|т.к.=так как|т.д.!=так далее|т.п.!=тому подобное|т.н.=так называемый
        т.ч.=том числе|т.о.=таким образом|др.!=другие|пр.!=прочее|г.^=город|г.<=года|ул.^=улица
        д.#=дом|кв.#=квартира|корп.#=корпус|стр.#=страница|с.#=страница|рис.#=рисунок
        табл.#=таблица|гл.#=глава|разд.#=раздел|чел.=человек|см.=смотри|ср.=сравни|напр.=например
        тыс.=тысяч|млн=миллионов|млрд=миллиардов|им.=имени|проф.^=профессор|доц.^=доцент
        до н.э.!=до нашей эры|н.э.!=нашей эры|тел.=телефон|мин.<=минут|сек.<=секунд|ч.<=часов
        мес.<=месяцев|дн.<=дней|шт.<=штук|экз.<=экземпляров|г-н=господин|г-жа=госпожа|св.^=святой
        акад.^=академик|ген.^=генерал|ок.=около|прибл.=приблизительно|обл.=область|р-н=район
        пер.^=переулок|пл.^=площадь|просп.^=проспект|пр-т=проспект|наб.=набережная|бул.^=бульвар
        б-р=бульвар|мкр.=микрорайон|пос.^=посёлок|дер.^=деревня|оз.^=озеро|р.^=река|о.^=остров
        п.#=пункт|пп.#=пункты|ст.#=статья|абз.#=абзац|вв.!=века|в.>=века|гг.!=годы|д-р=доктор
        долл.<=долларов|руб.=рублей|коп.=копеек|д.м.н.=доктор медицинских наук
        к.м.н.=кандидат медицинских наук|д.т.н.=доктор технических наук
        к.т.н.=кандидат технических наук|д.ф.-м.н.=доктор физико-математических наук
        и.о.=исполняющий обязанности|зам.=заместитель|зав.=заведующий|нач.=начальник|дир.=директор
        ин-т=институт|ун-т=университет|прим.=примечание|ред.=редакция|изд.=издание|англ.=английский
        нем.=немецкий|лат.=латинский|греч.=греческий|макс.=максимум|с.г.!=сего года
        б/у=бывший в употреблении|ж/д=железнодорожный|янв.=января|февр.=февраля|апр.=апреля
        авг.=августа|сент.=сентября|окт.=октября|нояб.=ноября|дек.=декабря""",
    "cs": """
        např.=například|tj.=to jest|atd.!=a tak dále|apod.!=a podobně|atp.!=a tak podobně
        tzn.=to znamená|tzv.=takzvaný|č.#=číslo|č.p.=číslo popisné|str.#=strana|s.#=strana
        ul.^=ulice|Dr.^=doktor|prof.^=profesor|doc.^=docent|Ing.^=inženýr|Mgr.^=magistr
        Bc.^=bakalář|MUDr.^=doktor|JUDr.^=doktor|PhDr.^=doktor|RNDr.^=doktor|MVDr.^=doktor
        CSc.!=kandidát věd|p.^=pan|pí^=paní|sl.^=slečna|gen.^=generál|plk.^=plukovník|kpt.^=kapitán
        cca=cirka|ca=cirka|resp.=respektive|popř.=popřípadě|příp.=případně|event.=eventuálně
        aj.!=a jiné|mj.=mimo jiné|hod.<=hodin|min.<=minut|min.=minimálně|sek.<=sekund|ks<=kusů
        os.<=osob|tis.=tisíc|mil.<=milionů|mld.<=miliard|kap.#=kapitola|obr.#=obrázek|tab.#=tabulka
        čl.#=článek|odst.#=odstavec|roč.#=ročník|sv.#=svazek|tel.=telefon
        př.n.l.!=před naším letopočtem|n.l.!=našeho letopočtu|m.n.m.!=metrů nad mořem|sv.^=svatý
        max.=maximálně|nám.=náměstí|nábř.=nábřeží|tř.^=třída|hl.m.=hlavní město|st.<=století
        stol.<=století|nar.=narozen|zem.=zemřel|vč.=včetně|r.#=roku|zvl.=zvláště|př.=příklad
        pozn.=poznámka|srov.=srovnej|vyd.=vydání|přibl.=přibližně|t.r.!=tohoto roku|t.č.=toho času
        angl.=anglicky|něm.=německy|s.r.o.!=společnost s ručením omezeným|a.s.!=akciová společnost
        etc.!=et cetera""",
    "sv": """
        t.ex.=till exempel|tex=till exempel|m.m.!=med mera|d.v.s.=det vill säga|dvs.=det vill säga
        dvs=det vill säga|bl.a.=bland annat|o.s.v.!=och så vidare|osv.!=och så vidare
        osv=och så vidare|s.k.=så kallad|p.g.a.=på grund av|pga.=på grund av|pga=på grund av
        f.d.=före detta|f.n.=för närvarande|f.ö.=för övrigt|nr#=nummer|nr.#=nummer|kl.#=klockan
        kl#=klockan|ca=cirka|ca.=cirka|ung.=ungefär|s.#=sidan|sid.#=sidan|kap.#=kapitel|v.#=vecka
        fr.o.m.=från och med|from.=från och med|t.o.m.=till och med|m.fl.!=med flera|tel.=telefon
        tfn=telefon|f.Kr.!=före Kristus|e.Kr.!=efter Kristus|inkl.=inklusive|exkl.=exklusive
        resp.=respektive|ev.=eventuellt|jfr=jämför|enl.=enligt|spec.=speciellt|st.<=stycken
        st<=stycken|min.<=minuter|sek.<=sekunder|tim.<=timmar|milj.<=miljoner|mkr=miljoner kronor
        tkr=tusen kronor|mdkr=miljarder kronor|proc.<=procent|etc.!=et cetera|max.=maximalt
        min.=minst|dr^=doktor|prof.^=professor|doc.^=docent|hr^=herr|ing.^=ingenjör|S:t^=Sankt
        S:ta^=Sankta|fig.#=figur|tab.#=tabell|avd.=avdelning|bil.#=bilaga|anm.=anmärkning
        m.a.o.=med andra ord|m.a.p.=med avseende på|m.h.a.=med hjälp av|i.o.m.=i och med
        i st.f.=i stället för|s.a.s.=så att säga|d.ä.=den äldre|d.y.=den yngre|t.v.=tills vidare
        t.h.=till höger|f.m.=förmiddagen|e.m.=eftermiddagen|mvh=med vänliga hälsningar
        o.d.!=och dylikt|o.dyl.!=och dylikt|e.d.!=eller dylikt|obs.=observera
        uppsk.=uppskattningsvis|jan.=januari|febr.=februari|feb.=februari|apr.=april|aug.=augusti
        sept.=september|okt.=oktober|nov.=november|dec.=december""",
}
# What stands between the first and the last day, between others, and the days.
_WEEKDAYS = {
    "de": ("bis", "und|&", "Mo=Montag Di=Dienstag Mi=Mittwoch Do=Donnerstag Fr=Freitag Sa=Samstag "
           "So=Sonntag"),
    "nl": ("tot", "en|&", "ma=maandag di=dinsdag wo=woensdag do=donderdag vr=vrijdag za=zaterdag "
           "zo=zondag"),
    "fr": ("à", "et", "lun=lundi mar=mardi mer=mercredi jeu=jeudi ven=vendredi sam=samedi "
           "dim=dimanche"),
    "es": ("a", "y", "lun=lunes mar=martes mié=miércoles jue=jueves vie=viernes sáb=sábado "
           "dom=domingo"),
    "it": ("a", "e", "lun=lunedì mar=martedì mer=mercoledì gio=giovedì ven=venerdì sab=sabato "
           "dom=domenica"),
    "pt": ("a", "e", "seg=segunda ter=terça qua=quarta qui=quinta sex=sexta sáb=sábado "
           "dom=domingo"),
    "pl": ("do", "i", "pn=poniedziałek wt=wtorek śr=środa czw=czwartek pt=piątek sob=sobota "
           "niedz=niedziela"),
    "ru": ("—", "и", "пн=понедельник вт=вторник ср=среда чт=четверг пт=пятница сб=суббота "
           "вс=воскресенье"),
    "cs": ("až", "a", "po=pondělí út=úterý st=středa čt=čtvrtek pá=pátek so=sobota ne=neděle"),
    "sv": ("till", "och", "mån=måndag tis=tisdag ons=onsdag tors=torsdag tor=torsdag fre=fredag "
           "lör=lördag sön=söndag"),
}  # fmt: skip
# e.g. ` 9-17 Uhr`
_HOURS = (
    r":? [0-9]{1,2}h?(?:[:.h]?[0-9]{2})?(?: ?[-–—] ?[0-9]{1,2}(?:[:.h][0-9]{2})?)? ?"
    r"(?:[Uu]hr|uur|[uh])(?!\w)"
)
# Behind the first letter, and behind the last.
_BEFORE = {"<": r"(?:(?<=[0-9] .)|(?<=[0-9]\. .))", ">": "(?<=[IVX] .)"}
_BEHIND = {"#": r"(?= ?(?:[0-9]|[IVX]+(?!\w)))", "^": r"(?= ?[^\W\d_a-zß-ÿа-я])"}
_RULE = "languages.abbreviations"
_STREET = re.compile(r"(?<!\w)([A-ZÄÖÜ][a-zäöüß]{2,24})str\.(?=,? |$)")
_CAPITAL = re.compile(r" [A-ZÀ-ÞА-ЯĄ-Ž]")
_NEXT = re.compile(r"[^\w]*[a-zß-ÿа-яё0-9]")


class _Entry(NamedTuple):
    short: str
    spoken: str
    is_final: bool
    """It may end a sentence."""


class _Reader(NamedTuple):
    pattern: re.Pattern[str]
    entries: dict[str, _Entry]
    """By the name of the group that found it."""
    days: dict[str, str]
    """Names of weekdays by what is written, in lower case."""
    to: str
    """Between two days with a hyphen."""


@cache
def _reader(family: str) -> _Reader | None:
    table = _TABLES.get(family)
    if table is None:
        return None
    entries: dict[str, _Entry] = {}
    by_letter: dict[str, list[str]] = {}
    listed = [entry.strip().partition("=") for entry in re.split(r"[|\n]", table.strip())]
    for written, _, spoken in sorted(listed, key=lambda entry: -len(entry[0].rstrip("#^<>!"))):
        short = written.rstrip("#^<>!")
        marks = written[len(short) :]
        name = f"a{len(entries)}"
        entries[name] = _Entry(short, spoken, "!" in marks)
        first = short[0]
        either = first.islower() or short[:3].isalpha()
        rest = re.escape(short[1:]).replace(r"\.", r"\. ?").removesuffix(" ?").replace(r"\ ", " ?")
        for letter in {first, first.swapcase()} if either else {first}:
            group = by_letter.setdefault(letter, [])
            before = "".join(_BEFORE.get(mark, "") for mark in marks)
            behind = "".join(_BEHIND.get(mark, "") for mark in marks)
            group.append(f"{before}{rest}{behind}(?P<{name}{letter}>)")
    body = "|".join(f"{letter}(?:{'|'.join(rest)})" for letter, rest in by_letter.items())
    to, days, pattern = _days(family)
    return _Reader(
        re.compile(rf"(?<![\w.-])(?:{pattern}(?:{body})(?:(?<=[.ªº°/-])|(?![\w.])))"),
        entries,
        days,
        to,
    )


def _days(family: str) -> tuple[str, dict[str, str], str]:
    to, others, table = _WEEKDAYS[family]
    days = {short.lower(): name for short, _, name in (day.partition("=") for day in table.split())}
    # `so` and `do` are German words.
    names = "|".join(day.partition("=")[0] for day in table.split())
    name = f"(?:{names})" if family == "de" else f"(?i:{names})"
    # Most words begin with no day's letter.
    firsts = "".join({letter for day in days for letter in (day[0], day[0].upper())})
    pattern = (
        rf"(?=[{firsts}])(?:(?P<from>{name})(?:\.? ?[-–—] ?|\. {to} )(?P<to>{name})(?![^\W\d_])\.?"
        rf"|(?P<days>{name}(?:\.?(?:, ?| (?:{others}) ){name})+)(?![^\W\d_])\.?"
        rf"|(?P<day>{name})\.?(?={_HOURS}))|"
    )
    return to, days, pattern


def abbreviation_spans(text: str, family: str) -> list[Span]:
    """The abbreviations of a sentence, read."""
    reader = _reader(family)
    if reader is None:
        return []
    found: list[Span] = []
    if family == "de" and "str." in text:
        found += [
            Span(*street.span(), f"{street[1]}straße", "abbreviation", _RULE)
            for street in _STREET.finditer(text)
        ]
    for match in reader.pattern.finditer(text):
        spoken = _weekdays(match, reader) or _spoken(match, reader)
        found.append(Span(match.start(), match.end(), spoken, "abbreviation", _RULE))
    return sorted(found)


def _weekdays(match: re.Match[str], reader: _Reader) -> str:
    if match["from"]:
        first, last = (reader.days[match[side].lower()] for side in ("from", "to"))
        return f"{first} {reader.to} {last}"
    written = match["days"] or match["day"] or ""
    return re.sub(r"[^\W\d_]+\b\.?", lambda day: _day(day[0], reader), written)


def _day(written: str, reader: _Reader) -> str:
    return reader.days.get(written.rstrip(".").lower(), written)


def _spoken(match: re.Match[str], reader: _Reader) -> str:
    entry, written = _entry(match, reader), match[0]
    spoken = entry.spoken
    if written[0] != entry.short[0] and written[0].isupper():
        spoken = spoken[:1].upper() + spoken[1:]
    text, end = match.string, match.end()
    ends = entry.is_final and _CAPITAL.match(text, end)
    if written[-1] == "." and (ends or not text[end:].strip("\"')]»”")):
        # Its dot ends the sentence, too.
        spoken += "."
    return spoken


def _entry(match: re.Match[str], reader: _Reader) -> _Entry:
    return reader.entries[(match.lastgroup or "")[:-1]]


def is_within(left: str, right: str, family: str) -> bool:
    """Whether a text was cut within an abbreviation, or behind one that ends no sentence."""
    reader = _reader(family)
    if reader is None:
        return False
    tail = left[-16:]
    for match in reader.pattern.finditer(f"{tail} {right[:16]}"):
        if match.start() < len(tail) <= match.end():
            if match.end() > len(tail) + 1 or match["from"] or match["days"] or match["day"]:
                return True
            return not _entry(match, reader).is_final or bool(_NEXT.match(right))
    return False
