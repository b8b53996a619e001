import ExperimentFile
import Results
import Support

/// What stands between several runs and a comparison of them.
struct RunRemark: Sendable, Equatable {
  enum Severity: Sendable {
    /// The numbers can be compared, and whoever reads them must know this.
    case warning
    /// They cannot.
    case refusal
  }

  var severity: Severity
  /// A sentence without its full stop, as those of warnings and problems.
  var message: String
  /// Whole sentences.
  var remedy: String
}

/// Several runs, and what they have in common.
struct RunSet {
  var names: [String]
  var runs: [StoredRun]
  var images: CommonImages
  var ways: CommonWays
  /// Of each run, in which its rows were computed; empty where that is not known yet.
  var environments: [RowEnvironments]

  /// "x in “a” and y in “b” and “c”", by the values in their order.
  /// - Parameter values: one for each run; nil for runs that have none.
  func words(_ values: [String?]) -> String {
    var order: [String] = []
    var having: [String: [Int]] = [:]
    for (run, value) in values.enumerated() {
      guard let value else { continue }
      if having[value] == nil { order.append(value) }
      having[value, default: []].append(run)
    }
    return listInWords(order.map { "\($0) in \(quoted(having[$0] ?? []))" })
  }

  func quoted(_ runs: [Int]) -> String { listInWords(runs.map { "“\(names[$0])”" }) }
}

/// Every kind of difference between runs that a reader must be told of, or that makes a comparison meaningless.
enum RunRules {
  /// - Returns: in the order of the rules; refusals first.
  static func remarks(_ set: RunSet) -> [RunRemark] {
    let found = all.flatMap { $0(set) } + (set.ways.isUnion ? [] : ofOptions.flatMap { $0(set) })
    return found.filter { $0.severity == .refusal } + found.filter { $0.severity == .warning }
  }

  /// Those of whatever runs.
  private static let all: [@Sendable (RunSet) -> [RunRemark]] = [
    meanings, classes, labels, noImage, nothingShared, images, partial, transfers, control, software,
  ]

  /// Those that a sweep makes on purpose.
  private static let ofOptions: [@Sendable (RunSet) -> [RunRemark]] = [attacks, explanations, measures, inputs]

  // MARK: - What makes it meaningless

  /// What a report says of predictions is of right ones or of such as held.
  @Sendable private static func meanings(_ set: RunSet) -> [RunRemark] {
    let own = set.runs.map(\.experiment.data.labels.rawValue)
    guard Set(own).count > 1 else { return [] }
    return [
      RunRemark(
        severity: .refusal,
        message: "labels are the networks’ classes in some runs and none in others: `data.labels` is \(set.words(own))",
        remedy:
          "Compare runs whose labels mean the same, or run one again: nothing is measured anew for another `labels`.")
    ]
  }

  @Sendable private static func classes(_ set: RunSet) -> [RunRemark] {
    guard let first = set.runs.indices.first(where: { !set.runs[$0].classNames.isEmpty }) else { return [] }
    for run in set.runs.indices.dropFirst(first + 1) {
      let (own, other) = (set.runs[first].classNames, set.runs[run].classNames)
      guard let place = zip(own, other).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset else {
        continue
      }
      return [
        RunRemark(
          severity: .refusal,
          message: "class \(place) is `\(own[place])` in \(set.quoted([first])) and `\(other[place])` in "
            + "\(set.quoted([run])): a label of one means something else in the other",
          remedy: "Number the classes of all runs in the same way (`data.classes`), and measure again.")
      ]
    }
    return []
  }

  @Sendable private static func labels(_ set: RunSet) -> [RunRemark] {
    guard let (first, count) = set.images.otherLabels else { return [] }
    return [
      RunRemark(
        severity: .refusal,
        message:
          "\(count == 1 ? "an image has" : "\(count) images have") another label in \(set.quoted([first.run])) than "
          + "in \(set.quoted([0])): \(first.path) is \(first.label) here and \(first.other) there",
        remedy: "Number the classes of all runs in the same way (`data.classes`), and measure again.")
    ]
  }

