import Architectures
import Attacks
import Datasets
import Explanations
import Measures
import Results
import Support

/// Turns an experiment file's values into an `Experiment`, section by section; what each option may be is declared where
/// the option is.
struct ExperimentReader {
  let context: OptionContext

  private static let sections = [
    "title", "seed", "resamples", "data", "input", "models", "attack", "attacks", "control", "explain", "compare",
    "report",
  ]

  func read(_ root: YAMLValue) throws(Problem) -> Experiment {
    let keys = try MappingReader(root, path: "", known: Self.sections)
    let title = try filled(keys.required("title", example: "title: ORL faces under attack"))
    let seed = try keys.read("seed", default: 0) { value, name throws(Problem) in
      try filled(value).integer(name, in: 0...Int.max)
    }
    let resamples = try keys.read("resamples", default: Resampling.standard) { value, name throws(Problem) in
      try filled(value).integer(name, in: Resampling.allowed)
    }
    let data = try readData(
      keys.required("data", example: "data: {source: folder, root: ../faces}"), experimentSeed: seed)
    let inputDefaults = keys.optional("input")
    // Read once on its own, so that a mistake in it is reported where it stands, and even without any model.
    if let inputDefaults { _ = try InputKeys(inputDefaults, path: "input", context) }
    let models = try readModels(
      keys.required("models", example: "models: [{architecture: vgg16, weights: vgg16.safetensors}]"),
      inputDefaults: inputDefaults)
    let experiment = Experiment(
      title: try title.text("title"), seed: seed, resamples: resamples, data: data, models: models,
      attacks: try readAttacks(keys, models),
      control: try keys.read("control", default: .standard) { value, name throws(Problem) in
        try readControl(filled(value), name)
      },
      explain: try readExplain(keys.optional("explain")), compare: try readCompare(keys.optional("compare")),
      report: try readReport(keys.optional("report")))
    try checkLabels(of: experiment, root)
    return experiment
  }

  func filled(_ value: YAMLValue) throws(Problem) -> YAMLValue {
    try value.substituting(context.environment)
  }

  // MARK: - Data

