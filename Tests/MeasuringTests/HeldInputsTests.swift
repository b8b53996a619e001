import Architectures
import EngineOpenBLAS
import ExperimentFile
import Foundation
import GoldenSupport
import Graphs
import Images
import Measuring
import Store
import Support
import Synchronization
import Tensors
import Testing
import Weights

/// Writes to a weights file while it loads it, as another program may.
private final class MeddlingEngine: Engine {
  private let engine: OpenBLASEngine
  /// Called in every preparation, between reading the weights and saying so.
  private let meddle: @Sendable (Network) throws -> Void
  let prepared = Mutex<[String]>([])

  init(_ meddle: @escaping @Sendable (Network) throws -> Void) throws {
    engine = try OpenBLASEngine()
    self.meddle = meddle
  }

  var name: String { engine.name }
  var version: String { engine.version }

  func prepare(_ network: Network, layers: [ResolvedLayer]) throws(Problem) -> any PreparedNetwork {
    prepared.withLock { $0.append(network.architecture) }
    let prepared = try engine.prepare(network, layers: layers)
    do { try meddle(network) } catch { throw .failure("\(error)") }
    return prepared
  }
}

/// Runs whose weights change at a moment that a test chooses.
@Suite struct HeldInputsTests {
  private let folder: TestFolder
  private var experiment: String {
    """
    title: Held
    data: {source: folder, root: faces}
    input: {size: 64}
    models:
      - {architecture: vgg16, weights: vgg16.safetensors, width: 0.04, name: VGG16}
      - {architecture: resnet50, weights: resnet50.safetensors, width: 0.04, name: ResNet50}
    attack: {epsilons: [0.1]}

    """
  }

  init() throws {
    folder = try TestFolder()
    for (index, name) in ["faces/a/1.png", "faces/a/2.png", "faces/b/1.png"].enumerated() {
      let shade = UInt8(60 * index + 40)
      try folder.write(try ImageEncoder.png(halves([shade, 200, 10], [90, shade, 120])), to: name)
    }
    for architecture in [Architecture.vgg16, .resnet50] {
      let expected = architecture.requiredTensors(width: 0.04, classes: 2, hiddenFeatures: 6)
      let tensors = GeneratedTensors(expected)
      var writer = SafetensorsWriter()
      for tensor in expected {
        try writer.add(tensor.name, Tensor(shape: tensor.shape, values: tensors.values(tensor.name)))
      }
      try writer.write(to: path(architecture.rawValue))
    }
  }

  private func path(_ architecture: String) -> String { "\(folder.path)/\(architecture).safetensors" }

  private func file(models: Int = 2) throws -> ExperimentFile {
    var lines = experiment.split(separator: "\n", omittingEmptySubsequences: false)
    if models == 1 { lines.removeAll { $0.contains("resnet50") } }
    return try ExperimentFile(text: lines.joined(separator: "\n"), path: "\(folder.path)/held.yaml")
  }

  private func store() throws -> ResultsStore { try ResultsStore(path: folder.path + "/results.sqlite") }

  /// The last byte becomes another: one weight, and nothing that a header says.
  private static func changeAWeight(_ path: String) throws {
    let handle = try FileHandle(forUpdating: URL(filePath: path))
    let last = try handle.seekToEnd() - 1
    try handle.seek(toOffset: last)
    let byte = try handle.read(upToCount: 1)?.first ?? 0
    try handle.seek(toOffset: last)
    try handle.write(contentsOf: Data([byte ^ 1]))
    try handle.close()
  }

  private func words(_ architecture: String) -> String {
    "\(path(architecture)): the weights file changed while the experiment was running: it has the same size, "
      + "and another time of change"
  }

  private func expectChanged(_ architecture: String, _ body: () throws -> Void) {
    let problem = #expect(throws: Problem.self) { try body() }
    #expect(problem?.kind == .changed && problem?.exitCode == 1)
    #expect(problem?.description.hasPrefix(words(architecture)) == true, "\(String(describing: problem))")
  }

