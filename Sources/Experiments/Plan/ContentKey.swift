import Crypto
import Foundation

/// The SHA-256 of everything that a stored value depends on.
struct ContentKey: Hashable, Sendable {
  /// 32 bytes.
  let bytes: Data

  init(bytes: Data) { self.bytes = bytes }

  /// - Parameter ingredients: in their fixed order; names and values hold no line breaks but escaped ones.
  init(_ ingredients: [(name: String, value: String)]) {
    bytes = Data(SHA256.hash(data: Data(ContentKey.text(of: ingredients).utf8)))
  }

  /// One `name=value` a line.
  static func text(of ingredients: [(name: String, value: String)]) -> String {
    ingredients.map { name, value in
      // Layer names are the only free text; an escaped line break cannot be taken for the next ingredient.
      "\(name)=\(value.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n"
    }.joined()
  }
}
