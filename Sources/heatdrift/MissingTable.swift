import Cluster
import Foundation
import Measuring
import Results
import Store
import Support

/// Says which measurements are missing, and how to get them.
struct MissingTable {
  private let missing: MissingImages
  private let plan: Plan
  private let sources: MergeSources
  /// Those that lack something, with their images; a whole run where no store is of a shard.
  private let shards: [(shard: Shard?, images: [MissingImages.Image])]

  init(_ missing: MissingImages, plan: Plan, sources: MergeSources) {
    self.missing = missing
    self.plan = plan
    self.sources = sources
    guard let count = sources.shardCount else {
      shards = missing.images.isEmpty ? [] : [(nil, missing.images)]
      return
    }
    var found: [Int: [MissingImages.Image]] = [:]
    for image in missing.images {
      found[Shard.number(ofSHA256: image.sha256, count: count), default: []].append(image)
    }
    shards = found.sorted { $0.key < $1.key }.map { (Shard(number: $0.key, count: count), $0.value) }
  }

  /// A line for each model and image; no file where nothing is missing.
  func write(to folder: String) throws(Problem) {
    let lines = shards.flatMap { shard, images in
      images.flatMap { image in
        image.models.map { [shard?.description ?? "", plan.models[$0].options.key, image.path] }
      }
    }
    try MergeTables.write(["shard", "model", "image"], lines, as: MergeTables.missing, to: folder)
  }

  /// - Parameters:
  ///   - experiment: as it was given.
  ///   - overrides: likewise.
  ///   - folders: likewise.
  func tell(experiment: String, overrides: [String], folders: [String], output: String) {
    Console.error(
      "error: \(Console.count(missing.rows.missing, "measurement")) of "
        + "\(Console.grouped(missing.rows.missing + missing.rows.stored)) are missing, of "
        + "\(Console.count(missing.images.count, "image")):")
    let options = ([experiment] + overrides.flatMap { ["--set", $0] }).map(shellWord).joined(separator: " ")
    var merged = folders
    for (shard, images) in shards.prefix(64) {
      let models = Set(images.flatMap(\.models)).sorted().map { plan.models[$0].record.name }
      let names = images.prefix(3).map { visible($0.path) }
      let rest = images.count > names.count ? " and \(Console.grouped(images.count - names.count)) more" : ""
      let part = shard.map { "shard \($0): " } ?? ""
      Console.error(
        "  \(part)\(Console.count(images.count, "image")) of \(visible(listInWords(models))): "
          + names.joined(separator: ", ") + rest)
      if let shard {
        let folder = sources.folder(of: shard, output: output)
        Console.error("    heatdrift run \(options) --shard \(shard) --output \(shellWord(folder))")
        if !sources.wouldRead(folder) { merged.append(folder) }
      }
    }
    if shards.count > 64 { Console.error("  and \(shards.count - 64) shards more") }
    let words = (merged + ["--output", output]).map(shellWord).joined(separator: " ")
    Console.error(
      "All of them stand in \(visible(output))/\(MergeTables.missing). After these commands merge again:\n    heatdrift merge \(options) "
        + "\(words)\nOr let one process measure the rest and make the report:\n    heatdrift run \(options) --output "
        + shellWord(output))
  }
}
