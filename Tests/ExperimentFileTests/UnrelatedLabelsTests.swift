import ExperimentFile
import Foundation
import Results
import Support
import Testing

/// `data: {labels: unrelated}`: labels that are no classes of the networks.
@Suite struct UnrelatedLabelsTests {
  private func file(
    _ labels: String, attacks: String = "[{epsilons: [0.1], loss-label: predicted}]", rest: String = ""
  ) throws -> ExperimentFile {
    try ExperimentFile(
      text: """
        title: T
        data: {source: folder, root: faces\(labels)}
        models: [{architecture: vgg16, weights: w.safetensors}]
        attacks: \(attacks)
        \(rest)
        """, path: "small.yaml", overrides: [], environment: [:])
  }

  private func message(
    attacks: String = "[{epsilons: [0.1], loss-label: predicted}]", rest: String = ""
  ) -> String {
    do {
      _ = try file(", labels: unrelated", attacks: attacks, rest: rest)
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test func itIsReadAndWritten() throws {
    let experiment = try file(", labels: unrelated").experiment
    #expect(experiment.data.labels == .unrelated)
    let text = experiment.canonicalText()
    #expect(text.contains("\n  split: all\n  split-seed: 0\n  labels: unrelated\n"))
    #expect(
      try ExperimentFile(text: text, path: "it.yaml", overrides: [], environment: [:]).experiment.data.labels
        == .unrelated)
    #expect(experiment.optionRecords.contains(OptionRecord(key: "data.labels", value: "unrelated")))
    let stored = try JSONEncoder().encode(experiment)
    #expect(try JSONDecoder().decode(Experiment.self, from: stored) == experiment)
  }

  /// Records and reports of experiments that do not use it are those of versions without it.
  @Test func itIsQuietWhereLabelsAreClasses() throws {
    let (plain, said) = (try file("").experiment, try file(", labels: classes").experiment)
    let unrelated = try file(", labels: unrelated").experiment
    #expect(plain == said && plain != unrelated)
    for experiment in [plain, said] {
      #expect(experiment.data.labels == .classes)
      #expect(!experiment.canonicalText().contains("labels:"))
      #expect(!experiment.optionRecords.contains { $0.key == "data.labels" })
      let stored = String(decoding: try JSONEncoder().encode(experiment), as: UTF8.self)
      #expect(!stored.contains("\"labels\""))
    }
  }

  @Test func whatNeedsClassesIsRefused() throws {
    #expect(
      message(attacks: "[{epsilons: [0.1]}]")
        == "small.yaml:4:11: FGSM leads away from the label of each image, which is no class of the networks: `data.labels` is "
        + "`unrelated`\n"
        + "  Write `loss-label: predicted` under it: the attack then leads away from what each network predicts on the clean image."
    )
    #expect(
      message(attacks: "[{method: noise, epsilons: [0.1]}, {method: pgd, epsilons: [0.1], loss-label: label}]")
        .hasPrefix("small.yaml:4:88: PGD leads away from the label of each image, which is no class of the networks"))
    #expect(message(attacks: "[{method: noise, epsilons: [0.1]}]") == "none")
    #expect(
      message(rest: "explain: {targets: [predicted, label]}")
        == "small.yaml:5:20: `explain.targets` has `label`, which is no class of the networks: `data.labels` is `unrelated`\n"
        + "  Explain `predicted`, `clean-prediction`, or both.")
    #expect(message(rest: "explain: {targets: [predicted, clean-prediction]}") == "none")
  }

  @Test func aSingleAttackIsNamedByItsPlace() {
    #expect {
      try ExperimentFile(
        text: """
          title: T
          data: {source: folder, root: faces, labels: unrelated}
          models: [{architecture: vgg16, weights: w.safetensors}]
          attack:
            epsilons: [0.1]
          """, path: "small.yaml", overrides: [], environment: [:])
    } throws: {
      "\($0)".hasPrefix("small.yaml:5:3: FGSM leads away from the label of each image, ")
    }
  }
}
