import Attacks
import ExperimentFile
import Explanations
import Measures
import Results
import Support

/// Says what every stored value depends on, from nothing but that: not from file names, times, or how the experiment file
/// is written.
///
/// A value is found again by its ingredients: those of its network, of the preparation of the input, of the image, the
/// label, and the settings of its attack, explanation and measure, each a text of `name=value` lines. A text that changes
/// makes other values; one that is the same finds what any version stored.
///
/// **What a change of the protocol does to stored values.** `protocolVersion` counts the protocol's versions and is in no key: it is
/// noted of each row beside the version of the program. In the keys stands the version in which the conventions that touch
/// the value last changed. For sections 1 and 2 (image to input, networks), which touch every value, that is
/// `networkConventions`; raising it makes everything new. Where a convention of one attack, explanation or measure changes,
/// that member adds `convention=N` to its own `ingredients`, N being the protocol's new version, and only its rows are new.
package struct KeyMaker: Sendable {
  /// Version of the measurement protocol; a change of any convention in it raises it.
  static let protocolVersion = 1

  /// The protocol's version in which a convention last changed that touches every value.
  static let networkConventions = 1

  /// Revision of our own arithmetic: raised whenever a change of the code changes a bit of any result although no
  /// convention changed. 2: fully connected layers sum in another order. 3: gradients through convolutions do too, and
  /// 3 x 3 convolutions may go by Winograd's algorithm. 4: they do on every processor with AVX2, by loops of our own.
  /// 5: batch normalisation is folded in single precision, as exporters of ONNX files fold it. 6: the mean gradients of layers
  /// nearest the image are summed without those gradients, and uniform windows of structural similarity in another order. 7: direct
  /// convolutions behind a ReLU, and gradients through one, sum over channels in their order and pass over zeros.
  package static let arithmeticRevision = 7

  package typealias Ingredients = [(name: String, value: String)]

  /// What the network and its engine bring to every value.
  package let network: String
  /// How images become its input.
  package let preparation: String
  /// In the order of the experiment; of directions those settings on which they depend.
  package let attacks: [String]
  let directions: [String]
  package let explanations: [String]
  package let measures: [String]
  private let revisedLayers: Set<String>
  /// What of the experiment there is of maps that were computed elsewhere; nil for a network that is run, of which all is.
  let coverage: MapsCoverage?

  /// Whether a level is that of an attack before it as well: of an attack that is transferred from the attacked model itself and
  /// stands beside the plain one.
  package func isRepeated(_ level: Level, in experiment: Experiment) -> Bool {
    level.epsilon > 0
      && (0..<level.attack).contains { earlier in
        attacks[earlier] == attacks[level.attack] && experiment.attacks[earlier].levels.contains(level.epsilon)
      }
  }

  /// What a raw map is of, beyond model and image: indices into the experiment's lists.
  package struct MapCoordinates: Sendable, Hashable {
    package var explanation: Int
    package var target: ExplanationTarget
    package var layer: String
    /// Nil for the clean image.
    package var level: Level?

    package init(explanation: Int, target: ExplanationTarget, layer: String, level: Level? = nil) {
      self.explanation = explanation
      self.target = target
      self.layer = layer
      self.level = level
    }
  }

  /// An attack at one of its levels.
  package struct Level: Sendable, Hashable {
    /// Into the experiment's attacks. The control is no attack: nothing of it depends on which one it stands beside.
    package var attack: Int
    /// 0 is the control.
    package var epsilon: Double

    package init(attack: Int, epsilon: Double) {
      self.attack = attack
      self.epsilon = epsilon
    }
  }

  /// - Parameters:
  ///   - record: of the model.
  ///   - all: the experiment's models, among them those whose gradients attacks take.
  ///   - engine: the library that computes and its version: "oneDNN 2.6.3".
  ///   - decoders: of the images; see `DecoderRevision`.
  ///   - arithmetic: the revision that the values were or will be computed with.
  package init(
    experiment: Experiment, model: ModelOptions, record: ModelRecord, all: [ModelRecord], engine: String,
    decoders: String?,
    arithmetic: Int = KeyMaker.arithmeticRevision
  ) {
    let input = model.input
    coverage = record.maps.map { MapsCoverage($0, experiment) }
    preparation = ContentKey.text(
      of: [
        ("size", String(input.size)),
        ("fit", input.fit == .crop ? "crop \(input.resize)" : "squash"),
      ] + (input.isGrey ? [("colours", "grey")] : [])
        + (input.orientation == .apply ? [] : [("orientation", input.orientation.rawValue)])
        + (decoders.map { [("decoders", $0)] } ?? [])
        // Pictures out of a file are those of no other model.
        + (record.maps?.haveInputs == true ? [("inputs", record.weightsSHA256)] : []))
    // Stores of revision 1 do not name it.
    let revision: Ingredients = arithmetic > 1 ? [("arithmetic", String(arithmetic))] : []
    // No engine of ours had a part in maps that were computed elsewhere.
    network = ContentKey.text(
      of: [("protocol", String(KeyMaker.networkConventions))] + revision
        + (record.maps == nil ? [("engine", engine)] : []) + KeyMaker.network(model, record))
    /// Engine, arithmetic and protocol are those of the network that is attacked. How a source would prepare a photograph plays no
    /// part: it sees the image of the other, at its own size.
    func source(_ setting: AttackSetting) -> Ingredients {
      guard let key = setting.source(attacking: model.key) else { return [] }
      guard let other = experiment.models.first(where: { $0.key == key }),
        let its = all.first(where: { $0.key == key })
      else { return [("source", key)] }
      return (KeyMaker.network(other, its) + [("size", String(other.input.size))]).map {
        ("source-" + $0.name, $0.value)
      }
    }
    func seed(_ attack: any Attack) -> Ingredients {
      attack.drawsAtRandom ? [("seed", String(experiment.seed))] : []
    }
    attacks = experiment.attacks.map { ContentKey.text(of: $0.attack.ingredients + seed($0.attack) + source($0)) }
    directions = experiment.attacks.map {
      ContentKey.text(of: $0.attack.directionIngredients + seed($0.attack) + source($0))
    }
    explanations = experiment.explain.methods.map { ContentKey.text(of: $0.ingredients) }
    measures = experiment.compare.measures.map { ContentKey.text(of: $0.ingredients) }
    revisedLayers = Set(record.revisedLayers ?? [])
  }

  /// What the store calls a layer: of one that is explained otherwise than by the first versions, the revision is a part.
  package func stored(layer: String) -> String { revisedLayers.contains(layer) ? "\(layer) (revision 2)" : layer }

  /// What a network brings to its numbers. One from an ONNX file is that file and those that it names, whatever they are called.
  private static func network(_ model: ModelOptions, _ record: ModelRecord) -> Ingredients {
    guard record.maps == nil else { return [("maps", record.weightsSHA256)] }
    guard let architecture = model.architecture else {
      return [
        ("network", record.weightsSHA256), ("mean", list(model.input.normalisation.mean)),
        ("std", list(model.input.normalisation.standardDeviation)),
      ] + unusual(model)
        + (record.head.map { [("prototypes", $0.sha256), ("scale", numberText($0.scale))] } ?? [])
    }
    return [
      ("architecture", architecture.rawValue),
      ("width", String(model.width)),
      ("weights", record.weightsSHA256),
      ("mean", list(model.input.normalisation.mean)),
      ("std", list(model.input.normalisation.standardDeviation)),
    ] + unusual(model) + ((record.weightsState?.chosen).map { [("state", $0)] } ?? [])
  }

  /// Only what is not the default, so that the keys of results from before there was a choice still hold.
  private static func unusual(_ model: ModelOptions) -> Ingredients {
    var ingredients: Ingredients = []
    if let variant = model.variant, variant != .standard { ingredients.append(("variant", variant.rawValue)) }
    let normalisation = model.input.normalisation
    if normalisation.channels != .rgb { ingredients.append(("channels", normalisation.channels.rawValue)) }
    if normalisation.range != 1 { ingredients.append(("range", String(Int(normalisation.range)))) }
    return ingredients
  }

  private static func list(_ numbers: [Double]) -> String { numbers.map { String($0) }.joined(separator: " ") }

  /// What a model and an image bring to each of their values.
  package func subject(of image: ImageRecord) -> Subject {
    Subject(network: network, preparation: preparation, image: KeyMaker.picture(image), label: image.label)
  }

  static func picture(_ image: ImageRecord) -> String {
    ContentKey.text(of: [("image", image.sha256)] + (image.alignment.map { [("alignment", $0)] } ?? []))
  }

  /// Names of all that any key is made of, in the order in which keys have them: attacks, explanations and measures bring
  /// theirs with their options.
  static var ingredientNames: [String] {
    var names = [
      "protocol", "arithmetic", "engine", "architecture", "width", "weights", "mean", "std", "variant", "channels",
      "range",
      "state", "size", "fit", "orientation", "decoders", "image", "alignment", "label", "network", "prototypes",
      "scale",
      "colours", "maps", "inputs",
    ]
    func add(_ more: [String]) { for name in more where !names.contains(name) { names.append(name) } }
    for attack in Attacks.attacks.all { add(attack.init().ingredients.map(\.name) + attack.keyOptionNames) }
    for explanation in Explanations.explanations.all {
      add(explanation.init().ingredients.map(\.name) + explanation.keyOptionNames)
    }
    add(["seed", "target", "layer", "epsilon"])
    for measure in Measures.measures.all { add(measure.init().ingredients.map(\.name) + measure.keyOptionNames) }
    return names
  }

  /// A model and an image.
  package struct Subject: Sendable, Hashable {
    package var network: String
    package var preparation: String
    package var image: String
    package var label: Int

    package init(network: String, preparation: String, image: String, label: Int) {
      self.network = network
      self.preparation = preparation
      self.image = image
      self.label = label
    }

    /// All of it, as `name=value` lines.
    var text: String { network + preparation + own }

    /// What the image brings.
    var own: String { "\(image)label=\(label)\n" }

    package var ingredients: Ingredients { ContentKey.ingredients(of: text) }
  }
}

extension Configurable {
  /// Names of the options that have a part in keys.
  fileprivate static var keyOptionNames: [String] { options.filter { $0.part != .none }.map(\.name) }
}

extension Experiment {
  /// Every level of every attack, the control first and once.
  package var levels: [KeyMaker.Level] {
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
