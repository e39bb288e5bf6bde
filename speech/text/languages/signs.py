"""What signs around a number are called in languages without a table of their own.

num2words knows the numbers of many of them but few of these words, and espeak-ng says many signs in
English or not at all. What is not here is left to espeak-ng.
"""

# ruff: noqa: E501 (a line for each language)
from functools import cache
from typing import NamedTuple

# By language: minus, percent, degree, Celsius, Fahrenheit, euro, dollar, pound, rupee, yen, half.
# Forms are those for one, a few and many, or for one and many; `^` stands before the number.
_TABLE = """
af|minus|persent|graad|Celsius|Fahrenheit|euro|dollar|pond|roepee|jen|half
am|ሲቀነስ|በመቶ|ዲግሪ|ሴልሺየስ|ፋራናይት|ዩሮ|ዶላር|ፓውንድ|ሩፒ|የን|ግማሽ
an|menos|por cien|grau/graus|Celsius|Fahrenheit|euro/euros|dólar/dólars|libra/libras|rupia/rupias|yen/yens|meyo
ar|ناقص|بالمئة|درجة|مئوية|فهرنهايت|يورو|دولار|جنيه|روبية|ين|نصف
az|mənfi|faiz|dərəcə|Selsi|Farenheyt|avro|dollar|funt|rupi|iyena|yarım
ba|минус|процент|градус|Цельсий|Фаренгейт|евро|доллар|фунт|рупия|иена|ярты
be|мінус|працэнт/працэнты/працэнтаў|градус/градусы/градусаў|Цэльсія|Фарэнгейта|еўра|долар/долары/долараў|фунт/фунты/фунтаў|рупія/рупіі/рупій|ена/ены/ен|палова
bg|минус|процент/процента|градус/градуса|Целзий|Фаренхайт|евро|долар/долара|паунд/паунда|рупия/рупии|йена/йени|половин
bn|মাইনাস|শতাংশ|ডিগ্রি|সেলসিয়াস|ফারেনহাইট|ইউরো|ডলার|পাউন্ড|টাকা|ইয়েন|অর্ধেক
bs|minus|posto|stepen/stepena/stepeni|Celzijusa|Farenhajta|euro/eura/eura|dolar/dolara/dolara|funta/funte/funti|rupija/rupije/rupija|jen/jena/jena|pola
ca|menys|per cent|grau/graus|Celsius|Fahrenheit|euro/euros|dòlar/dòlars|lliura/lliures|rupia/rupies|ien/iens|mig
cy|minws|y cant|gradd|Celsius|Fahrenheit|ewro|doler|punt|rwpi|ien|hanner
da|minus|procent|grad/grader|Celsius|Fahrenheit|euro|dollar|pund|rupee/rupees|yen|en halv
el|μείον|τοις εκατό|βαθμός/βαθμοί|Κελσίου|Φαρενάιτ|ευρώ|δολάριο/δολάρια|λίρα/λίρες|ρουπία/ρουπίες|γεν|μισό
eo|minus|procento/procentoj|grado/gradoj|Celsius|Fahrenheit|eŭro/eŭroj|dolaro/dolaroj|pundo/pundoj|rupio/rupioj|eno/enoj|duono
et|miinus|protsent/protsenti|kraad/kraadi|Celsiust|Fahrenheiti|euro/eurot|dollar/dollarit|nael/naela|ruupia/ruupiat|jeen/jeeni|pool
eu|minus|^ehuneko|gradu|Celsius|Fahrenheit|euro|dolar|libera|rupia|yen|erdi
fa|منفی|درصد|درجه|سانتیگراد|فارنهایت|یورو|دلار|پوند|روپیه|ین|نیم
fi|miinus|prosentti/prosenttia|aste/astetta|Celsiusta|Fahrenheitia|euro/euroa|dollari/dollaria|punta/puntaa|rupia/rupiaa|jeni/jeniä|puoli
ga|míneas|faoin gcéad|céim|Celsius|Fahrenheit|euro|dollar|punt|rúipí|yen|leath
gu|માઈનસ|ટકા|ડિગ્રી|સેલ્સિયસ|ફેરનહીટ|યુરો|ડોલર|પાઉન્ડ|રૂપિયા|યેન|અડધો
he|מינוס|אחוז/אחוזים|מעלה/מעלות|צלזיוס|פרנהייט|אירו|דולר|פאונד|רופי|ין|חצי
hi|माइनस|प्रतिशत|डिग्री|सेल्सियस|फ़ारेनहाइट|यूरो|डॉलर|पाउंड|रुपया/रुपये|येन|आधा
hr|minus|posto|stupanj/stupnja/stupnjeva|Celzija|Fahrenheita|euro/eura/eura|dolar/dolara/dolara|funta/funte/funti|rupija/rupije/rupija|jen/jena/jena|pola
ht|mwens|pousan|degre|Sèlsiyis|Farennayt|ewo|dola|liv|roupi|yèn|demi
hu|mínusz|százalék|fok|Celsius|Fahrenheit|euró|dollár|font|rúpia|jen|fél
hy|մինուս|տոկոս|աստիճան|Ցելսիուս|Ֆարենհայթ|եվրո|դոլար|ֆունտ|ռուպի|իեն|կես
ia|minus|per cento|grado/grados|Celsius|Fahrenheit|euro/euros|dollar/dollares|libra/libras|rupia/rupias|yen/yenes|medie
id|minus|persen|derajat|Celsius|Fahrenheit|euro|dolar|pound|rupee|yen|setengah
is|mínus|prósent|gráða/gráður|á Celsíus|á Fahrenheit|evra/evrur|dollari/dollarar|pund|rúpía/rúpíur|jen|hálfur
ja|マイナス|パーセント|ど||ファーレンハイト|ユーロ|ドル|ポンド|ルピー|えん|にぶんのいち
ka|მინუს|პროცენტი|გრადუსი|ცელსიუსი|ფარენჰაიტი|ევრო|დოლარი|ფუნტი|რუპია|იენი|ნახევარი
kk|минус|пайыз|градус|Цельсий|Фаренгейт|еуро|доллар|фунт|рупия|иена|жарты
kn|ಮೈನಸ್|ಶೇಕಡಾ|ಡಿಗ್ರಿ|ಸೆಲ್ಸಿಯಸ್|ಫ್ಯಾರನ್‌ಹೀಟ್|ಯೂರೋ|ಡಾಲರ್|ಪೌಂಡ್|ರೂಪಾಯಿ|ಯೆನ್|ಅರ್ಧ
ko|마이너스|퍼센트|도||화씨|유로|달러|파운드|루피|엔|이분의 일
ku|kêm|^ji sedî|pile|Celsius|Fahrenheit|euro|dolar|pound|rûpî|yen|nîv
ky|минус|пайыз|градус|Цельсий|Фаренгейт|евро|доллар|фунт|рупия|иена|жарым
lb|minus|Prozent|Grad|Celsius|Fahrenheit|Euro|Dollar|Pond|Rupie|Yen|hallef
lt|minus|procentas/procentai/procentų|laipsnis/laipsniai/laipsnių|Celsijaus|Farenheito|euras/eurai/eurų|doleris/doleriai/dolerių|svaras/svarai/svarų|rupija/rupijos/rupijų|jena/jenos/jenų|pusė
lv|mīnus|procents/procenti|grāds/grādi|pēc Celsija|pēc Fārenheita|eiro|dolārs/dolāri|mārciņa/mārciņas|rūpija/rūpijas|jena/jenas|puse
mk|минус|процент/проценти|степен/степени|Целзиусови|Фаренхајтови|евро/евра|долар/долари|фунта/фунти|рупија/рупии|јен/јени|половина
ml|മൈനസ്|ശതമാനം|ഡിഗ്രി|സെൽഷ്യസ്|ഫാരൻഹീറ്റ്|യൂറോ|ഡോളർ|പൗണ്ട്|രൂപ|യെൻ|അര
mr|उणे|टक्के|अंश|सेल्सियस|फॅरनहाइट|युरो|डॉलर|पाउंड|रुपया/रुपये|येन|अर्धा
ms|minus|peratus|darjah|Celsius|Fahrenheit|euro|dolar|paun|rupee|yen|setengah
mt|minus|fil-mija|grad/gradi|Celsius|Fahrenheit|ewro|dollaru|lira|rupi|yen|nofs
nb|minus|prosent|grad/grader|Celsius|Fahrenheit|euro|dollar|pund|rupi/rupier|yen|en halv
ne|माइनस|प्रतिशत|डिग्री|सेल्सियस|फरेनहाइट|युरो|डलर|पाउन्ड|रुपैयाँ|येन|आधा
no|minus|prosent|grad/grader|Celsius|Fahrenheit|euro|dollar|pund|rupi/rupier|yen|en halv
or|ମାଇନସ୍|ପ୍ରତିଶତ|ଡିଗ୍ରୀ|ସେଲସିୟସ|ଫାରେନହାଇଟ|ୟୁରୋ|ଡଲାର|ପାଉଣ୍ଡ|ଟଙ୍କା|ୟେନ|ଅଧା
pa|ਮਾਈਨਸ|ਪ੍ਰਤੀਸ਼ਤ|ਡਿਗਰੀ|ਸੈਲਸੀਅਸ|ਫਾਰਨਹੀਟ|ਯੂਰੋ|ਡਾਲਰ|ਪੌਂਡ|ਰੁਪਏ|ਯੇਨ|ਅੱਧਾ
ro|minus|la sută|grad/grade|Celsius|Fahrenheit|euro|dolar/dolari|liră/lire|rupie/rupii|yen/yeni|jumătate
sd|منفي|سيڪڙو|ڊگري|سينٽي گريڊ|فارنهائيٽ|يورو|ڊالر|پائونڊ|رپيا|ين|اڌ
si|ඍණ|^සියයට|අංශක|සෙල්සියස්|ෆැරන්හයිට්|යුරෝ|ඩොලර්|පවුම්|රුපියල්|යෙන්|භාගයක්
sk|mínus|percento/percentá/percent|stupeň/stupne/stupňov|Celzia|Fahrenheita|euro/eurá/eur|dolár/doláre/dolárov|libra/libry/libier|rupia/rupie/rupií|jen/jeny/jenov|pol
sl|minus|odstotek/odstotke/odstotkov|stopinja/stopinje/stopinj|Celzija|Fahrenheita|evro/evre/evrov|dolar/dolarje/dolarjev|funt/funte/funtov|rupija/rupije/rupij|jen/jene/jenov|pol
sq|minus|për qind|gradë|Celsius|Fahrenheit|euro|dollar/dollarë|paund/paundë|rupi|jen|gjysmë
sr|minus|posto|stepen/stepena/stepeni|Celzijusa|Farenhajta|evro/evra/evra|dolar/dolara/dolara|funta/funte/funti|rupija/rupije/rupija|jen/jena/jena|pola
sw|hasi|^asilimia|^nyuzi|Selsiasi|Farenhaiti|^yuro|^dola|^pauni|^rupia|^yeni|nusu
ta|மைனஸ்|சதவீதம்|டிகிரி|செல்சியஸ்|பாரன்ஹீட்|யூரோ|டாலர்|பவுண்டு|ரூபாய்|யென்|அரை
te|మైనస్|శాతం|డిగ్రీలు|సెల్సియస్|ఫారెన్‌హీట్|యూరోలు|డాలర్లు|పౌండ్లు|రూపాయలు|యెన్|అర
th|ลบ|เปอร์เซ็นต์|องศา|เซลเซียส|ฟาเรนไฮต์|ยูโร|ดอลลาร์|ปอนด์|รูปี|เยน|ครึ่ง
tk|minus|göterim|gradus|Selsiý|Farengeýt|ýewro|dollar|funt|rupiýa|ýena|ýarym
tr|eksi|^yüzde|derece|Celsius|Fahrenheit|euro|dolar|sterlin|rupi|yen|yarım
tt|минус|процент|градус|Цельсий|Фаренгейт|евро|доллар|фунт|рупия|иена|ярты
ug|مىنۇس|پىرسەنت|گرادۇس|سېلسىي|فارېنگېيت|ياۋرو|دوللار|فوند|رۇپى|يېن|يېرىم
uk|мінус|відсоток/відсотки/відсотків|градус/градуси/градусів|Цельсія|Фаренгейта|євро|долар/долари/доларів|фунт/фунти/фунтів|рупія/рупії/рупій|єна/єни/єн|половина
ur|منفی|فیصد|ڈگری|سیلسیس|فارن ہائیٹ|یورو|ڈالر|پاؤنڈ|روپے|ین|آدھا
uz|minus|foiz|daraja|Selsiy|Farengeyt|yevro|dollar|funt|rupiya|iyena|yarim
vi|âm|phần trăm|độ|C|F|euro|đô la|bảng|rupi|yên|một nửa
zh|负|^百分之|摄氏度||华氏度|欧元|美元|英镑|卢比|日元|一半
"""
_COLUMNS = ("-", "%", "°", "C", "F", "€", "$", "£", "₹", "¥", "½")
_KRONER = {"da": "krone/kroner", "nb": "krone/kroner", "no": "krone/kroner",
           "is": "króna/krónur", "fo": "króna/krónur"}  # fmt: skip
