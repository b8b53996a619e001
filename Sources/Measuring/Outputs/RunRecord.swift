import ExperimentFile
import Foundation
import Results
import Store
import Support

extension StoredRun {
  /// The record of a run that is complete.
  /// - Parameters:
  ///   - engine: as the rows' keys have it: "oneDNN 2.6.3".
  ///   - software: names and versions of other libraries.
  ///   - template: its text.
  public init(
    file: ExperimentFile, plan: Plan, engine: String, outcome: RunOutcome, software: [ProvenanceEntry],
    template: String?
  ) {
    let skipped = Set(outcome.skipped.map(\.path))
    self.init(
      name: file.name, experiment: plan.experiment,
      experimentFile: file.path.split(separator: "/").last.map(String.init) ?? file.path,
      experimentSHA256: file.sha256, overrides: file.overrides.map(\.withoutFolders),
      models: plan.models.map(\.record), images: plan.images.map(\.record).filter { !skipped.contains($0.path) },
      skipped: outcome.skipped, notes: plan.notes, warnings: plan.warnings.isEmpty ? nil : plan.warnings,
      passedOver: plan.passedOver.isEmpty ? nil : plan.passedOver, control: plan.control, classNames: plan.classNames,
      engine: engine,
      // Where nothing was run here no engine had a part in the numbers.
      software: plan.models.allSatisfy { $0.maps != nil } ? software.filter { $0.name != "engine" } : software,
      decoders: plan.decoders, template: template)
  }

  /// Whether an experiment, as it is now, asks for the measurements of this run and no others; its title and report
  /// may have changed.
  public func measures(_ other: Experiment) -> Bool {
    measured(experiment) == measured(other)
  }

  private func measured(_ experiment: Experiment) -> Data? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var experiment = experiment.withoutReport
    // A sample of more images than there are is all of them.
    if case .sample(let count) = experiment.control, count >= images.count + skipped.count { experiment.control = .all }
    return try? encoder.encode(experiment)
  }
}
