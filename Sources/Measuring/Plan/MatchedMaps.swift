import Attacks
import ExperimentFile
import Explanations
import Maps
import Results
import Store
import Support

/// An experiment's images, levels, explanations and targets held against the maps that were computed elsewhere: what they have
/// of it is measured, what they lack is counted and said, and what only they have is said too.
///
/// An image that lacks anything is left out for all models, so that all series are of the same images; what no image of a
/// model has is left out for that model.
struct MatchedMaps {
  private(set) var models: [PlannedModel]
  /// Those that every model has.
  private(set) var images: [PlannedImage]
  private(set) var control: ControlImages
  private(set) var notes: [String] = []
  private(set) var warnings: [Warning] = []
  /// Images that are left out, and why.
  private(set) var passedOver: [SkippedImage] = []

  /// - Parameters:
  ///   - images: that the data have.
  ///   - places: of the experiment file's keys.
  /// - Throws: `Problem` of kind `.usage` where a model has maps of no image, or of none of the experiment's levels,
  ///   explanations or targets, and where the maps' labels are others than the data's.
  init(
    _ planned: [PlannedModel], _ experiment: Experiment, _ images: [PlannedImage], places: [String: Place]
  ) throws(Problem) {
    models = planned
    self.images = images
    control = ControlImages(experiment.control, of: images.map(\.record), seed: experiment.seed)
    guard planned.contains(where: { $0.maps != nil }) else { return }

    var reasons = [String?](repeating: nil, count: images.count)
    var matches: [Int: MapsMatch] = [:]
    for (index, model) in planned.enumerated() {
      guard let maps = model.maps else { continue }
      let place = places["models[\(index)].\(ModelOptions.mapsKey)"] ?? places["models[\(index)]"]
      let match = try usage(at: place) { () throws(Problem) in try MapsMatch(model, maps, experiment, images) }
      for (image, reason) in match.lacking where reasons[image] == nil { reasons[image] = reason }
      matches[index] = match
      notes += match.notes
      warnings += match.warnings
    }
    let kept = images.indices.filter { reasons[$0] == nil }
    passedOver = zip(images, reasons).compactMap { image, reason in
      reason.map { SkippedImage(path: image.record.path, reason: $0) }
    }
    guard !kept.isEmpty else {
      throw .usage(
        at: places["models"],
        "no image is among the maps of every model, whole; the first, \(images.first?.record.path ?? ""): "
          + (reasons.first?.flatMap { $0 } ?? ""),
        remedy: "`heatdrift maps inspect FILE` lists what is in a file of maps.")
    }
    self.images = kept.map { images[$0] }
    drawControl(experiment, kept, matches, of: images)
    for (index, match) in matches {
      let hasControl = kept.contains { match.hasControl[$0] }
      models[index] = planned[index].matched { maps in
        maps.levels = match.levels
        maps.explanations = match.explanations
        maps.targets = match.targets
        maps.hasControl = hasControl
      }
    }
  }

  /// The control's images are drawn from those that have one in the maps of every model that has any.
  private mutating func drawControl(
    _ experiment: Experiment, _ kept: [Int], _ matches: [Int: MapsMatch], of images: [PlannedImage]
  ) {
    var candidates = kept
    for (index, match) in matches.sorted(by: { $0.key < $1.key }) {
      let name = models[index].record.name
      let own = candidates.filter { match.hasControl[$0] }
      guard own.isEmpty else {
        candidates = own
        continue
      }
      guard experiment.control != .none else { continue }
      notes.append(
        "The control is not run on \(name): its maps have no clean image that was explained a second time (`attack: control`)."
      )
    }
    let records = candidates.map { images[$0].record }
    control = ControlImages(experiment.control, of: records, seed: experiment.seed)
    guard candidates.count < kept.count, experiment.control != .none else { return }
    if control.paths == nil { control = ControlImages(paths: Set(records.map(\.path))) }
    notes.append(
      "The control is drawn from images alone whose clean maps are there a second time: \(candidates.count) of "
        + "\(kept.count).")
  }
}