_OTHER_NAMES = {"cmn": "zh", "yue": "zh", "hbs": "hr", "ltg": "lv"}
_CODES = {"EUR": "€", "USD": "$", "GBP": "£", "INR": "₹", "JPY": "¥"}
_BY_LAST_FIGURE = frozenset(["ru", "uk", "be", "sr", "hr", "bs", "lt", "lv", "is"])
"""Where 21 counts like 1."""

SIGNS = r"%|°[CF]?|[€$£₹¥]|EUR|USD|GBP|INR|JPY"
"""Pattern of the signs that a number may have."""
DIGITS_ARE_BETTER = frozenset(["ar", "fa", "he", "ja", "th"])
"""Where espeak-ng says a number's figures better than its words, which are in letters that it
cannot read well: Japanese has them in kanji, Arabic and Hebrew without their vowels."""
OWN_FIGURES = {"ne": str.maketrans("0123456789", "०१२३४५६७८९")}
"""Where espeak-ng reads other figures in English."""


class _Words(NamedTuple):
    forms: tuple[str, ...]
    is_first: bool
    """They stand before the number."""


@cache
def _words(family: str) -> dict[str, _Words]:
    name = _OTHER_NAMES.get(family, family)
    line = next((it for it in _TABLE.splitlines() if it.partition("|")[0] == name), "")
    columns = zip((*_COLUMNS, "k"), [*line.split("|")[1:], _KRONER.get(name, "")], strict=False)
    return {
        sign: _Words(tuple(forms.removeprefix("^").split("/")), forms.startswith("^"))
        for sign, forms in columns
        if forms or sign != "k"
    }


