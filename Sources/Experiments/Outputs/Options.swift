import Results

extension Experiment {
  /// Every option with the value that was used, for the methods section and provenance; paths are left out, since
  /// they say where something lay and not what it was.
  public var optionRecords: [OptionRecord] {
    var records: [OptionRecord] = []
    func add(_ key: String, _ value: String) { records.append(OptionRecord(key: key, value: value)) }
    add("seed", String(seed))
    add("data.source", data.source.rawValue)
    if let faces = data.faces {
      add("data.subset", faces.subset.rawValue)
      add("data.align", faces.align.rawValue)
      if faces.align == .box { add("data.margin", number(faces.margin)) }
    }
    add("data.split", data.split.rawValue)
    add("data.split-seed", String(data.splitSeed))
    add("data.limit", data.limit.map { String($0) } ?? "none")
    // Only where there is something to say, so that reports from before there was the option stay the same.
    if data.followsLinks { add("data.follow-links", "true") }
    for model in models {
      let key = model.key
      add("\(key).architecture", model.architecture.rawValue)
      if let variant = model.variant { add("\(key).variant", variant.rawValue) }
      if let state = model.state { add("\(key).state", state) }
      add("\(key).width", number(model.width))
      add("\(key).layers", model.layers.joined(separator: ", "))
      add("\(key).input.size", String(model.input.size))
      add("\(key).input.mean", model.input.mean.map(number).joined(separator: ", "))
      add("\(key).input.std", model.input.standardDeviation.map(number).joined(separator: ", "))
      add("\(key).input.channels", model.input.channels.rawValue)
      add("\(key).input.range", String(model.input.range))
      add("\(key).input.fit", model.input.fit.rawValue)
      if model.input.orientation != .apply { add("\(key).input.orientation", model.input.orientation.rawValue) }
      if model.input.fit == .crop { add("\(key).input.resize", String(model.input.resize)) }
    }
    add("attack.method", attack.method.rawValue)
    add("attack.epsilons", attack.epsilons.map(AttackLevel.exact).joined(separator: ", "))
    add("attack.loss-label", attack.lossLabel.rawValue)
    add("attack.quantise", attack.quantise.rawValue)
    add("explain.method", explain.method.rawValue)
    add("explain.targets", explain.targets.map(\.rawValue).joined(separator: ", "))
    add("compare.window", compare.window.rawValue)
    return records
  }
}

/// The fewest digits that read back as the same number, without ".0".
private func number(_ value: Double) -> String {
  value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
}
