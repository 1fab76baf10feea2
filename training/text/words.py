"""What the training lines say: names, places, labels, dates and numbers as
documents print them, in Latin, Cyrillic and Greek. Words come from Debian's
dictionaries and from the project's lexicon; none is part of the repository."""

import glob
import importlib
import json
import os
import random
import re
import unicodedata

LATIN = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿĀāĂăĄąĆćĊċČčĎďĐđĒēĖėĘęĚěĞğĠġĢģĦħĪīĮįİıĶķĹĺĻļĽľŁłŃńŅņŇň"
    "ŌōŐőŒœŔŕŘřŚśŞşŠšȘșȚțŤťŪūŮůŰűŲųŴŵŶŷŸŹźŻżŽžẞƏə"
)
CYRILLIC = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюяЁёҐґЄєІіЇїЎўЂђЈјЉљЊњЋћЏџЃѓЅѕЌќЍѝ"
GREEK = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψωΆΈΉΊΌΎΏάέήίόύώΪΫϊϋΐΰ"
# OTHER stands for every letter of a script that is not read.
OTHER = "\ufffd"
LETTERS = " " + "".join(map(chr, range(33, 127))) + "§«»°€£ª№" + LATIN + CYRILLIC + GREEK + OTHER
KNOWN = set(LETTERS) - {OTHER}
# Scripts that are seen but not read: first and last letter, and how often.
FOREIGN = [
    (0x4E00, 0x9FA5, 10), (0x4E00, 0x62FF, 6), (0x3041, 0x3093, 2), (0x30A1, 0x30F3, 2), (0xAC00, 0xD7A3, 5),
    (0x0621, 0x064A, 5), (0x0E01, 0x0E2E, 2), (0x05D0, 0x05EA, 2), (0x10D0, 0x10F0, 2), (0x0561, 0x0586, 1), (0x0531, 0x0556, 1), (0x0905, 0x0939, 2),
]

# Characters that print alike are one.
SAME = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "–": "-", "—": "-", "“": '"', "”": '"', "„": '"', "º": "°", "ţ": "ț", "Ţ": "Ț", "\u00a0": " ", "ʼ": "'", "…": "."})

LOCALES = {
    "Latn": "cs_CZ de_AT de_CH de_DE dk_DK en_GB en_US es_ES et_EE fi_FI fr_CH fr_FR hr_HR hu_HU it_IT lt_LT lv_LV nl_NL nl_BE no_NO pl_PL pt_PT ro_RO sk_SK sl_SI sv_SE tr_TR".split(),
    "Cyrl": "bg_BG ru_RU uk_UA".split(),
    "Grek": ["el_GR"],
}
DICTS = {
    "Latn": "cs_CZ de_DE hr_HR hu_HU is_IS lt_LT lv_LV pl_PL ro_RO sk_SK sl_SI sr_Latn_RS tr_TR et_EE".split(),
    "Cyrl": "be_BY bg_BG ru_RU sr_RS uk_UA".split(),
    "Grek": ["el_GR"],
}
LISTS = "american-english bokmaal catalan danish dutch faroese french galician irish italian nynorsk polish portuguese spanish swedish ngerman".split()
ALPHABET = {"Latn": LATIN, "Cyrl": CYRILLIC, "Grek": GREEK}


def script_of(text):
    n = {"Latn": 0, "Cyrl": 0, "Grek": 0}
    for c in text:
        if c.isalpha():
            name = unicodedata.name(c, "")
            for k, v in (("LATIN", "Latn"), ("CYRILLIC", "Cyrl"), ("GREEK", "Grek")):
                if name.startswith(v and k):
                    n[v] += 1
    return max(n, key=n.get) if any(n.values()) else "Latn"


def clean(s):
    s = unicodedata.normalize("NFC", s).translate(SAME).strip()
    return s if s and all(c in KNOWN for c in s) else ""


def dictionary(path):
    """The words of a hunspell dictionary or of a list."""
    aff = path[:-3] + "aff"
    enc = "utf-8"
    if path.endswith(".dic") and os.path.exists(aff):
        m = re.search(rb"^\s*SET\s+(\S+)", open(aff, "rb").read().replace(b"\xef\xbb\xbf", b""), re.M)
        enc = m.group(1).decode().lower() if m else "latin-1"
        enc = {"microsoft-cp1251": "cp1251"}.get(enc, enc)
    text = open(path, "rb").read().decode(enc, "ignore")
    return [w.split("/")[0].split("\t")[0].strip() for w in text.splitlines()[1:]]


def flat(v):
    if isinstance(v, str):
        yield v
    elif isinstance(v, dict):
        for k in v:
            yield from flat(k)
    elif isinstance(v, (list, tuple, set)):
        for x in v:
            yield from flat(x)