  @Sendable private static func noImage(_ set: RunSet) -> [RunRemark] {
    guard set.images.images.isEmpty else { return [] }
    let counts = listInWords(set.runs.indices.map { "\(set.images.measured[$0]) of \(set.quoted([$0]))" })
    let aligned = set.runs.indices.filter { set.images.otherAlignments[$0] > 0 }
    let cut =
      aligned.isEmpty ? "" : "; \(set.quoted(aligned)) cut faces out of the same pictures otherwise (`data.align`)"
    return [
      RunRemark(
        severity: .refusal, message: "no image was measured by all runs: there are \(counts)\(cut)",
        remedy: "Images are compared by their bytes: choose runs on the same ones.")
    ]
  }

  @Sendable private static func nothingShared(_ set: RunSet) -> [RunRemark] {
    set.ways.missing.map { kind in
      let lists = set.runs.indices.map { run in
        "\(set.quoted([run])) has \(listInWords(names(of: kind, in: set.runs[run].experiment)))"
      }
      let transfers =
        kind == .attack && set.ways.transfers.contains { !$0.isEmpty }
        ? " (attacks that take their gradient from another model are not compared)" : ""
      return RunRemark(
        severity: .refusal,
        message: "the runs have no \(kind == .level ? "attack level" : kind.rawValue) in common\(transfers): "
          + lists.joined(separator: ", "),
        remedy: "Add one that all of them have and run again: only what is new is measured.")
    }
  }

  private static func names(of kind: CommonWays.Kind, in experiment: Experiment) -> [String] {
    switch kind {
    case .attack: experiment.attacks.map(\.title)
    case .level:
      experiment.attacks.filter { $0.source == nil }.flatMap { setting in
        setting.levels.map { LevelNames([setting]).exact($0) }
      }
    case .explanation: experiment.explain.methods.map { type(of: $0).title }
    case .target: experiment.explain.targets.map(\.rawValue)
    case .measure: experiment.compare.measures.map { type(of: $0).title }
    }
  }

  // MARK: - What its reader must know

  @Sendable private static func images(_ set: RunSet) -> [RunRemark] {
    let common = set.images.images.count
    guard common > 0, set.images.measured.contains(where: { $0 > common }) else { return [] }
    let beyond = set.runs.indices.map { run in
      let count = set.images.measured[run] - common
      return "\(set.quoted([run])) has \(count == 0 ? "none" : String(count)) beyond \(common == 1 ? "it" : "them")"
    }
    return [
      RunRemark(
        severity: .warning,
        message: "This report is over the \(common == 1 ? "one image" : "\(common) images") that all runs measured: "
          + listInWords(beyond),
        remedy: "Its numbers are not those of the runs’ own reports, which are over all of theirs.")
    ]
  }

  @Sendable private static func partial(_ set: RunSet) -> [RunRemark] {
    guard !set.ways.partial.isEmpty else { return [] }
    let lists = CommonWays.Kind.allCases.compactMap { kind -> String? in
      let own = set.ways.partial.filter { $0.kind == kind }
      guard !own.isEmpty else { return nil }
      return "\(own.count == 1 ? (kind == .level ? "attack level" : kind.rawValue) : kind.plural) "
        + own.map { "\($0.name) (\(set.quoted($0.runs)))" }.joined(separator: ", ")
    }
    return [
      set.ways.isUnion
        ? RunRemark(
          severity: .warning,
          message: "Not every run of this sweep has all that is shown: \(lists.joined(separator: "; "))",
          remedy: "What stands for a run, as in an order or at its strongest attack, is of what that run has.")
        : RunRemark(
          severity: .warning, message: "Left out, since not every run has it: \(lists.joined(separator: "; "))",
          remedy: "Add it to the other runs’ experiments and run them again: only what is new is measured.")
    ]
  }

  @Sendable private static func transfers(_ set: RunSet) -> [RunRemark] {
    let having = set.runs.indices.filter { !set.ways.transfers[$0].isEmpty }
    guard !having.isEmpty else { return [] }
    let lists = having.map { "\(listInWords(set.ways.transfers[$0])) of \(set.quoted([$0]))" }
    return [
      RunRemark(
        severity: .warning,
        message: "Attacks that take their gradient from another model are left out: \(lists.joined(separator: "; "))",
        remedy: "Whose gradients move whose attention stands in each run’s own report.")
    ]
  }

