import Attacks
import Explanations
import Measures
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
  private let attacks: [AttackIngredients]
  private let explanations: [Ingredients]
  private let measures: [Ingredients]

  typealias Ingredients = [(name: String, value: String)]

  private struct AttackIngredients: Sendable {
    var all: Ingredients
    var direction: Ingredients
  }

  /// What a raw map is of, beyond model and image: indices into the experiment's lists.
  struct MapCoordinates: Sendable, Hashable {
    var explanation: Int
    var target: ExplanationTarget
    var layer: String
    /// Nil for the clean image.
    var level: Level?
  }

  /// An attack at one of its levels.
  struct Level: Sendable, Hashable {
    /// Into the experiment's attacks. The control is no attack: its keys do not depend on which one it stands beside.
    var attack: Int
    /// 0 is the control.
    var epsilon: Double
  }

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
    attacks = experiment.attacks.map {
      AttackIngredients(all: $0.attack.ingredients, direction: $0.attack.directionIngredients)
    }
    explanations = experiment.explain.methods.map(\.ingredients)
    measures = experiment.compare.measures.map(\.ingredients)
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
    private let heads: [Ingredients]

    init(ingredients: [(name: String, value: String)], keys: KeyMaker) {
      self.ingredients = ingredients
      self.keys = keys
      let key = ContentKey(ingredients)
      self.key = key
      heads = keys.explanations.map { [("subject", key.bytes.hexadecimal)] + $0 }
    }

    /// - Parameter measure: into the experiment's measures.
    func measurement(_ pair: MapCoordinates, measure: Int) -> ContentKey {
      ContentKey(heads[pair.explanation] + at(pair) + level(pair.level) + keys.measures[measure])
    }

    func map(_ coordinates: MapCoordinates) -> ContentKey { ContentKey(mapIngredients(coordinates)) }

    func mapIngredients(_ coordinates: MapCoordinates) -> Ingredients {
      [("map", "1")] + heads[coordinates.explanation] + at(coordinates) + level(coordinates.level)
    }

    /// Of the logits at one attack level, 0 the clean image.
    func scoresIngredients(_ level: Level) -> Ingredients {
      [("scores", "1"), ("subject", key.bytes.hexadecimal)] + self.level(level)
    }

    /// Of the direction of an attack that has the same one at every level.
    /// - Parameter attack: into the experiment's attacks.
    func perturbationIngredients(attack: Int) -> Ingredients {
      [("perturbation", "1"), ("subject", key.bytes.hexadecimal)] + keys.attacks[attack].direction
    }

    /// What a measurement depends on beyond its subject, target, layer and epsilon.
    func settings(_ pair: MapCoordinates, measure: Int) -> Ingredients {
      keys.explanations[pair.explanation]
        + (pair.level.map { $0.epsilon == 0 ? [] : keys.attacks[$0.attack].all } ?? []) + keys.measures[measure]
    }

    private func at(_ coordinates: MapCoordinates) -> Ingredients {
      [("target", coordinates.target.rawValue), ("layer", coordinates.layer)]
    }

    /// The control is no attack: no option of the attack changes it.
    private func level(_ level: Level?) -> Ingredients {
      guard let level else { return [] }
      return (level.epsilon == 0 ? [] : keys.attacks[level.attack].all) + [("epsilon", String(level.epsilon))]
    }
  }

  /// The key that a measurement with these ingredients has, from their texts as the store keeps them.
  /// - Parameter settings: those of the explanation, of the attack and of the measure, in that order.
  static func measurementKey(
    subject: ContentKey, settings: Ingredients, target: String, layer: String, epsilon: Double
  ) -> ContentKey {
    // An explanation's settings begin with its name, those of an attack with its, a measure's with its or with `window`.
    let attack = settings.firstIndex { $0.name == "attack" }
    let measure = settings.firstIndex { $0.name == "measure" || $0.name == "window" } ?? settings.endIndex
    let explanationEnd = attack ?? measure
    return ContentKey(
      [("subject", subject.bytes.hexadecimal)] + settings[..<explanationEnd] + [("target", target), ("layer", layer)]
        + settings[explanationEnd..<max(explanationEnd, measure)] + [("epsilon", String(epsilon))]
        + settings[max(explanationEnd, measure)...])
  }
}

extension Experiment {
  /// Every level of every attack, the control first and once.
  var levels: [KeyMaker.Level] {
    [KeyMaker.Level(attack: 0, epsilon: 0)]
      + attacks.enumerated().flatMap { index, attack in
        attack.levels.map { KeyMaker.Level(attack: index, epsilon: $0) }
      }
  }

  /// Every pair of maps of one model at one level: explanation, target and layer.
  func pairs(at level: KeyMaker.Level?, layers: [String]) -> [KeyMaker.MapCoordinates] {
    explain.methods.indices.flatMap { explanation in
      explain.targets.flatMap { target in
        layers.map {
          KeyMaker.MapCoordinates(explanation: explanation, target: target, layer: $0, level: level)
        }
      }
    }
  }
}
