import Attacks
import Graphs
import Images
import Results
import Store
import Support
import Synchronization
import Tensors

/// Makes pictures from the files of a plan, held to what was hashed, and by its networks.
public final class PlanPictures: PictureMaker {
  private let plan: Plan
  private let engine: any Engine
  /// By path, into the plan's.
  private let images: [String: Int]
  /// One at a time is in memory.
  private let prepared = Mutex<(model: String, network: any PreparedNetwork)?>(nil)

  /// - Parameter engine: that of the run.
  public init(_ plan: Plan, engine: any Engine) {
    self.plan = plan
    self.engine = engine
    images = Dictionary(
      plan.images.enumerated().map { ($1.record.path, $0) }, uniquingKeysWith: { first, _ in first })
  }

  public var areKept: Bool { plan.experiment.report.keepPictures != .never }

  public func photograph(model: String, image: String) -> RGBImage? {
    if let entry = entry(model, image) {
      if let picture = try? entry.input(.clean) { return picture }
    }
    return input(model, image).map { RGBImage(tensor: $0.input) }
  }

  /// Of a model whose maps were computed elsewhere.
  private func entry(_ model: String, _ image: String) -> MapsEntry? {
    guard let model = plan.models.first(where: { $0.options.key == model }), let maps = model.maps,
      let index = images[image]
    else { return nil }
    return try? MapsEntry(maps, plan.images[index].record, of: model.record.name)
  }

  private func input(_ model: String, _ image: String) -> (model: PlannedModel, image: PlannedImage, input: Tensor)? {
    guard let model = plan.models.first(where: { $0.options.key == model }), let index = images[image],
      let input = try? plan.images[index].input(of: model)
    else { return nil }
    return (model, plan.images[index], input)
  }

  public func direction(model: String, image: String, attack: Int) -> PerturbationSigns? {
    if let entry = entry(model, image) {
      guard plan.experiment.attacks.indices.contains(attack) else { return nil }
      return (try? entry.direction(of: plan.experiment.attacks[attack])) ?? nil
    }
    guard plan.experiment.attacks.indices.contains(attack), let level = plan.experiment.attacks[attack].levels.first,
      let (model, image, input) = input(model, image)
    else { return nil }
    return prepared.withLock { known in
      // A picture less is a gap in the report, which says so.
      guard let network = known?.model == model.options.key ? known?.network : try? prepare(model) else { return nil }
      known = (model.options.key, network)
      let keys = plan.keys(of: model, engine: engine.version)
      var sources: [String: PreparedSource] = [:]
      for source in plan.sources(attacking: model, levels: [attack]) {
        sources[source.options.key] = try? PreparedSource(source, engine: engine)
      }
      let work = try? ImageWork(
        experiment: plan.experiment, model: model, keys: keys, prepared: network, sources: sources)
      let result = try? work?.measure(
        image.record, image: input, levels: [KeyMaker.Level(attack: attack, epsilon: level)], hasControl: false,
        keepsPhotograph: false)
      return result?.directions.first?.signs
    }
  }

  private func prepare(_ model: PlannedModel) throws(Problem) -> any PreparedNetwork {
    for file in model.files { try file.confirm() }
    try model.makeReady(for: engine)
    let network = try model.run()
    return try HeldFile.whileUnchanged(model.files) { () throws(Problem) in
      try engine.prepare(network, layers: model.layers)
    }
  }
}