  private func storedRows(_ file: ExperimentFile, _ engine: String) throws -> [Int] {
    try Forecast(plan: Plan(file), store: store(), engine: engine, why: false).models.map(\.storedMeasurements)
  }

  @Test func whatChangesWhileItIsLoadedIsNotMeasured() throws {
    let file = try file(models: 1)
    let plan = try Plan(file)
    let path = path("vgg16")
    let engine = try MeddlingEngine { _ in try Self.changeAWeight(path) }
    expectChanged("vgg16") { _ = try Runner(plan: plan, store: store(), engine: engine, threads: 2).run() }
    #expect(engine.prepared.withLock { $0 } == ["vgg16"])
    #expect(try storedRows(file, engine.version) == [0])
  }

  @Test func whatChangesWhileItIsHashedIsNotPlannedWith() throws {
    let path = path("vgg16")
    let engine = try MeddlingEngine { _ in try Self.changeAWeight(path) }
    let file = try file(models: 1)
    expectChanged("vgg16") { _ = try Plan(file, early: EarlyPreparation(engine: engine)) }
  }

  @Test(arguments: ["vgg16", "resnet50"])
  func whatChangesWhileTheFirstModelIsMeasuredStopsTheRun(_ changed: String) throws {
    let file = try file()
    let plan = try Plan(file)
    let path = path(changed)
    let engine = try OpenBLASEngine()
    // After the first image of the first model: it is the last that is stored.
    let problem = #expect(throws: Problem.self) {
      try Runner(plan: plan, store: store(), engine: engine, threads: 1).run(observe: { event in
        if case .image(_, _, 1, _) = event { try? Self.changeAWeight(path) }
      })
    }
    #expect(problem?.description.hasPrefix(words(changed)) == true)
    try Self.changeAWeight(path)
    #expect(try storedRows(file, engine.version) == [2, 0])
    // What went back to the bytes that were hashed goes on.
    let outcome = try Runner(plan: Plan(file), store: store(), engine: engine, threads: 1).run()
    #expect(outcome.storedRows == 2 && outcome.computedRows == 10)
  }

  /// Every network is prepared and looked into before the first is measured, from the last to the first; the first is not
  /// prepared a second time.
  @Test func everyModelIsLookedIntoFirst() throws {
    let plan = try Plan(file())
    let engine = try MeddlingEngine { _ in }
    let measured = Mutex<[[String]]>([])
    _ = try Runner(plan: plan, store: store(), engine: engine, threads: 2).run(observe: { event in
      guard case .model = event else { return }
      measured.withLock { $0.append(engine.prepared.withLock { $0 }) }
    })
    #expect(measured.withLock { $0 } == [["resnet50", "vgg16"], ["resnet50", "vgg16"]])
    #expect(engine.prepared.withLock { $0 } == ["resnet50", "vgg16", "resnet50"])
    // Where nothing is missing nothing is prepared.
    let second = try MeddlingEngine { _ in }
    _ = try Runner(plan: plan, store: store(), engine: second, threads: 2).run()
    #expect(second.prepared.withLock { $0 } == [])
  }

  /// An engine's own complaint of the call's kind: something was started by then.
  @Test func aRunNeverSaysThatNothingWasStarted() throws {
    let plan = try Plan(file(models: 1))
    let engine = try MeddlingEngine { _ in }
    let problem = #expect(throws: Problem.self) {
      try Runner(plan: plan, store: store(), engine: RefusingEngine(engine), threads: 1).run()
    }
    #expect(problem == .failure("not this network"))
  }

  private struct RefusingEngine: Engine {
    let engine: any Engine
    var name: String { engine.name }
    var version: String { engine.version }
    init(_ engine: any Engine) { self.engine = engine }
    func prepare(_ network: Network, layers: [ResolvedLayer]) throws(Problem) -> any PreparedNetwork {
      throw .usage("not this network")
    }
  }
}
