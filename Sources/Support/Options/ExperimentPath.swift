/// A file or folder that a file names.
public struct ExperimentPath: Sendable, Hashable, Codable {
  /// As the file has it, environment variables not yet replaced: what may be shown to others.
  public var written: String
  /// To open it: relative to the current folder, or absolute. Never stored or shown in outputs.
  public var resolved: String

  public init(written: String, resolved: String) {
    self.written = written
    self.resolved = resolved
  }

  public init(from decoder: any Decoder) throws {
    written = try decoder.singleValueContainer().decode(String.self)
    resolved = written
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(written)
  }

  /// Without folders.
  public var fileName: String { resolved.split(separator: "/").last.map(String.init) ?? resolved }
}

/// The value of an option that may name a file or folder, whose whole path is kept out of what others see.
public protocol NamesFiles {
  /// Empty where it names none.
  var namedFiles: [ExperimentPath] { get }
}

extension ExperimentPath: NamesFiles {
  public var namedFiles: [ExperimentPath] { [self] }
}

extension [ExperimentPath]: NamesFiles {
  public var namedFiles: [ExperimentPath] { self }
}

extension ExperimentPath {
  /// Reads a path: variables filled in, `~/` for the folder in HOME, relative ones from the file's own folder.
  /// - Parameter name: the key's whole path.
  /// - Throws: `Problem` of kind `.usage` for what cannot be a path of this system.
  public init(_ value: YAMLValue, _ name: String, _ context: OptionContext) throws(Problem) {
    let written = try value.text(name)
    if context.keepsPaths {
      self.init(written: written, resolved: written)
      return
    }
    var text = try context.filled(value).text(name)
    if let bare = NumberText.withoutTypographicQuotes(text) {
      throw .usage(
        at: value.place, "`\(name)` begins with the typographic quotation mark `\(text.prefix(1))`",
        remedy: "YAML knows \" and ' only; a path needs none: `\(bare)`.")
    }
    let drive = text.prefix(3)
    if drive.count == 3, drive.first?.isLetter == true, drive.dropFirst().first == ":",
      "\\/".contains(drive.last ?? " ")
    {
      throw .usage(
        at: value.place, "`\(name)` is a path of Windows: `\(printable(text))`",
        remedy:
          "Write it as this system has it; under WSL the drive \(drive.prefix(1)): is /mnt/\(drive.prefix(1).lowercased())."
      )
    }
    if text.hasPrefix("~") {
      guard text == "~" || text.hasPrefix("~/") else {
        throw .usage(
          at: value.place, "`\(printable(text))` cannot be resolved: only `~/` is taken, for the folder in HOME",
          remedy: "Write the whole path, or `./\(printable(text))` for a file of that name.")
      }
      if let home = context.environment["HOME"], !home.isEmpty { text = home + text.dropFirst() }
    }
    let resolved = text.hasPrefix("/") || context.folder.isEmpty ? text : "\(context.folder)/\(text)"
    self.init(written: written, resolved: resolved)
  }
}

extension OptionKind<ExperimentPath> {
  /// A path as `ExperimentPath.init(_:_:_:)` reads it, and as it was written: folders of this machine stay out of
  /// outputs.
  public static var path: OptionKind {
    OptionKind(
      words: "a path",
      read: { value, name, context throws(Problem) in try ExperimentPath(value, name, context) },
      written: { scalar($0.written) })
  }
}
