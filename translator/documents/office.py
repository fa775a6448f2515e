"""Office files: the text of Word documents, presentations slide by slide, spreadsheets sheet by sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from .limits import Unreadable
from .pages import Pages


def read_docx(data: bytes, pages: Pages) -> None:
    """Paragraphs, headings with their marks, and tables as rows. Raises Unreadable."""
    import docx
    from docx.table import Table

    document = docx.Document(io.BytesIO(data))
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                pages.text(_row(cell.text for cell in row.cells))
                if pages.full:
                    return
            continue
        style = block.style.name if block.style is not None else None
        level = style.removeprefix("Heading ") if style and style.startswith("Heading ") else ""
        pages.text(f"{'#' * int(level)} {block.text}" if level.isdigit() and block.text.strip() else block.text)
        if pages.full:
            return


def read_pptx(data: bytes, pages: Pages) -> int:
    """The number of slides; what stands on each, and the notes below it. Raises Unreadable."""
    import pptx

    presentation = pptx.Presentation(io.BytesIO(data))
    count = len(presentation.slides)
    for number, slide in enumerate(presentation.slides, 1):
        pages.mark(f"slide {number} of {count}")
        _read_shapes(slide.shapes, pages)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            notes = slide.notes_slide.notes_text_frame.text
            pages.text(f"Notes: {notes}" if notes.strip() else "")
        if pages.full:
            break
    return count


def _read_shapes(shapes: Iterable[Any], pages: Pages) -> None:
    waiting = list(shapes)[::-1]
    while waiting and not pages.full:
        shape = waiting.pop()
        if hasattr(shape, "shapes"):
            waiting.extend(list(shape.shapes)[::-1])
        elif getattr(shape, "has_table", False):
            for row in shape.table.rows:
                pages.text(_row(cell.text for cell in row.cells))
        elif getattr(shape, "has_text_frame", False):
            pages.text(shape.text_frame.text)


def read_xlsx(data: bytes, pages: Pages) -> int:
    """The number of sheets; each as lines of CSV. Raises Unreadable."""
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except python_calamine.PasswordError:
        raise Unreadable("is encrypted: send it without a password") from None
    for name in workbook.sheet_names:
        pages.mark(f'sheet "{name}"')
        for row in workbook.get_sheet_by_name(name).iter_rows():
            line = io.StringIO()
            csv.writer(line).writerow(map(_cell, row))
            pages.text(line.getvalue() if any(cell != "" for cell in row) else "")
            if pages.full:
                return len(workbook.sheet_names)
    return len(workbook.sheet_names)


def _cell(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value  # the file knows no whole numbers


def _row(cells: Iterable[str]) -> str:
    return " | ".join(" ".join(cell.split()) for cell in cells)
