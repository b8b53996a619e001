import Results

/// Makes the keys of everything that is stored for one model, from nothing but what the values depend on: not from
/// file names, times, or how the experiment file is written.
struct KeyMaker: Sendable {
  /// Version of the measurement protocol; a change of any convention in it raises it.
  static let protocolVersion = 1

  private let network: [(name: String, value: String)]
  private let preparation: [(name: String, value: String)]
  private let attack: [(name: String, value: String)]
  private let explanation: (name: String, value: String)
  private let window: (name: String, value: String)

  /// - Parameter engine: the library that computes and its version: "oneDNN 2.6.3".
  init(experiment: Experiment, model: ModelOptions, weightsSHA256: String, engine: String) {
    let input = model.input
    preparation = [
      ("size", String(input.size)),
      ("fit", input.fit == .crop ? "crop \(input.resize)" : "squash"),
    ]
    network =
      [
        ("protocol", String(KeyMaker.protocolVersion)),
        ("engine", engine),
        ("architecture", model.architecture.rawValue),
        ("width", String(model.width)),
        ("weights", weightsSHA256),
        ("mean", KeyMaker.list(input.mean)),
        ("std", KeyMaker.list(input.standardDeviation)),
      ] + KeyMaker.unusual(model)
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
    if let variant = model.variant { ingredients.append(("variant", variant.rawValue)) }
    if model.input.channels != .rgb { ingredients.append(("channels", model.input.channels.rawValue)) }
    if model.input.range != 1 { ingredients.append(("range", String(model.input.range))) }
    return ingredients
  }

  private static func list(_ numbers: [Double]) -> String { numbers.map { String($0) }.joined(separator: " ") }

  /// What a model and an image bring to each of their values.
  func subject(of image: ImageRecord) -> Subject {
    Subject(
      ingredients: network + preparation + [("image", image.sha256), ("label", String(image.label))], keys: self)
  }

  /// Of an image as a network of this input sees it; models that prepare their input alike share it.
  func photograph(of image: ImageRecord) -> ContentKey {
    ContentKey([("photograph", "1")] + preparation + [("image", image.sha256)])
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
      ContentKey([("map", "1")] + head + at(target, layer) + (epsilon.map(attack) ?? []))
    }

    private func at(_ target: ExplanationTarget, _ layer: String) -> [(name: String, value: String)] {
      [("target", target.rawValue), ("layer", layer)]
    }

    /// The control is no attack: no option of the attack changes it.
    private func attack(_ epsilon: Double) -> [(name: String, value: String)] {
      (epsilon == 0 ? [] : keys.attack) + [("epsilon", String(epsilon))]
    }
  }
}
