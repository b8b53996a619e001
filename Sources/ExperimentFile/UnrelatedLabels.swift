import Attacks
import Results
import Support

/// Labels that are no classes of the networks are none to attack, and none to explain.
extension Experiment {
  /// What of the experiment needs labels that are classes, though they are none; nil where nothing does, or they are.
  package var labelClash: String? {
    guard data.labels == .unrelated else { return nil }
    if let attack = attacks.first(where: \.attack.leadsAwayFromLabel) {
      return "labels that are no classes, which \(attack.title) leads away from"
    }
    return explain.targets.contains(.label) ? "labels that are no classes, which are explained" : nil
  }
}

extension ExperimentReader {
  /// - Throws: `Problem` of kind `.usage` at the first value that needs labels which are the networks' classes.
  func checkLabels(of experiment: Experiment, _ root: YAMLValue) throws(Problem) {
    guard experiment.data.labels == .unrelated else { return }
    let why = "which is no class of the networks: `data.labels` is `\(LabelMeaning.unrelated.rawValue)`"
    for (index, setting) in experiment.attacks.enumerated() where setting.attack.leadsAwayFromLabel {
      let key = type(of: setting.attack).lossLabelKey
      let list = root["attacks"]
      let value = list == nil ? root["attack"] : try list?.list("attacks")[index]
      throw .usage(
        at: value?[key]?.place ?? value?.place, "\(setting.title) leads away from the label of each image, \(why)",
        remedy:
          "Write `\(key): \(LossLabel.predicted.rawValue)` under it: the attack then leads away from what each network "
          + "predicts on the clean image.")
    }
    if experiment.explain.targets.contains(.label) {
      throw .usage(
        at: root["explain"]?["targets"]?.place ?? root["explain"]?.place,
        "`explain.targets` has `\(ExplanationTarget.label.rawValue)`, \(why)",
        remedy:
          "Explain `\(ExplanationTarget.predicted.rawValue)`, `\(ExplanationTarget.cleanPrediction.rawValue)`, or both."
      )
    }
    for (index, model) in experiment.models.enumerated() {
      guard let head = model.head, head.isFromTraining else { continue }
      let value = try root["models"]?.list("models")[index][ModelOptions.headKey]
      throw .usage(
        at: value?.place,
        "\(model.name) has one prototype for each label, so that labels are its classes, but `data.labels` "
          + "is `\(LabelMeaning.unrelated.rawValue)`",
        remedy: "Leave `labels` out, or give the prototypes of other classes in a file.")
    }
  }
}
