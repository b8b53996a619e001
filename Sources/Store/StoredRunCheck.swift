import Results
import Support

extension StoredRun {
  /// Holds the record, which may come from a stranger, to what an experiment file may say; everything that reads it
  /// relies on that.
  /// - Parameter path: of the store, for the error.
  func check(path: String) throws(Problem) {
    if let fault = models.count == experiment.models.count
      ? fault : "\(models.count) models for \(experiment.models.count)"
    {
      throw .usage(
        at: Place(file: path), "the results store is damaged: the record of its latest run has \(fault)",
        remedy: "Move it away; the next run computes everything again.")
    }
  }

  /// The first value out of its range, in words.
  private var fault: String? {
    if experiment.seed < 0 { return "the seed \(experiment.seed)" }
    if !Resampling.allowed.contains(experiment.resamples) { return "\(experiment.resamples) resamples" }
    for model in models {
      if !(1...8192).contains(model.inputSize) { return "an input of \(model.inputSize) pixels" }
      if model.classCount < 1 { return "\(model.classCount) classes" }
      if !model.width.isFinite || model.width <= 0 { return "the width \(model.width)" }
      if ![1, 3].contains(model.mean.count) || model.standardDeviation.count != model.mean.count {
        return "an input that is not of 3 channels, or 1"
      }
    }
    if let epsilon = experiment.epsilons.first(where: { !$0.isFinite || $0 < 0 }) {
      return "the epsilon \(epsilon)"
    }
    if let clash = experiment.labelClash { return clash }
    if let image = images.first(where: { $0.label < 0 }) { return "the label \(image.label)" }
    return nil
  }
}
