/// The fewest digits that read back as the same number, without ".0".
public func numberText(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
}

/// A text as a scalar of YAML that reads back as the same text: plain where nothing could be read otherwise, in double
/// quotes where it could; `${` of it is not filled in again.
public func quotedScalar(_ text: String) -> String { scalar(text.replacing("${", with: "$${")) }

/// The same of a text in which `${NAME}` stands for an environment variable.
public func scalar(_ text: String) -> String {
  let isPlain = { (character: Character) in
    character.isASCII && (character.isLetter || character.isNumber || "_-./ ".contains(character))
  }
  let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
  if let first = text.first, first != " ", first != "-", text.last != " ", text.allSatisfy(isPlain),
    text.contains(where: \.isLetter), !words.contains(text.lowercased())
  {
    return text
  }
  return doubleQuotedScalar(text)
}

/// The same in double quotes, whatever the text.
public func doubleQuotedScalar(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case _
    where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0xFEFF
      || (0x2028...0x2029).contains(scalar.value):
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
