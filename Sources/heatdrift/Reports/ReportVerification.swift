import ExperimentFile
import Foundation
import Notebooks
import Rendering
import Results
import Store
import Support

/// Holds a report to what it carries: sums, rows, and every part of its pages that can be made of them again.
struct ReportVerification {
  let path: String
  private var isSound = true

  init(path: String) { self.path = path }

  /// - Throws: `Problem` where the file is no report; `ExitCode` 1 stands for what is not sound.
  mutating func run() throws(Problem) -> Bool {
    let (files, text) = try Unpacking.report(path)
    let carried = try CarriedReport(files.map { ($0.name, $0.bytes) }, report: path)
    verifySums(carried)
    guard carried.table != nil, carried.namesImages else {
      let left = carried.table == nil ? "means.csv in place of results.csv" : "no names of its images"
      Console.result("--  numbers: not computed again, since the report is large and carries \(left)")
      leftOut()
      return isSound
    }
    guard let template = carried.template else {
      Console.result("--  pages: not made again, since the report carries no template")
      leftOut()
      return isSound
    }
    let subject = try CarriedSubject(carried)
    let made = try ReportFiles.make(
      subject, template: try Template(source: template.text, file: template.name), formats: [.pdf],
      renderer: try Renderer(),
      table: ResultsTable(in: nil, mostKept: ReportAttachments.most, isWrittenAnew: true))
    verifyTable(carried, made)
    try verifyPages(made, files, text, carried)
    leftOut()
    return isSound
  }

  private mutating func fail(_ text: String) {
    Console.result("FAILED  \(text)")
    isSound = false
  }

  private func leftOut() {
    Console.result(
      "--  raw maps, photographs and weights: not checked, since a report does not carry them; `heatdrift verify` checks the output "
        + "folder, `heatdrift rerun` measures again")
  }

  private mutating func verifySums(_ carried: CarriedReport) {
    let names = listInWords(carried.fileNames.map { visible($0) })
    guard let faults = carried.faults else {
      Console.result("--  files: \(names), of which this older report names no sums")
      return
    }
    for fault in faults { fail("files: \(fault)") }
    if faults.isEmpty { Console.result("ok  files: \(names), with the sums that provenance.json has") }
  }

  private mutating func verifyTable(_ carried: CarriedReport, _ made: ReportFiles.Made) {
    guard let table = carried.table else { return }
    guard made.table == Checksum.sha256(table) else {
      return fail("results.csv: read and written again it has other bytes")
    }
    let rows = max(0, table.count { $0 == UInt8(ascii: "\n") } - 1)
    Console.result("ok  results.csv: \(Console.count(rows, "row")), written again the same bytes")
  }

  // MARK: - Pages

  private mutating func verifyPages(
    _ made: ReportFiles.Made, _ files: [Attachment], _ text: PDFText, _ carried: CarriedReport
  ) throws(Problem) {
    guard let again = made.files.first(where: { $0.path == "report.pdf" })?.bytes else { return }
    if let bytes = try? Data(contentsOf: URL(filePath: path)), Array(bytes) == again {
      Console.result("ok  report: made again of what it carries, the same bytes")
      return
    }
    let own = try Attachment.all(inPDF: again, file: path)
    for file in files where own.first(where: { $0.name == file.name })?.bytes != file.bytes {
      if let mine = own.first(where: { $0.name == file.name }), file.name == "provenance.json",
        RenderingRecord(provenance: Data(file.bytes))?.rest == RenderingRecord(provenance: Data(mine.bytes))?.rest
      {
        continue
      }
      fail("files: \(visible(file.name)) is not what the report's own rows, options and template give")
    }
    let comparison = ReportTexts(
      found: text.elements, made: try PDFText(again, file: path).elements, problems: made.problems)
    for difference in comparison.differences.prefix(20) { fail("report: \(difference)") }
    if comparison.differences.count > 20 {
      Console.result("        and \(Console.grouped(comparison.differences.count - 20)) more")
    }
    if comparison.differences.isEmpty {
      Console.result(
        "ok  report: \(Console.grouped(comparison.same)) of \(Console.count(text.elements.count, "part")) of its "
          + "\(Console.count(text.pageCount, "page")) (headings, paragraphs, table cells, figures) say what its rows give"
      )
    }
    if comparison.unmade > 0 {
      Console.result(
        "--  report: \(Console.count(comparison.unmade, "part")) cannot be made again, since \(comparison.unmade == 1 ? "it is" : "they are") "
          + "of raw maps or photographs: \(comparison.unmadeWords)")
    }
    if let here = made.files.first(where: { $0.path == "provenance.json" }).flatMap({
      RenderingRecord(provenance: Data($0.bytes))
    }), let found = files.first(where: { $0.name == "provenance.json" }),
      let difference = RenderingRecord(provenance: Data(found.bytes))?.difference(from: here)
    {
      Console.result("--  report: drawn by other libraries: \(difference)")
    }
  }
}

