import Architectures
import Foundation
import GoldenSupport
import Graphs
import Support
import Tensors
import Testing
import Weights

/// Prefixes and dictionaries: where in a file an architecture's tensors are found, what is said of the rest, and what has
/// to be chosen.
@Suite struct WeightsPlaceTests {
  /// A network so narrow that its file takes a moment.
  private static let tensors = Architecture.resnet50.requiredTensors(width: 0.04, classes: 3)

  /// A safetensors file with the network behind each of some prefixes, and other tensors; gone after `body`.
  private func withFile<Result>(
    _ prefixes: [String], rename: (String) -> String = { $0 }, others: [String] = [],
    name: String = "weights.safetensors",
    tensors: [TensorHandle] = WeightsPlaceTests.tensors, _ body: (WeightsFile) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("heatdrift-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var writer = SafetensorsWriter()
    for (number, prefix) in prefixes.enumerated() {
      for tensor in tensors {
        try writer.add(
          prefix + rename(tensor.name),
          Tensor(shape: tensor.shape, values: [Float](repeating: Float(number), count: tensor.shape.count)))
      }
    }
    for name in others { try writer.add(name, Tensor(shape: [2], values: [1, 2])) }
    try writer.write(to: "\(folder)/\(name)")
    return try body(WeightsFile.open("\(folder)/\(name)"))
  }

  private func placed(_ file: WeightsFile, _ state: String? = nil) throws(Problem) -> PlacedWeights {
    try Architecture.resnet50.place(in: file, state: state, width: 0.04)
  }

  @Test(arguments: [
    ("", "", "."), ("module.", "", "."), ("_orig_mod.", "", "."), ("module._orig_mod.", "", "."),
    ("model.", "model.", "model"), ("backbone.", "backbone.", "backbone"),
    ("_orig_mod.encoder.", "encoder.", "encoder"), ("net.module.body.", "net.body.", "net.body"),
    ("some.long.path.", "some.long.path.", "some.long.path"),
  ])
  func onePrefixIsDropped(_ prefix: String, _ kept: String, _ name: String) throws {
    try withFile([prefix]) { file in
      let found = try placed(file)
      #expect(found.place.prefix == kept && found.place.name == name && found.others == [] && !found.isChosen)
      #expect(Set(found.weights.tensorNames) == Set(Self.tensors.map(\.name)) && found.weights.outside == [])
      let network = try Architecture.resnet50.network(weights: found.weights, width: 0.04, inputSize: 64)
      #expect(network.classCount == 3)
      let fit = try #require(ArchitectureFit.all(in: file).first)
      #expect(fit.0.fits && fit.0.architecture == .resnet50 && fit.0.width == 0.04)
    }
  }

  /// `torch.compile` of a part and `DataParallel` of a part leave their names inside of others.
  @Test func wrappersAreDroppedInsideOfNames() throws {
    try withFile(
      [""], rename: { $0.replacing("layer2.", with: "layer2._orig_mod.").replacing("layer3.", with: "layer3.module.") }
    ) {
      file in
      let found = try placed(file)
      #expect(found.weights.droppedPrefixes == ["module.", "_orig_mod."])
      #expect(found.notes == ["`module.` and `_orig_mod.` were left off the names"])
      #expect(Set(found.weights.tensorNames) == Set(Self.tensors.map(\.name)))
    }
  }

  @Test func whatLiesOutsideIsSaid() throws {
    try withFile(["module.backbone."], others: ["module.projector.0.weight", "module.queue"]) { file in
      let found = try placed(file)
      #expect(found.weights.outside == ["projector.0.weight", "queue"])
      #expect(
        found.notes == [
          "`backbone` was taken", "`module.` and `backbone.` were left off the names",
          "2 tensors outside of it were left aside: `projector.0.weight`, `queue`",
        ])
      #expect(try Architecture.resnet50.network(weights: found.weights, width: 0.04, inputSize: 64).classCount == 3)
    }
    // As `AveragedModel` has it: a counter beside the wrapped network.
    try withFile(["module."], others: ["n_averaged"]) { file in
      let found = try placed(file)
      #expect(found.weights.outside == ["n_averaged"] && found.place.name == ".")
      #expect(found.notes.last == "1 tensor outside of it was left aside: `n_averaged`")
      #expect(try Architecture.resnet50.network(weights: found.weights, width: 0.04, inputSize: 64).classCount == 3)
    }
    // Without a prefix, what is left over is none of the network's, as ever.
    try withFile([""], others: ["queue"]) { file in
      let weights = try placed(file).weights
      let problem = #expect(throws: Problem.self) {
        try Architecture.resnet50.network(weights: weights, width: 0.04, inputSize: 64)
      }
      #expect(problem?.message == "the weights do not fit resnet50 of width 0.04: left over 1 tensor: queue")
    }
  }

  @Test func twoNetworksHaveToBeChosenFrom() throws {
    try withFile(["student.", "teacher."]) { file in
      let undecided = #expect(throws: Problem.self) { try placed(file) }
      #expect(
        undecided?.description
          == "\(file.path): several places of the weights file hold all tensors of resnet50: `student`, `teacher`\n"
          + "  Choose one: `state: teacher` of the model in the experiment file, or `--state` of `heatdrift weights`.")
      let teacher = try placed(file, "teacher")
      #expect(teacher.isChosen && teacher.others == ["student"] && teacher.weights.outside.count == Self.tensors.count)
      #expect(try teacher.weights.values("fc.bias") == [1, 1, 1])
      #expect(try placed(file, "student").weights.values("fc.bias") == [0, 0, 0])
      #expect(teacher.notes.first == "`teacher` was taken (`state`); `student` would fit as well")
      let wrong = #expect(throws: Problem.self) { try placed(file, "techer") }
      #expect(
        wrong?.description
          == "\(file.path): there is no state `techer` in the weights file\n  Did you mean `teacher`?")
      let none = #expect(throws: Problem.self) { try placed(file, "zzzzzz") }
      #expect(none?.remedy == "Known are: `student`, `teacher`.")
      // Parts of a network have names of its tensors as well (`layer2.3`), and are no states.
      let part = #expect(throws: Problem.self) { try placed(file, "3") }
      #expect(part?.message == "there is no state `3` in the weights file")
    }
    try withFile([""]) { file in
      let only = #expect(throws: Problem.self) { try placed(file, "ema") }
      #expect(
        only?.description == "\(file.path): there is no state `ema` in the weights file\n"
          + "  It holds one network, at its top: leave `state` out.")
    }
    try withFile(["", "ema."]) { file in
      let undecided = #expect(throws: Problem.self) { try placed(file) }
      #expect(undecided?.message == "several places of the weights file hold all tensors of resnet50: `.`, `ema`")
      for (state, value) in [(".", Float(0)), ("ema", 1)] {
        let weights = try placed(file, state).weights
        #expect(try weights.values("fc.bias")[0] == value)
        #expect(try Architecture.resnet50.network(weights: weights, width: 0.04, inputSize: 64).classCount == 3)
      }
    }
  }

  /// What is nearest is judged behind the prefix.
  @Test func theNearestIsFoundBehindAPrefix() throws {
    let tensors = Self.tensors.filter { !$0.name.hasPrefix("fc.") }
    try withFile(["module.backbone."], others: ["head.weight"], tensors: tensors) { file in
      let (fit, found) = try #require(ArchitectureFit.all(in: file).first)
      #expect(fit.architecture == .resnet50 && !fit.fits && found.place.name == "backbone")
      #expect(fit.comparison.summary == "missing 2 tensors: fc.weight (1000x82), fc.bias (1000)")
      let problem = #expect(throws: Problem.self) {
        try Architecture.resnet50.network(weights: found.weights, width: 0.04, inputSize: 64)
      }
      #expect(
        problem?.message
          == "the weights do not fit resnet50 of width 0.04: missing 2 tensors: fc.weight (1000x82), fc.bias (1000); outside "
          + "of `backbone.` 1 tensor: head.weight")
    }
    try withFile(["backbone."]) { file in
      let weights = try Architecture.vgg16.place(in: file).weights
      let problem = #expect(throws: Problem.self) { try Architecture.vgg16.network(weights: weights) }
      #expect(problem?.remedy == "The file fits `architecture: resnet50` with `width: 0.04`.")
    }
  }

  @Test func aSingleShardAsksForItsIndex() throws {
    let half = Array(Self.tensors.prefix(100))
    try withFile([""], name: "model-00001-of-00002.safetensors", tensors: half) { file in
      let weights = try placed(file).weights
      let problem = #expect(throws: Problem.self) {
        try Architecture.resnet50.network(weights: weights, width: 0.04)
      }
      #expect(
        problem?.remedy
          == "The file is number 1 of 2 that belong together: give their index, `model.safetensors.index.json`, which names "
          + "them all.")
    }
  }

  /// A tensor of whole numbers under the right name and of the right shape: found before a value is read, and said alike.
  @Test func whatCannotBeReadIsNamedBeforehand() throws {
    let problem = Problem.failure(at: Place(tensor: "fc.bias"), "it is of stone")
    let weights = Refusing(base: GeneratedTensors(Self.tensors), refused: ["fc.bias"], problem: problem)
    let found = #expect(throws: Problem.self) {
      try Architecture.resnet50.network(weights: weights, width: 0.04, inputSize: 64)
    }
    #expect(found == problem)
    let fit = try #require(ArchitectureFit.all(for: weights).first)
    #expect(fit.architecture == .resnet50 && fit.comparison.fits && !fit.fits && fit.refusals == [problem])
  }

  /// A quantised tensor says no shape: the classes and the width are told by its neighbours, and it is not "missing".
  @Test(arguments: Architecture.allCases)
  func tensorsWithoutAShapeAreNoOtherNetwork(_ architecture: Architecture) throws {
    let tensors = architecture.requiredTensors(width: 0.25, classes: 3)
    let classifier = architecture == .vgg16 ? "classifier.6.weight" : "fc.weight"
    let problem = Problem.usage(at: Place(tensor: classifier), "it is quantised")
    var weights = Refusing(base: GeneratedTensors(tensors), refused: [classifier], problem: problem, hidesShapes: true)
    let found = #expect(throws: Problem.self) {
      try architecture.network(weights: weights, width: 0.25)
    }
    #expect(found == problem)
    // All convolutions, as quantisation leaves a network: of a convolution's weight no shape is known at all.
    weights.refused = Set(tensors.filter { $0.shape.dimensions.count > 1 }.map(\.name))
    let fit = try #require(ArchitectureFit.all(for: weights).first)
    #expect(fit.architecture == architecture && fit.comparison.fits && !fit.fits)
    #expect(fit.width == 0.25 && fit.classes == 3)
  }

  private struct Refusing: NamedTensors {
    let base: GeneratedTensors
    var refused: Set<String>
    let problem: Problem
    var hidesShapes = false
    var source: String { base.source }
    var tensorNames: [String] { base.tensorNames }
    func shape(of name: String) -> Shape? { hidesShapes && refused.contains(name) ? nil : base.shape(of: name) }
    func values(_ name: String) throws(Problem) -> [Float] { try base.values(name) }
    func refusal(of name: String) -> Problem? { refused.contains(name) ? problem : nil }
  }
}
