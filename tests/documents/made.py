"""Documents of every kind, good and hostile, made anew for each test."""

from __future__ import annotations

import functools
import io
import zipfile
import zlib
from collections.abc import Mapping

import docx
import pptx
from PIL import Image, ImageDraw

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6364f8cf500f0003860180"
    "5a347d6b0000000049454e44ae426082"
)


def pdf(*pages: str, trailer: str = "") -> bytes:
    """A PDF with one line of text on each page."""
    streams = [f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else "" for text in pages]
    return _pdf([f"<</Length {len(one)}>>\nstream\n{one}\nendstream".encode() for one in streams], trailer)


def _pdf(streams: list[bytes], trailer: str = "") -> bytes:
    kids = " ".join(f"{3 + 2 * number} 0 R" for number in range(len(streams)))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {len(streams)}>>".encode()]
    for number, stream in enumerate(streams):
        font = "<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
        box = "/MediaBox[0 0 612 792]"
        objects.append(f"<</Type/Page/Parent 2 0 R{box}/Contents {4 + 2 * number} 0 R/Resources{font}>>".encode())
        objects.append(stream)
    body, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end = f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{len(body)}\n%%EOF\n"
    return bytes(body) + head.encode() + end.encode()


def exploding_pdf() -> bytes:
    """A PDF whose page has a stream of 400 MiB, packed twice into a few hundred bytes."""
    inner, outer = zlib.compressobj(1), zlib.compressobj(9)
    packed = b"".join(outer.compress(inner.compress(b"0 " * 2**19)) for _ in range(400))
    packed += outer.compress(inner.flush()) + outer.flush()
    filters = "/Filter[/FlateDecode/FlateDecode]"
    return _pdf([f"<</Length {len(packed)}{filters}>>\nstream\n".encode() + packed + b"\nendstream"])


def encrypted_pdf() -> bytes:
    """A PDF that wants a password."""
    key = "<" + "42" * 32 + ">"
    return pdf("secret", trailer=f"/Encrypt<</Filter/Standard/V 1/R 2/O{key}/U{key}/P -4>>/ID[<00><00>]")


def scanned_pdf(pages: int) -> bytes:
    """A PDF whose pages are pictures of words."""
    images = []
    for number in range(pages):
        images.append(Image.new("RGB", (400, 300), "white"))
        ImageDraw.Draw(images[-1]).text((20, 20), f"scanned page {number + 1}", fill="black")
    made = io.BytesIO()
    images[0].save(made, "PDF", save_all=True, append_images=images[1:])
    return made.getvalue()


def word() -> bytes:
    document = docx.Document()
    document.add_heading("The plan", 2)
    document.add_paragraph("Buy a bridge.")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "price", "one million"
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def slides() -> bytes:
    presentation = pptx.Presentation()
    for number in (1, 2):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        assert slide.shapes.title is not None
        slide.shapes.title.text = f"Slide title {number}"
        slide.placeholders[1].text_frame.text = f"point {number}"
    frame = slide.notes_slide.notes_text_frame
    assert frame is not None
    frame.text = "speak slowly"
    made = io.BytesIO()
    presentation.save(made)
    return made.getvalue()


_SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def sheets(cell: str = "A1") -> bytes:
    """A workbook of two sheets, `Sales` and `Empty`."""
    row = f'<row r="1"><c r="{cell}" t="inlineStr"><is><t>amount, net</t></is></c><c r="B1"><v>7</v></c></row>'
    names = ("Sales", "Empty")
    entries = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(names, 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_RELATED}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in (1, 2)
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    return archive(
        {
            "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{_RELATED}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            f'xmlns:r="{_RELATED}"><sheets>{entries}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}">{links}</Relationships>',
            "xl/worksheets/sheet1.xml": _SHEET.format(row),
            "xl/worksheets/sheet2.xml": _SHEET.format(""),
        }
    )


def archive(files: Mapping[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return made.getvalue()


@functools.cache
def bomb() -> bytes:
    """A Word document that unpacks to 600 MiB."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package,
        package.open("word/document.xml", "w") as text,
    ):
        for _ in range(600):
            text.write(bytes(2**20))
    return made.getvalue()


def with_document(xml: str) -> bytes:
    """A Word document whose text is this XML."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word())) as good, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for entry in good.namelist():
            package.writestr(entry, xml if entry == "word/document.xml" else good.read(entry))
    return made.getvalue()


def laughing_word() -> bytes:
    """A Word document whose one word is a thousand million laughs, by entities of entities."""
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = "<w:body><w:p><w:r><w:t>&a9;</w:t></w:r></w:p></w:body>"
    return with_document(f"<!DOCTYPE d [{entities}]><w:document {space}>{body}</w:document>")


def spying_word(path: str) -> bytes:
    """A Word document whose one word is a file of the machine that reads it."""
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = "<w:body><w:p><w:r><w:t>&spy;</w:t></w:r></w:p></w:body>"
    return with_document(f'<!DOCTYPE d [<!ENTITY spy SYSTEM "file://{path}">]><w:document {space}>{body}</w:document>')
