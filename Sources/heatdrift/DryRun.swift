import Foundation
import Measuring
import Store
import Support

/// What `run --dry-run` prints in place of running.
enum DryRun {
  /// - Parameters:
  ///   - environment: the only one whose rows count; nil for all.
  ///   - folder: the output folder, which need not be there.
  static func lines(
    plan: Plan, engine: String, environment: RowEnvironment?, folder: String, why: Bool,
    shard: Shard? = nil
  ) throws(Problem) -> [String] {
    let path = "\(folder)/\(ResultsStore.fileName)"
    let store = FileManager.default.fileExists(atPath: path) ? try ResultsStore(readingAt: path) : nil
    let forecast = try Forecast(
      plan: plan, store: store, engine: engine, environment: environment, why: why, shard: shard)
    var lines: [String] = []
    for model in forecast.models {
      guard model.missingMeasurements > 0 || model.images == 0 else {
        lines.append(
          "\(model.name): logits of \(Console.count(model.images, "image")), which an older version did not store; all "
            + "\(Console.count(model.storedMeasurements, "measurement")) are stored")
        continue
      }
      guard model.missingMeasurements > 0 else {
        lines.append("\(model.name): nothing; all \(Console.count(model.storedMeasurements, "measurement")) are stored")
        continue
      }
      lines.append(
        "\(model.name): \(Console.count(model.missingMeasurements, "measurement")) of "
          + "\(Console.count(model.images, "image")); \(Console.grouped(model.storedMeasurements)) are stored")
      if !model.sources.isEmpty {
        lines.append(
          "  with the gradients of \(listInWords(model.sources.map { visible($0) })), which "
            + "\(model.sources.count == 1 ? "lies" : "lie") in memory beside it")
      }
      for reason in model.reasons {
        lines.append(
          "  \(Console.count(reason.measurements, "measurement")) of \(Console.count(reason.images, "image")): "
            + words(reason.changes, hasStore: store != nil))
      }
    }
    lines.append(
      forecast.missingMeasurements == 0
        ? forecast.models.contains { $0.images > 0 }
          ? "No measurement would be computed again, only what an older version did not store."
          : "Nothing would be computed."
        : "\(Console.count(forecast.missingMeasurements, "measurement")) would be computed into \(folder).")
    return lines
  }

  private static func words(_ changes: [Forecast.Change], hasStore: Bool) -> String {
    guard !changes.isEmpty else {
      return hasStore ? "the store has no results that it could be compared with" : "nothing is stored yet"
    }
    return changes.map { change in
      if change.ingredient == "image" { return "the image is new" }
      guard let former = change.former else { return "\(change.ingredient) \(change.value) is new" }
      return "\(change.ingredient) was \(shortened(former)), is \(shortened(change.value))"
    }.joined(separator: "; ")
  }

  /// The beginning of a hash is enough to tell two apart.
  private static func shortened(_ value: String) -> String {
    value.count == 64 && value.allSatisfy(\.isHexDigit) ? value.prefix(12) + "…" : value
  }
}
