import ExperimentFile
import Results
import Support

/// In what several runs differ, as lines of a table: what all of them share is left out.
struct RunDifferences {
  private(set) var lines: [RunOverview.Difference] = []

  /// - Parameters:
  ///   - set: as the runs are, with all that they measured.
  init(_ set: RunSet) {
    let runs = set.runs
    add("models", "models", runs.map { listInWords($0.models.map(\.name)) })
    add("options", "title", runs.map(\.experiment.title))
    addOptions(runs)
    addSoftware(set)
    addWeights(runs)
    add("data", "images", set.images.measured.map(String.init))
    add("data", "images that not every run has", set.images.measured.map { String($0 - set.images.images.count) })
    add("data", "images that could not be measured", runs.map { String($0.skipped.count) })
    add("data", "classes with a name", runs.map { String($0.classNames.count) })
  }

  private mutating func add(_ section: String, _ name: String, _ values: [String?]) {
    guard Set(values).count > 1 else { return }
    lines.append(RunOverview.Difference(section: section, name: name, values: values))
  }

  private mutating func addOptions(_ runs: [StoredRun]) {
    let options = runs.map { Self.options($0.experiment) }
    var names: [String] = []
    for name in options.flatMap({ $0.map(\.key) }) where !names.contains(name) { names.append(name) }
    // What belongs to a model or an attack that a run has not is no difference in options.
    let lacking =
      Self.partial(runs.map { $0.models.map(\.key) })
      + Self.partial(runs.map { $0.experiment.attacks.map { "attacks.\($0.key)" } })
    for name in names {
      let values = options.map { own in own.first { $0.key == name }?.value }
      let belongs = lacking.contains { name.hasPrefix($0 + ".") }
      if belongs, Set(values.compactMap { $0 }).count < 2 { continue }
      add("options", name, values)
    }
  }

  /// What not every list has.
  private static func partial(_ lists: [[String]]) -> [String] {
    Set(lists.flatMap { $0 }).filter { item in !lists.allSatisfy { $0.contains(item) } }.sorted()
  }

  /// Under names that do not depend on how many attacks, explanations or measures an experiment lists.
  static func options(_ experiment: Experiment) -> [OptionRecord] {
    let lists = [
      OptionRecord(key: "attacks", value: experiment.attacks.map(\.title).joined(separator: ", ")),
      OptionRecord(
        key: "explain.methods", value: experiment.explain.methods.map { type(of: $0).title }.joined(separator: ", ")),
      OptionRecord(
        key: "compare.measures", value: experiment.compare.measures.map { type(of: $0).title }.joined(separator: ", ")),
    ]
    let single = experiment.attacks.count == 1 ? experiment.attacks[0].key : nil
    let own = experiment.optionRecords.compactMap { option -> OptionRecord? in
      var option = option
      if let single, option.key.hasPrefix("attack.") { option.key = "attacks.\(single)." + option.key.dropFirst(7) }
      if option.key.hasPrefix("attacks."), option.key.hasSuffix(".method") { return nil }
      let named = ["explain.method", "explain.methods", "compare.measure", "compare.measures"]
      return named.contains(option.key) ? nil : option
    }
    let control =
      own.contains { $0.key == "control" } ? [] : [OptionRecord(key: "control", value: experiment.control.text)]
    return own + control + lists
  }

  private mutating func addSoftware(_ set: RunSet) {
    let entries = set.runs.indices.map { run in
      let own = set.runs[run].softwareProvenance
      return set.environments.indices.contains(run) ? set.environments[run].replacing(own) : own
    }
    var names: [String] = []
    for name in entries.flatMap({ $0.map(\.name) }) where !names.contains(name) { names.append(name) }
    for name in names {
      add("software", name, entries.map { own in own.first { $0.name == name }?.value })
    }
  }

  private mutating func addWeights(_ runs: [StoredRun]) {
    var keys: [String] = []
    for key in runs.flatMap({ $0.models.map(\.key) }) where !keys.contains(key) { keys.append(key) }
    for key in keys {
      let values = runs.map { run in
        run.models.first { $0.key == key }.map { $0.weightsSHA256 + ($0.weightsState?.chosen.map { ", \($0)" } ?? "") }
      }
      guard Set(values.compactMap { $0 }).count > 1 else { continue }
      add("weights", key, values)
    }
  }
}
