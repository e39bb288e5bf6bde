r"""File names and paths: `report_v2.pdf`, `/etc/hosts`, `C:\Users\me`, `.gitignore`, `my_name`."""

import re

from speech.text import marks
from speech.text.english.numbers import cardinal
from speech.text.english.pieces import spell_name
from speech.text.reading import Reading

EXTENSIONS = frozenset(
    """pdf txt doc docx xls xlsx ppt pptx csv tsv json xml yaml yml html htm css js ts jsx tsx py rb
    rs go java c h cpp hpp cs php pl sh bat exe dll msi dmg iso apk zip gz tar tgz bz xz rar
    z jpg jpeg png gif bmp svg tif tiff webp ico mp mp3 mp4 wav avi mkv mov flac ogg aac webm
    md rst log ini cfg conf toml lock sql db bak tmp dat bin img epub mobi psd ai ttf otf
    ipynb jar deb rpm onnx parquet env vue swift kt scala lua r tex bib srt vtt eml ics so o
    a m""".split()
)
_WINDOWS = re.compile(r"(?:[A-Za-z]:|\\)\\?[\w\\. ~$()&+%-]*|[\w.-]+\\[\w\\.-]+")
_ROOTED = re.compile(r"(?:~|\.{1,2})?/[\w.@+~%-]+(?:/[\w.@+~%-]*){0,40}$|~/$")
_RELATIVE = re.compile(
    r"(?:[\w.@+~-]+/){1,40}[\w@+~-]*(?:\.[\w-]+)*\.(?P<extension>[A-Za-z0-9]{1,7})$"
)
_FILE = re.compile(
    r"(?P<stem>[\w@+~()-]+(?:\.[\w-]+){0,4})\.(?P<extension>[A-Za-z][A-Za-z0-9]{0,6})$"
)
_HIDDEN = re.compile(r"\.(?P<name>[A-Za-z][\w-]{1,40}(?:\.[\w-]{1,40}){0,3})$")
# A place in a file, behind its ending: main.py:42, app.js:10:7.
_LINE = re.compile(r"(?<=[a-z])(?::[0-9]{1,6}){1,2}$")
_IDENTIFIER = re.compile(r"\$?[A-Za-z0-9]*(?:_+[A-Za-z0-9]+)+_*(?:\(\))?$")
_ETC = marks.pronounced("etc", "ˈɛtsi")


def read_path(run: str, start: int) -> Reading | None:
    """The path or file name that a run of characters is.

    Args:
        run: Characters without white space, punctuation of the sentence stripped from its end.
        start: Where the run begins in its sentence.
    """
    if "\\" in run:
        match = _WINDOWS.match(run)
        if match and len(match[0]) > 2:
            return _path(match[0], start)
        return None
    line = _LINE.search(run)
    if line and (found := read_path(run[: line.start()], start)):
        number = " colon ".join(cardinal(int(part)) for part in line[0][1:].split(":"))
        return Reading(f"{found.spoken} colon {number}", start + len(run), "path")
    if "/" in run:
        if _ROOTED.match(run):
            return _path(run, start)
        match = _RELATIVE.match(run)
        if match and match["extension"].lower() in EXTENSIONS:
            return _path(run, start)
        return None
    hidden = _HIDDEN.match(run)
    if hidden:
        return _path(run, start)
    match = _FILE.match(run)
    if match and _is_file(match["stem"], match["extension"]):
        return _path(run, start)
    if "_" in run and _IDENTIFIER.match(run):
        name = run.strip("$_()")
        return Reading(spell_name(name), start + len(run), "path") if "_" in name else None
    return None


def _is_file(stem: str, extension: str) -> bool:
    if stem.isdigit():
        return extension in EXTENSIONS and len(extension) > 1 and extension not in {"mp", "go"}
    if extension in EXTENSIONS and len(extension) > 1:
        return True
    if extension.lower() in EXTENSIONS and extension.isupper() and len(extension) > 2:
        return True
    if len(extension) == 1:
        # `main.c`, `U.S` is not a file.
        return extension in "chr" and stem.islower() and len(stem) > 2
    # `test.abc`: two small words with a dot between them and no space.
    return stem.islower() and extension.islower() and extension.isalpha() and len(stem) > 1


def _path(written: str, start: int) -> Reading:
    spoken = spell_name(written)
    if "/etc" in written:
        # Not `et cetera`.
        spoken = spoken.replace(" etc ", f" {_ETC} ")
    return Reading(spoken, start + len(written), "path")
