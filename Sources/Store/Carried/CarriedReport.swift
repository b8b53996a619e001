import ExperimentFile
import Explanations
import Foundation
import Images
import Results
import Support

/// What a report carries, read again: the experiment, the template, the rows of `results.csv`, and what `provenance.json` says. It may
/// come from a stranger.
public struct CarriedReport: Sendable {
  /// The report's path, for messages.
  public let report: String
  /// As `Experiment.canonicalText` wrote it.
  public let experiment: Experiment
  /// What it was read from.
  public let experimentText: String
  /// The template's text, and its name without folders; nil where the report carries none.
  public let template: (name: String, text: String)?
  /// Of `results.csv`; nil where the report carries means in its place.
  public let table: [UInt8]?
  package let document: ProvenanceDocument
  private let sums: [String: String]

  /// Names of attachments that every report of one run has.
  static let (experimentName, provenanceName) = ("experiment.yaml", "provenance.json")

  /// - Throws: `Problem` of kind `.usage` where these are not the files of a report of one run.
  public init(_ files: [(name: String, bytes: [UInt8])], report: String) throws(Problem) {
    self.report = report
    sums = Dictionary(
      files.map { ($0.name, Checksum.sha256($0.bytes)) }, uniquingKeysWith: { first, _ in first })
    func file(_ name: String) -> [UInt8]? { files.first { $0.name == name }?.bytes }
    guard let json = file(Self.provenanceName) else {
      throw Self.foreign(report, "it carries no \(Self.provenanceName)")
    }
    do {
      document = try JSONDecoder().decode(ProvenanceDocument.self, from: Data(json))
    } catch {
      throw Self.foreign(report, "its \(Self.provenanceName) is not Heatdrift's")
    }
    if let runs = document.runs {
      throw .usage(
        at: Place(file: report), "the report is over \(runs.count) runs, whose stores it needs",
        remedy: "Verify the output folder of each run, and compare them again.")
    }
    guard let text = file(Self.experimentName).flatMap({ String(validating: $0, as: UTF8.self) }) else {
      throw Self.foreign(report, "it carries no \(Self.experimentName)")
    }
    experimentText = text
    experiment = try ExperimentFile(carried: text, path: "\(report), \(Self.experimentName)").experiment
    template = files.first { $0.name.hasSuffix(".md") }.flatMap { file in
      String(validating: file.bytes, as: UTF8.self).map { (file.name, $0) }
    }
    table = file(ResultsTable.name)
    guard document.models.count == experiment.models.count,
      zip(document.models, experiment.models).allSatisfy({ $0.key == $1.key })
    else { throw Self.foreign(report, "its provenance names other models than its experiment") }
  }

  private static func foreign(_ report: String, _ what: String) -> Problem {
    .usage(
      at: Place(file: report), "this is no report that stands alone: \(what)",
      remedy:
        "Only report.pdf and report.html as Heatdrift writes them do, and not with --submission; printing them to "
        + "another PDF drops what they carry.")
  }

  // MARK: - Sums

  /// What of the carried files is not what the provenance says of it; nil where an older report says nothing.
  public var faults: [String]? {
    guard let attached = document.attached else { return nil }
    var faults: [String] = []
    for (name, sum) in attached.sorted(by: { $0.key < $1.key }) where sums[name] != sum {
      faults.append(sums[name] == nil ? "\(name) is not there" : "\(name) is not what provenance.json says")
    }
    for name in sums.keys.sorted() where attached[name] == nil && name != Self.provenanceName {
      faults.append("\(name) is no part of the report")
    }
    if let template, let sum = document.experiment.templateSHA256, Checksum.sha256(Array(template.text.utf8)) != sum {
      faults.append("\(template.name) is not the template that provenance.json names")
    }
    return faults
  }

  /// Of `results.csv`, carried or not.
  public var tableSHA256: String? { document.resultsSHA256 ?? sums[ResultsTable.name] }

  /// In what software another provenance differs: "engine: oneDNN 2.6.3, here 3.1.1".
  public func differences(from provenance: [UInt8]) -> [String] {
    guard let other = try? JSONDecoder().decode(ProvenanceDocument.self, from: Data(provenance)) else { return [] }
    var found: [String] = []
    for (own, their) in [
      (document.software, other.software), (document.rendering ?? [:], other.rendering ?? [:]),
      (document.fonts ?? [:], other.fonts ?? [:]),
    ] {
      for name in Set(own.keys).union(their.keys).sorted() where own[name] != their[name] {
        found.append("\(name): \(own[name] ?? "none"), here \(their[name] ?? "none")")
      }
    }
    return found
  }

