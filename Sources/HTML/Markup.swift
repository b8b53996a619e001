import Foundation
import Typesetting

/// What HTML makes of text, numbers and names: everything from outside goes through here.
enum Markup {
  /// For text and for attributes between double quotes; characters that HTML refuses are replaced.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}":
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// What `escaped` was made of, but for what HTML refuses.
  static func unescaped(_ text: String) -> String {
    guard text.contains("&") else { return text }
    return [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")].reduce(text) {
      $0.replacing($1.0, with: $1.1)
    }
  }

  /// A decimal number of at most so many places, with a point whatever the locale; 0 for what is not finite.
  static func number(_ value: Double, _ places: Int = 2) -> String {
    MarkupText.number(value, places, leadingZero: false)
  }

  /// The address of a place in the document.
  static func fragment(_ anchor: String) -> String {
    let kept = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:~")
    return "#" + (anchor.addingPercentEncoding(withAllowedCharacters: kept) ?? "")
  }

  static func data(_ bytes: [UInt8], type: String) -> String {
    "data:\(type);base64,\(Data(bytes).base64EncodedString())"
  }

  /// Installed fonts that come next to those of the pages.
  static func fonts(_ family: Font.Family) -> String {
    switch family {
    case .serif:
      "\"Linux Libertine O\",\"Linux Libertine\",\"Libertinus Serif\",\"Times New Roman\",\"Liberation Serif\",Times,serif"
    case .sans: "Inter,\"Helvetica Neue\",Helvetica,Arial,\"Liberation Sans\",sans-serif"
    case .mono: "\"DejaVu Sans Mono\",Menlo,Consolas,\"Liberation Mono\",monospace"
    }
  }
}
