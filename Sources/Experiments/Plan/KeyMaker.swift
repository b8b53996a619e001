import Results

/// Makes the keys of everything that is stored for one model, from nothing but what the values depend on: not from
/// file names, times, or how the experiment file is written.
struct KeyMaker: Sendable {
  /// Version of the measurement protocol; a change of any convention in it raises it.
  static let protocolVersion = 1

  /// Revision of our own arithmetic: raised whenever a change of the code changes a bit of any result although no
  /// convention changed. 2: fully connected layers sum in another order. 3: gradients through convolutions do too, and
  /// 3 x 3 convolutions may go by Winograd's algorithm.
  static let arithmeticRevision = 3

  private let network: [(name: String, value: String)]
  private let preparation: [(name: String, value: String)]
  private let attack: [(name: String, value: String)]
  private let explanation: (name: String, value: String)
  private let window: (name: String, value: String)

  /// - Parameters:
  ///   - weightsState: the state of the weights file that was chosen; nil for the one that nobody has to choose.
  ///   - engine: the library that computes and its version: "oneDNN 2.6.3".
  ///   - decoders: of the images; see `DecoderRevision`.
  ///   - arithmetic: the revision that the values were or will be computed with.
  init(
    experiment: Experiment, model: ModelOptions, weightsSHA256: String, weightsState: String? = nil, engine: String,
    decoders: String?,
    arithmetic: Int = KeyMaker.arithmeticRevision
  ) {
    let input = model.input
    preparation =
      [
        ("size", String(input.size)),
        ("fit", input.fit == .crop ? "crop \(input.resize)" : "squash"),
      ] + (input.orientation == .apply ? [] : [("orientation", input.orientation.rawValue)])
      + (decoders.map { [("decoders", $0)] } ?? [])
    // Stores of revision 1 do not name it.
    let revision = arithmetic > 1 ? [(name: "arithmetic", value: String(arithmetic))] : []
    network =
      [("protocol", String(KeyMaker.protocolVersion))] + revision + [
        ("engine", engine),
        ("architecture", model.architecture.rawValue),
        ("width", String(model.width)),
        ("weights", weightsSHA256),
        ("mean", KeyMaker.list(input.mean)),
        ("std", KeyMaker.list(input.standardDeviation)),
      ] + KeyMaker.unusual(model) + (weightsState.map { [("state", $0)] } ?? [])
    attack = [
      ("attack", experiment.attack.method.rawValue),
      ("loss-label", experiment.attack.lossLabel.rawValue),
      ("quantise", experiment.attack.quantise.rawValue),
    ]
    explanation = ("explain", experiment.explain.method.rawValue)
    window = ("window", experiment.compare.window.rawValue)
  }

  /// Only what is not the default, so that the keys of results from before there was a choice still hold.
  private static func unusual(_ model: ModelOptions) -> [(name: String, value: String)] {
    var ingredients: [(name: String, value: String)] = []
    if let variant = model.variant, variant != .standard { ingredients.append(("variant", variant.rawValue)) }
    if model.input.channels != .rgb { ingredients.append(("channels", model.input.channels.rawValue)) }
    if model.input.range != 1 { ingredients.append(("range", String(model.input.range))) }
    return ingredients
  }

  private static func list(_ numbers: [Double]) -> String { numbers.map { String($0) }.joined(separator: " ") }

  /// What a model and an image bring to each of their values.
  func subject(of image: ImageRecord) -> Subject {
    Subject(
      ingredients: network + preparation + KeyMaker.picture(image) + [("label", String(image.label))], keys: self)
  }

  /// Of an image as a network of this input sees it; models that prepare their input alike share it.
  func photograph(of image: ImageRecord) -> ContentKey { ContentKey(photographIngredients(of: image)) }

  func photographIngredients(of image: ImageRecord) -> [(name: String, value: String)] {
    [("photograph", "1")] + preparation + KeyMaker.picture(image)
  }

  private static func picture(_ image: ImageRecord) -> [(name: String, value: String)] {
    [("image", image.sha256)] + (image.alignment.map { [("alignment", $0)] } ?? [])
  }

  /// A model and an image.
  struct Subject: Sendable {
    let ingredients: [(name: String, value: String)]
    let key: ContentKey
    private let keys: KeyMaker
    private let head: [(name: String, value: String)]

    init(ingredients: [(name: String, value: String)], keys: KeyMaker) {
      self.ingredients = ingredients
      self.keys = keys
      key = ContentKey(ingredients)
      head = [("subject", key.bytes.hexadecimal), keys.explanation]
    }

    func measurement(target: ExplanationTarget, layer: String, epsilon: Double) -> ContentKey {
      ContentKey(head + at(target, layer) + attack(epsilon) + [keys.window])
    }

    /// - Parameter epsilon: nil for the clean image.
    func map(target: ExplanationTarget, layer: String, epsilon: Double?) -> ContentKey {
      ContentKey(mapIngredients(target: target, layer: layer, epsilon: epsilon))
    }

    func mapIngredients(
      target: ExplanationTarget, layer: String, epsilon: Double?
    ) -> [(name: String, value: String)] {
      [("map", "1")] + head + at(target, layer) + (epsilon.map(attack) ?? [])
    }

    /// Of the logits at one attack level, 0 the clean image.
    func scoresIngredients(epsilon: Double) -> [(name: String, value: String)] {
      [("scores", "1"), ("subject", key.bytes.hexadecimal)] + attack(epsilon)
    }

    /// Of the sign of the loss's gradient, which serves every epsilon and is taken before anything is rounded.
    var perturbationIngredients: [(name: String, value: String)] {
      [("perturbation", "1"), ("subject", key.bytes.hexadecimal)] + keys.attack.filter { $0.name != "quantise" }
    }

    /// What a measurement depends on beyond its subject, target, layer and epsilon.
    func settings(epsilon: Double) -> [(name: String, value: String)] {
      [keys.explanation] + (epsilon == 0 ? [] : keys.attack) + [keys.window]
    }

    private func at(_ target: ExplanationTarget, _ layer: String) -> [(name: String, value: String)] {
      [("target", target.rawValue), ("layer", layer)]
    }

    /// The control is no attack: no option of the attack changes it.
    private func attack(_ epsilon: Double) -> [(name: String, value: String)] {
      (epsilon == 0 ? [] : keys.attack) + [("epsilon", String(epsilon))]
    }
  }

  /// The key that a measurement with these ingredients has, from their texts as the store keeps them.
  /// - Parameter settings: `explain`, those of the attack and `window`.
  static func measurementKey(
    subject: ContentKey, settings: [(name: String, value: String)], target: String, layer: String, epsilon: Double
  ) -> ContentKey {
    ContentKey(
      [("subject", subject.bytes.hexadecimal)] + settings.prefix { $0.name == "explain" }
        + [("target", target), ("layer", layer)] + settings.filter { !["explain", "window"].contains($0.name) }
        + [("epsilon", String(epsilon))] + settings.filter { $0.name == "window" })
  }
}
