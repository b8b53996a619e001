import Attacks
import ExperimentFile
import Measures
import Results
import Support

/// Several finished runs side by side: their models as the models of one report, over the images that all of them measured.
///
///     let runs = try ComparedRuns(FoundRun.read(["Reports/a", "Reports/b"]), isSweep: false)
///     let results = try runs.results(table: table)
public struct ComparedRuns: Sendable {
  /// As they were found.
  let found: [FoundRun]
  /// Of each run what is shown, its models under names that no other run has; its images are the common ones.
  let shown: [StoredRun]
  let ways: CommonWays
  let images: CommonImages
  let rows: [StoredMeasurements]
  let remarks: [RunRemark]
  let differences: [RunOverview.Difference]
  /// Whether they were made to differ: then what only some have is shown for those.
  public let isSweep: Bool
  /// Of the first run, the title but where not all have it.
  public var choices: ReportChoices
  /// The text of the report's template.
  public var template: String?
  /// What draws the report.
  public var software: [ProvenanceEntry] = []

  /// - Parameters:
  ///   - runs: in the order in which the report is to have them.
  ///   - isSweep: whether they are the combinations of one experiment.
  /// - Throws: `Problem` of kind `.usage` for fewer than two, or where comparing them means nothing; else where a row is missing.
  public init(_ runs: [FoundRun], isSweep: Bool) throws(Problem) {
    guard runs.count > 1 else {
      throw .usage(
        runs.isEmpty
          ? "there is no run to compare" : "there is one run only, “\(runs[0].name)”, and nothing to compare it with",
        remedy: "Name at least two output folders of finished runs.")
    }
    found = runs
    self.isSweep = isSweep
    images = CommonImages(runs.map(\.run))
    ways = CommonWays(runs.map(\.run.experiment), isUnion: isSweep)
    var set = RunSet(
      names: runs.map(\.name), runs: runs.map(\.run), images: images, ways: ways, environments: [])
    try Self.refuse(set)
    shown = Self.shown(runs, images, ways, RunNames.short(runs.map(\.name), isSweep: isSweep))
    var rows: [StoredMeasurements] = []
    for (run, own) in zip(runs, shown) { rows.append(try StoredMeasurements(own, in: run.store)) }
    self.rows = rows
    set.environments = rows.map(\.environments)
    remarks = RunRules.remarks(set)
    differences = RunDifferences(set).lines
    let titles = runs.map(\.run.experiment.title)
    let first = runs[0].run.experiment
    choices = ReportChoices(
      title: Set(titles).count == 1 ? titles[0] : Self.title(runs.map(\.name)), seed: first.seed,
      resamples: first.resamples, report: isSweep ? first.report : .standard)
  }

  private static func title(_ names: [String]) -> String { "Comparison of \(listInWords(names))" }

  /// Says what makes a comparison of some runs meaningless, before anything is measured.
  /// - Throws: `Problem` of kind `.usage`.
  public static func check(_ runs: [(name: String, run: StoredRun)], isSweep: Bool) throws(Problem) {
    try refuse(
      RunSet(
        names: runs.map(\.name), runs: runs.map(\.run), images: CommonImages(runs.map(\.run)),
        ways: CommonWays(runs.map(\.run.experiment), isUnion: isSweep), environments: []))
  }

  private static func refuse(_ set: RunSet) throws(Problem) {
    guard let refusal = RunRules.remarks(set).first(where: { $0.severity == .refusal }) else { return }
    throw .usage("these runs cannot be compared: \(refusal.message)", remedy: refusal.remedy)
  }

  /// - Parameter suffixes: of the runs, which tell models of one name apart.
  private static func shown(
    _ runs: [FoundRun], _ images: CommonImages, _ ways: CommonWays, _ suffixes: [String]
  ) -> [StoredRun] {
    let models = runs.enumerated().flatMap { index, run in run.run.models.map { (model: $0, run: index) } }
    let names = RunNames.unique(models.map { ($0.model.name, $0.run) }, runs: suffixes)
    let keys = RunNames.unique(models.map { ($0.model.key, $0.run) }, runs: suffixes)
    var next = 0
    return runs.map { one in
      var run = one.run
      run.experiment = ways.restricted(run.experiment)
      run.images = images.images
      run.control = images.control.count == images.images.count ? nil : images.control.sorted()
      for index in run.models.indices {
        run.models[index].name = names[next]
        run.models[index].key = keys[next]
        run.experiment.models[index].name = names[next]
        run.experiment.models[index].key = keys[next]
        next += 1
      }
      return run
    }
  }

  /// What stands on every page, where a run is no result; nil where all are.
  public var mark: String? { found.lazy.compactMap { $0.run.mark }.first }

  /// Of each run, what an anonymous report leaves out of it.
  public var anonymities: [Anonymity] { found.map { Anonymity(of: $0.run) } }

  /// The same for a report that tells nobody's name: runs that are called by their folders are numbered.
  /// - Throws: `Problem` where a row is missing.
  public var anonymous: ComparedRuns {
    get throws(Problem) {
      let names = RunNames.anonymous(found.count)
      let own = found.enumerated().map { index, run in
        let namesFile = !isSweep || run.run.overrides.contains { ((try? Override($0))?.isPath) ?? true }
        return FoundRun(name: namesFile ? names[index] : run.name, run: run.run.anonymous, store: run.store)
      }
      var copy = try ComparedRuns(own, isSweep: isSweep)
      let title = copy.choices.title
      (copy.choices, copy.template, copy.software) = (choices, template, software)
      if choices.title == Self.title(found.map(\.name)) { copy.choices.title = title }
      if let first = anonymities.first {
        copy.template = template.map(first.template)
        copy.choices.title = first.shown(copy.choices.title)
      }
      copy.choices.report.authors = []
      copy.choices.report.isAnonymous = true
      copy.choices.report.hideTemplates()
      return copy
    }
  }

  /// What the report says before its numbers: that what it shows is not all that was measured, and what makes it unfair.
  public var warnings: [Warning] {
    let own = remarks.map { Warning($0.message, remedy: $0.remedy) }
    let ofRuns = zip(found, rows).map { run, rows in (run.run.warnings ?? []) + rows.environments.warnings }
    var seen: Set<Warning> = []
    return own
      + ofRuns.flatMap { $0 }.filter { seen.insert($0).inserted }.map { warning in
        let having = ofRuns.indices.filter { ofRuns[$0].contains(warning) }
        guard having.count < found.count else { return warning }
        let names = listInWords(having.map { "“\(found[$0].name)”" })
        return Warning("Of \(names): \(warning.message)", remedy: warning.remedy)
      }
  }
}

extension StoredRun {
  /// Of the provenance, the software that numbers depend on.
  var softwareProvenance: [ProvenanceEntry] {
    var run = self
    // There may be very many.
    run.images = []
    return run.provenance.filter { $0.section == "software" }
  }
}
