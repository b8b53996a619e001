import Foundation
import Support

/// How far an attempt at a shard is: a small file in its folder, which others read while it runs.
public struct AttemptStatus: Codable, Sendable, Equatable {
  /// How an attempt ended, if it did.
  public enum State: String, Codable, Sendable {
    /// Images are being measured, or about to be.
    case running
    /// Everything is measured, or counted as what cannot be.
    case done
    /// By a signal, with the images in flight finished.
    case stopped
    case failed
  }

  /// As it was given: "3/64"
  public var shard: String
  /// As the attempt itself says.
  public var state: State
  /// Images of the shard, once for each model.
  public var passes: Int
  /// Of these, what is stored: by this attempt and those before it.
  public var done: Int
  /// By this attempt.
  public var measured: Int
  /// Seconds since 1970, by the clock of the machine that writes.
  public var started: Double
  /// Likewise.
  public var updated: Double
  /// The exit code, where the attempt is over.
  public var code: Int?
  /// Of what failed.
  public var message: String?
  /// Who writes.
  public var process: ProcessIdentity

  public init(
    shard: String, state: State, passes: Int, done: Int, measured: Int, started: Double, updated: Double,
    code: Int? = nil, message: String? = nil, process: ProcessIdentity
  ) {
    self.shard = shard
    self.state = state
    self.passes = passes
    self.done = done
    self.measured = measured
    self.started = started
    self.updated = updated
    self.code = code
    self.message = message
    self.process = process
  }

  /// In an attempt's folder.
  public static let fileName = "status.json"

  /// What an attempt says of itself; nil where it has said nothing yet, or what is there cannot be.
  public static func read(in folder: String) -> AttemptStatus? {
    SmallFile.bytes("\(folder)/\(fileName)").flatMap { read($0) }
  }

  static func read(_ bytes: [UInt8]) -> AttemptStatus? {
    guard let status = try? JSONDecoder().decode(AttemptStatus.self, from: Data(bytes)),
      (0...1 << 40).contains(status.passes), (0...status.passes).contains(status.done),
      (0...status.passes).contains(status.measured), status.started.isFinite, status.updated.isFinite
    else { return nil }
    return status
  }

  func write(to folder: String) throws(Problem) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let bytes = try? encoder.encode(self) else { return }
    try AtomicFile.write(Array(bytes) + [0x0A], to: "\(folder)/\(AttemptStatus.fileName)")
  }

  /// Images a second of this attempt; nil where that is not known yet.
  public var rate: Double? {
    let seconds = updated - started
    return measured > 0 && seconds > 0 ? Double(measured) / seconds : nil
  }
}
