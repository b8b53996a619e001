import Attacks
import ExperimentFile
import Foundation
import Images
import Measures
import Results
import Support

extension ComparedRuns {
  /// Everything that the report is made of: rows and pictures when they are asked for, what follows from all rows now.
  /// - Parameter table: gets `results.csv`, with a column that names each row's run behind the others.
  /// - Throws: `Problem` when a row is missing or damaged, or the table cannot be written.
  public func results(table: ResultsTable? = nil) throws(Problem) -> ExperimentResults {
    for run in found { try run.store.readsInOrder() }
    let models = shown.flatMap(\.models)
    var results = ExperimentResults(
      title: choices.title, seed: UInt64(choices.seed), models: models, images: images.images,
      classNames: found.map(\.run.classNames).max { $0.count < $1.count } ?? [], epsilons: [], attacks: ways.attacks,
      explanations: ways.explanations, targets: ways.targets, measures: ways.measures, measurements: [],
      options: options, provenance: provenance, skipped: [], pictures: pictures)
    results.resamples = choices.resamples
    results.control = shown[0].controlImages
    // The same in all: other runs are not compared.
    results.labels = shown[0].experiment.data.labels
    for run in shown {
      let grid = ways.grid(run.experiment)
      for model in run.models {
        let own = model.maps?.grid(measures: Set(results.measureKeys))
        results.grids[model.key] = grid.map { grid in own.map(grid.intersection) ?? grid } ?? own
      }
    }
    results.rows = JoinedMeasurements(
      zip(shown, rows).map { run, rows in
        JoinedMeasurements.Part(
          models: run.models.map(\.key), source: rows, measures: run.experiment.compare.measures,
          among: ways.measures)
      })
    results.notes = notes
    var overview = RunOverview(
      runs: zip(found, shown).map { run, shown in
        RunOverview.Run(name: run.name, models: shown.models.map(\.key), imageCount: run.run.images.count)
      }, commonImages: images.images.count, isSweep: isSweep, differences: differences)
    results.runs = overview
    for (index, sum) in try write(results, to: table).enumerated() { overview.runs[index].rowsSHA256 = sum }
    results.runs = overview
    if !isSweep {
      overview.agreements = try agreements(results)
      results.runs = overview
    }
    results.warnings = warnings + results.accuracyWarnings + results.driftWarnings
    return results
  }

  /// Reads all rows once: for the table, for what the report says of them, and for the sum of each run's lines.
  /// - Parameter table: nil where nobody wants one.
  /// - Returns: of each run the SHA-256 of its lines.
  private func write(_ results: ExperimentResults, to table: ResultsTable?) throws(Problem) -> [String] {
    let runs = Dictionary(
      shown.enumerated().flatMap { index, run in run.models.map { ($0.key, index) } },
      uniquingKeysWith: { first, _ in first })
    let sums = RunSums(runs: shown.count)
    func write(_ append: ([UInt8]) throws(Problem) -> Void) throws(Problem) {
      let csv = ResultsCSV(results)
      try append(csv.head)
      try results.read { (rows) throws(Problem) in
        (run: rows.first.flatMap { row in runs[row.model] }, lines: csv.lines(rows))
      } consume: { (part) throws(Problem) in
        if let run = part.run { sums.add(part.lines, of: run) }
        try append(part.lines)
      }
    }
    if let table {
      try table.make { (append) throws(Problem) in try write(append) }
    } else {
      try write { _ in }
    }
    sums.end()
    return sums.texts
  }

  private var pictures: JoinedPictures {
    var sources: [String: any PictureSource] = [:]
    for (run, shown) in zip(found, shown) {
      let own = StorePictures(store: run.store, run: shown, maker: nil)
      for model in shown.models { sources[model.key] = own }
    }
    return JoinedPictures(sources)
  }

  /// What the data of each run left out, and what it could not measure.
  private var notes: [String] {
    var seen: Set<String> = []
    let all = found.flatMap { $0.run.notes ?? [] }
    let shared = Set(all.filter { note in found.allSatisfy { ($0.run.notes ?? []).contains(note) } })
    var notes = all.filter { shared.contains($0) && seen.insert($0).inserted }
    for run in found {
      notes += (run.run.notes ?? []).filter { !shared.contains($0) }.map { "Of “\(run.name)”: \($0)" }
      let skipped = run.run.skipped.count
      if skipped > 0 {
        notes.append(
          "“\(run.name)” could not measure \(skipped == 1 ? "one of its images" : "\(skipped) of its images").")
      }
    }
    let seeds = Set(found.map(\.run.experiment.seed))
    if seeds.count > 1 {
      notes.append("Intervals and tests are drawn by the seed \(choices.seed), whatever those of the runs were.")
    }
    return notes
  }

  // MARK: - Options and provenance

  /// Of every option the value, or which runs have which.
  private var options: [OptionRecord] {
    joined(shown.map { run in run.experiment.optionRecords.map { ($0.key, $0.value) } })
      .map { OptionRecord(key: $0.name, value: $0.value) }
  }

  /// - Parameter lists: of each run.
  private func joined(_ lists: [[(name: String, value: String)]]) -> [(name: String, value: String)] {
    var names: [String] = []
    var values: [String: [(value: String, runs: [String])]] = [:]
    for (run, list) in zip(found, lists) {
      for (name, value) in list {
        if values[name] == nil { names.append(name) }
        if let place = values[name]?.firstIndex(where: { $0.value == value }) {
          values[name]?[place].runs.append(run.name)
        } else {
          values[name, default: []].append((value, [run.name]))
        }
      }
    }
    return names.map { name in
      let own = values[name] ?? []
      guard own.count > 1 else { return (name, own.first?.value ?? "") }
      return (name, own.map { "\($0.value) (\($0.runs.joined(separator: ", ")))" }.joined(separator: "; "))
    }
  }

