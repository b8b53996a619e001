import Foundation
import Support

/// The SHA-256 of everything that a stored value depends on.
package struct ContentKey: Hashable, Sendable {
  /// 32 bytes.
  let bytes: Data

  init(bytes: Data) { self.bytes = bytes }

  /// - Parameter ingredients: in their fixed order; names and values hold no line breaks but escaped ones.
  init(_ ingredients: [(name: String, value: String)]) {
    self.init(text: ContentKey.text(of: ingredients))
  }

  /// - Parameter text: as `text(of:)` makes it.
  init(text: String) { bytes = Data(SHA256.hash(data: Data(text.utf8))) }

  /// One `name=value` a line.
  static func text(of ingredients: [(name: String, value: String)]) -> String {
    var text = ""
    for (name, value) in ingredients {
      text += name
      text += "="
      // Layer names are the only free text; an escaped line break cannot be taken for the next ingredient.
      if value.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\n") }) {
        text += value.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
      } else {
        text += value
      }
      text += "\n"
    }
    return text
  }

  /// What `text(of:)` was made of; lines without `=` are left out.
  package static func ingredients(of text: String) -> [(name: String, value: String)] {
    text.split(separator: "\n").compactMap { line in
      guard let end = line.firstIndex(of: "=") else { return nil }
      var value = ""
      var isEscaped = false
      for character in line[line.index(after: end)...] {
        if isEscaped {
          value.append(character == "n" ? "\n" : character)
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else {
          value.append(character)
        }
      }
      return (String(line[..<end]), value)
    }
  }
}
