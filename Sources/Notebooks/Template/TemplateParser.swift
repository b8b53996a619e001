import Foundation
import Support

/// Splits a template into front matter, prose, cells, and `{% ... %}` parts.
struct TemplateParser {
  let lines: [String]
  let file: String
  /// The 0-based line that is read next.
  private var next = 0

  init(lines: [String], file: String) {
    self.lines = lines
    self.file = file
  }

  /// The YAML between the two `---` lines at the start; its first line is the template's second.
  mutating func frontMatter() throws(Problem) -> String {
    guard lines.first == "---" else { return "" }
    guard let end = lines.dropFirst().firstIndex(where: { $0 == "---" || $0 == "..." }) else {
      throw .usage(
        at: Place(file: file, line: 1), "the front matter has no end",
        remedy: "Close it with a line that holds only `---`.")
    }
    next = end + 1
    return lines[1..<end].joined(separator: "\n")
  }

  mutating func nodes() throws(Problem) -> [TemplateNode] {
    let (nodes, end) = try block(openedAt: nil)
    if let end {
      throw .usage(
        at: Place(file: file, line: end.line), "`{% \(end.word) %}` ends nothing",
        remedy: "Remove it, or open a part before it with `{% for model in models %}` or `{% if NAME %}`.")
    }
    return nodes
  }

  /// Nodes up to the `end` or `else` that closes a part, or to the end of the file.
  private mutating func block(
    openedAt opening: Int?
  ) throws(Problem) -> (nodes: [TemplateNode], end: (word: String, line: Int)?) {
    var nodes: [TemplateNode] = []
    var prose: [String] = []
    var proseLine = next + 1
    func flushed() -> [TemplateNode] {
      prose.allSatisfy { $0.allSatisfy(\.isWhitespace) }
        ? [] : [.prose(prose.joined(separator: "\n"), line: proseLine)]
    }
    while next < lines.count {
      let line = lines[next]
      let number = next + 1
      if let (name, fence) = Self.cellOpening(line) {
        nodes += flushed()
        prose = []
        nodes.append(.cell(try cell(name, fence: fence, line: number)))
        proseLine = next + 1
      } else if let directive = Self.directive(line) {
        nodes += flushed()
        prose = []
        next += 1
        if directive == "end" || directive == "else" { return (nodes, (directive, number)) }
        nodes.append(try part(directive, line: number))
        proseLine = next + 1
      } else if let fence = Self.fence(line) {
        guard !Self.isCutOff(line, fence) else {
          throw .usage(
            at: Place(file: file, line: number), "the name of the cell has no end",
            remedy: "Close it: `` \(fence){NAME} ``.")
        }
        // An ordinary code block: whatever stands in it is code, also what looks like a cell.
        prose.append(line)
        next += 1
        while next < lines.count {
          prose.append(lines[next])
          next += 1
          if Self.closes(lines[next - 1], fence) { break }
        }
      } else {
        prose.append(line)
        next += 1
      }
    }
    nodes += flushed()
    if let opening {
      throw .usage(
        at: Place(file: file, line: opening), "the part that starts here has no end",
        remedy: "Close it with a line that holds only `{% end %}`.")
    }
    return (nodes, nil)
  }

  private mutating func cell(_ name: String, fence: String, line: Int) throws(Problem) -> CellSource {
    var body: [String] = []
    next += 1
    while next < lines.count {
      next += 1
      if Self.closes(lines[next - 1], fence) {
        return CellSource(name: name, yaml: body.joined(separator: "\n"), line: line)
      }
      body.append(lines[next - 1])
    }
    throw .usage(
      at: Place(file: file, line: line, cell: name), "the cell has no end",
      remedy: "Close it with a line that holds only \(fence).")
  }

