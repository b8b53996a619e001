import Figures
import Results

/// How the networks were trained, as far as the experiment says it: what a comparison of them may come of.
struct TrainingWords {
  /// In the experiment's order, those of one training together.
  private let groups: [(training: String, names: [String])]
  private let unsaid: [String]
  private let models: [ModelRecord]

  init(_ models: [ModelRecord]) {
    self.models = models
    var groups: [(training: String, names: [String])] = []
    for model in models {
      guard let training = model.training else { continue }
      if let index = groups.firstIndex(where: { $0.training == training }) {
        groups[index].names.append(model.name)
      } else {
        groups.append((training, [model.name]))
      }
    }
    self.groups = groups
    unsaid = models.filter { $0.training == nil }.map(\.name)
  }

  /// Who was trained how; empty where nothing is said.
  var list: String {
    guard !groups.isEmpty else { return "" }
    let rest = unsaid.isEmpty ? [] : ["\(Values.list(unsaid)): not said"]
    return (groups.map { "\(Values.list($0.names)): \($0.training)" } + rest).joined(separator: "; ")
  }

  /// For a summary: that networks are no published ones, and how they were trained; empty where there is nothing to say.
  var sentence: String { [widths, training].filter { !$0.isEmpty }.joined(separator: " ") }

  /// The same without who was trained how, which is said elsewhere.
  var note: String {
    let isAlike = groups.count <= 1 && unsaid.isEmpty || groups.isEmpty
    let words = isAlike ? "" : "\(areAllOthers ? "They" : "The networks") \(Self.unlike)."
    return [widths, words].filter { !$0.isEmpty }.joined(separator: " ")
  }

  private static let unlike =
    "were not trained alike, which may decide between them as much as how they are built"

  /// Whether `widths` is of several networks, and of all.
  private var areAllOthers: Bool { models.count > 1 && models.allSatisfy { $0.width != 1 } }

  /// Which networks are narrower or wider than the published ones they are named after.
  private var widths: String {
    let others = models.filter { $0.width != 1 }
    guard let first = others.first else { return "" }
    let who = areAllOthers ? "The networks" : Values.list(others.map(\.name))
    let isOne = others.count == 1
    guard others.allSatisfy({ $0.width == first.width }) else {
      return "\(who) have other numbers of channels than the published networks: × says how many times as many."
    }
    let kind = first.width < 1 ? "narrow" : "wide"
    let form = isOne ? "is a \(kind) form of the published network" : "are \(kind) forms of the published networks"
    return "\(who) \(form), with \(Self.channels(first.width)) \(isOne ? "its" : "their") channels."
  }

  /// "a quarter of"
  private static func channels(_ width: Double) -> String {
    switch width {
    case 0.125: "an eighth of"
    case 0.25: "a quarter of"
    case 0.5: "half of"
    case 0.75: "three quarters of"
    default: "\(Numbers.significant(width, 3)) times"
    }
  }

  private var training: String {
    guard !groups.isEmpty else { return "" }
    return groups.count == 1 && unsaid.isEmpty
      ? "Training: \(list)."
      : "The networks \(Self.unlike): \(list)."
  }
}
