"""The page of `readdress report --html`, read as XML."""

import collections
import xml.etree.ElementTree as ElementTree

XHTML = "{http://www.w3.org/1999/xhtml}"
Row = collections.namedtuple("Row", "name small uses last")

# Names as a stranger may write them, and what a page may show of them.
HOSTILE = {
    "<script>alert(1)</script>@old.example": None,
    "a\"onmouseover=\"alert(1)@old.example": None,
    "'&lt;b&gt;&#60;@old.example": None,
    "</bdi></table></style>]]>--><!--@old.example": None,
    "שלום@old.example": None,
    "a\u202egpj.exe\u2066\u200f@old.example":
        "aU+202Egpj.exeU+2066U+200F@old.example",
    "a\tb\x01\x1b[31m\r\n@old.example":
        "aU+0009bU+0001U+001B[31mU+000DU+000A@old.example",
    "x" * 300 + "@old.example": None,
}


def shown(name):
    return HOSTILE.get(name) or name


def text(element):
    return " ".join("".join(element.itertext()).split())


class Page:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.source = file.read()
        self.root = ElementTree.fromstring(self.source)

    def all(self, tag, within=None):
        found = self.root if within is None else within
        return list(found.iter(XHTML + tag))

    def by_class(self, name, tag="*"):
        return [element for element in self.root.iter()
                if name in element.get("class", "").split()
                and tag in ("*", element.tag.removeprefix(XHTML))]

    def section(self, name):
        """Returns the section with this id, or None."""
        for element in self.all("section"):
            if element.get("id") == name:
                return element
        return None

    def count(self, name):
        """Returns the number beside the title of a section."""
        [count] = [element for element in self.section(name).iter()
                   if element.get("class") == "count"]
        return int(count.text.replace(",", ""))

    def rows(self, name):
        """Returns the rows of the table of a section, or of its list."""
        section, found = self.section(name), []
        if section is None:
            return []
        for row in self.all("tr", section)[1:] or self.all("li", section):
            [first, *_] = self.all("bdi", row)
            small = self.all("small", row)
            cells = [text(cell) for cell in self.all("td", row)]
            found.append(Row(first.text, text(small[0]) if small else "",
                             int(cells[0].replace(",", "")) if cells else 0,
                             cells[1] if cells else ""))
        return found

    def names(self, name):
        return [row.name for row in self.rows(name)]

    def tiles(self):
        """Returns what each tile shows, {section: text}."""
        return {tile.get("href")[1:]: text(tile)
                for tile in self.by_class("tile")}