/// The parts of a report beside those that are made again of what it carries.
struct ReportTexts {
  /// In sentences.
  private(set) var differences: [String] = []
  /// Parts that say the same.
  private(set) var same = 0
  /// Parts that hang on what a report does not carry.
  private(set) var unmade = 0
  private var unmadeRoles: [String: Int] = [:]

  private typealias Element = PDFText.Element

  /// What stands where something is not known.
  private static let unknown: Character = "–"

  /// - Parameter problems: of cells that could not be made again.
  init(found: [PDFText.Element], made: [PDFText.Element], problems: [Problem]) {
    let errors = problems.map { $0.message.filter { !$0.isWhitespace } }
    func key(_ element: Element) -> String { element.role + "\n" + element.text }
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in made.map(key).difference(from: found.map(key)) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var (own, other) = (0, 0)
    while own < found.count || other < made.count {
      if own < found.count, !removed.contains(own), other < made.count, !inserted.contains(other) {
        if found[own].hasPictures != made[other].hasPictures { addUnmade(found[own]) } else { same += 1 }
        own += 1
        other += 1
        continue
      }
      var (gone, come): ([Element], [Element]) = ([], [])
      while own < found.count, removed.contains(own) {
        gone.append(found[own])
        own += 1
      }
      while other < made.count, inserted.contains(other) {
        come.append(made[other])
        other += 1
      }
      if gone.isEmpty && come.isEmpty { break }
      judge(gone, come, errors)
    }
  }

  private mutating func addUnmade(_ element: Element) {
    unmade += 1
    unmadeRoles[element.role, default: 0] += 1
  }

  /// "3 Figure, 1 P"
  var unmadeWords: String {
    unmadeRoles.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
  }

  private mutating func judge(_ gone: [Element], _ come: [Element], _ errors: [String]) {
    let text = come.map(\.text).joined()
    if errors.contains(where: { !$0.isEmpty && text.contains($0.prefix(60)) }) {
      for element in gone { addUnmade(element) }
      return
    }
    if gone.count == come.count {
      for (found, made) in zip(gone, come) {
        if found.role == made.role, found.hasPictures || Self.fits(made.text, found.text) {
          addUnmade(found)
        } else {
          differences.append(Self.words(found, made))
        }
      }
      return
    }
    if gone.allSatisfy(\.hasPictures), come.isEmpty || !gone.isEmpty {
      for element in gone { addUnmade(element) }
      return
    }
    if let first = gone.first ?? come.first {
      differences.append(
        gone.isEmpty
          ? "“\(Self.short(first.text))” is not there, which its rows give" : Self.words(first, come.first))
    }
  }

  private static func words(_ found: Element, _ made: Element?) -> String {
    "page \(found.page): “\(short(found.text))” stands where its rows give "
      + (made.map { "“\(short($0.text))”" } ?? "nothing")
  }

  private static func short(_ text: String) -> String {
    let text = visible(text)
    return text.count > 60 ? text.prefix(57) + "..." : text
  }

  /// Whether a text is the other with something known in the places of what is not.
  private static func fits(_ made: String, _ found: String) -> Bool {
    let parts = made.split(separator: unknown, omittingEmptySubsequences: false)
    guard parts.count > 1 else { return false }
    var rest = found[...]
    for (index, part) in parts.enumerated() {
      if index == 0 {
        guard rest.hasPrefix(part) else { return false }
        rest = rest.dropFirst(part.count)
      } else if index == parts.count - 1 {
        return rest.hasSuffix(part)
      } else if !part.isEmpty {
        guard let range = rest.firstRange(of: part) else { return false }
        rest = rest[range.upperBound...]
      }
    }
    return true
  }
}
