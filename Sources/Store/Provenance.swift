import Datasets
import ExperimentFile
import Foundation
import Results
import Support

extension StoredRun {
  /// For the report's provenance section.
  public var provenance: [ProvenanceEntry] {
    var entries = [
      ProvenanceEntry(section: "software", name: "Heatdrift", value: Heatdrift.version),
      ProvenanceEntry(
        section: "software", name: "measurement protocol", value: String(KeyMaker.protocolVersion)),
      ProvenanceEntry(section: "software", name: "arithmetic revision", value: String(arithmetic ?? 1)),
    ]
    // Only what is unusual, so that reports from before there was such an entry stay the same.
    if let decoders {
      entries.append(ProvenanceEntry(section: "software", name: "decoders of images", value: decoders))
    }
    entries += software
    entries.append(ProvenanceEntry(section: "experiment", name: experimentFile, value: experimentSHA256))
    if let template {
      entries.append(
        ProvenanceEntry(
          section: "experiment", name: "template \(experiment.report.template.fileName)",
          value: Checksum.sha256(Array(template.utf8))))
    }
    // What changes no number stands in provenance.json only: it must not move the pages.
    entries += overrides.filter(Override.changesResults).map {
      ProvenanceEntry(section: "experiment", name: "--set", value: $0)
    }
    for model in models {
      entries.append(ProvenanceEntry(section: "weights", name: model.weightsFile, value: model.weightsSHA256))
      if let maps = model.maps {
        entries.append(
          ProvenanceEntry(
            section: "weights", name: "maps of \(model.name)", value: "computed elsewhere, by \(maps.words)"))
      }
      if let notes = model.weightsState?.notes, !notes.isEmpty {
        entries.append(
          ProvenanceEntry(section: "weights", name: "of it, for \(model.name)", value: notes.joined(separator: "; ")))
      }
      if let head = model.head {
        entries.append(ProvenanceEntry(section: "weights", name: "prototypes of \(model.name)", value: head.sha256))
      }
      if let remarks = model.remarks {
        entries.append(
          ProvenanceEntry(section: "weights", name: "of it, for \(model.name)", value: remarks.joined(separator: " ")))
      }
    }
    entries += images.map { ProvenanceEntry(section: "data", name: $0.path, value: $0.sha256) }
    return entries
  }

  private func values(of section: String, _ provenance: [ProvenanceEntry]) -> [String: String]? {
    ProvenanceDocument.values(of: section, provenance)
  }

  /// `provenance.json`: keys in alphabetical order, no dates, no absolute paths, no names of users or machines, so
  /// that two runs of one thing give one text.
  /// - Parameters:
  ///   - warnings: those of the results; the run's own when nil.
  ///   - provenance: that of the results, whose rows say what computed them; the run's own when nil.
  ///   - table: SHA-256 of `results.csv` where the report does not carry it.
  ///   - files: what the report leaves, where no store remembers it.
  ///   - images: their list, where it was encoded before.
  ///   - namesImages: whether every image is named with its sum; else the SHA-256 of what the file beside the report says of
  ///     them stands for them.
  ///   - attached: SHA-256 of the other files that the report carries, by their names.
  ///   - unrelated: what the report found of maps that it does not carry.
  public func provenanceJSON(
    warnings: [Warning]? = nil, provenance: [ProvenanceEntry]? = nil, table: String? = nil, images list: [UInt8]? = nil,
    namesImages: Bool = true, files: [String]? = nil, attached: [String: String]? = nil,
    unrelated: [UnrelatedRecord]? = nil
  ) throws(Problem) -> [UInt8] {
    var document = document(warnings: warnings, provenance: provenance, table: table)
    document.files = files
    document.attached = attached
    document.unrelatedMaps = unrelated?.isEmpty == true ? nil : unrelated
    let list = if let list { list } else { try encodedImages() }
    if !namesImages { document.imagesSHA256 = Checksum.sha256(list) }
    return try LongList<ImageRecord>.encode(document, with: namesImages ? list : nil, as: "images", isPretty: true)
      + Array("\n".utf8)
  }

  /// All that `provenance.json` says but the images.
  func document(
    warnings: [Warning]? = nil, provenance: [ProvenanceEntry]? = nil, table: String? = nil
  ) -> ProvenanceDocument {
    let provenance = provenance ?? self.provenance
    let warnings = warnings ?? self.warnings ?? []
    var document = ProvenanceDocument(
      experiment: .init(
        file: experimentFile, sha256: experimentSHA256, overrides: overrides, title: experiment.title,
        seed: experiment.seed, template: template.map { _ in experiment.report.template.fileName },
        templateSHA256: template.map { Checksum.sha256(Array($0.utf8)) }),
      options: Dictionary(
        experiment.optionRecords.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }),
      software: values(of: "software", provenance) ?? [:],
      rendering: values(of: ProvenanceEntry.rendering, provenance),
      fonts: values(of: ProvenanceEntry.fonts, provenance), models: models, images: [],
      skipped: skipped + (passedOver ?? []),
      notes: notes ?? [], warnings: warnings.isEmpty ? nil : warnings, classNames: classNames, resultsSHA256: table)
    document.mark = mark
    return document
  }

  /// The list of images as `provenance.json` has it.
  public func encodedImages() throws(Problem) -> [UInt8] { try LongList(images, isPretty: true).bytes() }
}

package struct ProvenanceDocument: Codable, Sendable {
  /// One of several runs that a report has side by side.
  package struct RunEntry: Codable, Sendable {
    package var name: String
    /// Of its lines of `results.csv`.
    package var rowsSHA256: String
    /// As the run's own `provenance.json` has it, without fonts and libraries of its report; its images by their sum.
    package var provenance: ProvenanceDocument
  }

  package struct ExperimentEntry: Codable, Sendable {
    package var file: String
    package var sha256: String
    /// `KEY=VALUE` of every `--set`.
    package var overrides: [String]
    package var title: String
    package var seed: Int
    /// The template's file, without folders; nil in files from before it was named.
    package var template: String?
    package var templateSHA256: String?
  }

  package var experiment: ExperimentEntry
  package var options: [String: String]
  /// What the numbers depend on.
  package var software: [String: String]
  /// What the pages depend on besides them; nil in files from before there was such a thing, which have a part of it
  /// among the software.
  package var rendering: [String: String]?
  /// SHA-256 of each.
  package var fonts: [String: String]?
  package var models: [ModelRecord]
  package var images: [ImageRecord]
  package var skipped: [SkippedImage]
  package var notes: [String]?
  /// Left out where there are none, so that reports from before there were any stay the same.
  package var warnings: [Warning]?
  package var classNames: [String]
  /// Of `results.csv`, where the report does not carry it.
  package var resultsSHA256: String?
  /// Of the value of `images` beside the report, where the report's own copy leaves them out.
  package var imagesSHA256: String?
  /// SHA-256 of the other files that the report carries, by their names; nil in files from before they were named.
  package var attached: [String: String]?
  /// What the report found of maps that it does not carry.
  package var unrelatedMaps: [UnrelatedRecord]?
  /// Where the report is of several runs, these; all else that is said is then of the common images.
  package var runs: [RunEntry]?
  /// What stands on every page, where the report is no result.
  package var mark: String?
  /// What a report without a store left beside this file.
  var files: [String]?

  /// Nil where there are none.
  static func values(of section: String, _ provenance: [ProvenanceEntry]) -> [String: String]? {
    let entries = provenance.filter { $0.section == section }.map { ($0.name, $0.value) }
    return entries.isEmpty ? nil : Dictionary(entries, uniquingKeysWith: { first, _ in first })
  }
}
