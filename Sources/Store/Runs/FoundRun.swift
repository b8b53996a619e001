import ExperimentFile
import Foundation
import Results
import Support

/// A finished run, and the store that has its rows.
public struct FoundRun: Sendable {
  /// By which a report tells it from others.
  public var name: String
  /// What was measured.
  public var run: StoredRun
  let store: ResultsStore

  public init(name: String, run: StoredRun, store: ResultsStore) {
    self.name = name
    self.run = run
    self.store = store
  }

  /// The finished runs of some output folders, whose stores are read only: of a folder that holds a sweep all of its runs. They
  /// are called by their folders.
  /// - Parameter folders: in the order in which the report is to have them.
  /// - Throws: `Problem` of kind `.usage` for a folder that is named twice, or holds no finished run.
  public static func read(_ folders: [String]) throws(Problem) -> [FoundRun] {
    var seen: [String: String] = [:]
    for folder in folders {
      guard let other = seen.updateValue(folder, forKey: resolved(folder)) else { continue }
      throw .usage(
        at: Place(file: folder),
        other == folder ? "the folder is named twice" : "this is the folder that is named as \(other) as well",
        remedy: "Name each run once.")
    }
    var found: [FoundRun] = []
    for (folder, name) in zip(folders, RunNames.distinguishing(folders)) {
      let path = "\(folder)/\(ResultsStore.fileName)"
      if !FileManager.default.fileExists(atPath: path), ComparisonFolder.isOne(folder) {
        throw .usage(
          at: Place(file: folder), "this is the report of a comparison, which has no results of its own",
          remedy: "Name the folders of the runs that it compares.")
      }
      let store = try ResultsStore(readingAt: path)
      let sweep = try store.sweepRuns()
      if !sweep.isEmpty {
        let isAlone = folders.count == 1
        found += sweep.map {
          FoundRun(name: isAlone ? $0.setting : "\(name): \($0.setting)", run: $0.run, store: store)
        }
      } else if let run = try store.latestRun() {
        found.append(FoundRun(name: name, run: run, store: store))
      } else {
        throw store.unfinished(at: path)
      }
    }
    return found
  }

  /// With every link followed.
  private static func resolved(_ path: String) -> String {
    URL(filePath: path).resolvingSymlinksInPath().standardizedFileURL.path
  }
}

/// What runs are called where they stand side by side.
public enum RunNames {
  /// The shortest ends of paths that tell each from the others: "b" of "runs/a" and "runs/b", "x/orl" of "x/orl" and "y/orl".
  /// - Parameter paths: of different folders.
  public static func distinguishing(_ paths: [String]) -> [String] {
    let parts = paths.map { path in
      URL(filePath: path).standardizedFileURL.path.split(separator: "/").map(String.init)
    }
    return parts.map { own in
      for count in 1...max(1, own.count) {
        let end = own.suffix(count)
        if parts.count(where: { $0.suffix(count) == end }) == 1 { return end.joined(separator: "/") }
      }
      return own.joined(separator: "/")
    }
  }

  /// What stands behind the names of models: of a sweep's settings the values alone where they are words that need no key, as
  /// figures have little room: "predicted, uniform" of "targets predicted, window uniform".
  /// - Parameter names: of the runs.
  static func short(_ names: [String], isSweep: Bool) -> [String] {
    guard isSweep else { return names }
    let shortened = names.map { name in
      Sweep.split(name).map { part in
        let value = part.drop { $0 != " " }.dropFirst()
        return !value.isEmpty && value.allSatisfy { $0.isLetter || $0 == "-" } ? String(value) : part
      }.joined(separator: ", ")
    }
    return Set(shortened).count == names.count ? shortened : names
  }

  /// Names under which nobody is known.
  static func anonymous(_ count: Int) -> [String] { (0..<count).map { "run \($0 + 1)" } }

  /// A name that several runs share, with the run behind it: "VGG16 (a)".
  /// - Parameter names: of all things, with the place of the run that each is of.
  static func unique(_ names: [(name: String, run: Int)], runs: [String]) -> [String] {
    var counts: [String: Int] = [:]
    for (name, _) in names { counts[name, default: 0] += 1 }
    var taken: Set<String> = []
    return names.map { name, run in
      let shown = counts[name] == 1 ? name : "\(name) (\(runs[run]))"
      // A model may be called as another one is with its run.
      var own = shown
      var number = 1
      while !taken.insert(own).inserted {
        number += 1
        own = "\(shown) (\(number))"
      }
      return own
    }
  }
}
