"""A document that is a ZIP package of XML parts (Word, OpenDocument), opened so that a hostile one does no harm.

Nothing is unpacked to disk, no part is read beyond the limits, and the XML is read without entities, without a document
type and without the network.
"""

import zipfile
import zlib
from io import BytesIO
from posixpath import join, normpath

from lxml import etree
from lxml.etree import _Element as Element

from corpus.errors import DocumentError

_MOST_ENTRIES = 2_000
_MOST_UNPACKED = 100_000_000  # bytes, all entries together
_LARGEST_PART = 30_000_000  # bytes of one XML part: a policy of 300 pages has five million
_HIGHEST_RATIO = 200  # unpacked to packed: XML has five to thirty, a bomb a thousand

# How the parts are packed: no other way is allowed (ISO/IEC 29500-2, annex B; OpenDocument 1.3, part 2, 3.2).
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Strict Open XML has names of its own for what is otherwise the same.
_STRICT = {
    b"http://purl.oclc.org/ooxml/wordprocessingml/main": b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": (
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
}
_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_MANIFEST = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_DAMAGED = "{name} is damaged or was not copied whole: open it in the program it was made with, save it again, and bring that in."
_TOO_LARGE = (
    "{name} unpacks to far more than a policy holds, so it was not opened: copy the text into a new document and bring that in."
)


class Package:
    """A package, open for reading; every method raises DocumentError where the file is damaged or too large."""

    def __init__(self, raw: bytes, name: str) -> None:
        """Open the package and look at its directory, before anything is unpacked."""
        self.name = name
        try:
            self._zip = zipfile.ZipFile(BytesIO(raw))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
            raise DocumentError(_DAMAGED.format(name=name)) from None
        entries = self._zip.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        bombs = any(entry.file_size > 1_000_000 and entry.file_size > _HIGHEST_RATIO * entry.compress_size for entry in entries)
        if len(entries) > _MOST_ENTRIES or unpacked > _MOST_UNPACKED or bombs:
            raise DocumentError(_TOO_LARGE.format(name=name))
        self._entries = {entry.filename.replace("\\", "/").lstrip("/"): entry for entry in entries}
        self.media_type = (self._part("mimetype") or b"").decode("ascii", errors="replace").strip()
        self.main_part = self._main_part()

    def __contains__(self, part: str) -> bool:
        """Tell whether the package has this part."""
        return part in self._entries

    @property
    def is_locked(self) -> bool:
        """True where the parts are encrypted, so that a password is needed."""
        if any(entry.flag_bits & 1 for entry in self._entries.values()):
            return True
        manifest = self.xml("META-INF/manifest.xml") if "META-INF/manifest.xml" in self and self.media_type else None
        return manifest is not None and next(manifest.iter(f"{_MANIFEST}encryption-data"), None) is not None

    def names(self, under: str) -> list[str]:
        """Return the names of the parts whose name begins with `under`."""
        return [name for name in self._entries if name.startswith(under)]

    def xml(self, part: str) -> Element | None:
        """Return the root of an XML part, or None where the package has no such part."""
        raw = self._part(part)
        if raw is None:
            return None
        for strict, usual in _STRICT.items():
            raw = raw.replace(strict, usual)
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
        )
        try:
            root = etree.fromstring(raw, parser)
        except (etree.XMLSyntaxError, ValueError):
            raise DocumentError(_DAMAGED.format(name=self.name)) from None
        if root.getroottree().docinfo.doctype:
            raise DocumentError(_DAMAGED.format(name=self.name))
        return root

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the parts that a part refers to: id -> (the last word of the kind, e.g. "header", and the part's name).

        What lies outside the package, such as a template on a server, is left out and so never opened.
        """
        folder, _, file = part.rpartition("/")
        root = self.xml(f"{folder}/_rels/{file}.rels".lstrip("/"))
        found: dict[str, tuple[str, str]] = {}
        for relation in [] if root is None else root.iter(f"{_RELATIONS}Relationship"):
            if relation.get("TargetMode") != "External":
                target = relation.get("Target", "")
                name = target.lstrip("/") if target.startswith("/") else normpath(join(folder, target))
                found[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], name)
        return found

    def _part(self, part: str) -> bytes | None:
        entry = self._entries.get(part)
        if entry is None or entry.flag_bits & 1:
            return None
        if entry.compress_type not in _PACKED:  # Python could unpack others, with as much memory as the file asks for
            raise DocumentError(_DAMAGED.format(name=self.name))
        if entry.file_size > _LARGEST_PART:
            raise DocumentError(_TOO_LARGE.format(name=self.name))
        try:
            with self._zip.open(entry) as stream:
                raw = stream.read(_LARGEST_PART + 1)  # a directory may lie about the size
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
            raise DocumentError(_DAMAGED.format(name=self.name)) from None
        if len(raw) > _LARGEST_PART:
            raise DocumentError(_TOO_LARGE.format(name=self.name))
        return raw

    def _main_part(self) -> str:
        """Return the name of a Word document's main part, or nothing where this is no Word document."""
        if "[Content_Types].xml" not in self:
            return ""
        for kind, name in self.related("").values():
            if kind == "officeDocument" and name in self:
                root = self.xml(name)
                if root is not None and etree.QName(root).localname == "document":
                    return name
        return ""