  private mutating func part(_ directive: String, line: Int) throws(Problem) -> TemplateNode {
    let words = directive.split(separator: " ").map(String.init)
    let place = Place(file: file, line: line)
    switch words.first {
    case "page-break" where words.count == 1: return .pageBreak(.always)
    case "page-break" where words.dropFirst() == ["when-full"]: return .pageBreak(.whenFull)
    case "warnings" where words.count == 1: return .warnings
    case "for":
      guard words.count == 4, words[2] == "in" else {
        throw .usage(
          at: place, "`{% \(directive) %}` is not a loop", remedy: "Write `{% for model in models %}`.")
      }
      guard let loop = TemplateLoop(rawValue: words[3]) else {
        throw .usage(
          at: place, "`\(words[3])` is nothing to loop over",
          remedy: suggestion(for: words[3], among: TemplateLoop.allCases.map(\.rawValue)))
      }
      let expected = loop == .models ? "model" : "series"
      guard words[1] == expected else {
        throw .usage(
          at: place, "the loop's variable is `\(words[1])`", remedy: "Write `{% for \(expected) in \(words[3]) %}`.")
      }
      let (body, end) = try block(openedAt: line)
      if let end, end.word == "else" {
        throw .usage(
          at: Place(file: file, line: end.line), "a loop has no `else`", remedy: "Close it with `{% end %}`.")
      }
      return .loop(loop, body: body, line: line)
    case "if":
      let negated = words.count > 1 && words[1] == "not"
      let names = words.dropFirst(negated ? 2 : 1)
      guard names.count == 1, let name = names.first else {
        throw .usage(
          at: place, "`{% \(directive) %}` is not a condition",
          remedy: "Write `{% if NAME %}` or `{% if not NAME %}`.")
      }
      var (then, end) = try block(openedAt: line)
      var otherwise: [TemplateNode] = []
      if end?.word == "else" {
        (otherwise, end) = try block(openedAt: line)
        if let end, end.word == "else" {
          throw .usage(
            at: Place(file: file, line: end.line), "a second `else`", remedy: "Close the condition with `{% end %}`.")
        }
      }
      return .condition(name, negated: negated, then: then, otherwise: otherwise, line: line)
    default:
      throw .usage(
        at: place, "unknown part `{% \(directive) %}`",
        remedy: suggestion(for: words.first ?? "", among: ["for", "if", "else", "end", "page-break", "warnings"]))
    }
  }

  // MARK: - Lines

  /// "```{mod-table}" gives the name and the fence.
  static func cellOpening(_ line: String) -> (name: String, fence: String)? {
    guard let fence = fence(line) else { return nil }
    let info = line.trimmingCharacters(in: .whitespaces).dropFirst(fence.count).trimmingCharacters(in: .whitespaces)
    guard info.hasPrefix("{"), info.hasSuffix("}") else { return nil }
    return (info.dropFirst().dropLast().trimmingCharacters(in: .whitespaces), fence)
  }

  /// "```{mod-table" without the other brace.
  private static func isCutOff(_ line: String, _ fence: String) -> Bool {
    let info = line.trimmingCharacters(in: .whitespaces).dropFirst(fence.count).trimmingCharacters(in: .whitespaces)
    return info.hasPrefix("{") && !info.contains("}")
  }

  /// Three or more backticks or tildes that open a code block, indented by at most three spaces.
  static func fence(_ line: String) -> String? {
    let body = line.drop { $0 == " " }
    guard line.count - body.count <= 3, let mark = body.first, mark == "`" || mark == "~" else { return nil }
    let fence = body.prefix { $0 == mark }
    return fence.count >= 3 ? String(fence) : nil
  }

  static func closes(_ line: String, _ fence: String) -> Bool {
    let text = line.trimmingCharacters(in: .whitespaces)
    return text.count >= fence.count && text.allSatisfy { $0 == fence.first }
  }

  /// The inside of a line that holds only `{% ... %}`.
  static func directive(_ line: String) -> String? {
    let text = line.trimmingCharacters(in: .whitespaces)
    guard text.hasPrefix("{%"), text.hasSuffix("%}"), text.count >= 4 else { return nil }
    return text.dropFirst(2).dropLast(2).trimmingCharacters(in: .whitespaces)
  }
}
