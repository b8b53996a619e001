import Architectures
import Datasets
import Results
import Support

/// Turns an experiment file's values into an `Experiment`, key by key.
struct ExperimentReader {
  /// The folder of the experiment file, which its paths are relative to; "" for the current one.
  let folder: String
  let environment: [String: String]

  func read(_ root: YAMLValue) throws(Problem) -> Experiment {
    let keys = try MappingReader(
      root, path: "", known: ["title", "seed", "data", "input", "models", "attack", "explain", "compare", "report"])
    let title = try keys.required("title", example: "title: ORL faces under FGSM").substituting(environment)
    let seed = try keys.read("seed", default: 0) { value, name throws(Problem) in
      try value.substituting(environment).integer(name, in: 0...Int.max)
    }
    let data = try readData(
      keys.required("data", example: "data: {source: folder, root: ../faces}"), experimentSeed: seed)
    let inputDefaults = keys.optional("input")
    // Read once on its own, so that a mistake in it is reported where it stands, and even without any model.
    if let inputDefaults { _ = try InputKeys(inputDefaults.substituting(environment), path: "input") }
    let models = try readModels(
      keys.required("models", example: "models: [{architecture: vgg16, weights: vgg16.safetensors}]"),
      inputDefaults: inputDefaults)
    return Experiment(
      title: try title.text("title"), seed: seed, data: data, models: models,
      attack: try readAttack(keys.required("attack", example: "attack: {epsilons: [0.01, 0.05, 0.1]}")),
      explain: try readExplain(keys.optional("explain")), compare: try readCompare(keys.optional("compare")),
      report: try readReport(keys.optional("report")))
  }

  // MARK: - Models

  private func readModels(
    _ value: YAMLValue, inputDefaults: YAMLValue?
  ) throws(Problem) -> [ModelOptions] {
    var models: [ModelOptions] = []
    var nameValues: [String: YAMLValue] = [:]
    for (index, item) in try value.list("models").enumerated() {
      let model = try readModel(item, path: "models[\(index)]", inputDefaults: inputDefaults)
      if let other = nameValues[model.name] {
        throw .usage(
          at: item.place,
          "two models are called `\(model.name)`; the other one stands on line \(other.place.line ?? 0)",
          remedy: "Give each a `name` of its own.")
      }
      nameValues[model.name] = item
      models.append(model)
    }
    return ModelOptions.withKeys(models)
  }

  private func readModel(
    _ value: YAMLValue, path: String, inputDefaults: YAMLValue?
  ) throws(Problem) -> ModelOptions {
    let keys = try MappingReader(
      value, path: path, known: ["architecture", "variant", "name", "weights", "state", "width", "layers", "input"])
    let architecture = try keys.required("architecture", example: "architecture: resnet50").substituting(environment)
      .choice(keys.name("architecture"), of: Architecture.self)
    let said = try keys.read("variant", default: nil) { value, name throws(Problem) -> ArchitectureVariant? in
      let variant = try value.substituting(environment).choice(name, of: ArchitectureVariant.self)
      guard architecture.variants.contains(variant) else {
        throw .usage(
          at: value.place, "\(architecture.rawValue) has no variant `\(variant.rawValue)`",
          remedy: "The ResNets have one: leave `variant` out.")
      }
      return variant
    }
    let variant = said ?? .standard
    let published = architecture.normalisation(variant)
    var input = InputOptions(
      size: architecture.inputSize, mean: published.mean, standardDeviation: published.standardDeviation,
      channels: published.channels, range: Int(published.range), fit: .squash, resize: architecture.resizeForCrop)
    var given = InputKeys()
    if let inputDefaults { given = try InputKeys(inputDefaults.substituting(environment), path: "input") }
    if let own = keys.optional("input") {
      given = given.overridden(by: try InputKeys(own.substituting(environment), path: keys.name("input")))
    }
    try given.apply(to: &input)
    return ModelOptions(
      key: architecture.rawValue, architecture: architecture, variant: said,
      name: try keys.read("name", default: architecture.displayName(variant)) { value, name throws(Problem) in
        try value.substituting(environment).text(name)
      },
      weights: try self.path(
        keys.required("weights", example: "weights: weights/\(architecture.rawValue).safetensors"),
        keys.name("weights")),
      state: try keys.read("state", default: nil) { value, name throws(Problem) -> String? in
        let state = try value.substituting(environment).text(name)
        guard !state.isEmpty else {
          throw .usage(
            at: value.place, "`\(name)` is empty", remedy: "`heatdrift weights inspect FILE` lists what it can be.")
        }
        return state
      },
      width: try keys.read("width", default: 1) { value, name throws(Problem) in
        try value.substituting(environment).number(name, in: "(0, 4]") { $0 > 0 && $0 <= 4 }
      },
      input: input,
      layers: try keys.read("layers", default: ["last"]) { value, name throws(Problem) in
        try uniqueTexts(value.substituting(environment).listOrOne(name), name)
      })
  }