  @Sendable private static func control(_ set: RunSet) -> [RunRemark] {
    let common = set.images.control.count
    guard set.images.controlCounts.contains(where: { $0 > common }) else { return [] }
    let counts = set.words(set.images.controlCounts.map { "\($0)" })
    return [
      RunRemark(
        severity: .warning,
        message:
          "The control is of the \(common == 1 ? "one image" : "\(common) images") on which every run ran it: of the "
          + "common ones there are \(counts)",
        remedy: "Where the control is run changes no other number.")
    ]
  }

  @Sendable private static func software(_ set: RunSet) -> [RunRemark] {
    guard !set.environments.isEmpty else { return [] }
    let words = set.environments.map { $0.found.map(\.environment.words).sorted().joined(separator: "; ") }
    guard Set(words).count > 1 else { return [] }
    return [
      RunRemark(
        severity: .warning,
        message: "The runs were not computed by the same versions and processors: \(set.words(words))",
        remedy:
          "Last digits may differ for that reason alone, and with another engine a prediction that hangs in the balance."
      )
    ]
  }

  // MARK: - What makes it unfair

  @Sendable private static func attacks(_ set: RunSet) -> [RunRemark] {
    set.ways.attacks.compactMap { shown in
      let own = set.runs.map { run in
        run.experiment.attacks.first { $0.key == shown.key }?.attack.optionTexts
      }
      return unequal(set, own, "\(shown.title) is not one attack in all runs")
    }
  }

  @Sendable private static func explanations(_ set: RunSet) -> [RunRemark] {
    set.ways.explanations.compactMap { shown in
      let own = set.runs.map { run in
        run.experiment.explain.methods.first { type(of: $0).key == type(of: shown).key }?.optionTexts
      }
      return unequal(set, own, "\(type(of: shown).title) is not one explanation in all runs")
    }
  }

  @Sendable private static func measures(_ set: RunSet) -> [RunRemark] {
    set.ways.measures.compactMap { shown in
      let own = set.runs.map { run in
        run.experiment.compare.measures.first { type(of: $0).key == type(of: shown).key }?.optionTexts
      }
      return unequal(set, own, "\(type(of: shown).title) is not one measure in all runs")
    }
  }

  /// Networks of the same weights that are shown their images otherwise.
  @Sendable private static func inputs(_ set: RunSet) -> [RunRemark] {
    var seen: Set<String> = []
    return set.runs.flatMap { run in run.models }.compactMap { model in
      let weights = "\(model.weightsSHA256) \(model.weightsState?.chosen ?? "")"
      guard seen.insert(weights).inserted else { return nil }
      let own = set.runs.map { run -> [OptionText]? in
        guard
          let key = run.models.first(where: {
            $0.weightsSHA256 == model.weightsSHA256 && $0.weightsState?.chosen == model.weightsState?.chosen
          })?.key
        else { return nil }
        return run.experiment.optionRecords.filter { $0.key.hasPrefix("\(key).input.") }.map { option in
          let name = "input." + option.key.dropFirst(key.count + 7)
          return OptionText(name: name, text: option.value, shown: option.value, paths: [], isQuiet: false)
        }
      }
      return unequal(set, own, "\(model.name) is not shown its images in the same way in all runs")
    }
  }

  /// - Parameter options: of each run; nil where it has no such thing.
  private static func unequal(_ set: RunSet, _ options: [[OptionText]?], _ what: String) -> RunRemark? {
    var names: [String] = []
    for name in options.compactMap({ $0 }).flatMap({ $0.map(\.name) }) where !names.contains(name) {
      names.append(name)
    }
    let different = names.compactMap { name -> String? in
      let values = options.map { own in own.map { $0.first { $0.name == name }?.shown ?? "none" } }
      guard Set(values.compactMap { $0 }).count > 1 else { return nil }
      return "\(name) is \(set.words(values))"
    }
    guard !different.isEmpty else { return nil }
    return RunRemark(
      severity: .warning, message: "\(what): \(different.joined(separator: "; "))",
      remedy: "A difference between these runs may come of that alone.")
  }
}
