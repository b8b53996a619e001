import Architectures
import Attacks
import Engines
import ExperimentFile
import Foundation
import GoldenSupport
import Graphs
import Images
import Measuring
import Results
import Store
import Support
import Tensors
import Testing
import Weights

/// Attacks with the gradient of another model: against PyTorch in double precision (`Scripts/goldens/transfer.py`), and from the
/// experiment file to the results.
@Suite struct TransferTests {
  private struct Golden: Decodable {
    struct Run: Decodable {
      var source: String
      var width: Double
      var hiddenFeatures: Int
      var classes: Int
      var sourceSize: Int
      var size: Int
      var label: Int
      var stride: Int
      var gradient: PackedFloats
      var norm: Double
      var errorOfPyTorch: Double
    }

    struct Resized: Decodable {
      var height: Int
      var width: Int
      var newHeight: Int
      var newWidth: Int
      var values: [Double]
    }

    var runs: [Run]
    var resizes: [Resized]
  }

  private let golden: Golden

  init() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/transfer.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  private func image(_ name: String, _ height: Int, _ width: Int) -> Tensor {
    Tensor(shape: [3, height, width], values: generated(name, count: 3 * height * width).map { Float($0) })
  }

  private func gradient(_ height: Int, _ width: Int) -> Tensor {
    Tensor(
      shape: [3, height, width],
      values: generated("transfer/gradient", count: 3 * height * width).map { Float($0) - 0.5 })
  }

  @Test func theTransposeIsThatOfPyTorch() {
    #expect(golden.resizes.count == 5)
    for one in golden.resizes {
      let found = Resize.transposed(gradient(one.newHeight, one.newWidth), height: one.height, width: one.width)
      #expect(found.shape == [3, one.height, one.width] && found.values.count == one.values.count)
      let worst = zip(found.values, one.values).map { abs(Double($0) - $1) }.max() ?? .infinity
      #expect(worst <= 1e-6, "\(one.height) x \(one.width): \(worst)")
    }
  }

