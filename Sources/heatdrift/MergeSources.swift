import Foundation
import Measuring
import Results
import Store
import Support

/// The stores that are merged, each with the folder in which it was found.
struct MergeSources {
  struct Source {
    let folder: String
    let store: OtherStore
  }

  /// In the order of the command line; of a folder with several below it in that of their paths, numbers by their value.
  let stores: [Source]
  /// Stores of which nothing can be taken, and why; what they should have counts as missing.
  let unreadable: [Problem]

  private let given: [String]

  /// So deep may stores lie below a folder that is given: shards/03/attempt-1
  private static let depth = 4

  /// - Parameter output: the folder that is merged into, whose own store is none of them.
  /// - Throws: `Problem` where a folder has no store, or none can be read.
  init(_ folders: [String], except output: String) throws(Problem) {
    var found: [Source] = []
    var unreadable: [Problem] = []
    let own = MergeSources.resolved(output)
    var seen: Set<String> = []
    for given in folders {
      // Who names the file means its folder.
      let isFile = given.hasSuffix("/\(ResultsStore.fileName)")
      let folder = isFile ? String(given.dropLast(ResultsStore.fileName.count + 1)) : given
      let all = MergeSources.folders(in: folder, except: own, depth: MergeSources.depth)
      guard !all.isEmpty else {
        let isThere = FileManager.default.fileExists(atPath: folder)
        throw .usage(
          at: Place(file: folder), isThere ? "there are no results here, nor below" : "there is no such folder",
          remedy: "Give the folders that `heatdrift run --shard K/N` filled, or one that has them below it.")
      }
      // A folder may be given twice, or with the one above it.
      let below = all.filter { seen.insert(MergeSources.resolved($0)).inserted }
      for folder in below {
        do throws(Problem) {
          found.append(Source(folder: folder, store: try OtherStore(path: "\(folder)/\(ResultsStore.fileName)")))
        } catch {
          unreadable.append(error)
        }
      }
    }
    given = folders.map(MergeSources.resolved)
    if found.isEmpty, let first = unreadable.first { throw first }
    stores = found
    self.unreadable = unreadable
  }

  private static func resolved(_ path: String) -> String { URL(filePath: path).resolvingSymlinksInPath().path }

  /// Those that have a store, the folder itself and what lies below, but for the one that is merged into.
  private static func folders(in folder: String, except output: String, depth: Int) -> [String] {
    let isStore =
      FileManager.default.fileExists(atPath: "\(folder)/\(ResultsStore.fileName)") && resolved(folder) != output
    let own = isStore ? [folder] : []
    guard depth > 0 else { return own }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return own
      + names.filter { !$0.hasPrefix(".") }.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
      .flatMap { name in
        var isFolder: ObjCBool = false
        let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
          return [String]()
        }
        return folders(in: path, except: output, depth: depth - 1)
      }
  }

  /// - Throws: `Problem` of kind `.usage` that names what each store has otherwise than the plan.
  func check(against plan: Plan, engine: String, experiment: String) throws(Problem) {
    let own = PlanIdentity(
      experiment: plan.experiment, models: plan.models.map(\.record), engine: engine, decoders: plan.decoders,
      arithmetic: KeyMaker.arithmeticRevision)
    let differing = stores.compactMap { source -> (folder: String, words: [String])? in
      let words = source.store.plans.flatMap { own.differences(from: $0) }.map(\.words)
      return words.isEmpty ? nil : (source.folder, words.reduce(into: []) { if !$0.contains($1) { $0.append($1) } })
    }
    guard let first = differing.first else { return }
    for (folder, words) in differing.prefix(20) {
      Console.error("\(visible(folder)): \(words.prefix(10).map { visible($0) }.joined(separator: "; "))")
      if words.count > 10 { Console.error("  and \(words.count - 10) differences more") }
    }
    if differing.count > 20 { Console.error("and \(differing.count - 20) stores more") }
    throw .usage(
      at: Place(file: experiment),
      "\(Console.count(differing.count, "store")) of \(stores.count) \(differing.count == 1 ? "is" : "are") not of this "
        + "experiment as it is now, the first of them in \(first.folder): \(first.words[0])",
      remedy:
        "Merge with the experiment file, the options (--set), the weights and the version that measured, or leave "
        + "those folders out.")
  }

  /// Images of the plan that shards found could not be measured, in the plan's order.
  func skipped(of plan: Plan) -> [SkippedImage] {
    var reasons: [String: String] = [:]
    for source in stores {
      for image in source.store.origins.flatMap(\.skipped) { reasons[image.path] = image.reason }
    }
    guard !reasons.isEmpty else { return [] }
    return plan.images.compactMap { image in
      reasons[image.record.path].map { SkippedImage(path: image.record.path, reason: $0) }
    }
  }

  /// Of how many shards the stores are, most of them; nil where none is one.
  var shardCount: Int? {
    var counts: [Int: Int] = [:]
    for text in stores.flatMap(\.store.origins).compactMap(\.shard) {
      if let shard = Shard(written: text) { counts[shard.count, default: 0] += 1 }
    }
    return counts.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
  }

  /// Whether the same merge would read a folder, once it is there.
  func wouldRead(_ folder: String) -> Bool {
    let path = MergeSources.resolved(folder)
    return given.contains { path == $0 || path.hasPrefix($0 + "/") }
  }

  /// The folder of a shard's store; beside the others where there is none yet.
  func folder(of shard: Shard, output: String) -> String {
    if let own = stores.first(where: { $0.store.origins.contains { $0.shard == shard.description } }) {
      return own.folder
    }
    guard let first = stores.first(where: { !$0.store.origins.isEmpty }) else { return shard.folder(below: output) }
    let parts = first.folder.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count > 1
      ? parts.dropLast().joined(separator: "/") + "/" + shard.folderName : shard.folderName
  }
}
