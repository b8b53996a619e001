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
///
/// `heatdrift run` then finds nothing to compute. Prints how many rows there are.
@main
struct StoreBenchmark {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else {
      FileHandle.standardError.write(Data("store-benchmark EXPERIMENT.yaml FOLDER\n".utf8))
      exit(64)
    }
    let engine = EngineKind.onednn
    let plan = try Plan(try ExperimentFile(path: arguments[1]))
    let folder = try OutputFolder(path: arguments[2])
    let store = try ResultsStore(in: folder)
    try store.save(plan.hashes)
    let rows = try store.fillWithMadeUpResults(
      plan, engine: try engine.makeEngine().version, instructionSet: try engine.instructionSet())
    try store.close()
    print(rows)
  }
}
