import Results

/// How the networks were trained, as far as the experiment says it: what a comparison of them may come of.
struct TrainingWords {
  /// In the experiment's order, those of one training together.
  private let groups: [(training: String, names: [String])]
  private let unsaid: [String]

  init(_ models: [ModelRecord]) {
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

  /// For a summary: empty where nothing is said.
  var sentence: String {
    guard !groups.isEmpty else { return "" }
    return groups.count == 1 && unsaid.isEmpty
      ? "Training: \(list)."
      : "The networks were not trained alike, which may decide between them as much as how they are built: \(list)."
  }
}
