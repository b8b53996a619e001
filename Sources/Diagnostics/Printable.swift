/// A text of unknown origin as a message may show it: no control characters, and not long.
public func printable(_ text: String) -> String {
  let shown = text.unicodeScalars.prefix(120).map { scalar in
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: "?"
    default: String(scalar)
    }
  }
  return shown.joined() + (text.unicodeScalars.count > 120 ? "..." : "")
}
