/// How far the centre of gravity of a heatmap moved, in widths of the image: x to the right, y down.
public struct Shift: Sendable, Hashable {
  /// To the right.
  public var x: Double
  /// Down.
  public var y: Double

  /// Of so many widths.
  public init(x: Double, y: Double) { (self.x, self.y) = (x, y) }

  /// In widths.
  public var length: Double { (x * x + y * y).squareRoot() }

  /// Over some shifts; NaN of none.
  static func mean(_ shifts: [Shift]) -> Shift {
    let (sum, count) = (sum(shifts), Double(shifts.count))
    return Shift(x: sum.x / count, y: sum.y / count)
  }

  static func sum(_ shifts: [Shift]) -> Shift {
    Shift(x: shifts.reduce(0) { $0 + $1.x }, y: shifts.reduce(0) { $0 + $1.y })
  }

  /// Of the angle between both, in [-1, 1]; nil where one has no length.
  func cosine(with other: Shift) -> Double? {
    let product = length * other.length
    guard product > 0 else { return nil }
    return min(1, max(-1, (x * other.x + y * other.y) / product))
  }
}

/// Shifts of some images, some of which have none: 16 bytes each, since there may be millions.
public struct Shifts: Sendable, RandomAccessCollection {
  /// x and y of each; NaN where there is none.
  private(set) var numbers: [Double]

  /// None of so many images.
  init(count: Int) { numbers = [Double](repeating: .nan, count: 2 * count) }

  /// - Parameter numbers: x and y of each; NaN where there is none.
  init?(numbers: [Double]) {
    guard numbers.count % 2 == 0 else { return nil }
    self.numbers = numbers
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { numbers.count / 2 }

  /// Nil where there is none.
  public internal(set) subscript(index: Int) -> Shift? {
    get {
      let (x, y) = (numbers[2 * index], numbers[2 * index + 1])
      return x.isNaN || y.isNaN ? nil : Shift(x: x, y: y)
    }
    set { (numbers[2 * index], numbers[2 * index + 1]) = (newValue?.x ?? .nan, newValue?.y ?? .nan) }
  }
}
