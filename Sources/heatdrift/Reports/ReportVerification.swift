import ExperimentFile
import Foundation
import HTML
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
    let kind = ReportKind(of: path)
    let (files, text, conformance) = try Unpacking.report(path)
    let carried = try CarriedReport(files.map { ($0.name, $0.bytes) }, report: path)
    verifySums(carried)
    if let conformance { verifyStandards(conformance) }
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
      subject, template: try Template(source: template.text, file: template.name), formats: [kind.format],
      renderer: try Renderer(),
      table: ResultsTable(in: nil, mostKept: ReportAttachments.most, isWrittenAnew: true))
    verifyTable(carried, made)
    try verifyPages(made, files, text, kind)
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

  /// A report that names standards keeps them.
  private mutating func verifyStandards(_ conformance: PDFConformance) {
    guard conformance.named == Set(PDFConformance.Standard.allCases) else {
      Console.result("--  standards: this older report names neither PDF/UA-1 nor PDF/A-3")
      return
    }
    for fault in conformance.faults.prefix(20) { fail("standards: \(visible(fault.description))") }
    if conformance.faults.isEmpty {
      Console.result("ok  standards: PDF/UA-1 and PDF/A-3u, as far as they concern what reports have")
    }
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
    _ made: ReportFiles.Made, _ files: [Attachment], _ text: PDFText?, _ kind: ReportKind
  ) throws(Problem) {
    guard let again = made.files.first(where: { $0.path == kind.fileName })?.bytes else { return }
    let bytes = (try? Data(contentsOf: URL(filePath: path))).map { Array($0) } ?? []
    if bytes == again {
      Console.result("ok  report: made again of what it carries, the same bytes")
      return
    }
    let own = try kind.attachments(of: again, file: path)
    for file in files where own.first(where: { $0.name == file.name })?.bytes != file.bytes {
      if let mine = own.first(where: { $0.name == file.name }), file.name == "provenance.json",
        RenderingRecord(provenance: Data(file.bytes))?.rest == RenderingRecord(provenance: Data(mine.bytes))?.rest
      {
        continue
      }
      fail("files: \(visible(file.name)) is not what the report's own rows, options and template give")
    }
    let found = text?.elements ?? HTMLReport.elements(of: bytes)
    let mine = text == nil ? HTMLReport.elements(of: again) : try PDFText(again, file: path).elements
    let comparison = ReportTexts(found: found, made: mine, problems: made.markedProblems)
    for difference in comparison.differences.prefix(20) { fail("report: \(difference)") }
    if comparison.differences.count > 20 {
      Console.result("        and \(Console.grouped(comparison.differences.count - 20)) more")
    }
    if comparison.differences.isEmpty {
      Console.result(
        "ok  report: \(Console.grouped(comparison.same)) of \(Console.count(found.count, "part")) of "
          + (text.map { "its \(Console.count($0.pageCount, "page"))" } ?? "the page")
          + " (headings, paragraphs, table cells, figures) say what its rows give"
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
    let errors = problems.map { Self.letters($0.message) }
    // Where a figure less is made, those behind it have other numbers, and other pages: whether and what contents tell of these
    // cannot be made again.
    let isWhole = problems.isEmpty
    let listed = isWhole ? [] : found.filter(Self.isOfContents)
    let (found, made) =
      isWhole
      ? (found, made)
      : (
        found.filter { !Self.isOfContents($0) }.map(Self.withoutNumbers),
        made.filter { !Self.isOfContents($0) }.map(Self.withoutNumbers)
      )
    defer { for element in listed { addUnmade(element) } }
    func key(_ element: Element) -> String { element.role + "\n" + element.text }
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in made.map(key).difference(from: found.map(key)) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    // A figure may stand on another page where one before it is missing.
    var moved: [String: [Int]] = [:]
    for index in inserted.sorted() where made[index].text != String(Self.unknown) {
      // What is not known may stand anywhere: one dash is not another one that moved.
      moved[key(made[index]), default: []].append(index)
    }
    var moves: Set<Int> = []
    var places: Set<Int> = []
    for index in removed.sorted() {
      guard let place = moved[key(found[index])]?.popLast() else { continue }
      moves.insert(index)
      places.insert(place)
      addSame(found[index], made[place])
    }
    var captions = 0
    var left: (gone: [Element], come: [Element]) = ([], [])
    var (own, other) = (0, 0)
    while own < found.count || other < made.count {
      if own < found.count, !removed.contains(own), other < made.count, !inserted.contains(other) {
        addSame(found[own], made[other])
        own += 1
        other += 1
        continue
      }
      var (gone, come): ([Element], [Element]) = ([], [])
      while own < found.count, removed.contains(own) {
        if !moves.contains(own) { gone.append(found[own]) }
        own += 1
      }
      while other < made.count, inserted.contains(other) {
        if !places.contains(other) { come.append(made[other]) }
        other += 1
      }
      let text = Self.letters(come.map(\.text).joined())
      if errors.contains(where: { !$0.isEmpty && text.contains($0.prefix(60)) }) {
        captions += gone.count { $0.role == "Caption" }
        for element in gone { addUnmade(element) }
      } else {
        left.gone += gone
        left.come += come
      }
    }
    judge(left.gone, left.come, missingCaptions: errors.count - captions)
  }

  private static func isOfContents(_ element: Element) -> Bool {
    element.role == "TOCI" || (element.role.hasPrefix("H") && element.text == "Contents")
  }

  /// As a page sets a message: code and quotes are other fonts and signs there.
  private static func letters(_ text: String) -> String { text.filter { $0.isLetter || $0.isNumber } }

  private static func withoutNumbers(_ element: Element) -> Element {
    var element = element
    element.text = element.text.replacing(/(Figure|Table)s?\d+/) { "\($0.1)" }
    return element
  }

  private mutating func addUnmade(_ element: Element) {
    unmade += 1
    unmadeRoles[element.role, default: 0] += 1
  }

  /// "3 Figure, 1 P"
  var unmadeWords: String {
    unmadeRoles.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
  }

  private mutating func addSame(_ found: Element, _ made: Element) {
    if found.hasPictures != made.hasPictures { addUnmade(found) } else { same += 1 }
  }

  /// - Parameter missingCaptions: of cells that could not be made, and whose captions are not accounted for.
  private mutating func judge(_ gone: [Element], _ come: [Element], missingCaptions: Int) {
    var rest = come
    var captions = missingCaptions
    for found in gone {
      func take(_ isIt: (Element) -> Bool) -> Element? {
        rest.firstIndex { $0.role == found.role && isIt($0) }.map { rest.remove(at: $0) }
      }
      if found.hasPictures {
        _ = take { _ in true }
        addUnmade(found)
      } else if take({ Self.fits($0.text, found.text) }) != nil {
        addUnmade(found)
      } else if let made = take({ _ in true }) {
        differences.append(Self.words(found, made))
      } else if found.role == "Caption", captions > 0 {
        captions -= 1
        addUnmade(found)
      } else {
        differences.append(Self.words(found, nil))
      }
    }
    differences += rest.map { "“\(Self.short($0.text))” is not there, which its rows give" }
  }

  private static func words(_ found: Element, _ made: Element?) -> String {
    (found.page > 0 ? "page \(found.page): " : "") + "“\(short(found.text))” stands where its rows give "
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
