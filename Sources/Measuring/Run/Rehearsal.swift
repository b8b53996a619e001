import Graphs
import Results
import Support
import Tensors

/// Looks inside every model of a run with an image of its own before the first is measured: that numbers overflow inside
/// the last of several networks would else be found when the others have been computed, hours later.
///
/// A run of one model finds it on its first image. The models are gone through from the last to the first, one in memory
/// at a time, and the first stays for the run.
struct Rehearsal {
  /// Keys of the models in which nothing was wrong.
  private(set) var passed: Set<String> = []
  private var kept: (model: String, network: any PreparedNetwork)?

  /// - Parameter work: of each model of the plan.
  /// - Throws: `Problem` that names model, image and layer, and whatever is found when the weights are loaded.
  init(_ runner: Runner, _ work: [MissingWork], shouldStop: () -> Bool) throws(Problem) {
    let models = zip(runner.plan.models, work).filter { !$1.items.isEmpty && $0.network != nil }
    guard models.count > 1 else { return }
    for (model, work) in models.reversed() {
      kept = nil
      guard !shouldStop(), let (record, image) = try Rehearsal.firstImage(runner, model, work) else { continue }
      let network = try runner.prepare(model, work)
      do {
        try ImageWork(experiment: runner.plan.experiment, model: model, keys: work.keys, prepared: network)
          .check(record, image: image)
      } catch {
        throw runner.cause(of: error)
      }
      passed.insert(model.options.key)
      kept = (model.options.key, network)
    }
  }

  /// Hands the network over that was looked into last.
  /// - Returns: nil where it is another model's.
  mutating func take(_ model: PlannedModel) -> (any PreparedNetwork)? {
    guard let (owner, network) = kept, owner == model.options.key else { return nil }
    kept = nil
    return network
  }

  /// The first image that can be read; those before it are told when the model is measured.
  private static func firstImage(
    _ runner: Runner, _ model: PlannedModel, _ work: MissingWork
  ) throws(Problem) -> (record: ImageRecord, image: Tensor)? {
    for item in work.items {
      let image = runner.plan.images[item.image]
      do throws(Problem) {
        return (image.record, try runner.load(image, for: model))
      } catch {
        if error.kind == .changed { throw error }
      }
    }
    return nil
  }
}