class Corpus:
    """Words by script; held tells whether to give the held-out tenth of them."""

    def __init__(self, lexicon, held=False, seed=1):
        rng = random.Random(seed)
        self.words = {s: [] for s in DICTS}  # one list per language, so that none drowns another
        self.names = {s: [] for s in DICTS}
        self.labels = {s: [] for s in DICTS}

        def keep(ws, limit):
            ws = list(ws)
            if len(ws) > 3 * limit:
                ws = rng.sample(ws, 3 * limit)
            ws = sorted({w for w in map(clean, ws) if 1 < len(w) < 22})
            ws = [w for w in ws if (hash_of(w) % 10 == 0) == held]
            rng.shuffle(ws)
            return ws[:limit]

        for s, langs in DICTS.items():
            for g in langs:
                p = f"/usr/share/hunspell/{g}.dic"
                if os.path.exists(p):
                    ws = [w for w in keep(dictionary(p), 12000) if script_of(w) == s]
                    if len(ws) > 100:
                        self.words[s].append(ws)
        for g in LISTS:
            p = f"/usr/share/dict/{g}"
            if os.path.exists(p):
                self.words["Latn"].append(keep(dictionary(p), 12000))
        for s, locs in LOCALES.items():
            for loc in locs:
                got = []
                for kind in ("person", "address", "job", "company"):
                    try:
                        prov = importlib.import_module(f"faker.providers.{kind}.{loc}").Provider
                    except ImportError:
                        continue
                    for k, v in vars(prov).items():
                        if not k.startswith("_") and isinstance(v, (list, tuple, dict, set)):
                            got += [x for x in flat(v) if "{" not in x and "#" not in x and "%" not in x]
                got = [w for w in keep(got, 6000) if script_of(w) == s]
                if len(got) > 30:
                    self.names[s].append(got)
        for p in sorted(glob.glob(os.path.join(lexicon, "*.json"))):
            by = {s: [] for s in DICTS}
            d = json.load(open(p, encoding="utf-8"))
            d.pop("issuers", None)
            for k, v in d.items():
                if k in ("language", "script"):
                    continue
                for x in flat(list(v.values()) if isinstance(v, dict) else v):
                    x = clean(x)
                    if 1 < len(x) < 60:
                        by[script_of(x)].append(x)
            for s, v in by.items():
                if len(v) > 20:
                    self.labels[s].append(v)
        # Rare letters: words that hold each, over all languages of a script.
        self.rare = {}
        for s in DICTS:
            own = set(ALPHABET[s])
            for ws in self.words[s] + self.names[s]:
                for w in ws:
                    for c in set(w):
                        if c in own:
                            self.rare.setdefault((s, c.lower()), []).append(w)

    def line(self, rng):
        """A line's text and script."""
        s = rng.choices(("Latn", "Cyrl", "Grek", "Zyyy"), (54, 20, 16, 10))[0]
        if s == "Zyyy":
            return self.foreign(rng), s
        k = rng.random()
        if k < 0.24:
            t = self.name(rng, s)
        elif k < 0.41:
            t = self.label(rng, s)
        elif k < 0.54:
            t = date(rng, self, s)
        elif k < 0.69:
            t = number(rng, s)
        elif k < 0.75:
            t = self.address(rng, s)
        elif k < 0.86:
            t = self.rare_word(rng, s)
        elif k < 0.94:
            t = noise(rng, s)
        else:
            t = " ".join(self.word(rng, s) for _ in range(rng.randint(1, 5)))
        t = case(rng, t)
        if rng.random() < 0.05:
            t = rng.choice(("1.", "2.", "3.", "4a.", "4b.", "4c.", "4d.", "5.", "8.", "9.", "1", "3", "(1)", "(5)", "7.", "12.")) + " " + t
        t = clean(t)
        return (t, s) if 0 < len(t) <= 44 else self.line(rng)

    def foreign(self, rng):
        """Letters of a script that is not read, perhaps beside Latin ones."""
        first, last, _ = rng.choices(FOREIGN, [f[2] for f in FOREIGN])[0]
        apart = first < 0x3000
        t = " ".join("".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 7))) for _ in range(rng.randint(1, 3) if apart else 1))
        r = rng.random()
        if r < 0.2:
            t += rng.choice((" / ", "/", " ", ": ")) + clean(case(rng, self.label(rng, "Latn")))[:20]
        elif r < 0.35:
            t = clean(case(rng, rng.choice((self.name, self.label))(rng, "Latn")))[:20] + rng.choice((" / ", "/", " ")) + t
        elif r < 0.45:
            t = f"{rng.randint(1, 2099)}" + t
        elif r < 0.55:
            t += f"{rng.randint(1, 2099)}"
        return t

    def word(self, rng, s):
        return rng.choice(rng.choice(self.words[s]))

    def name(self, rng, s):
        w = lambda: rng.choice(rng.choice(self.names[s])) if rng.random() < 0.75 else self.word(rng, s).capitalize()
        t = w()
        if rng.random() < 0.35:
            t += rng.choice((" ", " ", "-", ", ")) + w()
        return t

    def label(self, rng, s):
        langs = rng.choice(self.labels[s]) if self.labels[s] else [self.word(rng, s)]
        t = rng.choice(langs)
        r = rng.random()
        if r < 0.3:
            o = rng.choice(rng.choice(self.labels["Latn"] if rng.random() < 0.6 else self.labels[s]))
            t += rng.choice((" / ", "/", " - ", "/ ", " ")) + o
        elif r < 0.42:
            t += rng.choice((":", ": ")) + (number(rng, s) if rng.random() < 0.5 else self.name(rng, s))
        return t

    def rare_word(self, rng, s):
        c = rng.choice([k for k in self.rare if k[0] == s])
        return rng.choice(self.rare[c])

    def address(self, rng, s):
        a = self.name(rng, s)
        n = str(rng.randint(1, 250)) + rng.choice(("", "", "", "A", "b", "/2"))
        z = f"{rng.randint(1000, 99999)}"
        return rng.choice((f"{a} {n}", f"{z} {a}", f"{a} {n}, {z}", f"{rng.choice(('ul.', 'Str.', 'Rue', 'Via', 'st.', 'C/')) if s == 'Latn' else {'Cyrl': rng.choice(('ул.', 'вул.', 'г.', 'бул.', 'обл.')), 'Grek': 'Οδός'}[s]} {a} {n}"))


