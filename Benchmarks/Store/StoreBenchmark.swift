import Engines
import ExperimentFile
import Foundation
import Graphs
import Measuring
import Store
import Support

/// Fills the store of an experiment with made-up results. Called by `scale.py`:
///
///     store-benchmark EXPERIMENT.yaml FOLDER
///     store-benchmark EXPERIMENT.yaml FOLDER SHARDS
///
/// `heatdrift run` then finds nothing to compute. With a number of shards each has a store of its own below the folder, as
/// `run --shard` leaves it. Prints how many rows there are.
@main
struct StoreBenchmark {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard (3...4).contains(arguments.count), let count = arguments.count == 4 ? Int(arguments[3]) : 0 else {
      FileHandle.standardError.write(Data("store-benchmark EXPERIMENT.yaml FOLDER [SHARDS]\n".utf8))
      exit(64)
    }
    let plan = try Plan(try ExperimentFile(path: arguments[1]))
    guard count > 0 else {
      print(try fill(arguments[2], plan))
      return
    }
    var rows = 0
    for number in 1...count {
      let shard = Shard(number: number, count: count)
      rows += try fill("\(arguments[2])/\(shard.folderName)", plan, shard)
    }
    print(rows)
  }

  private static func fill(_ folder: String, _ plan: Plan, _ shard: Shard? = nil) throws -> Int {
    let engine = EngineKind.onednn
    let version = try engine.makeEngine().version
    let store = try ResultsStore(in: try OutputFolder(path: folder))
    try store.save(shard.map { shard in plan.hashes.kept { shard.contains(sha256: $1) } } ?? plan.hashes)
    if let shard {
      try store.save(
        StoreOrigin(
          shard: shard.description,
          plan: PlanIdentity(
            experiment: plan.experiment, models: plan.models.map(\.record), engine: version, decoders: plan.decoders,
            arithmetic: KeyMaker.arithmeticRevision)))
    }
    let rows = try store.fillWithMadeUpResults(
      plan, engine: version, instructionSet: try engine.instructionSet(), shard: shard)
    try store.close()
    return rows
  }
}
