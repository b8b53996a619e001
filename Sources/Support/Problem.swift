/// Where something went wrong: a file, and as far as known the line, byte, tensor or cell in it.
///
///     Place(file: "orl.yaml", line: 12, column: 5)             // orl.yaml:12:5
///     Place(file: "vgg16.safetensors", tensor: "features.0.weight")
public struct Place: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Its path as it was given, not resolved.
  public var file: String?
  /// 1-based.
  public var line: Int?
  /// 1-based.
  public var column: Int?
  /// Offset from the start of the file.
  public var byte: Int?
  /// The name that the weights file gives it: "features.0.weight".
  public var tensor: String?
  /// A cell of a template by its label, or by what kind it is where it has none.
  public var cell: String?

  public init(
    file: String? = nil, line: Int? = nil, column: Int? = nil, byte: Int? = nil, tensor: String? = nil,
    cell: String? = nil
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.byte = byte
    self.tensor = tensor
    self.cell = cell
  }

  public var description: String {
    var parts: [String] = []
    if let file {
      let numbers = [line, line == nil ? nil : column].compactMap { $0.map(String.init) }
      parts.append(([file] + numbers).joined(separator: ":"))
    } else if let line {
      parts.append("line \(line)")
    }
    if let byte { parts.append("byte \(byte)") }
    if let tensor { parts.append("tensor \(tensor)") }
    if let cell { parts.append("cell \(cell)") }
    return parts.joined(separator: ", ")
  }
}

/// An error that a person can act on: the place, what was expected and found, and what to do about it.
///
/// Printed as `place: message` followed by the remedy on a line of its own. Whole messages are tested, so
/// write them as sentences: "unknown key `epsilon` in `attack`".
public struct Problem: Error, Sendable, Hashable, Codable, CustomStringConvertible {
  /// What the process should answer with.
  public enum Kind: String, Sendable, Hashable, Codable {
    /// The call, the experiment file or something it names is wrong; nothing was started. Exit code 64.
    case usage
    /// The work itself failed; what was done is kept. Exit code 1.
    case failure
    /// A file that the work depends on is another than when the work began; what was done before is kept. Exit code 1.
    case changed
    /// A value is not finite, or out of the range in which it has a meaning; what was done before is kept. Exit code 1.
    case numbers
  }

  /// Decides the exit code.
  public var kind: Kind
  /// Nil where no single file is to blame.
  public var place: Place?
  /// What is wrong, with what was expected and what was found.
  public var message: String
  /// What to do about it.
  public var remedy: String?
  /// Behind the remedy, a line each, what to choose from; nil where that is nothing.
  public var choices: [String]?

  public init(_ kind: Kind, at place: Place? = nil, _ message: String, remedy: String? = nil) {
    self.kind = kind
    self.place = place
    self.message = message
    self.remedy = remedy
  }

  /// Exit code 64: the call or what it names is wrong, and nothing was started.
  public static func usage(at place: Place? = nil, _ message: String, remedy: String? = nil) -> Problem {
    Problem(.usage, at: place, message, remedy: remedy)
  }

  /// Exit code 1: the work failed, or the machine did.
  public static func failure(at place: Place? = nil, _ message: String, remedy: String? = nil) -> Problem {
    Problem(.failure, at: place, message, remedy: remedy)
  }

  /// Exit code 1: a file is another than when the work began.
  public static func changed(at place: Place? = nil, _ message: String, remedy: String? = nil) -> Problem {
    Problem(.changed, at: place, message, remedy: remedy)
  }

  /// Exit code 1: a value is NaN, infinite, or where it has no meaning.
  public static func numbers(at place: Place? = nil, _ message: String, remedy: String? = nil) -> Problem {
    Problem(.numbers, at: place, message, remedy: remedy)
  }

  /// The same, found after the work began: whatever it is, it is not that nothing was started.
  public var afterTheStart: Problem {
    var problem = self
    if kind == .usage { problem.kind = .failure }
    return problem
  }

  /// 64 for a wrong call or experiment file, 1 for work that failed.
  public var exitCode: Int32 { kind == .usage ? 64 : 1 }

  /// Of two lines at most and one for each choice, whatever the names in it hold.
  public var description: String {
    let head = visible(place.map { "\($0): \(message)" } ?? message)
    return ([head] + (remedy.map { ["  " + visible($0)] } ?? []) + (choices ?? []).map { "    " + visible($0) })
      .joined(separator: "\n")
  }
}
