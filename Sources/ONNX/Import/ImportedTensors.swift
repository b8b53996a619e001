import Support
import Tensors
import Weights

/// The constants that a network from an ONNX file computes with, by the names that its graph has for them.
final class ImportedTensors: NamedTensors {
  enum Source: Sendable {
    case values([Float])
    /// Read when it is asked for; a matrix may be meant with rows and columns exchanged.
    case file(ModelTensor, isTransposed: Bool)
    /// The same with its columns in another order: column i is that of `order[i]`.
    case columns(ModelTensor, isTransposed: Bool, order: [Int])
  }

  struct Entry: Sendable {
    var shape: Shape
    var source: Source
  }

  let source: String
  private let file: ONNXFile
  private let entries: [String: Entry]

  init(_ entries: [String: Entry], of file: ONNXFile) {
    self.entries = entries
    self.file = file
    source = file.path
  }

  var tensorNames: [String] { entries.keys.sorted() }

  func shape(of name: String) -> Shape? { entries[name]?.shape }

  func values(_ name: String) throws(Problem) -> [Float] {
    guard let entry = entries[name] else { throw missing(name) }
    switch entry.source {
    case .values(let values): return values
    case .file(let tensor, let isTransposed): return try file.floats(of: tensor, isTransposed: isTransposed)
    case .columns(let tensor, let isTransposed, let order):
      return Self.reordered(try file.floats(of: tensor, isTransposed: isTransposed), columns: order)
    }
  }

  func forEachPiece(of name: String, _ body: (Int, Span<Float>) throws(Problem) -> Void) throws(Problem) {
    guard let entry = entries[name] else { throw missing(name) }
    if case .file(let tensor, false) = entry.source {
      try file.forEachPiece(of: tensor, body)
    } else {
      let values = try values(name)
      try body(0, values.span)
    }
  }

  func refusal(of name: String) -> Problem? { nil }

  /// Of a matrix, row by row.
  static func reordered(_ values: [Float], columns order: [Int]) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(values.count)
    for start in stride(from: 0, to: values.count, by: max(order.count, 1)) {
      for column in order { result.append(values[start + column]) }
    }
    return result
  }

  private func missing(_ name: String) -> Problem {
    .failure(
      at: Place(file: source, tensor: name), "there is no such tensor among \(entries.count)",
      remedy: "This is a fault of Heatdrift: please report it.")
  }
}

extension ONNXFile {
  /// A constant's values as floats, rows and columns of a matrix exchanged where that is asked for. Integers are converted.
  func floats(of tensor: ModelTensor, isTransposed: Bool) throws(Problem) -> [Float] {
    let values =
      tensor.dataType.reading == .integers ? try integers(of: tensor).map { Float($0) } : try floats(of: tensor)
    guard isTransposed, tensor.shape.rank == 2 else { return values }
    let (rows, columns) = (tensor.shape[0], tensor.shape[1])
    guard values.count == rows * columns else { return values }
    var result = [Float](repeating: 0, count: values.count)
    for row in 0..<rows { for column in 0..<columns { result[column * rows + row] = values[row * columns + column] } }
    return result
  }
}
