import Typesetting

/// Lines along which a map has one value, by marching squares (W. E. Lorensen, H. E. Cline, "Marching cubes: A high
/// resolution 3D surface construction algorithm", SIGGRAPH 1987, in two dimensions): values are interpolated along the edges
/// of cells, and of a saddle the mean of the four corners decides.
///
/// Several peaks have lines of their own; a line that leaves the map ends at its edge.
public struct Contour: Sendable, Hashable {
  /// Points in widths of the map from its upper left corner; a closed line ends where it begins.
  public var lines: [[Point]]

  /// Lines that were found already.
  public init(lines: [[Point]]) { self.lines = lines }

  /// - Parameters:
  ///   - values: `side` x `side`, row-major, each that of its pixel's centre; what is not finite counts as below.
  ///   - side: in pixels.
  ///   - level: what is at least this much lies inside.
  ///   - tolerance: how far a line may be from the exact one, in widths of the map: fewer points make smaller files.
  public init(of values: [Float], side: Int, at level: Double, tolerance: Double = 0.003) {
    guard side > 0, values.count == side * side else {
      lines = []
      return
    }
    lines = ContourTracer(values: values, side: side, level: level).lines()
      .map { Self.simplified($0, tolerance: tolerance) }
  }

  /// Without the points that lie within `tolerance` of the line through those that are kept (D. Douglas, T. Peucker,
  /// "Algorithms for the reduction of the number of points required to represent a digitized line", 1973).
  private static func simplified(_ line: [Point], tolerance: Double) -> [Point] {
    guard line.count > 2 else { return line }
    var isKept = [Bool](repeating: false, count: line.count)
    isKept[0] = true
    isKept[line.count - 1] = true
    var parts = [0...(line.count - 1)]
    while let part = parts.popLast() {
      guard part.count > 2 else { continue }
      let (start, end) = (line[part.lowerBound], line[part.upperBound])
      var farthest = (index: part.lowerBound, distance: -1.0)
      for index in (part.lowerBound + 1)..<part.upperBound {
        let distance = Self.distance(of: line[index], from: start, end)
        if distance > farthest.distance { farthest = (index, distance) }
      }
      guard farthest.distance > tolerance else { continue }
      isKept[farthest.index] = true
      parts.append(part.lowerBound...farthest.index)
      parts.append(farthest.index...part.upperBound)
    }
    return line.indices.filter { isKept[$0] }.map { line[$0] }
  }

  /// Of a point from a line; from a point where the line's ends are one, as those of a closed line are.
  private static func distance(of point: Point, from start: Point, _ end: Point) -> Double {
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let length = (dx * dx + dy * dy).squareRoot()
    let (x, y) = (point.x - start.x, point.y - start.y)
    return length > 1e-12 ? abs(x * dy - y * dx) / length : (x * x + y * y).squareRoot()
  }
}

/// Finds where edges of cells cross the level, and follows them from cell to cell.
private struct ContourTracer {
  let values: [Float]
  let side: Int
  let level: Double

  /// The pixels' centres, and half a pixel beyond them the map's edge, where values are those of the outermost pixels.
  private var count: Int { side + 2 }

  private func value(_ x: Int, _ y: Int) -> Double {
    let (column, row) = (min(max(x - 1, 0), side - 1), min(max(y - 1, 0), side - 1))
    let value = Double(values[row * side + column])
    return value.isFinite ? value : -.greatestFiniteMagnitude
  }

  private func place(_ index: Int) -> Double {
    index == 0 ? 0 : index == count - 1 ? 1 : (Double(index) - 0.5) / Double(side)
  }

  /// Of the edge from a corner to the right, or downwards.
  private func edge(_ x: Int, _ y: Int, isDown: Bool) -> Int { 2 * (y * count + x) + (isDown ? 1 : 0) }

  /// Where an edge crosses the level.
  private func crossing(_ edge: Int) -> Point {
    let (corner, isDown) = (edge / 2, edge % 2 == 1)
    let (x, y) = (corner % count, corner / count)
    let (first, second) = (value(x, y), isDown ? value(x, y + 1) : value(x + 1, y))
    let share = min(max((level - first) / (second - first), 0), 1)
    let (left, top) = (place(x), place(y))
    return isDown
      ? Point(left, top + share * (place(y + 1) - top)) : Point(left + share * (place(x + 1) - left), top)
  }

  func lines() -> [[Point]] {
    // The one or two edges that a line goes on to from each, in the order in which they were found.
    var next: [Int: [Int]] = [:]
    var found: [Int] = []
    func join(_ first: Int, _ second: Int) {
      for (one, other) in [(first, second), (second, first)] {
        if next[one] == nil { found.append(one) }
        next[one, default: []].append(other)
      }
    }
    let isInside = (0..<count * count).map { value($0 % count, $0 / count) >= level }
    for y in 0..<(count - 1) {
      for x in 0..<(count - 1) {
        let corner = y * count + x
        let first = isInside[corner]
        // Most cells lie wholly on one side.
        guard
          isInside[corner + 1] != first || isInside[corner + count] != first || isInside[corner + count + 1] != first
        else { continue }
        let inside = [first, isInside[corner + 1], isInside[corner + count + 1], isInside[corner + count]]
        // In the order of the corners that they lead from.
        let edges = [
          edge(x, y, isDown: false), edge(x + 1, y, isDown: true), edge(x, y + 1, isDown: false),
          edge(x, y, isDown: true),
        ]
        let crossed = (0..<4).filter { inside[$0] != inside[($0 + 1) % 4] }
        if crossed.count == 2 {
          join(edges[crossed[0]], edges[crossed[1]])
        } else {
          // Two opposite corners are inside: joined through the middle, or apart.
          let corners = [value(x, y), value(x + 1, y), value(x + 1, y + 1), value(x, y + 1)]
          let isJoined = corners.reduce(0, +) / 4 >= level
          let cutsFirst = inside[0] != isJoined
          join(edges[cutsFirst ? 3 : 0], edges[cutsFirst ? 0 : 1])
          join(edges[cutsFirst ? 1 : 2], edges[cutsFirst ? 2 : 3])
        }
      }
    }
    var isUsed: Set<Int> = []
    func follow(from start: Int) -> [Point] {
      var line = [crossing(start)]
      var current = start
      isUsed.insert(start)
      while let following = next[current]?.first(where: { !isUsed.contains($0) }) {
        isUsed.insert(following)
        line.append(crossing(following))
        current = following
      }
      if line.count > 2, next[current]?.contains(start) == true { line.append(line[0]) }
      return line
    }
    // Lines that end at the map's edge begin there.
    let ends = found.filter { next[$0]?.count == 1 }
    var lines: [[Point]] = []
    for start in ends + found where !isUsed.contains(start) { lines.append(follow(from: start)) }
    return lines.filter { $0.count > 1 }
  }
}
