import Attacks
import Datasets
import ExperimentFile
import Foundation
import Images
import Measures
import Results
import Support
import Testing

@Suite struct ExperimentFileTests {
  @Test func everyDefaultIsTheProtocols() throws {
    let experiment = try ExperimentFile(text: smallest, path: "Experiments/small.yaml").experiment
    #expect(experiment.title == "Small")
    #expect(experiment.seed == 0)
    #expect(experiment.data.source is FolderSource)
    #expect(
      (experiment.data.source as? FolderSource)?.root
        == ExperimentPath(written: "../faces", resolved: "Experiments/../faces"))
    #expect(experiment.data.split == .all)
    #expect(experiment.data.splitSeed == 0)
    #expect(experiment.data.limit == nil)
    let model = try #require(experiment.models.first)
    #expect(model.key == "inception_v3")
    #expect(model.name == "InceptionV3")
    #expect(model.weights.resolved == "Experiments/inception.safetensors")
    #expect(model.width == 1)
    #expect(model.layers == ["last"])
    #expect(
      model.input
        == InputOptions(
          size: 299,
          normalisation: Normalisation(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5]), fit: .squash,
          resize: 342))
    #expect(experiment.attacks[0].levels == [0.05])
    #expect((experiment.attacks[0].attack as? FGSM)?.lossLabel == .label)
    #expect((experiment.attacks[0].attack as? FGSM)?.quantise == Quantisation.none)
    #expect(experiment.explain.targets == [.predicted])
    #expect((experiment.compare.measures[0] as? NISSIM)?.window == .uniform)
    #expect(experiment.report.template.written == "paper")
    #expect(experiment.report.formats == [.pdf, .svg])
  }

  /// A network of another width is not called what the published one is called, unless somebody says so.
  @Test(arguments: [
    ("vgg16", "", "VGG16"), ("vgg16", ", width: 1", "VGG16"), ("vgg16", ", width: 0.25", "VGG16 ×¼"),
    ("resnet50", ", variant: caffe, width: 0.5", "ResNet50 (Caffe) ×½"), ("xception", ", width: 0.375", "Xception ×⅜"),
    ("vgg16", ", width: 0.3", "VGG16 ×0.3"), ("vgg16", ", width: 0.04", "VGG16 ×0.04"),
    ("vgg16", ", width: 2", "VGG16 ×2"), ("vgg16", ", width: 1.5", "VGG16 ×1.5"),
    ("vgg16", ", width: 0.25, name: VGG16", "VGG16"),
  ])
  func narrowNetworksSaySo(_ architecture: String, _ keys: String, _ name: String) throws {
    let text = """
      title: Widths
      data: {source: orl}
      models: [{architecture: \(architecture), weights: a.pth\(keys)}]
      attack: {epsilons: 0.1}
      """
    let model = try ExperimentFile(text: text, path: "widths.yaml").experiment.models[0]
    #expect(model.name == name)
    #expect(model.key == architecture)
  }

  /// What a file written before names had widths calls a source of gradients is found all the same; of two it is asked for.
  @Test func aSourceIsFoundByItsPublishedName() throws {
    func experiment(_ models: String, _ source: String) throws -> Experiment {
      try ExperimentFile(
        text: """
          title: Sources
          data: {source: orl}
          models: [\(models)]
          attack: {epsilons: 0.1, transfer-from: \(source)}
          """, path: "sources.yaml"
      ).experiment
    }
    let one = "{architecture: vgg16, weights: a.pth, width: 0.25}"
    #expect(try experiment(one, "VGG16").attacks[0].source?.name == "VGG16 ×¼")
    #expect(try experiment(one, "VGG16 ×¼").attacks[0].source?.model == "vgg16")
    #expect(throws: Problem.self) {
      try experiment("\(one), {architecture: vgg16, weights: b.pth, width: 0.5}", "VGG16")
    }
  }

  @Test func everyKeyIsRead() throws {
    let text = """
      title: "All: keys"
      seed: 9223372036854775807
      data: {source: folder, root: /data/faces, split: validation, split-seed: 3, limit: 100}
      input: {fit: crop, resize: 400}
      models:
        - architecture: vgg16
          name: Ours
          weights: /weights/a.safetensors
          width: 0.25
          layers: [features.15, last]
          input: {size: 112, mean: [0, 0.5, 1], std: [1, 0.5, 0.25], resize: 128}
        - {architecture: resnet50, weights: b.safetensors, layers: all}
      attack: {method: fgsm, epsilons: [0.2, 1, 1e-3], loss-label: predicted, quantise: 8bit}
      explain: {method: grad-cam, targets: [label, clean-prediction]}
      compare: {window: gaussian}
      report: {template: mine/report.md, formats: svg}
      """
    let experiment = try ExperimentFile(text: text, path: "all.yaml").experiment
    #expect(experiment.seed == Int.max)
    #expect(experiment.data.splitSeed == 3)
    #expect(experiment.data.limit == 100)
    #expect(experiment.data.split == .validation)
    #expect(experiment.models.map(\.key) == ["vgg16", "resnet50"])
    #expect(experiment.models.map(\.layers) == [["features.15", "last"], ["all"]])
    #expect(
      experiment.models[0].input
        == InputOptions(
          size: 112, normalisation: Normalisation(mean: [0, 0.5, 1], standardDeviation: [1, 0.5, 0.25]), fit: .crop,
          resize: 128))
    #expect(experiment.models[1].input.resize == 400)
    #expect(experiment.models[1].weights.resolved == "b.safetensors")
    #expect(experiment.attacks[0].levels == [0.001, 0.2, 1])
    #expect((experiment.attacks[0].attack as? FGSM)?.lossLabel == .predicted)
    #expect((experiment.attacks[0].attack as? FGSM)?.quantise == .eightBit)
    #expect(experiment.explain.targets == [.label, .cleanPrediction])
    #expect((experiment.compare.measures[0] as? NISSIM)?.window == .gaussian)
    #expect(experiment.report.template == ExperimentPath(written: "mine/report.md", resolved: "mine/report.md"))
    #expect(experiment.report.formats == [.svg])
  }

  /// What is not said is as published, in the order and units that are said.
  @Test(arguments: [
    ("resnet50", "", [0.485, 0.456, 0.406], [0.229, 0.224, 0.225], "rgb", 1),
    ("resnet50, variant: caffe", "", [91.4953, 103.8827, 131.0912], [1, 1, 1], "bgr", 255),
    ("resnet101, variant: caffe", ", input: {channels: rgb}", [131.0912, 103.8827, 91.4953], [1, 1, 1], "rgb", 255),
    ("xception", ", input: {range: 255}", [127.5, 127.5, 127.5], [127.5, 127.5, 127.5], "rgb", 255),
    (
      "vgg16", ", input: {channels: bgr, range: 255, mean: [103.5, 116, 123], std: [1, 1, 1]}", [103.5, 116, 123],
      [1, 1, 1], "bgr", 255
    ),
    (
      "resnet50, variant: standard", ", input: {channels: bgr}", [0.406, 0.456, 0.485], [0.225, 0.224, 0.229], "bgr", 1
    ),
  ])
  func normalisationPerModel(
    _ architecture: String, _ keys: String, _ mean: [Double], _ deviation: [Double], _ channels: String, _ range: Double
  ) throws {
    let text = """
      title: Inputs
      data: {source: orl}
      models: [{architecture: \(architecture), weights: a.pth\(keys)}]
      attack: {epsilons: 0.1}
      """
    let model = try ExperimentFile(text: text, path: "inputs.yaml").experiment.models[0]
    #expect(model.input.normalisation.mean == mean)
    #expect(model.input.normalisation.standardDeviation == deviation)
    #expect(model.input.normalisation.channels.rawValue == channels)
    #expect(model.input.normalisation.range == range)
    let said = architecture.split(separator: ": ").dropFirst().first.map(String.init)
    #expect(model.variant?.rawValue == said)
    #expect(try model.name == #require(model.architecture).displayName + (model.variant == .caffe ? " (Caffe)" : ""))
    // Results that were stored before there were such keys, and those of today, come back from the store.
    let stored = try JSONEncoder().encode(model)
    #expect(try JSONDecoder().decode(ModelOptions.self, from: stored).input == model.input)
    var older = try #require(try JSONSerialization.jsonObject(with: stored) as? [String: Any])
    var input = try #require(older["input"] as? [String: Any])
    input["channels"] = nil
    input["range"] = nil
    older["input"] = input
    older["variant"] = nil
    let decoded = try JSONDecoder().decode(ModelOptions.self, from: JSONSerialization.data(withJSONObject: older))
    #expect(
      decoded.input.normalisation.channels == .rgb && decoded.input.normalisation.range == 1 && decoded.variant == nil)
  }

  @Test func modelsOfOneArchitectureAreToldApart() throws {
    let text = """
      title: Twins
      data: {source: orl}
      models:
        - {architecture: vgg16, weights: a.safetensors, name: "VGG16, ours"}
        - {architecture: vgg16, weights: b.safetensors, name: VGG16 ours}
        - {architecture: vgg16, weights: c.safetensors, name: ResNet50}
        - {architecture: resnet50, weights: d.safetensors, name: R}
        - {architecture: vgg16, weights: e.safetensors, name: "火"}
      attack: {epsilons: 0.1}
      """
    let experiment = try ExperimentFile(text: text, path: "twins.yaml").experiment
    #expect(experiment.models.map(\.key) == ["vgg16-ours", "vgg16-ours-2", "resnet50-2", "resnet50", "vgg16"])
    #expect(experiment.data.split == .test)
  }

  @Test func environmentVariablesAreReplaced() throws {
    let text = """
      title: Cost $${X}
      seed: ${SEED}
      data: {source: folder, root: "${FACES}/faces"}
      models: [{architecture: "${NET}", weights: "weights/${NET}.safetensors"}]
      attack: {epsilons: [0.1]}
      """
    let experiment = try ExperimentFile(
      text: text, path: "x/e.yaml", environment: ["SEED": "12", "FACES": "/srv/me", "NET": "xception"]
    ).experiment
    #expect(experiment.title == "Cost ${X}")
    #expect(experiment.seed == 12)
    #expect(
      (experiment.data.source as? FolderSource)?.root
        == ExperimentPath(written: "${FACES}/faces", resolved: "/srv/me/faces"))
    #expect(experiment.models[0].architecture == .xception)
    #expect(experiment.models[0].weights.resolved == "x/weights/xception.safetensors")
    #expect(
      problem("title: ${NOPE}\n" + smallest.dropFirstLine)
        == """
        small.yaml:1:8: the environment variable `NOPE` is not set
          Set it before the call (`export NOPE=...`), or write its value into the file.
        """)
  }

  @Test func overridesReplaceAndAdd() throws {
    let overrides = try [
      "models[0].width=0.5", "attack.epsilons=[0.3, 0.1]", "compare.window=gaussian", "title=Another: one",
      "models[0].input.size=64",
    ].map { argument throws(Problem) in try Override(argument) }
    // A colon within a plain value is a mapping in YAML; the message says so at the override's own place.
    #expect(
      problem(smallest, overrides: [overrides[3]])
        == "--set title: `title` must be a text, found a mapping of keys")
    let experiment = try ExperimentFile(
      text: smallest, path: "small.yaml", overrides: overrides.filter { $0.key != "title" }
    ).experiment
    #expect(experiment.models[0].width == 0.5)
    #expect(experiment.models[0].input.size == 64)
    #expect(experiment.models[0].input.resize == 73)
    #expect(experiment.attacks[0].levels == [0.1, 0.3])
    #expect((experiment.compare.measures[0] as? NISSIM)?.window == .gaussian)
  }

  @Test(arguments: [
    (
      "models[0].widht=1",
      "--set models[0].widht: unknown key `widht` in `models[0]`\n  Did you mean `width`?"
    ),
    ("models[1].width=1", "--set models[1].width: there is no item [1]: the file's list has only [0]"),
    ("title.x=1", "--set title.x: `x` cannot be set: above it the file has `Small`"),
    ("data[0]=1", "--set data[0]: `[0]` needs a list, found a mapping of keys"),
    ("models[0].width=5", "--set models[0].width: `models[0].width` must lie in (0, 4], found `5`"),
    (
      "attack.epsilons=[0.1",
      """
      --set attack.epsilons: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence
        Look at this line and the one above: indentation, a missing colon, bracket or quote.
      """
    ),
  ])
  func wrongOverrides(argument: String, message: String) throws {
    #expect(try problem(smallest, overrides: [Override(argument)]) == message)
  }

  @Test(arguments: ["title", "=x", "models[x].width=1", "models[0=1", "a..b=1", "[0]=1"])
  func malformedOverrides(argument: String) {
    let remedy =
      "\n  Write it as KEY=VALUE, for example `--set attack.epsilons=[0.01,0.02]` or `--set models[0].width=1`."
    let message =
      argument == "title"
      ? "`--set title` has no `=`" + remedy : "`--set \(argument)` has no valid key before the `=`" + remedy
    #expect { try Override(argument) } throws: { "\($0)" == message }
  }

  @Test func unreadableFiles() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "heatdrift-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect { try ExperimentFile(path: folder + "/no.yaml") } throws: {
      "\($0)" == "\(folder)/no.yaml: there is no such file\n  Give the path of an experiment file (.yaml)."
    }
    #expect { try ExperimentFile(path: folder) } throws: {
      "\($0)" == "\(folder): this is a folder, not an experiment file\n  Give the path of a .yaml file."
    }
    try Data(repeating: 0x20, count: 256 * 1024 + 1).write(to: URL(filePath: folder + "/large.yaml"))
    #expect { try ExperimentFile(path: folder + "/large.yaml") } throws: {
      "\($0)"
        == "\(folder)/large.yaml: the file is larger than 256 KiB, which no experiment file needs to be\n"
        + "  Check that this is the right file."
    }
    try Data([0xFF, 0xFE, 0x00]).write(to: URL(filePath: folder + "/latin.yaml"))
    #expect { try ExperimentFile(path: folder + "/latin.yaml") } throws: {
      "\($0)" == "\(folder)/latin.yaml: the file begins as UTF-16, and is damaged or cut off\n  Save it in UTF-8."
    }
  }

  @Test func theNameIsTheFilesWithoutFoldersAndEnding() throws {
    #expect(try ExperimentFile(text: smallest, path: "a/b/orl.v2.yaml").name == "orl.v2")
    #expect(try ExperimentFile(text: smallest, path: "orl.yml").name == "orl")
    #expect(try ExperimentFile(text: smallest, path: "orl").name == "orl")
  }
}

/// The least that an experiment file can say.
let smallest = """
  title: Small
  data: {source: folder, root: ../faces}
  models: [{architecture: inception_v3, weights: inception.safetensors}]
  attack: {epsilons: [0.05]}
  """

/// The whole message that an experiment file is refused with; nil when it is not.
func problem(_ text: String, overrides: [Override] = []) -> String? {
  do {
    _ = try ExperimentFile(text: text, path: "small.yaml", overrides: overrides)
    return nil
  } catch {
    #expect(error.exitCode == 64)
    return error.description
  }
}

extension String {
  var dropFirstLine: String { String(self[(firstIndex(of: "\n") ?? endIndex)...].dropFirst()) }

  /// The text with one line replaced, 1-based.
  func replacingLine(_ number: Int, by line: String) -> String {
    var lines = components(separatedBy: "\n")
    lines[number - 1] = line
    return lines.joined(separator: "\n")
  }
}
