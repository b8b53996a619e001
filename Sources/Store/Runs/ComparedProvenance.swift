import Datasets
import ExperimentFile
import Foundation
import Results
import Support

extension ComparedRuns {
  /// Each run's experiment as a file of its own, under a name that tells it from the others.
  public var experiments: [(name: String, text: String)] {
    found.enumerated().map { index, run in
      (
        "experiment-\(index + 1).yaml",
        run.run.experiment.canonicalText(anonymous: choices.report.isAnonymous)
      )
    }
  }

  /// `provenance.json` of the report: what it is made of, and under `runs` what each run's own says, with the SHA-256 of its
  /// lines of `results.csv`.
  /// - Parameters:
  ///   - results: as `results(table:)` gave them, with what draws them.
  ///   - table: SHA-256 of `results.csv` where the report does not carry it.
  ///   - images: their list, where it was encoded before.
  ///   - namesImages: whether every image is named with its sum.
  ///   - files: what the report left beside this file, where no store remembers it.
  ///   - attached: SHA-256 of the other files that the report carries, by their names.
  ///   - unrelated: what the report found of maps that it does not carry.
  public func provenanceJSON(
    of results: ExperimentResults, table: String?, images list: [UInt8], namesImages: Bool,
    files: [String]? = nil, attached: [String: String]? = nil, unrelated: [UnrelatedRecord]? = nil
  ) throws(Problem) -> [UInt8] {
    var document = ProvenanceDocument(
      experiment: .init(
        file: listInWords(found.map(\.run.experimentFile)),
        sha256: Checksum.sha256(Array(found.map { $0.run.experimentSHA256 + "\n" }.joined().utf8)), overrides: [],
        title: choices.title, seed: choices.seed, template: template.map { _ in choices.report.template.fileName },
        templateSHA256: template.map { Checksum.sha256(Array($0.utf8)) }),
      options: Dictionary(results.options.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }),
      software: ProvenanceDocument.values(of: "software", results.provenance) ?? [:],
      rendering: ProvenanceDocument.values(of: ProvenanceEntry.rendering, results.provenance),
      fonts: ProvenanceDocument.values(of: ProvenanceEntry.fonts, results.provenance), models: results.models,
      images: [],
      skipped: [], notes: results.notes, warnings: results.warnings.isEmpty ? nil : results.warnings,
      classNames: results.classNames, resultsSHA256: table)
    if !namesImages { document.imagesSHA256 = Checksum.sha256(list) }
    var runs: [ProvenanceDocument.RunEntry] = []
    for ((run, rows), shown) in zip(zip(found, rows), results.runs?.runs ?? []) {
      let warnings = (run.run.warnings ?? []) + rows.environments.warnings
      var own = run.run.document(
        warnings: warnings, provenance: rows.environments.replacing(run.run.softwareProvenance))
      own.imagesSHA256 = Checksum.sha256(try run.run.encodedImages())
      runs.append(.init(name: run.name, rowsSHA256: shown.rowsSHA256, provenance: own))
    }
    document.runs = runs
    document.files = files
    document.attached = attached
    document.unrelatedMaps = unrelated?.isEmpty == true ? nil : unrelated
    return try LongList<ImageRecord>.encode(document, with: namesImages ? list : nil, as: "images", isPretty: true)
      + Array("\n".utf8)
  }

  /// The list of the common images as `provenance.json` has it.
  public func encodedImages() throws(Problem) -> [UInt8] { try LongList(images.images, isPretty: true).bytes() }
}
