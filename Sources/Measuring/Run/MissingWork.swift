import ExperimentFile
import Graphs
import Results
import Store
import Support

/// What the store does not have yet of one model.
struct MissingWork: Sendable {
  struct Item: Sendable {
    /// Into `Plan.images`.
    let image: Int
    /// Those that miss a value of any pair of maps, or their logits, in the order of `Experiment.levels`.
    let levels: [KeyMaker.Level]
    /// Whether the control is run on the image.
    let hasControl: Bool
    let needsPhotograph: Bool
    /// Into the gaps: what rows are missing.
    let gap: Int
  }

  let keys: KeyMaker
  /// In the order of `Plan.images`.
  var items: [Item] = []
  /// Images that lack the same share one.
  private(set) var gaps: [Gap] = []
  /// Those that miss a value of any image, input side first.
  var layers: [ResolvedLayer] = []
  /// Measurements that are missing, and that the experiment asks for.
  var missingRows = 0
  var allRows = 0

  /// - Parameters:
  ///   - passes: of the plan's models, on its images.
  ///   - reader: nil where there is no store yet.
  ///   - environment: text of the only one whose rows count; nil for all.
  ///   - shard: whose images are looked at; nil for all.
  private init(
    plan: Plan, model index: Int, _ keys: KeyMaker, _ passes: RunPasses, reader: StoreReader?, environment: String?,
    shard: Shard?
  ) throws {
    let (experiment, model) = (plan.experiment, plan.models[index])
    self.keys = keys
    let names = model.record.layers
    let wanted = try reader.map { try WantedRows(keys, layers: names, $0) }
    let counted = try environment.flatMap { try reader?.identifier($0) }
    // Images that have passes of the same layouts lack the same, but for the control.
    var known: [[Int64]: Int] = [:]
    var missingLayers: Set<String> = []
    for place in plan.images.indices {
      if let shard, !shard.contains(sha256: plan.images[place].record.sha256) { continue }
      let layouts = passes[index, place].filter { environment == nil || $0.environment == counted }.map(\.layout)
      let hasControl = keys.hasControl && plan.control.contains(plan.images[place].record.path)
      let key = layouts + [hasControl ? 1 : 0]
      if known[key] == nil {
        known[key] = gaps.count
        gaps.append(
          Gap(
            experiment, keys, hasControl: hasControl, layers: names, wanted,
            try layouts.map { try reader?.layout($0) }.compactMap { $0 }))
      }
      let own = known[key] ?? 0
      let gap = gaps[own]
      allRows += gap.allRows
      missingRows += gap.rows.count
      missingLayers.formUnion(gap.layers)
      guard !gap.levels.isEmpty else { continue }
      var isKept = !plan.keepsPictures
      if !isKept, let reader {
        let subject = keys.subject(of: plan.images[place].record)
        isKept = try reader.hasPicture(image: subject.image, preparation: subject.preparation)
      }
      items.append(Item(image: place, levels: gap.levels, hasControl: hasControl, needsPhotograph: !isKept, gap: own))
    }
    layers = model.layers.filter { missingLayers.isEmpty || missingLayers.contains($0.name) }
  }
}

extension MissingWork {
  /// Of each model of a plan.
  /// - Parameters:
  ///   - engine: name and version of the library that would compute: "oneDNN 2.6.3".
  ///   - reader: nil where there is no store yet.
  ///   - environment: text of the only one whose rows count; nil for all.
  ///   - shard: whose images are looked at; nil for all.
  static func all(
    of plan: Plan, engine: String, reader: StoreReader?, environment: String? = nil, shard: Shard? = nil
  ) throws -> [MissingWork] {
    let keys = plan.models.map { plan.keys(of: $0, engine: engine) }
    let passes =
      try reader?.passes(of: keys, on: plan.images.map(\.record))
      ?? RunPasses(models: keys.count, images: plan.images.count)
    return try keys.enumerated().map { index, keys in
      try MissingWork(plan: plan, model: index, keys, passes, reader: reader, environment: environment, shard: shard)
    }
  }
}
