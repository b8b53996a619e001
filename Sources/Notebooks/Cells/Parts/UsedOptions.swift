import Results

/// The options as tables: those of the whole experiment a line each, those of the models a line per model.
struct UsedOptions {
  let common: ResultTable
  /// Nil when no option is a model's own.
  let perModel: ResultTable?

  init(_ results: ExperimentResults) {
    var shared: [OptionRecord] = []
    var names: [String] = []
    var own: [String: [String: String]] = [:]
    for option in results.options {
      // The longest key first: a model `a` must not take the options of a model `a.b`.
      let keys = results.models.map(\.key).sorted { $0.count > $1.count }
      guard let model = keys.first(where: { option.key.hasPrefix($0 + ".") }) else {
        shared.append(option)
        continue
      }
      let name = String(option.key.dropFirst(model.count + 1))
      // A sentence that stands beside comparisons, where it has room.
      if name == "training" { continue }
      if !names.contains(name) { names.append(name) }
      own[model, default: [:]][name] = option.value
    }
    // Two options on a line, read downwards, where there are many of them and none is long.
    let isCompact = shared.count >= 8 && shared.allSatisfy { $0.key.count <= 26 && $0.value.count <= 40 }
    let height = isCompact ? (shared.count + 1) / 2 : shared.count
    let cells = shared.map { [ResultTable.Cell($0.key, isMono: true), ResultTable.Cell($0.value)] }
    let nothing = [ResultTable.Cell(""), ResultTable.Cell("")]
    let columns = [ResultTable.Column("option", .left), ResultTable.Column("value", .left, wraps: true)]
    common = ResultTable(
      columns: isCompact ? columns + columns : columns,
      rows: (0..<height).map { row in
        guard isCompact else { return cells[row] }
        return cells[row] + (cells.indices.contains(row + height) ? cells[row + height] : nothing)
      },
      csvHead: ["option", "value"], csvRows: results.options.map { [$0.key, $0.value] })
    guard !names.isEmpty else {
      perModel = nil
      return
    }
    let ownColumns = names.map { name in
      ResultTable.Column(
        name.split(separator: ".").last.map(String.init) ?? name, .left, wraps: name == "layers")
    }
    perModel = ResultTable(
      caption: "The options of each model.", columns: [ResultTable.Column("model", .left)] + ownColumns,
      rows: results.models.map { model in
        [ResultTable.Cell(model.name)] + names.map { ResultTable.Cell(own[model.key]?[$0] ?? "–") }
      }, csvHead: [], csvRows: [])
  }
}
