import Support

/// On which images the control, the attack with epsilon 0, is run.
public enum ControlSize: Sendable, Hashable {
  /// On every image.
  case all
  case none
  /// On so many, at least 1, spread over the labels; on all where there are fewer.
  case sample(Int)

  /// Where nothing is said.
  public static let standard = ControlSize.sample(100)
}

extension ControlSize: Codable {
  /// As experiment files have it: "100", "all", "none".
  public var text: String {
    switch self {
    case .all: "all"
    case .none: "none"
    case .sample(let count): "\(count)"
    }
  }

  /// Nil for what experiment files cannot say.
  public init?(text: String) {
    switch text {
    case "all": self = .all
    case "none": self = .none
    default:
      guard let count = NumberText.integer(text), count >= 1 else { return nil }
      self = .sample(count)
    }
  }

  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let size = ControlSize(text: text) else {
      throw Problem.failure("the control is run on `\(printable(text))`")
    }
    self = size
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// The images of an experiment on which the control is run.
public struct ControlImages: Sendable, Hashable {
  /// `ImageRecord.path`; nil for every image.
  public let paths: Set<String>?

  /// - Parameter paths: nil for every image.
  public init(paths: Set<String>? = nil) { self.paths = paths }

  /// Draws them: the images of a label are ranked by the SHA-256 of "seed/control/path", and first the best-ranked image of every
  /// label is taken, then the second, and so on, those of one rank in the order of their sums. Neither the order of the images
  /// nor the model nor any thread has a part in it.
  public init(_ size: ControlSize, of images: [ImageRecord], seed: Int) {
    switch size {
    case .all: self.init()
    case .none: self.init(paths: [])
    case .sample(let count) where count >= images.count: self.init()
    case .sample(let count):
      var chosen: [(rank: Int, digest: String, path: String)] = []
      chosen.reserveCapacity(images.count)
      for own in Dictionary(grouping: images, by: \.label).values {
        let ranked = own.map { (Checksum.sha256(Array("\(seed)/control/\($0.path)".utf8)), $0.path) }.sorted {
          $0 < $1
        }
        for (rank, image) in ranked.enumerated() { chosen.append((rank, image.0, image.1)) }
      }
      chosen.sort { ($0.rank, $0.digest, $0.path) < ($1.rank, $1.digest, $1.path) }
      self.init(paths: Set(chosen.prefix(count).map(\.path)))
    }
  }

  /// - Parameter path: `ImageRecord.path`.
  public func contains(_ path: String) -> Bool { paths?.contains(path) ?? true }

  /// The same under other names.
  func renamed(_ names: NameTable) -> ControlImages { ControlImages(paths: paths.map { Set($0.map { names[$0] }) }) }
}

extension ExperimentResults {
  /// How many of the measured images the control was run on, and how many there are.
  public var controlCount: (run: Int, of: Int) {
    guard let measured = try? tables.isMeasured else { return (0, 0) }
    let own = zip(images, measured).filter(\.1).map(\.0)
    return (own.count { control.contains($0.path) }, own.count)
  }
}
