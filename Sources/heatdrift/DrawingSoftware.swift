import Images
import Rendering
import Results
import Support
import Typesetting

/// What a report's pages depend on besides its results: asked of this process, since a report may be drawn again on
/// another machine than the one that measured.
enum DrawingSoftware {
  /// The fonts that were taken from this machine, by the same sums.
  static func entries(of fallback: FallbackFonts) -> [ProvenanceEntry] {
    fallback.files.map {
      ProvenanceEntry(section: ProvenanceEntry.fonts, name: $0.name, value: Checksum.sha256($0.bytes))
    }
  }

  static func entries() throws(Problem) -> [ProvenanceEntry] {
    var libraries = Renderer.libraries + [("cmark-gfm", Markdown.libraryVersion)] + ImageEncoder.libraries
    if let index = libraries.firstIndex(where: { $0.name == "libturbojpeg" }) {
      // Its version is that of its interface; what it makes of a picture tells what pages depend on.
      let specimen = try ImageEncoder.jpeg(ImageEncoder.specimen, quality: 73, halvesChroma: true)
      libraries[index].version += ", encoder \(Checksum.sha256(specimen).prefix(8))"
    }
    return libraries.map { ProvenanceEntry(section: ProvenanceEntry.rendering, name: $0.name, value: $0.version) }
      + FontBook.faces.map {
        unsafe ProvenanceEntry(section: ProvenanceEntry.fonts, name: $0.file, value: Checksum.sha256($0.bytes))
      }
  }
}