  private func uniqueTexts(_ items: [YAMLValue], _ name: String) throws(Problem) -> [String] {
    var texts: [String] = []
    for item in items {
      let text = try item.text(name)
      guard !texts.contains(text) else { throw .usage(at: item.place, "`\(name)` lists `\(text)` twice") }
      texts.append(text)
    }
    return texts
  }

  // MARK: - Attack, explanation, comparison, report

  private func readAttack(_ value: YAMLValue) throws(Problem) -> AttackOptions {
    let known = ["method", "epsilons", "loss-label", "quantise"]
    let keys = try MappingReader(value.substituting(environment), path: "attack", known: known)
    let epsilons = try readEpsilons(keys.required("epsilons", example: "epsilons: [0.01, 0.05, 0.1]"))
    return AttackOptions(
      method: try keys.read("method", default: .fgsm) { value, name throws(Problem) in
        try value.choice(name, of: AttackOptions.Method.self)
      },
      epsilons: epsilons.sorted(),
      lossLabel: try keys.read("loss-label", default: .label) { value, name throws(Problem) in
        try value.choice(name, of: AttackOptions.LossLabel.self)
      },
      quantise: try keys.read("quantise", default: .none) { value, name throws(Problem) in
        try value.choice(name, of: AttackOptions.Quantisation.self)
      })
  }

  /// The levels without the control, which may be listed; see `notes(_:)`.
  private func readEpsilons(_ value: YAMLValue) throws(Problem) -> [Double] {
    let name = "attack.epsilons"
    let items = try value.listOrOne(name)
    var found: [(value: Double, written: String)] = []
    for (index, item) in items.enumerated() {
      // A decimal comma makes two of one number, the first of them 0.
      if index > 0, items[index - 1].isWritten("0"), let digits = item.wholeNumber {
        throw .usage(
          at: items[index - 1].place, "`\(name)` lists `0` and then `\(digits)`",
          remedy:
            "Numbers have a decimal point: if `0,\(digits)` is meant, write `0.\(digits)`. If not, leave out `0`, the "
            + "control, which is always measured.")
      }
      let epsilon = try item.number(name)
      if epsilon == 0 { continue }
      guard epsilon > 0, epsilon <= 1 else {
        let steps = item.wholeNumber.flatMap { Int($0) }
        throw .usage(
          at: item.place, "`\(name)` must lie in (0, 1], found \(item.description)",
          remedy: steps.map { (1...255).contains($0) } == true
            ? "Epsilons are in units of the pixel range [0, 1]: is `\(steps ?? 0)/255` meant?"
            : "Epsilons are in units of the pixel range [0, 1]: 8/255 is 0.0314.")
      }
      // Images are attacked in single precision, where smaller numbers are 0, the control.
      guard Float(epsilon).isNormal else {
        throw .usage(
          at: item.place, "`\(name)` lists \(item.description), which is too small to change an image",
          remedy: "Epsilons are in units of the pixel range [0, 1]: 1/255 is one grey level, 0.0039.")
      }
      // A fraction and its decimal, cut off somewhere; single precision hardly tells numbers apart that differ by less.
      if let other = found.first(where: { abs($0.value - epsilon) <= 1e-6 * epsilon }) {
        throw .usage(
          at: item.place,
          other.written == item.description
            ? "`\(name)` lists \(item.description) twice"
            : "`\(name)` lists \(other.written) and \(item.description), which are one number",
          remedy: "Keep one of them.")
      }
      found.append((epsilon, item.description))
    }
    guard !found.isEmpty else {
      throw .usage(
        at: value.place, "`\(name)` lists no attack level but 0, the control", remedy: "Add one, for example `8/255`.")
    }
    return found.map(\.value).sorted()
  }

  /// What the file says and means nothing, in sentences.
  func notes(_ root: YAMLValue) throws(Problem) -> [String] {
    let levels = try root["attack"]?["epsilons"]?.substituting(environment).listOrOne("attack.epsilons") ?? []
    for level in levels where try level.number("attack.epsilons") == 0 {
      return ["The experiment lists the attack level 0, which is the control and is always measured."]
    }
    return []
  }