  /// Which keys there are depends on the source: one that would be passed over in silence is an error.
  private func readData(_ value: YAMLValue, experimentSeed: Int) throws(Problem) -> DataOptions {
    let common = DataOptions.options.map(\.name)
    let every = ["source"] + common + dataSources.all.flatMap { $0.optionNames }
    let keys = try MappingReader(value, path: "data", known: every.uniqued)
    let type = try dataSources.member(
      filled(keys.required("source", example: "source: folder")), name: "data.source")
    let known = ["source"] + common + type.optionNames
    for key in every where !known.contains(key) {
      guard let value = keys.optional(key) else { continue }
      throw .usage(
        at: value.place, "`data.\(key)` does not go with the source `\(type.key)`",
        remedy: "Its keys are: " + known.map { "`\($0)`" }.joined(separator: ", ") + ".")
    }
    var data = DataOptions(source: try type.init(reading: keys, context), splitSeed: experimentSeed)
    try DataOptions.options.read(keys, context, into: &data)
    return data
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

  /// A model is an architecture with weights, a network from an ONNX file, or maps that were computed elsewhere.
  private func readModel(
    _ value: YAMLValue, path: String, inputDefaults: YAMLValue?
  ) throws(Problem) -> ModelOptions {
    let network = value[ModelOptions.networkKey] != nil
    let maps = value[ModelOptions.mapsKey] != nil
    let keys = try MappingReader(
      value, path: path,
      known: ["architecture", ModelOptions.networkKey, ModelOptions.mapsKey] + ModelOptions.options.map(\.name)
        + ["input"] + (network || maps ? ["classes", ModelOptions.headKey] : []))
    if maps { return try readMaps(keys) }
    var given = InputKeys()
    if let inputDefaults { given = try InputKeys(inputDefaults, path: "input", context) }
    if let own = keys.optional("input") {
      given = given.overridden(by: try InputKeys(own, path: keys.name("input"), context))
    }
    return network ? try readNetwork(keys, given) : try readArchitecture(keys, given)
  }

  private func readArchitecture(_ keys: MappingReader, _ given: InputKeys) throws(Problem) -> ModelOptions {
    guard let named = keys.optional("architecture") else {
      throw .usage(
        at: keys.place, "`\(keys.path)` names neither an `architecture` nor a `network` nor `maps`",
        remedy:
          "Add one: `architecture: resnet50` beside `weights`, `network: mobilenet.onnx` beside `input`, or `maps: "
          + "vit.safetensors` that were computed elsewhere.")
    }
    let architecture = try filled(named).choice(keys.name("architecture"), of: Architecture.self)
    // The others' defaults follow from it.
    var model = ModelOptions(architecture: architecture, variant: nil)
    if let variant = ModelOptions.options.first(where: { $0.name == "variant" }), let value = keys.optional("variant") {
      try variant.read(value, name: keys.name("variant"), context, into: &model)
      if let variant = model.variant, !architecture.variants.contains(variant) {
        throw .usage(
          at: value.place, "\(architecture.rawValue) has no variant `\(variant.rawValue)`",
          remedy: Architecture.whoHas(variant))
      }
      model = ModelOptions(architecture: architecture, variant: model.variant)
    }
    try given.apply(to: &model.input)
    _ = try keys.required("weights", example: "weights: weights/\(architecture.rawValue).safetensors")
    try ModelOptions.options.read(keys, context, into: &model)
    if keys.optional("name") == nil {
      model.name = architecture.displayName(model.variant ?? .standard, width: model.width)
    }
    return model
  }

  private func readNetwork(_ keys: MappingReader, _ given: InputKeys) throws(Problem) -> ModelOptions {
    let network = ModelOptions.networkKey
    if let place = keys.keyPlace("architecture") {
      throw .usage(
        at: place, "`\(keys.path)` names an `architecture` as well as a `network`",
        remedy: "Keep one of them: an ONNX file holds a network of any architecture.")
    }
    for (key, why) in ModelOptions.whyNotBesideNetwork.sorted(by: { $0.key < $1.key }) {
      guard let place = keys.keyPlace(key) else { continue }
      throw .usage(
        at: place, "`\(keys.name(key))` does not go with `\(network)`: \(why)", remedy: "Leave it out.")
    }
    guard let value = keys.optional(network) else { throw .failure("there is no `\(network)`") }
    let file = try ExperimentPath(value, keys.name(network), context)
    let place = keys.optional("input")?.place ?? keys.place
    var model = ModelOptions(
      network: file,
      input: try NetworkInput(file, named: value.place).options(given, name: keys.name("input"), at: place))
    try ModelOptions.networkOptions.read(keys, context, into: &model)
    if let head = keys.optional(ModelOptions.headKey) {
      model.head = try HeadOptions(head, path: keys.name(ModelOptions.headKey), context)
    }
    return model
  }

  private func readMaps(_ keys: MappingReader) throws(Problem) -> ModelOptions {
    let maps = ModelOptions.mapsKey
    for key in ["architecture", ModelOptions.networkKey] {
      guard let place = keys.keyPlace(key) else { continue }
      throw .usage(
        at: place, "`\(keys.path)` names \(key == "architecture" ? "an" : "a") `\(key)` as well as `\(maps)`",
        remedy: "Keep one of them: where there are maps, nothing is computed.")
    }
    for (key, why) in ModelOptions.whyNotBesideMaps.sorted(by: { $0.key < $1.key }) {
      guard let place = keys.keyPlace(key) else { continue }
      throw .usage(at: place, "`\(keys.name(key))` does not go with `\(maps)`: \(why)", remedy: "Leave it out.")
    }
    guard let value = keys.optional(maps) else { throw .failure("there is no `\(maps)`") }
    var model = ModelOptions(maps: try ExperimentPath(value, keys.name(maps), context))
    try ModelOptions.mapsOptions.read(keys, context, into: &model)
    return model
  }

  // MARK: - Attacks, explanations, measures, report

  private func readAttacks(_ keys: MappingReader, _ models: [ModelOptions]) throws(Problem) -> [AttackSetting] {
    guard let list = keys.optional("attacks") else {
      let value = try keys.required("attack", example: "attack: {epsilons: [0.01, 0.05, 0.1]}")
      return [try readAttack(value, path: "attack", models)]
    }
    if let single = keys.optional("attack") {
      throw .usage(
        at: single.place, "there is `attack` as well as `attacks`", remedy: "Put it into the list of `attacks`.")
    }
    var attacks: [AttackSetting] = []
    for (index, value) in try list.list("attacks").enumerated() {
      let attack = try readAttack(value, path: "attacks[\(index)]", models)
      if let before = attacks.first(where: { $0.key == attack.key }) {
        let isAlike = before.attack.ingredients.elementsEqual(attack.attack.ingredients, by: ==)
        throw .usage(
          at: value.place, "`attacks` lists `\(attack.key)` twice" + (isAlike ? "" : ", with different options"),
          remedy: isAlike
            ? "Give it all levels in one list."
            : "Results name attacks by their method and source: make an experiment of its own for other options.")
      }
      try AttackLevels.check(attack, beside: attacks, at: value["epsilons"] ?? value)
      attacks.append(attack)
    }
    return attacks
  }

  private func readAttack(
    _ value: YAMLValue, path: String, _ models: [ModelOptions]
  ) throws(Problem) -> AttackSetting {
    var type = standardAttack
    if let method = value["method"] { type = try attacks.member(filled(method), name: "\(path).method") }
    let transfer = AttackSetting.transferKey
    if let given = value[transfer], !type.usesGradient {
      throw .usage(
        at: given.place, "`\(path).\(transfer)` does not go with the method `\(type.key)`, which follows no gradient",
        remedy: "Leave it out: what it adds is the same for every model.")
    }
    let keys = try MappingReader(
      value, path: path, known: ["method", "epsilons"] + (type.usesGradient ? [transfer] : []) + type.optionNames)
    let (levels, fractions) = try AttackLevels.read(
      filled(keys.required("epsilons", example: "epsilons: [0.01, 0.05, 0.1]")), name: keys.name("epsilons"))
    return AttackSetting(
      attack: try type.init(reading: keys, context), levels: levels, fractions: fractions,
      source: try keys.optional(transfer).map { (value) throws(Problem) in
        try readSource(filled(value), keys.name(transfer), models)
      })
  }

  /// A model by its name in reports or by its key in results.
  private func readSource(
    _ value: YAMLValue, _ name: String, _ models: [ModelOptions]
  ) throws(Problem) -> TransferSource {
    let text = try value.text(name)
    // Of one network of a kind its published name does as well, whatever the width behind it.
    let published = models.filter { $0.architecture?.displayName($0.variant ?? .standard) == text }
    guard
      let model = models.first(where: { $0.name == text }) ?? models.first(where: { $0.key == text })
        ?? (published.count == 1 ? published[0] : nil)
    else {
      throw .usage(
        at: value.place, "`\(name)` names a model that the experiment has not: \(value.description)",
        remedy: suggestion(for: text, among: (models.map(\.name) + models.map(\.key)).uniqued))
    }
    guard model.comesAsMaps != true else {
      throw .usage(
        at: value.place, "`\(name)` names \(model.name), whose maps were computed elsewhere: it has no gradient here",
        remedy: "Name a model that Heatdrift runs.")
    }
    return TransferSource(model: model.key, name: model.name)
  }

  private func readControl(_ value: YAMLValue, _ name: String) throws(Problem) -> ControlSize {
    if case .scalar(let text, isPlain: _) = value.content, let size = ControlSize(text: NumberText.trimmed(text)) {
      return size
    }
    throw .usage(
      at: value.place, "`\(name)` must be `all`, `none` or a whole number of at least 1, found \(value.description)",
      remedy:
        "It says on how many images the attack with epsilon 0 is run, whose maps must be those of the clean image.")
  }

  /// What the file says and means nothing, in sentences.
  func notes(_ root: YAMLValue) throws(Problem) -> [String] {
    var lists: [(value: YAMLValue, name: String)] = []
    if let levels = root["attack"]?["epsilons"] { lists.append((levels, "attack.epsilons")) }
    if case .sequence(let items) = root["attacks"]?.content {
      for (index, item) in items.enumerated() {
        if let levels = item["epsilons"] { lists.append((levels, "attacks[\(index)].epsilons")) }
      }
    }
    for (value, name) in lists where try AttackLevels.listControl(filled(value), name: name) {
      guard let control = root["control"], control.isWritten("none") else {
        return ["The experiment lists the attack level 0, which is the control and is measured without being listed."]
      }
      return ["The experiment lists the attack level 0, which is the control, and leaves it out by `control: none`."]
    }
    return []
  }

  private func readExplain(_ value: YAMLValue?) throws(Problem) -> ExplainOptions {
    var options = ExplainOptions(methods: [standardExplanation.init()], targets: [.predicted])
    guard let value else { return options }
    let types = try members(of: explanations, value, "explain", "method", "methods")
    let keys = try MappingReader(
      value, path: "explain",
      known: (["method", "methods"] + ExplainOptions.options.map(\.name) + (types ?? []).flatMap { $0.optionNames })
        .uniqued)
    if let types {
      var methods: [any Explanation] = []
      for type in types { methods.append(try type.init(reading: keys, context)) }
      options.methods = methods
    }
    try ExplainOptions.options.read(keys, context, into: &options)
    return options
  }

  private func readCompare(_ value: YAMLValue?) throws(Problem) -> CompareOptions {
    guard let value else { return CompareOptions(measures: [standardMeasure.init()]) }
    let types = try members(of: measures, value, "compare", "measure", "measures") ?? [standardMeasure]
    let keys = try MappingReader(
      value, path: "compare", known: (["measure", "measures"] + types.flatMap { $0.optionNames }).uniqued)
    var members: [any Measure] = []
    for type in types { members.append(try type.init(reading: keys, context)) }
    return CompareOptions(measures: members)
  }

  /// The members that one key of a mapping names, or another lists; nil where neither stands. Their options are keys of
  /// the same mapping.
  private func members<Member>(
    of registry: Registry<Member>, _ mapping: YAMLValue, _ path: String, _ one: String, _ several: String
  ) throws(Problem) -> [Member]? {
    if mapping[several] != nil, let single = mapping[one] {
      throw .usage(
        at: single.place, "there is `\(path).\(one)` as well as `\(path).\(several)`", remedy: "Keep one of them.")
    }
    guard let value = mapping[several] ?? mapping[one] else { return nil }
    let name = "\(path).\(mapping[several] == nil ? one : several)"
    var found: [Member] = []
    var words: [String] = []
    for item in try filled(value).listOrOne(name) {
      let word = try item.choice(name, of: registry.keys)
      guard !words.contains(word) else {
        throw .usage(at: item.place, "`\(name)` lists `\(word)` twice", remedy: "Leave one of them out.")
      }
      words.append(word)
      found.append(try registry.member(item, name: name))
    }
    return found
  }

  /// - Parameter standard: whatever the file says nothing of.
  func readReport(
    _ value: YAMLValue?, _ standard: ReportOptions = ReportOptions()
  ) throws(Problem) -> ReportOptions {
    var options = standard
    guard let value else { return options }
    let keys = try MappingReader(value, path: "report", known: ReportOptions.options.map(\.name))
    try ReportOptions.options.read(keys, context, into: &options)
    try options.checkSubmission(at: value.place)
    return options
  }
}
