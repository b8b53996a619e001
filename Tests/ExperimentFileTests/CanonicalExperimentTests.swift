import ExperimentFile
import Foundation
import Results
import Support
import Testing

/// The experiment that a report carries.
@Suite struct CanonicalExperimentTests {
  private let environment = ["FACES": "/home/ana/faces", "WHO": "Ana"]

  private func file(_ text: String, _ overrides: [Override] = []) throws -> ExperimentFile {
    try ExperimentFile(
      text: text, path: "Experiments/it.yaml", overrides: overrides, environment: environment)
  }

  private let everything = """
    title: "It's: \\"a\\" $${title} \\u2212 # no comment"
    seed: 12
    data: {source: folder, root: "${FACES}/aligned", classes: names.txt, split: validation, split-seed: 3, limit: 100}
    input: {fit: crop, resize: 400}
    models:
      - architecture: vgg16
        name: "null"
        weights: ../Models/a.safetensors
        state: "checkpoint.${WHO}"
        width: 0.25
        layers: [features.15, last]
        input: {size: 112, mean: [0, 0.5, 1], std: [1, 0.5, 1e-5], resize: 128}
      - {architecture: resnet50, variant: caffe, weights: b.safetensors, layers: all}
    attack: {method: fgsm, epsilons: [0.2, 1, 1e-3], loss-label: predicted, quantise: 8bit}
    explain: {method: grad-cam, targets: [label, clean-prediction]}
    compare: {window: gaussian}
    report: {template: mine/report.md, formats: svg, svg-text: text, authors: ["A. One", "B: Two"]}
    """

  @Test func itReadsBackAsTheSameExperiment() throws {
    let original = try file(everything, [Override("attack.epsilons=[0.5]"), Override("title='${WHO} -- \t-'")])
    let text = original.experiment.canonicalText()
    #expect(try file(text).experiment == original.experiment)
    #expect(try file(text).experiment.canonicalText() == text)
    #expect(text.contains("\n  root: \"${FACES}/aligned\"\n"))
    #expect(text.contains("\n  epsilons: [0.5]\n"))
  }

  @Test func ofAPathOnlyItsEndIsLeft() throws {
    let text = try file(
      """
      title: T
      data: {source: folder, root: /home/ana}
      models: [{architecture: vgg16, weights: /scratch/ana/vgg.safetensors}, {architecture: resnet50, weights: ../../home/ana/r.pth}]
      attack: {epsilons: 0.1}
      report: {template: ~/mine.md}
      """
    ).experiment.canonicalText()
    #expect(!text.contains("ana") && !text.contains("home") && !text.contains("scratch") && !text.contains("~"))
    #expect(text.contains("\n  root: folder  # the folders are left out: put your own here\n"))
    #expect(text.contains("\n    weights: vgg.safetensors  # the folders are left out: put your own here\n"))
    #expect(text.contains("\n    weights: r.pth  # the folders are left out: put your own here\n"))
    #expect(text.contains("\n  template: mine.md  # the folders are left out: put your own here\n"))
    // What is left can be read, once the files are there.
    #expect(try file(text).experiment.models[0].weights.written == "vgg.safetensors")
  }

  @Test func anonymousItNamesNoFile() throws {
    let text = try file(everything).experiment.canonicalText(anonymous: true)
    for name in ["a.safetensors", "b.safetensors", "FACES", "names.txt", "report.md", "One", "Two"] {
      #expect(!text.contains(name), "\(name)")
    }
    #expect(text.contains("\n    weights: weights-2  # the name is left out: put your own here\n"))
    #expect(text.contains("\n  anonymous: true\n"))
    var again = try file(text).experiment
    #expect(again.report.isAnonymous)
    // All that is measured is as it was.
    let original = try file(everything).experiment
    again.data.source = original.data.source
    for index in again.models.indices { again.models[index].weights = original.models[index].weights }
    again.report = original.report
    #expect(again == original)
  }

  @Test func theReportsOptionsAreChecked() throws {
    func message(_ report: String) -> String {
      do {
        _ = try file(
          "title: T\ndata: {source: orl}\nmodels: [{architecture: vgg16, weights: w}]\nattack: {epsilons: 1}\nreport: {\(report)}\n"
        )
        return "none"
      } catch {
        return "\(error)"
      }
    }
    #expect(message("svg-text: text, authors: Me, anonymous: false") == "none")
    #expect(
      message("svg-text: outlines")
        == "Experiments/it.yaml:5:20: `report.svg-text` must be one of `paths`, `text`, found `outlines`")
    #expect(
      message("anonymous: maybe")
        == "Experiments/it.yaml:5:21: `report.anonymous` must be one of `true`, `false`, found `maybe`")
    #expect(
      message("anonymus: true")
        == "Experiments/it.yaml:5:10: unknown key `anonymus` in `report`\n  Did you mean `anonymous`?")
  }
}