  private var provenance: [ProvenanceEntry] {
    let programs = zip(found, rows).map { run, rows in
      rows.environments.replacing(run.run.softwareProvenance).map { ($0.name, $0.value) }
    }
    var entries = joined(programs).map {
      ProvenanceEntry(section: "software", name: $0.name, value: $0.value)
    }
    entries += software
    for run in found {
      entries.append(
        ProvenanceEntry(
          section: "experiment", name: "\(run.run.experimentFile) of \(run.name)", value: run.run.experimentSHA256))
      entries += run.run.overrides.filter(Override.changesResults).map {
        ProvenanceEntry(section: "experiment", name: "--set of \(run.name)", value: $0)
      }
    }
    if let template = template {
      entries.append(
        ProvenanceEntry(
          section: "experiment", name: "template \(choices.report.template.fileName)",
          value: Checksum.sha256(Array(template.utf8))))
    }
    for model in shown.flatMap(\.models) {
      entries.append(
        ProvenanceEntry(section: "weights", name: "\(model.weightsFile), \(model.name)", value: model.weightsSHA256))
      if let maps = model.maps {
        entries.append(
          ProvenanceEntry(
            section: "weights", name: "maps of \(model.name)", value: "computed elsewhere, by \(maps.words)"))
      }
    }
    return entries + images.images.map { ProvenanceEntry(section: "data", name: $0.path, value: $0.sha256) }
  }

  // MARK: - The same network in several runs

  /// How networks compare that are the same in two runs, each with that of the first run that has it.
  private func agreements(_ results: ExperimentResults) throws(Problem) -> [String] {
    var sentences: [String] = []
    var known: [(text: String, run: Int, model: Int)] = []
    for run in shown.indices {
      for model in shown[run].models.indices {
        let keys = shown[run].keys(of: model)
        let text = Self.network(keys)
        guard let first = known.first(where: { $0.text == text && $0.run != run }) else {
          known.append((text, run, model))
          continue
        }
        let other = shown[first.run].keys(of: first.model)
        let (a, b) = (shown[first.run].models[first.model], shown[run].models[model])
        let (x, y) = (shown[first.run].experiment, shown[run].experiment)
        let same = try results.sameValues(of: a.key, b.key) { series in
          Self.measures(series, x, other, y, keys)
        }
        guard same.rows > 0 else { continue }
        let isOneEngine = keys.network == other.network && keys.preparation == other.preparation
        let measures = results.measureKeys.filter(same.measures.contains).map(results.measureTitle)
        sentences.append(
          Self.sentence(
            same, a.name, b.name, isOneEngine: isOneEngine,
            measures: measures.count < results.measures.count ? listInWords(measures) : nil))
      }
    }
    return sentences
  }

  /// What a network and its input are, whatever computed with them.
  private static func network(_ keys: KeyMaker) -> String {
    ContentKey.text(
      of: ContentKey.ingredients(of: keys.network + keys.preparation)
        .filter { !["protocol", "arithmetic", "engine", "decoders"].contains($0.name) })
  }

  /// Keys of the measures by which a series is measured in the same way in two runs.
  private static func measures(
    _ series: SeriesIdentity, _ first: Experiment, _ keys: KeyMaker, _ second: Experiment, _ others: KeyMaker
  ) -> Set<String> {
    func attack(_ experiment: Experiment, _ keys: KeyMaker) -> String? {
      experiment.attacks.firstIndex { $0.key == series.attack }.map { keys.attacks[$0] }
    }
    func explanation(_ experiment: Experiment, _ keys: KeyMaker) -> String? {
      experiment.explain.methods.firstIndex { type(of: $0).key == series.explanation }.map { keys.explanations[$0] }
    }
    guard attack(first, keys) == attack(second, others), explanation(first, keys) == explanation(second, others) else {
      return []
    }
    let own = zip(first.compare.measures.map { type(of: $0).key }, keys.measures).map { "\($0) \($1)" }
    return Set(
      zip(second.compare.measures.map { type(of: $0).key }, others.measures)
        .filter { own.contains("\($0) \($1)") }.map(\.0))
  }

  /// - Parameter measures: in words, where not all were compared.
  private static func sentence(
    _ same: SameValues, _ first: String, _ second: String, isOneEngine: Bool, measures: String?
  ) -> String {
    let what =
      "\(first) and \(second) are one network under the same options"
      + (isOneEngine ? "" : ", computed by different engines or versions")
    let values = measures ?? "every measure"
    let rows = same.rows == 1 ? "row" : "rows"
    if same.differing == 0 {
      return
        "\(what): \(values) of \(same.rows == 1 ? "the one" : "all \(same.rows)") \(rows) is the same to the last digit."
    }
    let most =
      same.greatest == 0
      ? "none by a measure, but by a prediction or a dead map"
      : same.greatest.isFinite
        ? "a measure by at most \(String(format: "%.2g", same.greatest))" : "a measure has a value in one of them only"
    return "\(what): \(same.differing) of \(same.rows) \(rows) differ, \(most)."
  }
}

/// SHA-256 of the lines of each of several runs, which come one run behind the other.
private final class RunSums {
  private(set) var texts: [String]
  private var current = -1
  private var hash: SHA256? = SHA256()

  init(runs: Int) { texts = [String](repeating: Checksum.sha256([UInt8]()), count: runs) }

  func add(_ lines: [UInt8], of run: Int) {
    if run != current { end() }
    current = run
    hash?.update(data: lines)
  }

  /// The lines of the current run are all there.
  func end() {
    if let hash = hash.take(), current >= 0 { texts[current] = Checksum.text(hash.finalize()) }
    hash = SHA256()
  }
}
