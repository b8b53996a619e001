import Datasets
import ExperimentFile
import Foundation
import GoldenSupport
import Images
import ONNX
import Support
import Testing

/// Models that are networks from ONNX files.
@Suite struct NetworkModelTests {
  /// An export of PyTorch's: `image`, batch x 3 x 32 x 32.
  private static let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../ONNXTests/Goldens/torchscript.onnx")

  private let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    try folder.write(try Data(contentsOf: Self.golden), to: "weights/Tiny Net.onnx")
  }

  private func file(_ models: String, rest: String = "") throws -> ExperimentFile {
    try ExperimentFile(
      text: """
        title: t
        data: {source: folder, root: faces}
        models: [\(models)]
        attack: {epsilons: [0.1]}
        \(rest)

        """, path: "\(folder.path)/it.yaml", environment: ["NETS": "weights"])
  }

  /// Without the folder's name.
  private func message(_ models: String, rest: String = "") -> String {
    do {
      _ = try file(models, rest: rest)
      return "none"
    } catch {
      return "\(error)".replacing(folder.path + "/", with: "")
    }
  }

  private static let input = "input: {size: 48, mean: [0.4, 0.5, 0.6], std: [0.1, 0.2, 0.3]}"
  private static let network = "network: weights/Tiny Net.onnx, \(input)"

  @Test func aNetworkIsAFileAndItsInput() throws {
    let model = try file("{network: weights/Tiny Net.onnx, \(Self.input)}").experiment.models[0]
    #expect(model.architecture == nil)
    #expect(model.weights.written == "weights/Tiny Net.onnx")
    #expect(model.weights.resolved == "\(folder.path)/weights/Tiny Net.onnx")
    #expect(model.name == "Tiny Net" && model.key == "tiny-net" && model.layers == ["last"])
    #expect(
      model.input
        == InputOptions(
          size: 48,
          normalisation: Normalisation(mean: [0.4, 0.5, 0.6], standardDeviation: [0.1, 0.2, 0.3]), fit: .squash,
          // 48 * 256 / 224 is 54.9.
          resize: 55))
    let everything = try file(
      "{network: \"${NETS}/Tiny Net.onnx\", name: Ours, layers: [layer1, last], training: on faces, trained-split-seed: 3, "
        + "input: {size: 48, mean: [104, 117, 123], std: [1, 1, 1], channels: bgr, range: 255, fit: crop, resize: 60}}"
    ).experiment.models[0]
    #expect(everything.name == "Ours" && everything.key == "ours" && everything.layers == ["layer1", "last"])
    #expect(everything.weights.resolved == "\(folder.path)/weights/Tiny Net.onnx")
    #expect(everything.input.normalisation.channels == .bgr && everything.input.normalisation.range == 255)
    #expect(everything.input.fit == .crop && everything.input.resize == 60 && everything.trainedSplitSeed == 3)
    // What stands at the top of the file counts as well.
    let shared = try file(
      "{network: weights/Tiny Net.onnx, input: {size: 40}}, {architecture: vgg16, weights: a.pth}",
      rest: "input: {size: 64, mean: [0.1, 0.1, 0.1], std: [1, 1, 1]}"
    ).experiment.models
    #expect(shared.map(\.input.size) == [40, 64] && shared.map(\.input.normalisation.mean[0]) == [0.1, 0.1])
  }

  @Test func keysAreUnique() throws {
    let models = try file(
      "{architecture: vgg16, weights: a.pth}, {\(Self.network), name: Vgg16}, {\(Self.network), name: vgg16}, "
        + "{\(Self.network), name: \"!!\"}, {\(Self.network)}"
    ).experiment.models
    #expect(models.map(\.key) == ["vgg16", "vgg16-2", "vgg16-3", "network", "tiny-net"])
    #expect(
      message("{\(Self.network)}, {\(Self.network)}")
        == "it.yaml:3:108: two models are called `Tiny Net`; the other one stands on line 3\n"
        + "  Give each a `name` of its own.")
  }

  @Test func itReadsBackFromTheCanonicalText() throws {
    let experiment = try file(
      "{\(Self.network)}, {architecture: vgg16, weights: a.pth}, "
        + "{network: /home/ana/grey.onnx, input: {size: 64, mean: [0.5], std: [0.25], fit: crop}}"
    ).experiment
    let text = experiment.canonicalText()
    #expect(
      text.contains(
        """
        models:
          - network: weights/Tiny Net.onnx
            name: Tiny Net
            layers: [last]
            input:
              size: 48
              mean: [0.4, 0.5, 0.6]
              std: [0.1, 0.2, 0.3]
              channels: rgb
              range: 1
              fit: squash
              resize: 55
              orientation: apply
          - architecture: vgg16
            variant: standard

        """) || text.contains("- network: weights/Tiny Net.onnx\n    name: Tiny Net\n    layers: [last]\n    input:\n"),
      "\(text)")
    #expect(text.contains("  - network: grey.onnx  # the folders are left out: put your own here\n"))
    #expect(text.contains("      size: 64\n      mean: [0.5]\n      std: [0.25]\n      range: 1\n"))
    let again = try ExperimentFile(
      text: text.replacing("  # the folders are left out: put your own here", with: ""), path: "\(folder.path)/it.yaml"
    )
    .experiment
    #expect(again.models.map(\.key) == experiment.models.map(\.key))
    #expect(again.models[0] == experiment.models[0] && again.models[2].input == experiment.models[2].input)
    #expect(again.canonicalText() == text.replacing("  # the folders are left out: put your own here", with: ""))
    let anonymous = experiment.canonicalText(anonymous: true)
    #expect(anonymous.contains("  - network: network-1  # the name is left out: put your own here\n"))
    #expect(anonymous.contains("    weights: weights-2  # the name is left out: put your own here\n"))
    // As a store keeps it.
    let stored = try JSONDecoder().decode(Experiment.self, from: JSONEncoder().encode(experiment))
    #expect(stored.models.map(\.architecture) == experiment.models.map(\.architecture))
    #expect(stored.models.map(\.input) == experiment.models.map(\.input))
  }

  @Test(arguments: [
    (
      "{name: x}",
      "it.yaml:3:10: `models[0]` names neither an `architecture` nor a `network` nor `maps`\n"
        + "  Add one: `architecture: resnet50` beside `weights`, `network: mobilenet.onnx` beside `input`, or `maps: vit.safetensors` "
        + "that were computed elsewhere."
    ),
    (
      "{network: a.onnx, architecture: vgg16}",
      "it.yaml:3:28: `models[0]` names an `architecture` as well as a `network`\n"
        + "  Keep one of them: an ONNX file holds a network of any architecture."
    ),
    (
      "{network: a.onnx, weights: a.pth}",
      "it.yaml:3:28: `models[0].weights` does not go with `network`: an ONNX file has its weights in it, or names the files "
        + "beside it that have them\n  Leave it out."
    ),
    (
      "{network: a.onnx, width: 0.5}",
      "it.yaml:3:28: `models[0].width` does not go with `network`: the channels of an ONNX file's network are as they were "
        + "exported\n  Leave it out."
    ),
    (
      "{network: a.onnx, variant: caffe}",
      "it.yaml:3:28: `models[0].variant` does not go with `network`: an ONNX file holds the network in the one form in which it "
        + "was exported\n  Leave it out."
    ),
    (
      "{network: a.onnx, state: ema}",
      "it.yaml:3:28: `models[0].state` does not go with `network`: an ONNX file holds one network\n  Leave it out."
    ),
    (
      "{network: a.onnx, classes: 10}",
      "it.yaml:3:28: `models[0].classes` does not go with `network`: the classes of an ONNX file's network are its outputs; "
        + "their names go into `data.classes`\n  Leave it out."
    ),
    (
      "{network: a.onnx}",
      "it.yaml:3:20: there is no ONNX file `a.onnx`\n"
        + "  Paths are relative to the experiment file; looked for it at a.onnx."
    ),
    (
      "{network: weights/Tiny Net.onnx}",
      """
      it.yaml:3:10: `size`, `mean` and `std` of `models[0].input` are missing, which Tiny Net.onnx does not say; its input is \
      `image`: FLOAT, batch x 3 x 32 x 32, an image of 3 x 32 x 32
        Write what the network was trained with, its authors' own or one of:
          input: {size: 32, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}  # torchvision: torchvision and most of timm
          input: {size: 32, mean: [103.939, 116.779, 123.68], std: [1, 1, 1], channels: bgr, range: 255}  # keras-caffe: Keras: \
      VGG, ResNet (preprocess_input of mode caffe)
          input: {size: 32, mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5], range: 255}  # keras-tf: Keras: Inception, \
      Xception, MobileNet, ResNetV2 (mode tf)
          input: {size: 32, mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5], range: 255}  # arcface: InsightFace, ArcFace
          input: {size: 32, mean: [93.594, 104.7624, 129.1863], std: [1, 1, 1], channels: bgr, range: 255}  # vggface: \
      keras-vggface: VGG16
          input: {size: 32, mean: [0, 0, 0], std: [1, 1, 1]}  # unit: pixels in [0, 1] as they are
      """
    ),
    (
      "{network: a.onnx, input: {size: 64, mean: [0.5], std: [1, 1, 1]}}",
      "it.yaml:3:64: `models[0].input.std` lists 3 numbers and `mean` 1\n"
        + "  Write as many as the network's images have channels: 3, or 1 for grey."
    ),
    (
      "{network: a.onnx, input: {size: 64, mean: [0.5], std: [1], channels: bgr}}",
      "it.yaml:3:35: `models[0].input.channels` does not go with a `mean` of one number: grey images have no order of colours\n"
        + "  Leave it out, or give 3 numbers."
    ),
    (
      "{architecture: vgg16, weights: a, input: {mean: [0.5]}}",
      "it.yaml:3:58: `models[0].input.mean` must list 3 numbers (one a channel, in the order of `channels`), found 1\n"
        + "  They are in units of [0, `range`], for example `[0.485, 0.456, 0.406]` where that is 1."
    ),
  ])
  func isRefused(models: String, expected: String) {
    let found = message(models)
    #expect(found == expected)
  }

  /// One that is missing is named alone, and what is known already stands in the examples.
  @Test func whatIsSaidIsTaken() {
    let found = message("{network: weights/Tiny Net.onnx, input: {size: 64, mean: [0.5]}}")
    #expect(
      found.hasPrefix(
        "it.yaml:3:50: `std` of `models[0].input` is missing, which Tiny Net.onnx does not say; its input is `image`: FLOAT"
      ),
      "\(found)")
    #expect(found.contains("\n    input: {size: 64, mean: [0.485, 0.456, 0.406]"))
  }
}

