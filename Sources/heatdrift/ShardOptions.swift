import ArgumentParser
import ExperimentFile
import Foundation
import Measuring
import Results
import Store
import Support

/// Of `run`, where an experiment is measured by several processes.
struct ShardOptions: ParsableArguments {
  @Option(
    name: .customLong("shard"),
    help: ArgumentHelp(
      """
      Measure only this part of the images, 1/N to N/N, into a store of its own, without a report; `heatdrift merge` puts the \
      parts together. auto/N takes K from a scheduler's array of tasks, auto both from Slurm's.
      """, valueName: "K/N"))
  var text: String?

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "Take up what an earlier attempt has in this folder, before anything is measured; can be given several times.",
      valueName: "folder"),
    completion: .directory)
  var resumeFrom: [String] = []

  @Flag(
    name: .long,
    help: """
      Read and hash all images and weights into the folder's store, and measure nothing. Shards that are given it by \
      --resume-from read only their own.
      """)
  var planOnly = false

  /// - Throws: `Problem` of kind `.usage`.
  func parsed() throws(Problem) -> Shard? {
    // A slip of the pen would measure everything again.
    for folder in resumeFrom where !FileManager.default.fileExists(atPath: folder) {
      throw .usage(
        at: Place(file: folder), "there is no such folder to take up results from",
        remedy: "Name a folder of an earlier attempt (--resume-from), or leave it out.")
    }
    guard let text else { return nil }
    return try Shard(text: text, environment: ProcessInfo.processInfo.environment)
  }
}

extension Shard {
  /// Where a shard goes that nobody gave a folder: below that of the whole run, where `merge` looks for it.
  func folder(below output: String) -> String { "\(output)/\(Shard.folderOfAll)/\(folderName)" }

  static let folderOfAll = "shards"
}

/// The part of `run` that belongs to a shard: what is noted in its store of where its rows come from.
struct ShardRun {
  let shard: Shard
  let plan: Plan
  let file: ExperimentFile
  let engine: String
  let environment: RowEnvironment
  let store: ResultsStore

  private func origin(_ outcome: RunOutcome?) -> StoreOrigin {
    var origin = StoreOrigin(
      shard: shard.description, host: ProcessIdentity.hostName,
      plan: PlanIdentity(
        experiment: plan.experiment, models: plan.models.map(\.record), engine: engine, decoders: plan.decoders,
        arithmetic: plan.arithmetic))
    origin.environment = environment.words
    origin.imageCount = plan.images.count + plan.unreadable.count
    origin.ownCount =
      plan.images.count { shard.contains(sha256: $0.record.sha256) }
      + plan.unreadable.count { shard.contains(unreadable: $0.path) }
    if let outcome {
      origin.skipped = outcome.skipped
      origin.isComplete = !outcome.wasStopped
    }
    return origin
  }

  /// Before anything is measured, so that rows of a process that is killed have an origin.
  func begin() throws(Problem) { try store.save(origin(nil)) }

  /// Closes the store, and says what was done.
  func finish(_ outcome: RunOutcome, folder: String) throws(Problem) {
    let origin = origin(outcome)
    try store.save(origin)
    try store.close()
    if !outcome.skipped.isEmpty {
      // One run of all images would end the same way: it is the merged report that says so.
      ReportLine.list(outcome.skipped, is: "warning")
    }
    Console.result(
      "Shard \(shard): \(Console.count(origin.ownCount - outcome.skipped.count, "image")) of "
        + "\(Console.grouped(origin.imageCount)), \(Console.count(outcome.computedRows + outcome.storedRows, "measurement")) "
        + "in \(folder)")
  }
}

/// Takes rows of other stores into one, and tells what came of it.
struct TakingUp {
  let store: ResultsStore
  /// For the places of conflicts.
  let plan: Plan
  let engine: String

  /// "VGG16, s1/10.pgm"
  func name(_ subject: KeyMaker.Subject) -> String {
    let model = plan.models.first { model in
      let keys = plan.keys(of: model, engine: engine)
      return keys.network == subject.network && keys.preparation == subject.preparation
    }
    let image = plan.images.first { model != nil && subject.image.contains($0.record.sha256) }
    return (model?.record.name ?? "a model of another plan") + ", " + (image?.record.path ?? "an image of another plan")
  }

  /// An earlier attempt's rows; what cannot be taken is measured again.
  func resume(from folder: String) {
    let path = "\(folder)/\(ResultsStore.fileName)"
    do {
      let other = try OtherStore(path: path)
      let taken = try store.takeUp(other.check(), origin: other.origin(folder: folder), name: name)
      report(taken, of: path)
      if taken.rows > 0 {
        Console.remark("\(Console.count(taken.rows, "measurement")) taken up from \(visible(folder)).")
      }
    } catch {
      var problem = error
      problem.message = "what an earlier attempt measured is not taken up: \(problem.message)"
      problem.remedy = "It is measured again."
      Console.error(Failures.warning(problem))
    }
  }

  func report(_ taken: TakenRows, of path: String) {
    if let damage = taken.damage {
      Console.error(Failures.warning(.failure(at: Place(file: path), damage)))
    }
    for conflict in taken.conflicts.prefix(3) { Console.error("warning: \(visible(conflict.sentence))") }
    if taken.conflicts.count > 3 {
      Console.error("  and \(Console.count(taken.conflicts.count - 3, "conflict")) more between these stores")
    }
  }
}