  /// sum(g * R x) = sum(R' g * x), whatever the sizes; in double precision, out of Float32 values.
  @Test func theTransposeIsTheAdjoint() {
    for (height, width, newHeight, newWidth) in [(33, 20, 14, 29), (14, 29, 33, 20), (24, 24, 24, 24), (7, 5, 1, 1)] {
      let (x, g) = (image("x", height, width), gradient(newHeight, newWidth))
      let resized = Resize.bilinear(x, height: newHeight, width: newWidth)
      let back = Resize.transposed(g, height: height, width: width)
      func product(_ a: Tensor, _ b: Tensor) -> Double {
        zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      let scale = product(g, g).squareRoot() * product(resized, resized).squareRoot()
      #expect(abs(product(g, resized) - product(back, x)) <= 1e-6 * scale, "\(height) x \(width)")
    }
  }

  @Test(arguments: ["xception", "vgg16", "resnet50"], EngineKind.allCases)
  func gradientsThroughTheResizeAgreeWithPyTorch(_ name: String, _ engine: EngineKind) throws {
    let one = try #require(golden.runs.first { $0.source == name })
    let architecture = try #require(Architecture(rawValue: name))
    let network = try architecture.network(
      weights: GeneratedTensors(
        architecture.requiredTensors(width: one.width, classes: one.classes, hiddenFeatures: one.hiddenFeatures)),
      width: one.width, inputSize: one.sourceSize)
    let session = try engine.makeEngine().prepare(network, layers: network.resolve(layers: ["last"])).makeSession()
    let x = image("image", one.size, one.size)
    let gradients = TransferGradients(
      session: session, source: name, size: one.sourceSize, image: x, label: one.label, prediction: 1)
    let found = try gradients.atCleanImage(awayFrom: .label)
    #expect(found.shape == x.shape)
    let bound = max(1e-3, 2 * one.errorOfPyTorch)
    let difference = relativeError(sampled(found.values, every: one.stride), one.gradient.values)
    #expect(difference <= bound, "\(difference), bound \(bound)")
    #expect(abs(norm(found.values) / one.norm - 1) <= bound)
    // Away from what the attacked network predicted it is another one.
    #expect(try gradients.atCleanImage(awayFrom: .predicted) != found)
    #expect(try gradients.atCleanImage(awayFrom: .label) == found)
    let beyond = TransferGradients(
      session: session, source: name, size: one.sourceSize, image: x, label: one.classes, prediction: 1)
    let problem = #expect(throws: Problem.self) { try beyond.atCleanImage(awayFrom: .label) }
    #expect(problem?.message == "\(name), whose gradient is taken, has no class 10")
  }

  // MARK: - The whole run

  /// Two narrow networks of different inputs on two images.
  private struct Folder {
    let folder = try? TestFolder()
    var path: String { folder?.path ?? "" }

    init(classes: (Int, Int) = (2, 2)) throws {
      for (architecture, count) in [(Architecture.vgg16, classes.0), (.resnet50, classes.1)] {
        try write(architecture, classes: count, name: architecture.rawValue)
      }
      for (place, name) in ["red/a.png", "green/b.png"].enumerated() {
        try folder?.write(
          ImageEncoder.png(
            RGBImage(
              width: 80, height: 80, pixels: (0..<80 * 80 * 3).map { UInt8(($0 * (7 + place) + $0 / 240) % 256) })),
          to: "faces/\(name)")
      }
    }

    func write(_ architecture: Architecture, classes: Int, name: String, seed: UInt64 = 3) throws {
      var generator = SplitMix64(seed: seed)
      var writer = SafetensorsWriter()
      for tensor in architecture.requiredTensors(width: 0.05, classes: classes, hiddenFeatures: 6) {
        let bound = (6 / Float(max(1, tensor.shape.count / max(1, tensor.shape[0])))).squareRoot()
        let values = (0..<tensor.shape.count).map { _ in
          let value = 2 * Float(generator.next() >> 40) / 16_777_216 - 1
          return tensor.name.hasSuffix("running_var") ? 1 + value / 2 : value * (tensor.shape.rank == 1 ? 0.1 : bound)
        }
        try writer.add(tensor.name, Tensor(shape: tensor.shape, values: values))
      }
      try writer.write(to: "\(path)/\(name).safetensors")
    }

    func file(_ attacks: String, models: String? = nil) throws -> ExperimentFile {
      let both = """
        - {architecture: vgg16, weights: \(path)/vgg16.safetensors, width: 0.05, input: {size: 64}, name: VGG16}
          - {architecture: resnet50, name: Narrow ResNet, weights: \(path)/resnet50.safetensors, width: 0.05, input: {size: 72}}
        """
      return try ExperimentFile(
        text: """
          title: Transfer
          seed: 1
          data: {source: folder, root: \(path)/faces}
          models:
            \(models ?? both)
          \(attacks)
          """, path: path + "/transfer.yaml")
    }

    func run(_ file: ExperimentFile, into name: String = "results", threads: Int = 1) throws
      -> (results: ExperimentResults, outcome: RunOutcome)
    {
      let plan = try Plan(file)
      let engine = try EngineKind.openblas.makeEngine()
      let store = try ResultsStore(path: "\(path)/\(name).sqlite")
      let outcome = try Runner(plan: plan, store: store, engine: engine, threads: threads).run()
      let run = StoredRun(
        file: file, plan: plan, engine: engine.version, outcome: outcome, software: [], template: nil)
      try store.save(run)
      #expect(try store.check().faults == [])
      return (try store.results(of: try #require(try store.latestRun())), outcome)
    }
  }

  private static let attacks = """
    attacks:
      - {method: fgsm, epsilons: [0.05, 0.1]}
      - {method: fgsm, epsilons: [0.05, 0.2], transfer-from: Narrow ResNet}
      - {method: pgd, epsilons: [0.1], steps: 2, transfer-from: resnet50}
    """

  @Test func anAttackIsTransferredFromTheFileToTheResults() throws {
    let folder = try Folder()
    let file = try folder.file(Self.attacks)
    #expect(file.experiment.attacks.map(\.key) == ["fgsm", "fgsm<resnet50", "pgd<resnet50"])
    #expect(file.experiment.attacks.map(\.title) == ["FGSM", "FGSM from Narrow ResNet", "PGD from Narrow ResNet"])
    let (results, outcome) = try folder.run(file, threads: 2)
    // VGG16: control, 2, 2, 1; ResNet50 has 0.05 of the second attack already by the first.
    #expect(outcome.computedRows == 2 * (6 + 5))
    let rows = results.measurements
    #expect(rows.count == 2 * 2 * (3 + 3 + 2))
    func row(_ model: String, _ attack: String, _ epsilon: Double) -> Results.Measurement? {
      rows.first { $0.model == model && $0.attack == attack && $0.epsilon == epsilon && $0.image == "green/b.png" }
    }
    // On itself it is the plain attack; on the other one it is not.
    let (own, same) = (
      try #require(row("resnet50", "fgsm", 0.05)), try #require(row("resnet50", "fgsm<resnet50", 0.05))
    )
    #expect(own.dissimilarities == same.dissimilarities && own.adversarialConfidence == same.adversarialConfidence)
    let (plain, other) = (try #require(row("vgg16", "fgsm", 0.05)), try #require(row("vgg16", "fgsm<resnet50", 0.05)))
    #expect(plain.adversarialConfidence != other.adversarialConfidence)
    #expect(try ResultsCSV.text(results).contains(",fgsm<resnet50,grad-cam,VGG16,"))

    // By hand: the gradient of the source at the victim's image, resized and back.
    let plan = try Plan(file)
    let (victim, source) = (plan.models[0], plan.models[1])
    let image = try #require(plan.images.first { $0.record.path == "green/b.png" })
    let x = try victim.preparation(ImageDecoder.decode(contentsOf: URL(filePath: "\(folder.path)/faces/green/b.png")))
    let engine = try EngineKind.openblas.makeEngine()
    let network = try #require(source.network)
    let session = try engine.prepare(network, layers: network.resolve(layers: ["last"])).makeSession()
    let seen = Resize.bilinear(x, height: 72, width: 72)
    let logits = try session.logits(of: seen)
    let g = Resize.transposed(
      try session.inputGradient(logitGradient: crossEntropyGradient(logits: logits, label: image.record.label)),
      height: 64, width: 64)
    func sign(_ value: Float) -> Float { value > 0 ? 1 : value < 0 ? -1 : 0 }
    var moved = x.values
    for index in moved.indices { moved[index] = min(1, max(0, moved[index] + 0.05 * sign(g.values[index]))) }
    let attacked = Tensor(shape: x.shape, values: moved)
    let victimSession = try engine.prepare(#require(victim.network), layers: victim.layers).makeSession()
    let confidence = softmax(try victimSession.logits(of: attacked))[other.adversarialPrediction]
    #expect(abs(confidence - other.adversarialConfidence) < 1e-12)
    let signs = try #require(
      try results.pictures.perturbation(model: "vgg16", image: "green/b.png", attack: "fgsm<resnet50"))
    #expect(zip(signs.values, g.values).allSatisfy { Float($0) == sign($1) })

    // A second run has nothing to do; PGD asks at every step, so that other numbers of threads and stores give the same.
    #expect(try folder.run(file).outcome.computedRows == 0)
    #expect(try folder.run(file, into: "again").results.measurements == rows)
  }

  @Test func keysHoldTheSourcesWeights() throws {
    let folder = try Folder()
    let file = try folder.file(Self.attacks)
    _ = try folder.run(file)
    try folder.write(.resnet50, classes: 2, name: "resnet50", seed: 4)
    let forecast = try Forecast(
      plan: Plan(file), store: ResultsStore(readingAt: "\(folder.path)/results.sqlite"),
      engine: EngineKind.openblas.makeEngine().version, why: true)
    // Of VGG16 what was transferred alone.
    let own = forecast.models[0]
    #expect(own.missingMeasurements == 2 * 3 && own.storedMeasurements == 2 * 3 && own.sources == ["Narrow ResNet"])
    #expect(own.reasons.allSatisfy { $0.changes.map(\.ingredient) == ["source-weights"] } && !own.reasons.isEmpty)
    #expect(forecast.models[1].missingMeasurements == 2 * 5 && forecast.models[1].sources == [])
  }

  @Test func whatCannotBeMeantIsNamed() throws {
    let folder = try Folder()
    func message(_ attack: String, models: String? = nil) throws -> String {
      let problem = #expect(throws: Problem.self) { try folder.file(attack, models: models) }
      return "\(try #require(problem))".replacing("\(folder.path)/transfer.yaml:", with: "")
    }
    #expect(
      try message("attack: {epsilons: [0.1], transfer-from: Narow ResNet}")
        == "7:42: `attack.transfer-from` names a model that the experiment has not: `Narow ResNet`\n"
        + "  Did you mean `Narrow ResNet`?")
    #expect(
      try message("attack: {method: noise, epsilons: [0.1], transfer-from: vgg16}")
        == "7:57: `attack.transfer-from` does not go with the method `noise`, which follows no gradient\n"
        + "  Leave it out: what it adds is the same for every model.")
    let twice = "attacks: [{epsilons: [0.1], transfer-from: vgg16}, {epsilons: [0.2], transfer-from: VGG16}]"
    #expect(try message(twice).contains("`attacks` lists `fgsm<vgg16` twice"))
    let differing = try Folder(classes: (2, 3))
    let problem = #expect(throws: Problem.self) {
      try Plan(differing.file("attack: {epsilons: [0.1], transfer-from: vgg16}"))
    }
    #expect(problem?.kind == .usage && problem?.place?.line == 7)
    #expect(
      problem?.message
        == "FGSM from VGG16 attacks Narrow ResNet, which has 3 classes, with the gradient of a network of 2")
  }

  @Test func theExperimentIsWrittenAndReadAgain() throws {
    let file = try Folder().file(Self.attacks)
    let experiment = file.experiment
    #expect(experiment.canonicalText().contains("\n    transfer-from: Narrow ResNet\n"))
    // What the report carries names the weights without their folders.
    let again = try ExperimentFile(text: experiment.canonicalText(), path: file.path).experiment
    #expect(again.attacks == experiment.attacks)
    #expect(try JSONDecoder().decode(Experiment.self, from: JSONEncoder().encode(experiment)) == experiment)
    let options = experiment.optionRecords.map { "\($0.key)=\($0.value)" }
    #expect(options.contains("attacks.fgsm<resnet50.transfer-from=Narrow ResNet"))
    #expect(options.contains("attacks.fgsm<resnet50.method=fgsm"))
  }
}