  private func readExplain(_ value: YAMLValue?) throws(Problem) -> ExplainOptions {
    var options = ExplainOptions(method: .gradCAM, targets: [.predicted])
    guard let value else { return options }
    let keys = try MappingReader(value.substituting(environment), path: "explain", known: ["method", "targets"])
    options.method = try keys.read("method", default: options.method) { value, name throws(Problem) in
      try value.choice(name, of: ExplainOptions.Method.self)
    }
    options.targets = try keys.read("targets", default: options.targets) { value, name throws(Problem) in
      var targets: [ExplanationTarget] = []
      for item in try value.listOrOne(name) {
        let target = try item.choice(name, of: ExplanationTarget.self)
        guard !targets.contains(target) else {
          throw .usage(at: item.place, "`\(name)` lists `\(target.rawValue)` twice")
        }
        targets.append(target)
      }
      return targets
    }
    return options
  }

  private func readCompare(_ value: YAMLValue?) throws(Problem) -> CompareOptions {
    guard let value else { return CompareOptions(window: .uniform) }
    let keys = try MappingReader(value.substituting(environment), path: "compare", known: ["window"])
    return CompareOptions(
      window: try keys.read("window", default: .uniform) { value, name throws(Problem) in
        try value.choice(name, of: CompareOptions.Window.self)
      })
  }

  private func readReport(_ value: YAMLValue?) throws(Problem) -> ReportOptions {
    var options = ReportOptions(
      template: ExperimentPath(written: "paper", resolved: "paper"), formats: ReportOptions.Format.allCases)
    guard let value else { return options }
    let keys = try MappingReader(
      value, path: "report", known: ["template", "formats", "svg-text", "authors", "anonymous"])
    if let value = keys.optional("template") {
      let written = try value.text("report.template")
      let name = try value.substituting(environment).text("report.template")
      options.template =
        name.hasSuffix(".md") || name.contains("/")
        ? try path(value, "report.template") : ExperimentPath(written: written, resolved: name)
    }
    options.formats = try keys.read("formats", default: options.formats) { value, name throws(Problem) in
      var formats: Set<ReportOptions.Format> = []
      for item in try value.substituting(environment).listOrOne(name) {
        formats.insert(try item.choice(name, of: ReportOptions.Format.self))
      }
      return ReportOptions.Format.allCases.filter(formats.contains)
    }
    options.svgText = try keys.read("svg-text", default: options.svgText) { value, name throws(Problem) in
      try value.substituting(environment).choice(name, of: ReportOptions.SVGText.self)
    }
    options.authors = try keys.read("authors", default: options.authors) { value, name throws(Problem) in
      try uniqueTexts(value.substituting(environment).listOrOne(name), name)
    }
    options.isAnonymous = try keys.read("anonymous", default: options.isAnonymous) { value, name throws(Problem) in
      try value.substituting(environment).answer(name)
    }
    return options
  }

  // MARK: - Paths

  func path(_ value: YAMLValue, _ name: String) throws(Problem) -> ExperimentPath {
    let written = try value.text(name)
    var text = try value.substituting(environment).text(name)
    if let bare = NumberText.withoutTypographicQuotes(text) {
      throw .usage(
        at: value.place, "`\(name)` begins with the typographic quotation mark `\(text.prefix(1))`",
        remedy: "YAML knows \" and ' only; a path needs none: `\(bare)`.")
    }
    let drive = text.prefix(3)
    if drive.count == 3, drive.first?.isLetter == true, drive.dropFirst().first == ":",
      "\\/".contains(drive.last ?? " ")
    {
      throw .usage(
        at: value.place, "`\(name)` is a path of Windows: `\(printable(text))`",
        remedy:
          "Write it as this system has it; under WSL the drive \(drive.prefix(1)): is /mnt/\(drive.prefix(1).lowercased())."
      )
    }
    if text.hasPrefix("~") {
      guard text == "~" || text.hasPrefix("~/") else {
        throw .usage(
          at: value.place, "`\(printable(text))` cannot be resolved: only `~/` is taken, for the folder in HOME",
          remedy: "Write the whole path, or `./\(printable(text))` for a file of that name.")
      }
      if let home = environment["HOME"], !home.isEmpty { text = home + text.dropFirst() }
    }
    let resolved = text.hasPrefix("/") || folder.isEmpty ? text : "\(folder)/\(text)"
    return ExperimentPath(written: written, resolved: resolved)
  }
}
