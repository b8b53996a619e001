import Datasets
import ExperimentFile
import Foundation
import Support
import Weights

/// The split whose training part a network was fitted to.
public struct TrainedSplit: Sendable, Hashable {
  /// As `data.split-seed`.
  public var seed: Int
  /// The class names of the data, as far as the weights say them: a file knows nothing of the data that an experiment names.
  public var classes: [String]?

  /// What an experiment says of a model, or else the metadata of its safetensors file: `split_seed`, a number, and `classes`, a
  /// list in JSON.
  init?(_ options: ModelOptions, metadata: [String: String]) {
    if let seed = options.trainedSplitSeed {
      self.seed = seed
      return
    }
    guard let seed = metadata["split_seed"].flatMap({ Int($0) }), seed >= 0,
      let classes = metadata["classes"].flatMap({ try? JSONDecoder().decode([String].self, from: Data($0.utf8)) })
    else { return nil }
    self.seed = seed
    self.classes = classes
  }
}

extension Plan {
  /// Of networks that say what they were trained on, when images of the run are among that.
  /// - Parameter data: of the experiment.
  static func trainingWarnings(
    _ models: [PlannedModel], data: DataOptions, images: [PlannedImage], classNames: [String]
  ) -> [Warning] {
    let known = models.filter { model in
      guard let split = model.trainedSplit else { return false }
      return split.classes.map { $0 == classNames } ?? true
    }
    return Set(known.compactMap { $0.trainedSplit?.seed }).sorted().compactMap { seed in
      let isApart = seed == data.splitSeed && (data.split == .test || data.split == .validation)
      guard !isApart, let training = try? trainingPaths(data, seed: seed) else { return nil }
      let count = images.count { training.contains($0.record.path) }
      guard count > 0 else { return nil }
      let names = known.filter { $0.trainedSplit?.seed == seed }.map(\.record.name)
      return Warning(
        "\(count) of \(images.count) images are among those that \(listInWords(names)) \(names.count == 1 ? "was" : "were") "
          + "trained on, the training part of `split-seed: \(seed)`",
        remedy:
          "What a network does on images that it was fitted to says little of others: write `split: test` and `split-seed: "
          + "\(seed)` under `data`.")
    }
  }

  private static func trainingPaths(_ data: DataOptions, seed: Int) throws(Problem) -> Set<String> {
    let selection = DataSelection(split: .train, seed: seed)
    return Set(try data.source.select(selection, from: data.source.open(selection)).images.map(\.path))
  }
}
