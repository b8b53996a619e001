import EngineOpenBLAS
import Foundation
import Graphs
import Measuring
import Notebooks
import Rendering
import Results
import Store
import Support

extension FuzzFormat {
  /// A store from a stranger goes through everything that reads one: `store check`, `store export`, `render`, `verify`,
  /// `run --dry-run --why`, a run that goes on, `store gc`.
  static func store() throws -> FuzzFormat {
    let made = try StoreMaker().make()
    let folder = try FuzzFolder()
    let mutator = StoreMutator(sound: made.bytes, folder: try FuzzFolder())
    let reader = StoreReader(
      path: "\(folder.path)/results.sqlite", plan: made.plan, renderer: try Renderer(), keeper: made.folder)
    return FuzzFormat(
      "sqlite", corpus: [made.bytes],
      words: ["SQLite format 3\0", "CREATE TABLE", "engine=", "layer", "{\"", "\u{89}PNG", "UNIQUE", "../x", "null"],
      make: { source in try mutator.make(&source) }
    ) { bytes, number in
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
      }
      try Data(bytes).write(to: URL(filePath: reader.path))
      try reader.read(number)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      try FuzzFault.unless(left.allSatisfy { $0.hasPrefix("results.sqlite") }, "leaves \(left)")
    }
  }
}

private struct StoreReader {
  let path: String
  let plan: Plan
  let renderer: Renderer
  /// Holds the plan's images.
  let keeper: FuzzFolder

  private static let template = """
    # Results

    ```{mod-table}
    label: tab-mod
    ```

    ```{mod-curve}
    label: fig-curve
    ```

    ```{validity}
    ```

    ```{heatmap-grid}
    label: fig-grid
    samples: 2
    ```

    """

  /// Each reader has its turn, whatever the others say to the store; the first refusal is the store's.
  func read(_ number: Int) throws {
    var first: Problem?
    func trying(_ body: () throws -> Void) throws {
      do {
        try body()
      } catch let problem as Problem {
        try FuzzFault.unless(!problem.message.isEmpty, "refused without a word")
        first = first ?? problem
      }
    }
    try trying {
      let store = try ResultsStore(readingAt: path)
      try trying { try FuzzFault.unless(store.check().faultCount >= 0, "a negative count") }
      // Each reader meets a third of the stores, and the two that read everything meet all.
      if number % 3 == 0 { try trying { _ = try store.export(number % 2 == 0 ? .csv : .json) } }
      if number % 3 == 1 {
        try trying { _ = try Forecast(plan: plan, store: store, engine: try OpenBLASEngine().version, why: true) }
      }
      try trying { if let run = try store.latestRun() { try read(run, of: store, number) } }
    }
    guard number % 3 == 2 else {
      if let first { throw first }
      return
    }
    try trying {
      let store = try ResultsStore(path: path)
      // Computing what is missing takes longer than all the rest.
      if number % 12 == 2 {
        try trying { _ = try Runner(plan: plan, store: store, engine: try OpenBLASEngine(), threads: 1).run() }
      }
      try trying { _ = try store.replaceOutputs(["report.pdf"]) }
      try trying { _ = try store.removeUnused(isTrial: number % 2 == 0) }
      try trying { try store.close() }
    }
    if let first { throw first }
  }

  private func read(_ run: StoredRun, of store: ResultsStore, _ number: Int) throws {
    _ = try run.provenanceJSON()
    _ = run.changedInputs(in: plan)
    let results = try store.results(of: run)
    if number % 3 == 0 { _ = results.summaries() }
    _ = try store.recomputeDrift(of: run)
    guard number % 12 == 0 else { return }
    let template = try Template(source: Self.template, file: "short.md")
    guard number % 120 == 0 else {
      _ = try Notebook(template, results: results, measurer: HalfWide())
      return
    }
    _ = try renderer.pdf(try Notebook(template, results: results, measurer: renderer.measurer).document)
  }
}
