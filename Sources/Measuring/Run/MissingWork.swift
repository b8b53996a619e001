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
    let needsPhotograph: Bool
  }

  let keys: KeyMaker
  /// In the order of `Plan.images`.
  var items: [Item] = []
  /// Those that miss a value of any image, input side first.
  var layers: [ResolvedLayer] = []
  /// Measurements that are missing, and that the experiment asks for.
  var missingRows = 0
  var allRows = 0

  /// - Parameters:
  ///   - reader: nil where there is no store yet.
  ///   - environment: text of the only one whose rows count; nil for all.
  init(plan: Plan, model: PlannedModel, engine: String, reader: StoreReader?, environment: String? = nil) throws {
    let experiment = plan.experiment
    keys = KeyMaker(
      experiment: experiment, model: model.options, record: model.record, engine: engine, decoders: plan.decoders)
    let names = model.layers.map(\.name)
    let catalogue = try reader?.catalogue(network: keys.network, preparation: keys.preparation)
    let wanted = try reader.map { try WantedRows(keys, layers: names, $0) }
    let counted = try environment.flatMap { try reader?.identifier($0) }
    // Images that have passes of the same layouts lack the same.
    var gaps: [[Int64]: Gap] = [:]
    var missingLayers: Set<String> = []
    for (index, image) in plan.images.enumerated() {
      let subject = keys.subject(of: image.record)
      var passes = catalogue?[subject]?.passes ?? []
      if environment != nil { passes.removeAll { $0.environment != counted } }
      let layouts = passes.map(\.layout)
      let gap: Gap
      if let known = gaps[layouts] {
        gap = known
      } else {
        gap = Gap(experiment, layers: names, wanted, try layouts.map { try reader?.layout($0) }.compactMap { $0 })
        gaps[layouts] = gap
      }
      allRows += gap.allRows
      missingRows += gap.rows.count
      missingLayers.formUnion(gap.layers)
      guard !gap.levels.isEmpty else { continue }
      let isKept = try reader?.hasPicture(image: subject.image, preparation: subject.preparation) ?? false
      items.append(Item(image: index, levels: gap.levels, needsPhotograph: plan.keepsPictures && !isKept))
    }
    layers = model.layers.filter { missingLayers.isEmpty || missingLayers.contains($0.name) }
  }
}