/// What `init --network` writes.
@Suite struct NetworkSkeletonTests {
  private static let goldens = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../ONNXTests/Goldens")

  private static let networks = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../CommandLineTests/Networks")

  private func network(_ name: String, size: Int? = nil, preprocessing: String? = nil) throws
    -> ExperimentSkeleton.Network
  {
    try ExperimentSkeleton.Network(
      ONNXFile.open((name == "grey.onnx" ? Self.networks : Self.goldens).appending(path: name).path),
      path: "nets/\(name)", size: size,
      preprocessing: preprocessing)
  }

  private func text(_ networks: [ExperimentSkeleton.Network]) -> String {
    ExperimentSkeleton(
      title: "t", source: standardSource, architectures: [], networks: networks
    ).text
  }

  private var standardSource: any DataSource.Type { FolderSource.self }

  @Test func theInputIsFilledIn() throws {
    let text = text([
      try network("dynamo.onnx"), try network("torchscript.onnx", size: 32, preprocessing: "keras-caffe"),
    ])
    let experiment = try ExperimentFile(text: text, path: "/nowhere/it.yaml").experiment
    #expect(experiment.models.map(\.weights.written) == ["nets/dynamo.onnx", "nets/torchscript.onnx"])
    #expect(experiment.models.map(\.name) == ["dynamo", "torchscript"])
    #expect(experiment.models.map(\.input.size) == [32, 32])
    #expect(experiment.models[0].input.normalisation.mean == [0.485, 0.456, 0.406])
    #expect(
      experiment.models[1].input.normalisation
        == Normalisation(
          mean: [103.939, 116.779, 123.68], standardDeviation: [1, 1, 1], channels: .bgr, range: 255))
    #expect(text.contains("# To be checked: torchvision's values,"))
    #expect(text.components(separatedBy: "To be checked").count == 2)
  }

  @Test func whatDoesNotGoTogetherIsRefused() {
    func message(_ name: String, _ size: Int?, _ preprocessing: String?) -> String {
      do {
        _ = try network(name, size: size, preprocessing: preprocessing)
        return "none"
      } catch {
        return "\(error)".replacing(Self.goldens.path + "/", with: "")
      }
    }
    #expect(
      message("dynamo.onnx", 224, nil)
        == "dynamo.onnx: the network takes images of 32 x 32 pixels, found --size 224\n"
        + "  Leave --size out, or export the network for images of another size.")
    #expect(message("branches.onnx", nil, nil).contains("If, Loop and Scan"))
    #expect(message("grey.onnx", 64, "vggface").contains("takes grey images, and `vggface` treats the colours apart"))
  }

  /// Of one channel there is no usual mean, and the pixels as they are stand there.
  @Test func greyNetworks() throws {
    let experiment = try ExperimentFile(
      text: text([try network("grey.onnx", size: 64)]), path: "/nowhere/it.yaml"
    ).experiment
    #expect(experiment.models[0].input.normalisation == Normalisation(mean: [0], standardDeviation: [1]))
    #expect(experiment.models[0].input.isGrey)
  }

  @Test func everyPreprocessingIsRead() throws {
    for preprocessing in Preprocessing.all.all {
      let found = try ExperimentFile(
        text: text([try network("torchscript.onnx", preprocessing: preprocessing.key)]), path: "/nowhere/it.yaml"
      ).experiment.models[0].input
      #expect(found.normalisation == preprocessing.normalisation, "\(preprocessing.key)")
      #expect(found.size == 32)
    }
  }
}
