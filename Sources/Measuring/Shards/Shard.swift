import Results
import Support

/// One of so many parts of an experiment's images, each measured by a process of its own.
///
/// An image's part follows from its content alone, the first 64 bits of its SHA-256 modulo the number of parts: adding or
/// renaming images moves none from one part to another.
public struct Shard: Sendable, Hashable, Codable, CustomStringConvertible {
  /// From 1.
  public let number: Int
  /// At least 1.
  public let count: Int

  /// More would be a slip of the pen.
  public static let most = 1_000_000

  /// - Precondition: 1 <= number <= count.
  public init(number: Int, count: Int) {
    precondition(1 <= number && number <= count)
    self.number = number
    self.count = count
  }

  /// As it is written on the command line: "3/64"
  public var description: String { "\(number)/\(count)" }

  /// Its folder below that of all shards, so that they sort: "shard-03-of-64"
  public var folderName: String {
    let (own, all) = (String(number), String(count))
    return "shard-" + String(repeating: "0", count: all.count - own.count) + "\(own)-of-\(all)"
  }

  /// - Parameter sha256: of the image's file, 64 hexadecimal digits.
  public func contains(sha256: String) -> Bool { Shard.number(ofSHA256: sha256, count: count) == number }

  /// - Returns: the shard that an image belongs to, from 1.
  public static func number(ofSHA256 sha256: String, count: Int) -> Int {
    guard let bits = UInt64(sha256.prefix(16), radix: 16) else { return 1 }
    return Int(bits % UInt64(count)) + 1
  }

  /// Of a file that cannot be read, and has no hash: by its name, so that one shard says so and not all.
  public func contains(unreadable path: String) -> Bool {
    contains(sha256: Checksum.sha256(Array(path.utf8)))
  }

  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let shard = Shard(written: text) else { throw Problem.failure("`\(printable(text))` is no shard") }
    self = shard
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// - Returns: nil for anything but "3/64".
  public init?(written text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Shard.number(parts[0]), let count = Shard.number(parts[1]), number <= count
    else { return nil }
    self.init(number: number, count: count)
  }

  private static func number(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.count < 8, text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text),
      (1...most).contains(number)
    else { return nil }
    return number
  }
}
