/// A text of unknown origin as a message may show it: `visible`, and not long.
public func printable(_ text: String) -> String {
  guard text.unicodeScalars.count > 120 else { return visible(text) }
  return visible(String(String.UnicodeScalarView(text.unicodeScalars.prefix(120)))) + "..."
}

/// A text in which nothing is hidden and nothing acts: characters that a terminal would obey, that end a line, that turn the
/// direction of what follows, or that have no form, are written as Swift writes them: `\n`, `\u{1B}`, `\u{202E}`.
///
/// Joiners stay, without which Indic and Arabic words and many emoji fall apart. Everything else is left as it is.
public func visible(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isHidden) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if isHidden(scalar) { result += escape(scalar) } else { result.unicodeScalars.append(scalar) }
  }
  return result
}

/// The same of several lines: their ends stay.
public func visibleLines(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { $0 != "\n" && isHidden($0) }) else { return text }
  // Scalar by scalar: the two of a line's end of Windows are one character.
  return text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    .map { visible(String($0)) }.joined(separator: "\n")
}

private func escape(_ scalar: Unicode.Scalar) -> String {
  switch scalar {
  case "\n": "\\n"
  case "\r": "\\r"
  case "\t": "\\t"
  case "\0": "\\0"
  default: "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
  }
}

private func isHidden(_ scalar: Unicode.Scalar) -> Bool {
  if scalar.value < 0x7F { return scalar.value < 0x20 }
  if scalar == "\u{200C}" || scalar == "\u{200D}" { return false }
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return true
  default: return false
  }
}

/// How many columns of a terminal a text takes: two for each character of East Asian width and each emoji, none for marks
/// that stand over another.
public func terminalColumns(_ text: String) -> Int {
  if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
  return text.reduce(0) { total, character in
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return total }
    let isEmoji = first.properties.isEmojiPresentation || scalars.contains("\u{FE0F}")
    if isEmoji || isWide(first.value) { return total + 2 }
    return total + (first.properties.generalCategory == .nonspacingMark ? 0 : 1)
  }
}

/// The blocks that Unicode's EastAsianWidth.txt gives to wide and full-width characters.
private func isWide(_ value: UInt32) -> Bool {
  switch value {
  case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
    0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
    0x1B000...0x1B2FF, 0x20000...0x3FFFD:
    true
  default: false
  }
}

/// "a, b and c"
public func listInWords(_ items: [String]) -> String {
  guard let last = items.last, items.count > 1 else { return items.first ?? "" }
  return items.dropLast().joined(separator: ", ") + " and " + last
}

/// A text with spaces at its end, or at its beginning, to so many columns of a terminal.
public func padded(_ text: String, to columns: Int, atEnd: Bool = true) -> String {
  let space = String(repeating: " ", count: max(0, columns - terminalColumns(text)))
  return atEnd ? text + space : space + text
}
