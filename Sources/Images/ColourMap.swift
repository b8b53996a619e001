import Foundation

/// Colours for values in [0, 1], with matplotlib's 256 steps.
public enum ColourMap: String, Sendable, Hashable, CaseIterable, Codable {
  /// Perceptually uniform, of rising lightness: the default.
  case inferno
  case viridis
  case magma
  case grey
  /// Neither uniform nor honest in grey print; for comparison with older papers.
  case jet

  /// 256 x 3 bytes.
  public var table: [UInt8] {
    switch self {
    case .inferno: Self.infernoTable
    case .viridis: Self.viridisTable
    case .magma: Self.magmaTable
    case .grey: Self.greyTable
    case .jet: Self.jetTable
    }
  }

  /// - Parameter value: in [0, 1], clamped; NaN is white.
  public func rgb(_ value: Double) -> (red: UInt8, green: UInt8, blue: UInt8) {
    guard !value.isNaN else { return (255, 255, 255) }
    let index = 3 * Self.step(value)
    let table = table
    return (table[index], table[index + 1], table[index + 2])
  }

  /// The colour's place in `table`, 0 to 255: as matplotlib, 256 equal steps, 1 in the last.
  private static func step(_ value: Double) -> Int { min(255, Int(min(max(0, value), 1) * 256)) }

  private static let infernoTable = decoded(ColourMapTables.inferno)
  private static let viridisTable = decoded(ColourMapTables.viridis)
  private static let magmaTable = decoded(ColourMapTables.magma)
  private static let greyTable = decoded(ColourMapTables.grey)
  private static let jetTable = decoded(ColourMapTables.jet)

  private static func decoded(_ text: String) -> [UInt8] {
    let bytes = Data(base64Encoded: text).map { [UInt8]($0) } ?? []
    precondition(bytes.count == 768, "a colour map of \(bytes.count) bytes")
    return bytes
  }
}
