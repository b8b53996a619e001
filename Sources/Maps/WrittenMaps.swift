import Foundation
import Support

/// The description of a file of maps as its JSON has it, key by key; a key that is not known is an error.
struct WrittenMaps: Decodable {
  struct Producer: Decodable {
    var name: String
    var software: [String: String]?

    enum CodingKeys: String, CodingKey, CaseIterable { case name, software }

    init(from decoder: any Decoder) throws {
      let keys = try decoder.strict(CodingKeys.self)
      name = try keys.decode(String.self, forKey: .name)
      software = try keys.decodeIfPresent([String: String].self, forKey: .software)
    }
  }

  struct Input: Decodable {
    var size: Int
    var fit: String?
    var resize: Int?
    var orientation: String?

    enum CodingKeys: String, CodingKey, CaseIterable { case size, fit, resize, orientation }

    init(from decoder: any Decoder) throws {
      let keys = try decoder.strict(CodingKeys.self)
      size = try keys.whole(.size)
      fit = try keys.decodeIfPresent(String.self, forKey: .fit)
      resize = try keys.contains(.resize) ? keys.whole(.resize) : nil
      orientation = try keys.decodeIfPresent(String.self, forKey: .orientation)
    }
  }

  struct Image: Decodable {
    var image: String
    var sha256: String
    var label: Int?

    enum CodingKeys: String, CodingKey, CaseIterable { case image, sha256, label }

    init(from decoder: any Decoder) throws {
      let keys = try decoder.strict(CodingKeys.self)
      image = try keys.decode(String.self, forKey: .image)
      sha256 = try keys.decode(String.self, forKey: .sha256)
      label = try keys.contains(.label) ? keys.whole(.label) : nil
    }
  }

  struct Level: Decodable {
    var attack: String
    var epsilon: Scalar?

    enum CodingKeys: String, CodingKey, CaseIterable { case attack, epsilon }

    init(from decoder: any Decoder) throws {
      let keys = try decoder.strict(CodingKeys.self)
      attack = try keys.decode(String.self, forKey: .attack)
      epsilon = try keys.decodeIfPresent(Scalar.self, forKey: .epsilon)
    }

    /// - Throws: `Problem` whose message goes on after the level's name.
    var level: MapsDescription.Level {
      get throws(Problem) {
        switch attack {
        case "clean", "control":
          guard epsilon == nil else {
            throw .failure("is \(attack == "clean" ? "" : "the ")\(attack) and has an `epsilon`")
          }
          return attack == "clean" ? .clean : .control
        case "": throw .failure("has an `attack` without a name")
        default:
          guard let epsilon else { throw .failure("has no `epsilon`") }
          guard let value = epsilon.number, value > 0, value <= 1 else {
            throw .failure(
              "has the `epsilon` \(printable(epsilon.text)), which must be above 0 and at most 1, in units of [0, 1]; 0 is the "
                + "`control`")
          }
          return .attack(attack, value)
        }
      }
    }
  }

  /// A text, a number, or true or false.
  enum Scalar: Decodable {
    case text(String)
    case number(Double)
    case answer(Bool)

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let answer = try? value.decode(Bool.self) {
        self = .answer(answer)
      } else if let number = try? value.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try value.decode(String.self))
      }
    }

    /// As an experiment file would have it.
    var text: String {
      switch self {
      case .text(let text): text
      case .number(let number): numberText(number)
      case .answer(let answer): answer ? "true" : "false"
      }
    }

    /// Of a number, or a fraction such as "8/255".
    var number: Double? {
      switch self {
      case .number(let number): return number
      case .answer: return nil
      case .text(let text):
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Double(String($0)) }
        if parts.count == 2, let a = parts[0], let b = parts[1], b != 0 { return a / b }
        return parts.count == 1 ? parts[0] : nil
      }
    }
  }

  var version: Int
  var producer: Producer
  var input: Input
  var classes: Int
  var maps: String
  var images: [Image]
  var levels: [Level]
  var explanations: [String]
  var targets: [String]
  var layers: [String]
  var options: [String: [String: Scalar]]?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case version, producer, input, classes, maps, images, levels, explanations, targets, layers, options
  }

  init(from decoder: any Decoder) throws {
    // A later version may have other keys: which it is comes first.
    version = try decoder.container(keyedBy: CodingKeys.self).whole(.version)
    guard version == MapsDescription.version else { throw MapsVersion(found: version) }
    let keys = try decoder.strict(CodingKeys.self)
    producer = try keys.decode(Producer.self, forKey: .producer)
    input = try keys.decode(Input.self, forKey: .input)
    classes = try keys.whole(.classes)
    maps = try keys.decode(String.self, forKey: .maps)
    images = try keys.decode([Image].self, forKey: .images)
    levels = try keys.decode([Level].self, forKey: .levels)
    explanations = try keys.decode([String].self, forKey: .explanations)
    targets = try keys.decode([String].self, forKey: .targets)
    layers = try keys.decode([String].self, forKey: .layers)
    options = try keys.decodeIfPresent([String: [String: Scalar]].self, forKey: .options)
  }

  /// What is wrong, as a sentence goes on after a colon.
  static func words(of error: any Error) -> String {
    func path(_ keys: [any CodingKey]) -> String {
      keys.map { key in key.intValue.map { "[\($0)]" } ?? ".\(printable(key.stringValue))" }.joined().drop { $0 == "." }
        .description
    }
    switch error {
    case let unknown as UnknownKey:
      let place = path(unknown.path)
      return "unknown key `\(printable(unknown.name))`\(place.isEmpty ? "" : " in `\(place)`"). "
        + suggestion(for: printable(unknown.name), among: unknown.known)
    case DecodingError.keyNotFound(let key, let context): return "`\(path(context.codingPath + [key]))` is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      return "`\(path(context.codingPath))` is of another kind than it should be"
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "`\(path(context.codingPath))` must be a whole number"
    default: return "it is no JSON"
    }
  }
}

/// A version of the format that is not read.
struct MapsVersion: Error { var found: Int }

/// A key of the JSON that means nothing.
struct UnknownKey: Error {
  var name: String
  var path: [any CodingKey]
  var known: [String]
}

private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer {
  /// Decoders call a fraction where a whole number belongs no JSON at all, and do not say where it stands.
  fileprivate func whole(_ key: Key) throws -> Int {
    guard let number = Int(exactly: try decode(Double.self, forKey: key)) else {
      throw DecodingError.dataCorrupted(.init(codingPath: codingPath + [key], debugDescription: ""))
    }
    return number
  }
}

extension Decoder {
  /// - Throws: `UnknownKey` for a key that `Keys` has not.
  fileprivate func strict<Keys: CodingKey & CaseIterable>(
    _ keys: Keys.Type
  ) throws -> KeyedDecodingContainer<Keys> {
    let known = Keys.allCases.map(\.stringValue)
    for key in try container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
      throw UnknownKey(name: key.stringValue, path: codingPath, known: known)
    }
    return try container(keyedBy: keys)
  }
}
