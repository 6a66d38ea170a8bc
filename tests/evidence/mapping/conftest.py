"""Files as back offices give them: CSV in any encoding, and workbooks made by hand."""

import zipfile
from xml.sax.saxutils import escape

import pytest

from engine.evidence.kinds import KINDS
from engine.evidence.mapping.shelf import shipped

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


class Counts:
    """An installation that takes files by a mapping; `rows` are (agent, counter, value, low, high) of the counts."""

    def __init__(self, house):
        self.house = house.of(KINDS["counts"])
        self.folder = house.folder

    def take(self, name, content, mapping="kuaishou.satisfaction", encoding="utf-8", **options):
        path = self.house.file(name, content if isinstance(content, bytes) else content.encode(encoding))
        by = mapping if not isinstance(mapping, str) else shipped()[mapping]
        options = {"shop": "s1"} | options
        house = self.house.of(KINDS[by.kind])
        return house.take(path, mapping=by, **options)

    def faults(self, name, content, **options):
        return [str(f).removeprefix(f"{self.folder}/") for f in self.take(name, content, **options).faults]

    def rows(self, rule, agent=...):
        cells = ("agent", "counter", "value", "value_low", "value_high")
        found = [row for row in self.house.rows(*cells) if row[1].startswith(rule + "/")]
        short = [(row[0], row[1].partition("/")[2], *row[2:]) for row in found]
        return [row[1:] for row in short if row[0] == agent] if agent is not ... else short


@pytest.fixture
def counts(house):
    return Counts(house)


def workbook(path, rows, *, dates=(), hidden_first=False, prolog="", from_1904=False):
    """Writes an XLSX: text as shared strings, numbers as they are given, `dates` are (row, column) from 1."""
    texts = []
    lines = []
    for r, row in enumerate(rows, 1):
        cells = ""
        for c, cell in enumerate(row, 1):
            reference = f"{chr(64 + c)}{r}"
            if cell is None:
                continue
            if isinstance(cell, str):
                texts.append(cell)
                cells += f'<c r="{reference}" t="s"><v>{len(texts) - 1}</v></c>'
            else:
                cells += f'<c r="{reference}" s="{1 if (r, c) in dates else 0}"><v>{cell!r}</v></c>'
        lines.append(f'<row r="{r}">{cells}</row>')
    sheet = f'{prolog}<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
    state = '<sheet name="old" sheetId="2" state="hidden" r:id="rId9"/>' if hidden_first else ""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("_rels/.rels", _relations([("rId1", "officeDocument", "xl/workbook.xml")]))
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><workbookPr date1904="{int(from_1904)}"/><sheets>{state}'
            '<sheet name="data" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        parts = [("rId9", "worksheet", "worksheets/none.xml"), ("rId1", "worksheet", "worksheets/sheet1.xml"),
                 ("rId2", "styles", "styles.xml"), ("rId3", "sharedStrings", "/xl/sharedStrings.xml")]  # fmt: skip
        book.writestr("xl/_rels/workbook.xml.rels", _relations(parts))
        shared = "".join(f"<si><r><t>{escape(t)}</t></r><rPh><t>读音</t></rPh></si>" for t in texts)
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{shared}</sst>')
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd;@"/></numFmts>'
            '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="165"/></cellXfs>'
            "</styleSheet>",
        )
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    return path


def _relations(parts):
    listed = "".join(f'<Relationship Id="{i}" Type="{OFFICE}/{kind}" Target="{t}"/>' for i, kind, t in parts)
    return f'<Relationships xmlns="{RELATIONS}">{listed}</Relationships>'
