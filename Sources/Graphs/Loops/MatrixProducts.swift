import Support
import Tensors

/// Products of matrices, one for each place along the leading axes of two values: (..., n, k) times (..., k, m). An engine's
/// library makes each of them; both values are kept for the way back.
public struct MatrixProducts: Sendable {
  /// result = a b, row-major: (rows, depth) times (depth, columns).
  public struct One: ~Escapable {
    /// (rows, depth), or (depth, rows) where it is transposed.
    public let a: LentFloats
    /// Whether a lies as (depth, rows).
    public let isTransposedA: Bool
    /// (depth, columns), or (columns, depth) where it is transposed.
    public let b: LentFloats
    /// Whether b lies as (columns, depth).
    public let isTransposedB: Bool
    /// Of the result.
    public let rows: Int
    /// Of the result.
    public let columns: Int
    /// Terms of each sum.
    public let depth: Int
    /// (rows, columns).
    public let result: LentFloats

    @_lifetime(copy a, copy b, copy result)
    fileprivate init(
      _ a: LentFloats, isTransposedA: Bool = false, _ b: LentFloats, isTransposedB: Bool = false, rows: Int,
      columns: Int, depth: Int, to result: LentFloats
    ) {
      self.a = a
      self.isTransposedA = isTransposedA
      self.b = b
      self.isTransposedB = isTransposedB
      self.rows = rows
      self.columns = columns
      self.depth = depth
      self.result = result
    }
  }

  private let count: Int
  private let rows: Int
  private let depth: Int
  private let columns: Int

  /// Of two values of these shapes.
  public init(_ first: Shape, _ second: Shape) {
    rows = first[first.rank - 2]
    depth = first[first.rank - 1]
    columns = second[second.rank - 1]
    count = first.dimensions.dropLast(2).reduce(1, *)
  }

  /// Floats that `forward` leaves for `backward`.
  public var workspaceCount: Int { secondPlace + count * depth * columns }

  /// Multiply-adds of all of them.
  public var multiplyAdds: Int { count * rows * depth * columns }

  /// Of the second value in the workspace.
  private var secondPlace: Int { (count * rows * depth).paddedToCacheLine }

  /// - Parameter multiply: makes one product.
  public func forward(
    _ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, _ multiply: (One) throws(Problem) -> Void
  ) throws(Problem) {
    for index in 0..<count {
      try multiply(
        One(
          part(index, rows * depth, inputs[0]), part(index, depth * columns, inputs[1]), rows: rows, columns: columns,
          depth: depth, to: part(index, rows * columns, output)))
    }
    guard let workspace else { return }
    workspace.copy(inputs[0], count: count * rows * depth)
    workspace.part(from: secondPlace).copy(inputs[1], count: count * depth * columns)
  }

  /// Writes the gradient with respect to one of the two: of a it is that of the product times b transposed, of b a transposed
  /// times that.
  public func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?,
    _ multiply: (One) throws(Problem) -> Void
  ) throws(Problem) {
    guard let workspace else { return }
    for index in 0..<count {
      let share = part(index, rows * columns, gradient)
      if input == 0 {
        try multiply(
          One(
            share, part(index, depth * columns, workspace.part(from: secondPlace)), isTransposedB: true, rows: rows,
            columns: depth, depth: columns, to: part(index, rows * depth, result)))
      } else {
        try multiply(
          One(
            part(index, rows * depth, workspace), isTransposedA: true, share, rows: depth, columns: columns,
            depth: rows,
            to: part(index, depth * columns, result)))
      }
    }
  }

  @_lifetime(copy floats)
  private func part(_ index: Int, _ size: Int, _ floats: LentFloats) -> LentFloats {
    floats.part(index * size..<(index + 1) * size)
  }
}
