import ArgumentParser
import ExperimentFile
import Foundation
import Measuring
import Results
import Store
import Support

/// Where the photographs and networks of a finished run are.
struct InputOptionsGroup: ParsableArguments {
  @Option(
    name: .long,
    help: "The experiment file of the run. (default: that of the same name and hash here or in Experiments/)")
  var experiment: String?

  @OptionGroup var overrides: OverrideOptions

  @Option(
    name: .long, help: ArgumentHelp("A folder that the photographs lie below, under any name.", valueName: "folder"))
  var data: String?

  @Option(name: .long, help: ArgumentHelp("A folder that the weights lie below, under any name.", valueName: "folder"))
  var weights: String?

  /// Whether somebody said where.
  var isGiven: Bool { experiment != nil || data != nil || weights != nil }

  var paths: [String] { [experiment, data, weights].compactMap { $0 } }

  func validate() throws {
    if (data == nil) != (weights == nil) { throw ValidationError("--data and --weights go together.") }
    if data != nil && experiment != nil {
      throw ValidationError("The files are found by --experiment, or below --data and --weights: give one of them.")
    }
  }

  /// - Parameters:
  ///   - images: that are wanted.
  ///   - models: that are wanted; those whose gradients attacks take are found too.
  /// - Throws: `Problem` where the files are not at hand.
  func plan(
    of run: StoredRun, in store: ResultsStore, images: [ImageRecord], models: [ModelRecord]
  ) throws(Problem) -> Plan {
    if let data, let weights {
      let sources = run.experiment.attacks.compactMap(\.source?.model)
      return try FoundInputs(
        of: run, experimentText: run.experiment.canonicalText(), data: data, weights: weights,
        onlyImages: Set(images.map(\.path)), onlyModels: Set(models.map(\.key) + sources)
      ).plan
    }
    let finder = RunExperiment(named: experiment, overrides: try overrides.parsed())
    guard let file = try finder.file(of: run) else {
      throw .usage(
        "attacked images are made again by the networks of the run, and \(run.experimentFile), which names them, is not here",
        remedy:
          "Name the experiment file (--experiment), with each --set that the run was given; or say below which folders its files are "
          + "(--data, --weights).")
    }
    return try Plan(file, hashes: FileHashes(storeAt: store.path))
  }
}

/// Finds the experiment file of a finished run.
struct RunExperiment {
  /// Nil looks for the one of the run's name and hash.
  let named: String?
  let overrides: [Override]

  init(named: String?, overrides: [Override]) {
    self.named = named
    self.overrides = overrides
  }

  /// - Returns: nil where none was named, and none of the run's name and hash is at hand.
  /// - Throws: `Problem` where the named one cannot be read.
  func file(of run: StoredRun) throws(Problem) -> ExperimentFile? {
    if let named { return try ExperimentFile(path: SharedFolders.experiment(named), overrides: overrides) }
    let shared = SharedFolders.folders(.experiments).map { $0.appending(path: run.experimentFile).path }
    for candidate in [run.experimentFile] + shared where FileManager.default.fileExists(atPath: candidate) {
      // A file that only has the same name says nothing about the run.
      if let found = try? ExperimentFile(path: candidate, overrides: overrides),
        found.sha256 == run.experimentSHA256, run.measures(found.experiment)
      {
        return found
      }
    }
    return nil
  }
}