def minus(family: str) -> str:
    """The word of a negative number, or nothing."""
    said = _words(family).get("-")
    return said.forms[0] if said else ""


def half(family: str) -> str:
    """½ in words, or nothing."""
    said = _words(family).get("½")
    return said.forms[0] if said else ""


def counted(number: str, spoken: str, sign: str, family: str) -> str:
    """A number with the word of its sign; empty where nothing here knows it.

    Args:
        number: Figures, with a point before decimals.
        spoken: How it is said, or its figures again.
        sign: One of `SIGNS`.
        family: A language without its region.
    """
    table = _words(family)
    said = table.get(_CODES.get(sign, sign[:1]))
    if said is None:
        return ""
    noun = _form(said.forms, number, family)
    if sign[1:] in {"C", "F"} and sign[0] == "°":
        scale = table[sign[1]].forms[0]
        noun = f"{scale} {noun}" if family == "hu" else f"{noun} {scale}".rstrip()
    return f"{noun} {spoken}" if said.is_first else f"{spoken} {noun}"


def _form(forms: tuple[str, ...], number: str, family: str) -> str:
    if len(forms) == 1:
        return forms[0]
    few = forms[1] if len(forms) == 3 else forms[-1]
    if "." in number:
        return few
    return forms[0] if (count := int(number)) == 1 else _of_many(forms, few, count, family)


def _of_many(forms: tuple[str, ...], few: str, count: int, family: str) -> str:
    if family in _BY_LAST_FIGURE:
        tens, last = count % 100 // 10, count % 10
        if tens == 1:
            return forms[-1]
        if last == 1:
            return forms[0]
        return few if 2 <= last <= (9 if family == "lt" else 4) else forms[-1]
    return few if 2 <= count <= 4 else forms[-1]
