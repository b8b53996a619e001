import Foundation
import Results

/// What a report's `provenance.json` says of the libraries and fonts that drew its pages.
public struct RenderingRecord: Sendable, Equatable {
  /// Versions by names: "Cairo": "1.16.0".
  public let libraries: [String: String]
  /// SHA-256 by files.
  public let fonts: [String: String]
  /// The others, which numbers depend on.
  package let software: [String: String]
  /// From before there was such a section: three libraries stand among the software, and fonts by their families.
  public let isOld: Bool
  /// All else that the file says, in one text.
  public let rest: Data

  /// Nil when the text is no provenance of ours.
  public init?(provenance: Data) {
    guard let document = try? JSONDecoder().decode(ProvenanceDocument.self, from: provenance) else { return nil }
    self.init(document)
  }

  package init(_ document: ProvenanceDocument) {
    let old = ["Cairo", "Pango", "Fontconfig"]
    isOld = document.rendering == nil
    libraries = document.rendering ?? document.software.filter { old.contains($0.key) }
    fonts = document.fonts ?? [:]
    software =
      isOld ? document.software.filter { !old.contains($0.key) && !$0.key.hasPrefix("font ") } : document.software
    var other = document
    other.rendering = nil
    other.fonts = nil
    other.software = software
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    rest = (try? encoder.encode(other)) ?? Data()
  }

  /// "Cairo 1.18.4 (here 1.16.0), zlib 1.3.1 (here 1.2.13)"; nil where both say the same.
  public func difference(from here: RenderingRecord) -> String? {
    var parts: [String] = []
    for name in Set(libraries.keys).union(here.libraries.keys).sorted() where libraries[name] != here.libraries[name] {
      // What an old file does not tell is no difference.
      if isOld, libraries[name] == nil { continue }
      parts.append("\(name) \(libraries[name] ?? "unknown") (here \(here.libraries[name] ?? "none"))")
    }
    if !isOld {
      for name in Set(fonts.keys).union(here.fonts.keys).sorted() where fonts[name] != here.fonts[name] {
        parts.append(
          fonts[name] == nil
            ? "without the font \(name)"
            : here.fonts[name] == nil
              ? "the font \(name), which is not used here" : "another file of the font \(name)")
      }
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
