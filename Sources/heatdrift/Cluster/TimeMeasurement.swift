import Cluster
import Engines
import Foundation
import Graphs
import Measuring
import Store
import Support
import Synchronization

/// Measures some images of each model as a run does, on one thread and into a store that is gone afterwards.
struct TimeMeasurement {
  let plan: Plan
  let engine: any Engine

  /// Of each model: the first pays for what is done once.
  private static let images = 3

  /// - Throws: `Problem` where an image cannot be measured; `ExitCode` where somebody stopped it.
  func forecast(shards: Int, processors: Int) throws -> TimeForecast {
    let folder = FileManager.default.temporaryDirectory.appending(path: "heatdrift-time-\(UUID().uuidString)").path
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Problem.failure(
        at: Place(file: folder), "the temporary folder cannot be made", remedy: "Set TMPDIR to another.")
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let store = try ResultsStore(path: "\(folder)/\(ResultsStore.fileName)")
    let clock = ContinuousClock()
    var models: [TimeForecast.Model] = []
    for model in plan.models {
      let part = Plan(
        experiment: plan.experiment, models: plan.models, images: Array(plan.images.prefix(Self.images)),
        classNames: plan.classNames, decoders: plan.decoders)
      let start = Mutex(clock.now)
      let times = Mutex<[ContinuousClock.Instant]>([])
      let runner = Runner(
        plan: part.alone(model), store: store, engine: engine, threads: 1)
      let outcome = try runner.run(observe: { event in
        switch event {
        case .model(model.record.name, _): start.withLock { $0 = clock.now }
        case .image(model.record.name, _, _, _): times.withLock { $0.append(clock.now) }
        default: break
        }
      })
      let ends = times.withLock { $0 }
      guard let first = ends.first, let last = ends.last else {
        throw Problem.failure(
          outcome.skipped.first.map { "\($0.path) cannot be measured: \($0.reason)" } ?? "no image could be measured",
          remedy: "Give a time limit (--time), or repair the images.")
      }
      let whole = (first - start.withLock { $0 }).seconds
      let image = ends.count > 1 ? (last - first).seconds / Double(ends.count - 1) : whole
      models.append(TimeForecast.Model(name: model.record.name, loading: max(0, whole - image), image: image))
    }
    return TimeForecast(models: models, images: plan.images.count, shards: shards, processors: processors)
  }
}

extension Plan {
  /// The plan of one of its models; of all where attacks take another's gradients, which cannot be without it.
  fileprivate func alone(_ model: PlannedModel) -> Plan {
    let others = experiment.attacks.contains { $0.source(attacking: model.options.key) != nil }
    guard !others else { return self }
    return Plan(
      experiment: experiment, models: [model], images: images, classNames: classNames, control: control,
      decoders: decoders)
  }
}
