import Foundation
import GRDB
import Results
import Support

/// How a store leaves SQLite.
public enum StoreExportFormat: String, Sendable, CaseIterable { case csv, json }

extension ResultsStore {
  /// Every stored measurement, those of former options too, with all that it depends on; the same store gives the same
  /// text.
  ///
  /// Columns: what the key was made of (`protocol` ... `window`; empty where an ingredient has no part in a row or a
  /// store of version 1 does not say it), then what was measured. As CSV with one head line, as JSON an array of
  /// objects, numbers in the fewest digits that read back as the same number.
  public func export(_ format: StoreExportFormat) throws(Problem) -> String {
    try translating {
      try queue.read { db in
        let settings = schemaVersion >= 2 ? "(SELECT ingredients FROM settings WHERE id = settings)" : "NULL"
        let columns = Self.measured.joined(separator: ", ")
        let rows = try Row.fetchCursor(
          db,
          sql: """
            SELECT subjects.ingredients, \(settings), target, layer, epsilon, window, \(columns)
            FROM measurements JOIN subjects ON subjects.key = subject
            ORDER BY subjects.ingredients, target, layer, epsilon, measurements.key
            """)
        var text = format == .csv ? (Self.ingredients + Self.measured).joined(separator: ",") + "\n" : "["
        var isFirst = true
        while let row = try rows.next() {
          var found: [String: String] = [:]
          for column in 0...1 {
            for (name, value) in ContentKey.ingredients(of: try row.decode(String?.self, atIndex: column) ?? "") {
              found[name] = value
            }
          }
          for (column, name) in ["target", "layer", "epsilon", "window"].enumerated() where name != "epsilon" {
            found[name] = try row.decode(atIndex: 2 + column)
          }
          let epsilon = try row.decode(Double.self, atIndex: 4)
          var numbers: [String] = []
          for (index, name) in Self.measured.enumerated() {
            numbers.append(
              name.hasSuffix("prediction")
                ? "\(try row.decode(Int.self, atIndex: 6 + index))"
                : "\(try row.decode(Double.self, atIndex: 6 + index))")
          }
          switch format {
          case .csv:
            let fields = Self.ingredients.map { name in
              name == "epsilon" ? "\(epsilon)" : ResultsCSV.field(found[name] ?? "")
            }
            text += (fields + numbers).joined(separator: ",") + "\n"
          case .json:
            let fields = Self.ingredients.compactMap { name -> String? in
              if name == "epsilon" { return "\"epsilon\": \(epsilon)" }
              return found[name].map { "\"\(name)\": \(Self.quoted($0))" }
            }
            let values = zip(Self.measured, numbers).map { "\"\($0)\": \($1)" }
            text += (isFirst ? "\n  {" : ",\n  {") + (fields + values).joined(separator: ", ") + "}"
          }
          isFirst = false
        }
        return format == .csv ? text : text + "\n]\n"
      }
    }
  }

  private static let ingredients = [
    "protocol", "arithmetic", "engine", "architecture", "width", "weights", "mean", "std", "variant", "channels",
    "range", "state", "size", "fit", "orientation", "image", "alignment", "label", "attack", "loss-label", "quantise",
    "explain", "target", "layer", "epsilon", "window",
  ]
  private static let measured = [
    "clean_prediction", "adversarial_prediction", "ssim", "nissim", "clean_peak", "adversarial_peak",
    "clean_confidence", "adversarial_confidence",
  ]

  /// As RFC 8259 writes a string.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      // Exact for who reads it, and without effect on a terminal.
      case _ where visible(String(scalar)) != String(scalar):
        for unit in String(scalar).utf16 { quoted += String(format: "\\u%04x", unit) }
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
