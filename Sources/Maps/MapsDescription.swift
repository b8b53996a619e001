import Foundation
import Images
import Results
import Support

/// What a file of maps says of itself: the JSON text under `heatdrift_maps` in the `__metadata__` of a safetensors file, as
/// Documentation/Maps.md describes it. Its words are those of `results.csv` and of experiment files.
public struct MapsDescription: Sendable, Hashable {
  /// Who made the maps.
  public struct Producer: Sendable, Hashable {
    /// What computed them, in words: "our script on torch".
    public var name: String
    /// Names of libraries and their versions, by name.
    public var software: [(name: String, version: String)]

    public static func == (a: Producer, b: Producer) -> Bool {
      a.name == b.name && a.software.elementsEqual(b.software, by: ==)
    }

    public func hash(into hasher: inout Hasher) {
      hasher.combine(name)
      for (name, version) in software {
        hasher.combine(name)
        hasher.combine(version)
      }
    }
  }

  /// How photographs became the network's input.
  public struct Input: Sendable, Hashable {
    /// Height and width in pixels; heatmaps are made as large.
    public var size: Int
    /// `squash` or `crop`.
    public var fit: String
    /// Of `crop`: the shorter side before the centre is cut out, in pixels.
    public var resize: Int?
    /// What became of the EXIF orientation.
    public var orientation: OrientationUse
  }

  /// A photograph.
  public struct Image: Sendable, Hashable {
    /// Relative to the data's root, as `results.csv` names it; only for messages: images are told by their content.
    public var image: String
    /// Of the file's bytes, 64 hexadecimal digits in lower case.
    public var sha256: String
    /// True class index; nil where nobody says it.
    public var label: Int?
  }

  /// What was done to the images before they were explained.
  public enum Level: Sendable, Hashable {
    /// Nothing.
    case clean
    /// Nothing, once more: the control of the clean maps.
    case control
    /// `AttackSetting.key`, and epsilon in pixel units of [0, 1].
    case attack(String, Double)

    /// The attack and its epsilon, for messages.
    public var words: String {
      switch self {
      case .clean: "the clean image"
      case .control: "the control"
      case .attack(let name, let epsilon): "\(printable(name)) at \(AttackLevel.exact(epsilon))"
      }
    }
  }

  /// The one that this version writes and reads.
  public static let version = 1
  /// Its key in the header's `__metadata__`.
  public static let key = "heatdrift_maps"

  /// Who made the maps.
  public let producer: Producer
  /// How photographs became the network's input.
  public let input: Input
  /// Of the network's answer.
  public let classCount: Int
  /// Whether each map was scaled to [0, 1] already, so that its maximum tells nothing.
  public let areScaled: Bool
  /// In the order of the tensors' first axis; each content once.
  public let images: [Image]
  /// In the order of the tensors' second axis.
  public let levels: [Level]
  /// `Explanation.key`, in the order of the maps' third axis.
  public let explanations: [String]
  /// In the order of the maps' fourth axis.
  public let targets: [ExplanationTarget]
  /// Input side first; each has a tensor, `maps.` and its name.
  public let layers: [String]
  /// How attacks and explanations were set, by their names, as far as that is said: `["pgd": ["steps": "10"]]`.
  public let options: [String: [String: String]]
}

extension MapsDescription {
  static let mostPixels = 8192
  static let mostClasses = 10_000_000

