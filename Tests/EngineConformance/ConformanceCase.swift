import Graphs
import Support

/// What every engine must do, whatever library computes: a name, and a check that says what is wrong.
///
/// It knows nothing of a testing library, so that any target can run it on any engine.
public struct ConformanceCase: Sendable, CustomStringConvertible {
  public let description: String
  private let body: @Sendable (any Engine, inout Findings) throws -> Void

  init(_ name: String, _ body: @escaping @Sendable (any Engine, inout Findings) throws -> Void) {
    description = name
    self.body = body
  }

  /// - Returns: what is wrong with the engine; empty where nothing is.
  public func run(on engine: any Engine) throws -> [String] {
    var findings = Findings()
    try body(engine, &findings)
    return findings.list
  }

  /// Every operation alone, networks, sessions, architectures.
  public static let all = operators + networks + sessions + means + refusals + architectures
}

/// What a check found to be wrong.
struct Findings {
  private(set) var list: [String] = []

  mutating func expect(_ isRight: Bool, _ text: @autoclosure () -> String) {
    if !isRight { list.append(text()) }
  }

  /// - Parameter problem: what is said of it, in whole or to where it ends.
  mutating func expect(_ problem: String, _ body: () throws -> Void) {
    do {
      try body()
      list.append("nothing was thrown, expected: \(problem)")
    } catch {
      expect("\(error)".hasPrefix(problem), "\(error), expected: \(problem)")
    }
  }
}

/// norm(a - b) / norm(b); infinite where the counts differ.
public func relativeDifference(_ a: [Float], _ b: [Float]) -> Double {
  guard a.count == b.count else { return .infinity }
  var difference = 0.0
  var size = 0.0
  for (x, y) in zip(a, b) {
    difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
    size += Double(y) * Double(y)
  }
  return (difference / max(size, 1e-30)).squareRoot()
}
