import Support

/// An engine that can be asked for by name: what is known of it before it is made.
///
/// Each engine's target has one; `engines` of the target Engines lists them.
public struct EngineKind: Sendable, CustomStringConvertible {
  /// As `--engine` takes it: `onednn`.
  public let name: String
  /// The library that computes, as it begins the engine's `version`: `oneDNN`.
  public let library: String
  /// What to do where it computes wrong numbers on this processor.
  public let remedy: String
  private let making: @Sendable () throws(Problem) -> any Engine
  private let asking: @Sendable () throws(Problem) -> String

  /// - Parameters:
  ///   - instructionSet: what the library takes this processor for.
  ///   - make: loads the library.
  public init(
    name: String, library: String, remedy: String,
    instructionSet: @escaping @Sendable () throws(Problem) -> String,
    make: @escaping @Sendable () throws(Problem) -> any Engine
  ) {
    self.name = name
    self.library = library
    self.remedy = remedy
    asking = instructionSet
    making = make
  }

  public var description: String { name }

  /// - Throws: `Problem` where its library is not installed, or does not work here.
  public func makeEngine() throws(Problem) -> any Engine { try making() }

  /// What the library takes this processor for: sums in another order are other bits.
  /// - Throws: `Problem` where the library is not installed.
  public func instructionSet() throws(Problem) -> String { try asking() }

  /// Whether an engine of this kind called itself so (`Engine.version`).
  public func made(version: String) -> Bool { version.hasPrefix(library) }
}