  /// - Parameters:
  ///   - text: JSON.
  ///   - file: whose it is, for messages.
  /// - Throws: `Problem` of kind `.failure` for what is missing, unknown, twice there or out of its range.
  init(_ text: String, file: String) throws(Problem) {
    let written: WrittenMaps
    do {
      written = try JSONDecoder().decode(WrittenMaps.self, from: Data(text.utf8))
    } catch let other as MapsVersion {
      throw .failure(
        at: Place(file: file),
        "the maps are of version \(other.found) of their format, and version \(Self.version) is read",
        remedy: "Use a Heatdrift that knows that version, or write the file again.")
    } catch {
      throw Self.problem(WrittenMaps.words(of: error), file)
    }
    producer = Producer(
      name: written.producer.name,
      software: (written.producer.software ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    let fit = written.input.fit ?? "squash"
    input = Input(
      size: written.input.size, fit: fit, resize: fit == "crop" ? written.input.resize : nil,
      orientation: written.input.orientation.flatMap(OrientationUse.init(rawValue:)) ?? .apply)
    classCount = written.classes
    areScaled = written.maps == "scaled"
    images = written.images.map { Image(image: $0.image, sha256: $0.sha256, label: $0.label) }
    var levels: [Level] = []
    for (index, level) in written.levels.enumerated() {
      do {
        levels.append(try level.level)
      } catch {
        throw Self.problem("`levels[\(index)]` \(error.message)", file)
      }
    }
    self.levels = levels
    explanations = written.explanations
    targets = written.targets.compactMap(ExplanationTarget.init(rawValue:))
    layers = written.layers
    options = (written.options ?? [:]).mapValues { $0.mapValues(\.text) }
    if let fault = fault(written) { throw Self.problem(fault, file) }
  }

  private static func problem(_ message: String, _ file: String) -> Problem {
    .failure(
      at: Place(file: file), "what the file says of its maps is not as it should be: \(message)",
      remedy: "Documentation/Maps.md describes it, and Python/heatdrift_maps.py writes it.")
  }

  /// What is out of its range or twice there.
  private func fault(_ written: WrittenMaps) -> String? {
    if producer.name.isEmpty { return "`producer.name` is empty" }
    guard (1...Self.mostPixels).contains(input.size) else {
      return "`input.size` must lie in 1 to \(Self.mostPixels), found \(input.size)"
    }
    guard ["squash", "crop"].contains(input.fit) else {
      return "`input.fit` must be `squash` or `crop`, found `\(printable(input.fit))`"
    }
    if input.fit == "crop" {
      guard let resize = input.resize, (input.size...Self.mostPixels).contains(resize) else {
        return "`input.resize` must lie in \(input.size) to \(Self.mostPixels) where `fit` is `crop`"
      }
    }
    if let orientation = written.input.orientation, OrientationUse(rawValue: orientation) == nil {
      return "`input.orientation` must be `apply` or `ignore`, found `\(printable(orientation))`"
    }
    guard (2...Self.mostClasses).contains(classCount) else {
      return "`classes` must lie in 2 to \(Self.mostClasses), found \(classCount)"
    }
    guard ["raw", "scaled"].contains(written.maps) else {
      return "`maps` must be `raw` or `scaled`, found `\(printable(written.maps))`"
    }
    for (index, image) in images.enumerated() {
      guard image.sha256.utf8.count == 64, image.sha256.utf8.allSatisfy(\.isLowercaseHexDigit) else {
        return "`images[\(index)].sha256` must be 64 hexadecimal digits in lower case"
      }
      if let label = image.label, !(0..<classCount).contains(label) {
        return "`images[\(index)].label` is \(label), of \(classCount) classes"
      }
    }
    for name in written.targets where ExplanationTarget(rawValue: name) == nil {
      let known = ExplanationTarget.allCases.map(\.rawValue)
      return "`targets` lists `\(printable(name))`. \(suggestion(for: printable(name), among: known))"
    }
    return twice(images.map(\.sha256), "images", "the same SHA-256") ?? twice(levels, "levels", "the same level")
      ?? twice(explanations, "explanations", "the same name") ?? twice(targets, "targets", "the same name")
      ?? twice(layers, "layers", "the same name")
  }

  private func twice<Item: Hashable>(_ items: [Item], _ name: String, _ what: String) -> String? {
    if items.isEmpty { return "`\(name)` is empty" }
    var seen: [Item: Int] = [:]
    for (index, item) in items.enumerated() {
      if let first = seen.updateValue(index, forKey: item) {
        return "`\(name)[\(first)]` and `[\(index)]` have \(what)"
      }
    }
    return nil
  }

  /// Which of the levels an attack's is; epsilon may have gone through single precision.
  /// - Returns: nil where there is none.
  public func index(of attack: String, epsilon: Double) -> Int? {
    levels.firstIndex { level in
      guard case .attack(attack, let own) = level else { return false }
      return abs(own - epsilon) <= 1e-6 * epsilon
    }
  }
}

extension UInt8 {
  fileprivate var isLowercaseHexDigit: Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
  }
}