  /// Names of the carried files, in order.
  public var fileNames: [String] { sums.keys.sorted() }

  /// Whether every image is named with its sum, as of reports on not too many.
  public var namesImages: Bool { document.imagesSHA256 == nil }

  /// Models, images and class names as the report has them.
  public var models: [ModelRecord] { document.models }
  /// In the order of the run.
  public var images: [ImageRecord] { document.images }
  /// By class index.
  public var classNames: [String] { document.classNames }
  /// Versions by names of what numbers depend on.
  public var software: [String: String] { document.software }

  // MARK: - The run

  /// What a library or font was when the report was drawn: what this program draws with, under the versions that the report names.
  public func drawing(_ own: [ProvenanceEntry]) -> [ProvenanceEntry] {
    var entries: [ProvenanceEntry] = []
    for (section, values) in [
      (ProvenanceEntry.rendering, document.rendering ?? [:]), (ProvenanceEntry.fonts, document.fonts ?? [:]),
    ] {
      let names = own.filter { $0.section == section }.map(\.name)
      for name in names + values.keys.filter({ !names.contains($0) }).sorted() {
        if let value = values[name] { entries.append(ProvenanceEntry(section: section, name: name, value: value)) }
      }
    }
    return entries
  }

  /// The record of the run, as far as the report tells it.
  /// - Parameter control: images on which the control was run; nil where nobody knows.
  package func run(control: Set<String>? = nil) -> StoredRun {
    let known = ["engine", "instruction set", "SQLite"] + ImageDecoder.libraries.map(\.name)
    let own = ["Heatdrift", "measurement protocol", "arithmetic revision", "decoders of images"]
    let names = known + software.keys.filter { !known.contains($0) && !own.contains($0) }.sorted()
    let file = document.experiment.file
    var run = StoredRun(
      name: file.hasSuffix(".yaml")
        ? String(file.dropLast(5)) : file.hasSuffix(".yml") ? String(file.dropLast(4)) : file,
      experiment: experiment, experimentFile: file, experimentSHA256: document.experiment.sha256,
      overrides: document.experiment.overrides, models: models, images: images, skipped: document.skipped,
      notes: document.notes, warnings: document.warnings,
      control: ControlImages(paths: control.flatMap { $0.count == images.count ? nil : $0 }), classNames: classNames,
      engine: software["engine"] ?? "",
      software: names.compactMap { name in
        software[name].map { ProvenanceEntry(section: "software", name: name, value: $0) }
      },
      arithmetic: software["arithmetic revision"].flatMap { Int($0) }, decoders: software["decoders of images"],
      template: template?.text)
    run.mark = document.mark
    return run
  }

  /// Everything that the report is made of, but raw maps and photographs.
  /// - Parameters:
  ///   - run: `run(control:)`, with what draws it.
  ///   - table: gets `results.csv`, written again.
  /// - Throws: `Problem` where a row contradicts the provenance.
  package func results(of run: StoredRun, rows: [Results.Measurement], table: ResultsTable) throws(Problem)
    -> ExperimentResults
  {
    var provenance = run.provenance
    for index in provenance.indices where provenance[index].section == "software" {
      if let value = software[provenance[index].name] { provenance[index].value = value }
    }
    var results = ExperimentResults(
      title: experiment.title, seed: UInt64(experiment.seed), models: models, images: images, classNames: classNames,
      epsilons: experiment.epsilons, attacks: experiment.attacks, explanations: experiment.explain.methods,
      targets: experiment.explain.targets, measures: experiment.compare.measures, measurements: rows,
      options: experiment.optionRecords, provenance: provenance, skipped: document.skipped, pictures: NothingKept())
    results.resamples = experiment.resamples
    results.control = run.controlImages
    results.labels = experiment.data.labels
    results.notes = document.notes ?? []
    results.warnings = document.warnings ?? []
    results.carriedUnrelated = document.unrelatedMaps ?? []
    let csv = ResultsCSV(results)
    try table.make { (append) throws(Problem) in
      try append(csv.head)
      try append(csv.lines(rows))
    }
    return results
  }
}

/// A report carries neither maps nor photographs.
private struct NothingKept: PictureSource {
  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? { nil }
  func photograph(model: String, image: String) throws -> RGBImage? { nil }
}
