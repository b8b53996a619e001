import Foundation
import Support
import Typesetting

/// A report's template: front matter, and a tree of prose, cells, loops and conditions.
public struct Template: Sendable {
  /// As messages call it: a file name or path.
  public let file: String
  /// What it says of the whole report.
  public let frontMatter: FrontMatter
  /// The text that it was read from, the pictures it names taken in.
  public let source: String
  let nodes: [TemplateNode]
  /// Every footnote's definition.
  let footnotes: String
}

/// A stretch of a template, with the 1-based line on which it starts.
indirect enum TemplateNode: Sendable {
  case prose(String, line: Int)
  case cell(CellSource)
  case pageBreak(PageBreak)
  /// Where the warnings of the run stand, a box for each.
  case warnings
  case loop(TemplateLoop, body: [TemplateNode], line: Int)
  case condition(String, negated: Bool, then: [TemplateNode], otherwise: [TemplateNode], line: Int)
}

/// What `{% for ... in ... %}` runs over.
enum TemplateLoop: String, Sendable, CaseIterable { case models, series }

/// A cell as it stands in the template: its name and the YAML between the fences.
struct CellSource: Sendable, Hashable {
  var name: String
  var yaml: String
  /// Of the opening fence.
  var line: Int
}

extension Template {
  /// Reads a template by name or path.
  ///
  /// - Parameters:
  ///   - nameOrPath: a name such as "paper", looked up as `paper.md` in each of the folders in turn; or, when it
  ///     has a slash or ends in `.md`, a path that is used as it is.
  ///   - folders: where names are looked up.
  /// - Throws: `Problem` when there is no such template, it is not UTF-8, or its structure is broken.
  public static func load(_ nameOrPath: String, folders: [URL]) throws(Problem) -> Template {
    if nameOrPath.contains("/") || nameOrPath.hasSuffix(".md") {
      return try read(URL(fileURLWithPath: nameOrPath), file: nameOrPath)
    }
    for folder in folders {
      let url = folder.appendingPathComponent(nameOrPath + ".md")
      if FileManager.default.fileExists(atPath: url.path) { return try read(url, file: nameOrPath + ".md") }
    }
    let known = names(in: folders)
    throw .usage(
      "there is no template `\(nameOrPath)`",
      remedy: known.isEmpty
        ? "No templates were found; give the path of a template file, ending in .md."
        : suggestion(for: nameOrPath, among: known) + " A path to a template of your own ends in .md.")
  }

  /// The names of the templates in some folders, sorted.
  public static func names(in folders: [URL]) -> [String] {
    let files = folders.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0.path)) ?? [] }
    return Set(files.filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }).sorted()
  }

  private static let mostBytes = 16 << 20

  private static func read(_ url: URL, file: String) throws(Problem) -> Template {
    // What has no end, as a device has, is no template.
    guard let handle = try? FileHandle(forReadingFrom: url),
      let data = try? handle.read(upToCount: mostBytes + 1) ?? Data()
    else {
      throw .usage(at: Place(file: file), "the template cannot be read", remedy: "Check the path and its permissions.")
    }
    guard data.count <= mostBytes else {
      throw .usage(
        at: Place(file: file), "the file is larger than \(mostBytes >> 20) MiB, which no template needs to be",
        remedy: "Check that this is the right file.")
    }
    guard let source = String(validating: data, as: UTF8.self) else {
      throw .usage(at: Place(file: file), "the template is not UTF-8 text", remedy: "Save it with the encoding UTF-8.")
    }
    return try Template(
      source: TemplatePictures.takenIn(source, folder: url.deletingLastPathComponent(), file: file), file: file)
  }

  /// Parses a template.
  /// - Parameter file: what messages call it.
  public init(source: String, file: String) throws(Problem) {
    let normalised = source.replacingOccurrences(of: "\r\n", with: "\n")
    var parser = TemplateParser(lines: normalised.components(separatedBy: "\n"), file: file)
    self.file = file
    self.source = source
    try Template.checkFootnotes(in: normalised, file: file)
    footnotes = Template.footnotes(in: normalised)
    frontMatter = try FrontMatter(parser.frontMatter(), file: file)
    nodes = try parser.nodes()
  }

  /// Lines that begin with `[^name]:`, with the indented lines that go on with them.
  private static func footnotes(in text: String) -> String {
    var found: [Substring] = []
    var isInside = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if footnote(line) != nil {
        isInside = true
        found.append("")
      } else if !line.hasPrefix("    ") || line.allSatisfy(\.isWhitespace) {
        isInside = false
      }
      if isInside { found.append(line) }
    }
    return found.joined(separator: "\n")
  }

  /// The name of the footnote that a line begins, without regard to case, as cmark-gfm takes it.
  private static func footnote(_ line: Substring) -> String? {
    guard line.hasPrefix("[^"), let end = line.firstIndex(of: "]") else { return nil }
    let name = line[..<end].dropFirst(2)
    return !name.isEmpty && !name.contains(where: \.isWhitespace) && line[end...].hasPrefix("]:")
      ? name.lowercased() : nil
  }

  /// A second note of one name, and a note without a mark, would be lost.
  private static func checkFootnotes(in text: String, file: String) throws(Problem) {
    var lines: [String: Int] = [:]
    var isCode = false
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("```") || line.hasPrefix("~~~") { isCode.toggle() }
      guard !isCode, let name = footnote(line) else { continue }
      if let first = lines.updateValue(index + 1, forKey: name) {
        throw .usage(
          at: Place(file: file, line: index + 1), "the footnote `[^\(name)]` stands on line \(first) already",
          remedy: "Give one of them another name.")
      }
    }
    guard !lines.isEmpty else { return }
    let all = text.lowercased()
    for (name, line) in lines.sorted(by: { $0.value < $1.value }) where all.ranges(of: "[^\(name)]").count == 1 {
      throw .usage(
        at: Place(file: file, line: line), "nothing refers to the footnote `[^\(name)]`",
        remedy: "Put `[^\(name)]` where its mark belongs, or take it out.")
    }
  }
}
