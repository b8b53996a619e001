import Attacks
import Results
import Support

extension Experiment {
  /// Every option with the value that was used, for the methods section and provenance; paths are left out, since
  /// they say where something lay and not what it was.
  public var optionRecords: [OptionRecord] {
    var records = [
      OptionRecord(key: "seed", value: String(seed)), OptionRecord(key: "resamples", value: String(resamples)),
    ]
    for section in optionSections {
      for option in section.options where option.paths.isEmpty && !option.isQuiet {
        records.append(OptionRecord(key: "\(section.name).\(option.name)", value: option.shown))
      }
    }
    if control != .standard { records.append(OptionRecord(key: "control", value: control.text)) }
    return records
  }

  /// A part of the experiment: its name in tables, and its options in the order of the file.
  private struct Section {
    var name: String
    var options: [OptionText]
  }

  private var optionSections: [Section] {
    var sections = [Section(name: "data", options: data.optionTexts)]
    for model in models {
      sections.append(Section(name: model.key, options: model.optionTexts.filter { $0.name != "name" }))
      sections.append(Section(name: "\(model.key).input", options: model.shownInput))
      if let head = model.head { sections.append(Section(name: "\(model.key).head", options: head.optionTexts)) }
    }
    for attack in attacks {
      sections.append(
        Section(name: attacks.count == 1 ? "attack" : "attacks.\(attack.key)", options: attack.optionTexts))
    }
    sections.append(Section(name: "explain", options: explain.optionTexts))
    sections.append(Section(name: "compare", options: compare.optionTexts))
    return sections
  }
}

extension OptionText {
  /// An option that is no member's own.
  fileprivate init(_ name: String, _ text: String, shown: String? = nil, isQuiet: Bool = false) {
    self.init(name: name, text: text, shown: shown ?? text, paths: [], isQuiet: isQuiet)
  }
}

extension DataOptions {
  /// `source` and then the options, as a file has them; `limit` also where there is none, for tables.
  var optionTexts: [OptionText] {
    var standard = self
    standard.labels = .classes
    let common = Self.options.texts(of: self, standard: standard)
    return [OptionText("source", type(of: source).key)] + source.optionTexts + common
      + (limit == nil ? [OptionText("limit", "none")] : [])
  }
}

extension ModelOptions {
  var optionTexts: [OptionText] {
    guard let architecture else {
      guard comesAsMaps != true else { return Self.mapsOptions.texts(of: self, standard: ModelOptions(maps: weights)) }
      return Self.networkOptions.texts(of: self, standard: ModelOptions(network: weights, input: input))
    }
    return [OptionText("architecture", architecture.rawValue)]
      + Self.options.texts(of: self, standard: ModelOptions(architecture: architecture, variant: nil))
  }
}

extension ModelOptions {
  /// What tables of options show of its input. Of a network that others ran its normalisation is not known, and before its file was
  /// opened nothing is.
  fileprivate var shownInput: [OptionText] {
    guard comesAsMaps != true || input != .unknown else { return [] }
    let hidden =
      (input.fit == .crop ? [] : ["resize"]) + (comesAsMaps == true ? ["mean", "std", "channels", "range"] : [])
    return input.optionTexts.filter { !hidden.contains($0.name) }
  }
}

extension InputOptions {
  var optionTexts: [OptionText] {
    var standard = self
    standard.orientation = .apply
    return InputKeys.options.texts(of: InputKeys(self), standard: InputKeys(standard))
  }
}

extension AttackSetting {
  /// The key of `source`, which belongs to every attack that follows a gradient and to no one's own options.
  static let transferKey = "transfer-from"

  var optionTexts: [OptionText] {
    let levels = levels.map(LevelNames([self]).exact).joined(separator: ", ")
    return [OptionText("method", method), OptionText("epsilons", "[\(levels)]", shown: levels)]
      + (source.map { [OptionText(Self.transferKey, quotedScalar($0.name), shown: $0.name)] } ?? [])
      + attack.optionTexts
  }
}

extension ExplainOptions {
  var optionTexts: [OptionText] {
    let names = methods.map { type(of: $0).key }
    return [
      names.count == 1
        ? OptionText("method", names[0])
        : OptionText("methods", "[\(names.joined(separator: ", "))]", shown: names.joined(separator: ", "))
    ] + methods.flatMap(\.optionTexts) + Self.options.texts(of: self, standard: self)
  }
}

extension CompareOptions {
  /// Which measure it is says nothing where it is the protocol's alone.
  var optionTexts: [OptionText] {
    let names = measures.map { type(of: $0).key }
    return [
      names.count == 1
        ? OptionText("measure", names[0], isQuiet: names == [CompareOptions.standardKey])
        : OptionText("measures", "[\(names.joined(separator: ", "))]", shown: names.joined(separator: ", "))
    ] + measures.flatMap(\.optionTexts)
  }
}
