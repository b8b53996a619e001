import Architectures
import Datasets
import Diagnostics
import Results

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
    var epsilons: [Double] = []
    for item in try keys.required("epsilons", example: "epsilons: [0.01, 0.05, 0.1]").listOrOne("attack.epsilons") {
      let epsilon = try item.number("attack.epsilons")
      if epsilon == 0 {
        throw .usage(
          at: item.place, "`attack.epsilons` lists 0, which is always measured as the control", remedy: "Leave it out.")
      }
      guard epsilon > 0, epsilon <= 1 else {
        throw .usage(
          at: item.place, "`attack.epsilons` must lie in (0, 1], found \(item.description)",
          remedy: "Epsilons are in units of the pixel range [0, 1]: 8/255 is 0.0314.")
      }
      guard !epsilons.contains(epsilon) else {
        throw .usage(at: item.place, "`attack.epsilons` lists \(item.description) twice")
      }
      epsilons.append(epsilon)
    }
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
      try value.substituting(environment).choice(name, of: Answer.self) == .yes
    }
    return options
  }

  private enum Answer: String, CaseIterable {
    case yes = "true"
    case no = "false"
  }

  // MARK: - Paths

  func path(_ value: YAMLValue, _ name: String) throws(Problem) -> ExperimentPath {
    let written = try value.text(name)
    let text = try value.substituting(environment).text(name)
    let resolved = text.hasPrefix("/") || folder.isEmpty ? text : "\(folder)/\(text)"
    return ExperimentPath(written: written, resolved: resolved)
  }
}
