import Foundation
import Support

extension ForeignFormat {
  /// How much of a text is looked at.
  private static let span = 1 << 16

  /// - Returns: nil for what is no text.
  static func text(_ bytes: FileBytes) -> ForeignFormat? {
    guard let whole = decoded(bytes) else { return nil }
    let text = whole.drop { $0.isWhitespace || $0 == "\u{feff}" }
    let low = text.lowercased()
    if text.hasPrefix("version https://git-lfs") {
      return ForeignFormat(
        "a Git LFS pointer instead of the file's content", "Run `git lfs pull` in the folder of the weights.")
    }
    if text.hasPrefix("/annex/objects/") {
      return ForeignFormat(
        "a git-annex pointer instead of the file's content", "Run `git annex get` in the folder of the weights.")
    }
    if ["<!doctype html", "<html", "<head", "<body"].contains(where: low.hasPrefix)
      || low.hasPrefix("<!--") && low.contains("<html")
    {
      return webPage(String(text), low)
    }
    if low.hasPrefix("<?xml") || low.hasPrefix("<error>") { return xml(low, String(text)) }
    if text.hasPrefix("model_checkpoint_path:") {
      return ForeignFormat("the list of a TensorFlow folder's checkpoints", ExportAdvice.checkpoint)
    }
    if let first = text.first, "{[".contains(first), isJSON(text) { return json(low) }
    let line = String(text.prefix { !$0.isNewline }.prefix(40))
    if isYAML(text) {
      return low.contains("models:") && low.contains("attack")
        ? ForeignFormat("an experiment file (YAML)", "`weights` names the file of the tensors: .safetensors or .pth.")
        : ForeignFormat("a YAML file", nameTheFile)
    }
    return ForeignFormat(line.isEmpty ? "a text of spaces" : "a text (`\(printable(line))`)", nameTheFile)
  }

  /// In UTF-8, in UTF-16 with its mark, or mostly in ASCII with some letters of Latin-1.
  private static func decoded(_ bytes: FileBytes) -> String? {
    let head = bytes.prefix(span)
    if head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff]) {
      let text = String(data: Data(head.prefix(head.count / 2 * 2)), encoding: .utf16)
      return text.flatMap { $0.contains("\0") ? nil : $0 }
    }
    guard head.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || (0x09...0x0d).contains($0) }) else { return nil }
    // The last character may be cut.
    let cut = bytes.count > span ? head.count - 3 : head.count
    if let text = (cut...head.count).lazy.compactMap({ String(validating: head.prefix($0), as: UTF8.self) }).first {
      return text
    }
    return head.count { $0 >= 0x80 } <= head.count / 5
      ? String(String.UnicodeScalarView(head.map { Unicode.Scalar($0) })) : nil
  }

  private static func webPage(_ text: String, _ low: String) -> ForeignFormat {
    if low.contains("google drive"), ["virus", "download anyway", "too many users"].contains(where: low.contains) {
      return ForeignFormat(
        "a web page of Google Drive in place of the file",
        "Open the link in a browser, confirm the download and save the file; `gdown` does so in a terminal.")
    }
    let title = element("title", text, low).map { " (`\(printable($0))`)" } ?? ""
    return ForeignFormat(
      "a web page" + title,
      "The download gave a page instead of the file: open the link in a browser and save the file.")
  }

  private static func xml(_ low: String, _ text: String) -> ForeignFormat {
    if low.contains("<html") { return webPage(text, low) }
    if low.contains("<error>") {
      let code = element("code", text, low).map { " (`\(printable($0))`)" } ?? ""
      return ForeignFormat(
        "a server's error message\(code) in place of the file", "Check the link, and download the file again.")
    }
    return low.contains("<net ")
      ? ForeignFormat("an OpenVINO network (XML)", fromTheSource) : ForeignFormat("an XML file", nameTheFile)
  }

  private static func json(_ low: String) -> ForeignFormat {
    if low.contains("\"modeltopology\"") || low.contains("\"weightsmanifest\"") {
      return ForeignFormat("a TensorFlow.js network (JSON)", ExportAdvice.checkpoint)
    }
    if low.contains("\"class_name\""), low.contains("\"config\"") {
      return ForeignFormat("a Keras network without its weights (JSON)", ExportAdvice.checkpoint)
    }
    if low.contains("\"nbformat\"") { return ForeignFormat("a notebook (JSON)", nameTheFile) }
    if low.contains("\"error\"") || low.contains("\"message\"") {
      return ForeignFormat(
        "a server's error message (JSON) in place of the file", "Check the link, and download the file again.")
    }
    return ForeignFormat("a JSON file", nameTheFile)
  }

  /// What stands in the first element of a name, on one line and not too long.
  private static func element(_ name: String, _ text: String, _ low: String) -> String? {
    // Indices of one are not those of the other, as small letters may be of another length.
    guard low.utf8.count == text.utf8.count, let start = low.range(of: "<\(name)>"),
      let end = low[start.upperBound...].range(of: "</\(name)>")
    else { return nil }
    let utf8 = Array(text.utf8)
    let lower = low.utf8.distance(from: low.startIndex, to: start.upperBound)
    let upper = low.utf8.distance(from: low.startIndex, to: end.lowerBound)
    let words = String(decoding: utf8[lower..<upper], as: UTF8.self).split(whereSeparator: \.isWhitespace)
    let content = words.joined(separator: " ").prefix(60)
    return content.isEmpty ? nil : String(content)
  }

  /// An object's or a list's beginning, and not a text in brackets.
  private static func isJSON(_ text: Substring) -> Bool {
    let next = text.dropFirst().first { !$0.isWhitespace }
    return next.map { "\"{[}]".contains($0) || $0.isNumber || $0 == "-" || "tfn".contains($0) } ?? false
  }

  /// `key:` on the first line that is no comment.
  private static func isYAML(_ text: Substring) -> Bool {
    guard
      let line = text.split(whereSeparator: \.isNewline).first(where: { !$0.hasPrefix("#") && !$0.hasPrefix("---") }),
      let colon = line.firstIndex(of: ":")
    else { return false }
    let key = line[..<colon]
    let rest = line[line.index(after: colon)...]
    return !key.isEmpty && key.allSatisfy { $0.isLetter || $0.isNumber || "_-.".contains($0) }
      && (rest.isEmpty || rest.first == " ")
  }
}