def label_of(text):
    """What is to be read where this is printed."""
    out = []
    for c in text:
        if c in KNOWN:
            out.append(c)
        elif unicodedata.category(c)[0] != "M":
            out.append(OTHER)
    return re.sub(f"{OTHER} (?={OTHER})", OTHER, "".join(out)).strip()


def hash_of(w):
    h = 5381
    for c in w:
        h = (h * 33 + ord(c)) & 0xFFFFFFFF
    return h >> 3


MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC JANV FEVR MARS AVR MAI JUIN AOUT DEZ OKT MÄR MRT MEI GEN MAG GIU LUG AGO SET OTT DIC ENE ABR FEV OUT STY LUT KWI MAJ CZE LIP SIE WRZ PAŹ LIS GRU ΙΑΝ ΦΕΒ ΜΑΡ ΑΠΡ ЯНВ ФЕВ МАР АПР МАЙ ИЮН ЯНУ".split()
LAT_MONTHS = [m for m in MONTHS if m.isascii() or m in ("MÄR", "PAŹ")]


def date(rng, corpus, s):
    d, m, y = rng.randint(1, 31), rng.randint(1, 12), rng.randint(1930, 2040)
    if rng.random() < 0.6:
        p = rng.choice((".", ".", ".", " ", "/", "-", ". "))
        t = rng.choice((f"{d:02}{p}{m:02}{p}{y}", f"{d:02}{p}{m:02}{p}{y}", f"{d:02}{p}{m:02}{p}{y % 100:02}", f"{y}{p}{m:02}{p}{d:02}"))
    else:
        a, b = rng.choice(LAT_MONTHS), rng.choice(LAT_MONTHS)
        yy = rng.choice((str(y), f"{y % 100:02}"))
        t = rng.choice((f"{d:02} {a} {yy}", f"{d:02} {a}/{b} {yy}", f"{d:02} {a} / {b} {yy}", f"{d} {a.capitalize()} {y}"))
    if rng.random() < 0.15:
        t += rng.choice((" - ", "-", "  ")) + f"{d:02}.{m:02}.{y + 10}"
    if rng.random() < 0.1:
        t += " " + corpus.name(rng, s)
    return t


def number(rng, s):
    up = {"Latn": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "Cyrl": "АБВЕКМНОРСТУХ", "Grek": "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"}["Latn" if rng.random() < 0.85 else s]
    r = rng.random()
    if r < 0.35:
        t = "".join(rng.choice(up) for _ in range(rng.randint(1, 3))) + rng.choice(("", "", " ", "-")) + "".join(rng.choice("0123456789") for _ in range(rng.randint(4, 9)))
    elif r < 0.6:
        t = "".join(rng.choice("0123456789") for _ in range(rng.randint(4, 14)))
    elif r < 0.75:
        t = "".join(rng.choice("0123456789" * 3 + up) for _ in range(rng.randint(6, 18)))
    elif r < 0.9:
        p = rng.choice((" ", "-", ".", "/"))
        t = p.join("".join(rng.choice("0123456789") for _ in range(rng.randint(2, 4))) for _ in range(rng.randint(2, 4)))
    else:
        t = rng.choice(("B", "AM, B1, B", "A1 A2 A", "C1E CE", "B BE T", f"{rng.randint(150, 205)} cm", f"1,{rng.randint(50, 99)} m", "M", "F", "M/M", "F/F", "K/F", "5'-08\"", "№ 12", "N° 7", "WGT 165 lb", "EYES: BRO", "€ 25,00", "10%", "<<<", "(1)", "***", "#12"))
    return t


def noise(rng, s):
    """Syllables of no language, with every letter of the script."""
    pool = {"Latn": "aeiouyAEIOUY" + "bcdfghjklmnpqrstvwxzBCDFGHJKLMNPQRSTVWXZ" * 2 + LATIN, "Cyrl": CYRILLIC, "Grek": GREEK}[s]
    return " ".join("".join(rng.choice(pool) for _ in range(rng.randint(1, 9))) for _ in range(rng.randint(1, 2)))


def case(rng, t):
    r = rng.random()
    if r < 0.42:
        return t.replace("ß", "SS").upper() if "ß" in t else t.upper()
    if r < 0.5:
        return t.title()
    return t
